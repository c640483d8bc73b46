"""Which SKUs an order is for: by popularity, each at most once, from the catalogue or from one store's assortment."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits
from twin.core.jit import kernel

ORDER: Final = np.dtype([("entity", "i8"), ("first", "i8"), ("last", "i8"), ("line", "i8"), ("lines", "i8")])
"""Draw ``lines`` distinct candidates out of ``first : last`` and write them from row ``line`` on."""

_TRIES: Final = 64


@kernel(inline="always")
def _draw(upto: NDArray[np.float64], first: int, last: int, uniform: float) -> int:
    """The candidate of ``first : last`` at which ``uniform`` of their weight has passed; never one without weight."""
    below = upto[first - 1] if first > 0 else 0.0
    target = below + uniform * (upto[last - 1] - below)
    low, high = first, last - 1
    while low < high:
        middle = (low + high) >> 1
        if upto[middle] <= target:
            low = middle + 1
        else:
            high = middle
    return low


@kernel(inline="always")
def _taken(chosen: NDArray[np.int64], first: int, last: int, candidate: int) -> bool:
    for i in range(first, last):  # noqa: SIM110  numba compiles no any() over a generator
        if chosen[i] == candidate:
            return True
    return False


@kernel
def draw_baskets(key: np.uint64, orders: Any, upto: NDArray[np.float64], chosen: NDArray[np.int64]) -> None:
    """Write the candidates of each order. A repeated one is drawn again, after many tries the next free one taken."""
    for order in orders:
        attempt = 0
        for line in range(order.line, order.line + order.lines):
            candidate = -1
            for _ in range(_TRIES):
                uniform = (bits(key, order.entity, attempt) >> np.uint64(11)) * 2.0**-53
                attempt += 1
                candidate = _draw(upto, order.first, order.last, uniform)
                if not _taken(chosen, order.line, line, candidate):
                    break
            while _taken(chosen, order.line, line, candidate):
                candidate = candidate + 1 if candidate + 1 < order.last else order.first
            chosen[line] = candidate


class Shelves:
    """Weights of all candidates: first the catalogue, then the assortment of each node."""

    def __init__(
        self, popularity: NDArray[np.float64], ranked_sku: NDArray[np.int32], node_first: NDArray[np.int64]
    ) -> None:
        self.sku = np.concatenate([np.arange(popularity.size), ranked_sku.astype(np.int64)])
        self._popularity, self._skus = popularity, popularity.size
        self._first = node_first + popularity.size
        self._plain = np.cumsum(popularity[self.sku])

    def weights(self, factors: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Cumulative weights under promotion factors per SKU."""
        return self._plain if factors is None else np.cumsum((self._popularity * factors)[self.sku])

    def ranges(self, pickup: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Candidates of orders: the assortment of the node of pickup, or the catalogue where that is -1."""
        shipped = pickup < 0
        return np.where(shipped, 0, self._first[pickup]), np.where(shipped, self._skus, self._first[pickup + 1])
