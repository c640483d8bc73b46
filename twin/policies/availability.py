"""What a belief lets a channel sell.

A buffer is one number, so that a pair stays one cache line: 0 and above are units that are held back; below, it is a
share (:func:`share_buffer`) or a threshold (:func:`last_units_buffer`).
"""

from __future__ import annotations

from typing import Final

from twin.core.jit import kernel

_PARTS: Final = 10_000
_THRESHOLDS: Final = -_PARTS - 1
"""Shares are -1 ... -10,000 parts of ten thousand; thresholds of 0, 1, ... units come below them."""


def share_buffer(share: float) -> int:
    """The buffer that holds back a share, in whole parts of ten thousand, of what is left."""
    return -round(share * _PARTS)


def last_units_buffer(units: int) -> int:
    """The buffer that holds back everything while no more than so many units are left."""
    return _THRESHOLDS - units if units else 0


@kernel
def after_buffer(left: int, buffer: int) -> int:
    """Units that are offered of those that are ``left``."""
    if buffer >= 0:
        return left - buffer
    if buffer > _THRESHOLDS:
        return left - (left * -buffer + _PARTS - 1) // _PARTS
    return left if left > _THRESHOLDS - buffer else 0


@kernel
def free_units(view: int, resv: int, buffer: int, blocked: int) -> int:
    """Units of one pair that may be promised: view minus reservations, less the buffer, never below 0; 0 after a short
    pick.
    """
    left = view - resv
    if blocked != 0 or left <= 0:
        return 0
    return max(0, after_buffer(left, buffer))


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
