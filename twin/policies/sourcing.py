"""Preference among the nodes that seem able to supply."""

from __future__ import annotations

from twin.core.jit import kernel

DC_FIRST, NEAREST, MOST_STOCK = 0, 1, 2
STORE_CLASS = 1 << 40
"""Added to a store's rank under DC_FIRST; every DC's rank is below."""


@kernel
def distance_squared(x0: int, y0: int, x1: int, y1: int) -> int:
    """Squared distance, km^2."""
    return (x0 - x1) * (x0 - x1) + (y0 - y1) * (y0 - y1)


@kernel
def preference(strategy: int, is_dc: int, free: int, distance2: int) -> int:
    """Rank of a candidate: the smallest wins, ties go to the lower node. ``distance2`` must be below 2**40."""
    if strategy == DC_FIRST:
        return (1 - is_dc) * STORE_CLASS + distance2
    if strategy == MOST_STOCK:
        return -free * STORE_CLASS + distance2
    return distance2
