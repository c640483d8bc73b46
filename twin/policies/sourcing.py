"""Preference among the nodes that seem able to supply."""

from __future__ import annotations

from typing import Any

from twin.core.clock import MINUTE
from twin.core.jit import kernel

DC_FIRST, NEAREST, MOST_STOCK, CHEAPEST, LEAST_LOADED = 0, 1, 2, 3, 4
STORE_CLASS = 1 << 40
"""Added to a store's rank under DC_FIRST; every DC's rank is below."""
WEIGHT_MAX = (1 << 21) - 1
"""Largest weight that counts: some 20,000 USD, or four years."""


@kernel
def distance_squared(x0: int, y0: int, x1: int, y1: int) -> int:
    """Squared distance, km^2."""
    return (x0 - x1) * (x0 - x1) + (y0 - y1) * (y0 - y1)


@kernel
def preference(strategy: int, is_dc: int, free: int, weight: int, distance2: int) -> int:
    """Rank of a candidate: the smallest wins, ties go to the lower node. ``distance2`` must be below 2**40; ``weight``,
    cents or minutes, counts where the strategy goes by it.
    """
    if strategy == DC_FIRST:
        return (1 - is_dc) * STORE_CLASS + distance2
    if strategy == MOST_STOCK:
        return -free * STORE_CLASS + distance2
    if strategy >= CHEAPEST:
        return min(weight, WEIGHT_MAX) * STORE_CLASS + distance2
    return distance2


@kernel
def carriage_cents(zones: Any, is_dc: int, distance2: int) -> int:
    """What the carrier asks for a parcel, cents: that of the last of ``zones`` (sorted by where they begin, the first
    at 0) that does not begin beyond the customer.
    """
    best = 0
    for k in range(1, len(zones)):
        if zones[k].from2 > distance2:
            break
        best = k
    cents: int = zones[best].dc_cents if is_dc != 0 else zones[best].store_cents
    return cents


@kernel
def whole_minutes(span: int) -> int:
    """Whole minutes of a span, us."""
    return span // MINUTE
