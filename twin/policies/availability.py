"""What a belief lets a channel sell."""

from __future__ import annotations

from twin.core.jit import kernel


@kernel
def free_units(view: int, resv: int, buffer: int, blocked: int) -> int:
    """Units of one pair that may be promised: view minus reservations minus buffer, never below 0; 0 after a short
    pick.
    """
    if blocked != 0:
        return 0
    return max(0, view - resv - buffer)


@kernel
def sourceable_units(view: int, resv: int, blocked: int) -> int:
    """Units of one pair that an accepted order may be sent to: a buffer holds back from new promises, not from promises
    made.
    """
    return free_units(view, resv, 0, blocked)


@kernel
def backed_units(on_hand: int, promised: int) -> int:
    """Units of one pair that the shelf can still back."""
    return max(0, on_hand - promised)


@kernel
def sellable(value: int, own: int, held_back: int) -> int:
    """What a channel believes it can sell, from the value it learnt, its own sales since, and what is held back from
    it.
    """
    return max(0, value) - own - held_back
