"""Bins of the latency histograms: exact below 128 us, then 128 bins per power of two, each at most 0.8 % wide."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.jit import kernel

BINS: Final = 128 * 44
"""Enough for 2**50 us; longer latencies are counted in the last bin."""


@kernel
def bin_of(value: int) -> int:
    """Bin of a latency in microseconds (negative counts as 0)."""
    if value < 128:
        return max(value, 0)
    shift = 0
    for step in (32, 16, 8, 4, 2, 1):  # binary search for the shift that leaves 8 bits
        if value >> (shift + step) >= 128:
            shift += step
    return min(shift * 128 + (value >> shift), BINS - 1)


def bin_edges() -> NDArray[np.int64]:
    """Lower edges of all bins, us, followed by the upper edge of the last."""
    edges = np.empty(BINS + 1, np.int64)
    for index in range(BINS + 1):
        block, offset = divmod(index, 128)
        edges[index] = offset if block == 0 else (128 + offset) << (block - 1)
    return edges


def quantile(counts: NDArray[np.int64], q: float) -> float | None:
    """The ``q`` quantile, us, as the middle of its bin; ``None`` without observations.

    ``counts`` has one entry per bin; the quantile is that of the smallest bin whose cumulative count reaches ``q`` of
    the total.
    """
    total = int(counts.sum())
    if total == 0:
        return None
    index = int(np.searchsorted(np.cumsum(counts), q * total))
    edges = bin_edges()
    low, high = int(edges[index]), int(edges[index + 1])
    return low if high - low == 1 else (low + high) / 2
