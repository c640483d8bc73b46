"""Which price an outlet shows, and what a customer pays while it is not the list price."""

from __future__ import annotations

from twin.core.jit import kernel


@kernel
def shows(told: int, shown: int, versioned: int) -> bool:
    """Whether an outlet that shows the price of change ``shown`` takes over that of change ``told``."""
    return told > shown if versioned != 0 else told != shown


@kernel
def charged(lower: int, shown: int, listed: int) -> int:
    """What is charged for a unit: what the channel shows, or with ``lower`` no more than the list price."""
    return min(shown, listed) if lower != 0 else shown
