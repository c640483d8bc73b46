"""Where customers live: around the stores of their region."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits
from twin.core.jit import kernel

SPREAD_KM: Final = 25
"""A customer lives up to twice this far east or west, and north or south, of a store (triangular; assumption)."""


@kernel
def places(
    key: np.uint64,
    customers: NDArray[np.int64],
    region: NDArray[np.int64],
    centres: NDArray[np.int64],
    centre_first: NDArray[np.int64],
) -> NDArray[np.int64]:
    """[customer, 2]: km. Region r lives around the places ``centres[centre_first[r] : centre_first[r + 1]]``."""
    out = np.empty((customers.size, 2), np.int64)
    for i in range(customers.size):
        first, last = centre_first[region[i]], centre_first[region[i] + 1]
        centre = first + np.int64(bits(key, customers[i], 0) >> np.uint64(1)) % (last - first)
        luck = bits(key, customers[i], 1)
        for axis in range(2):
            towards = np.int64((luck >> np.uint64(32 * axis)) & np.uint64(0xFFFF)) * (2 * SPREAD_KM) >> 16
            back = np.int64((luck >> np.uint64(32 * axis + 16)) & np.uint64(0xFFFF)) * (2 * SPREAD_KM) >> 16
            out[i, axis] = centres[centre, axis] + towards - back
    return out


@kernel
def nearest(place: NDArray[np.int64], stores: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row of ``stores`` nearest to each place; of equals the first."""
    out = np.empty(place.shape[0], np.int64)
    for i in range(place.shape[0]):
        best, least = -1, np.int64(2) ** 62
        for j in range(stores.shape[0]):
            distance = (place[i, 0] - stores[j, 0]) ** 2 + (place[i, 1] - stores[j, 1]) ** 2
            if distance < least:
                best, least = j, distance
        out[i] = best
    return out


class Homes:
    """Places and home stores of customers."""

    def __init__(self, nodes: NDArray[np.void], centres_km: NDArray[np.float64]) -> None:
        self._stores = np.flatnonzero(nodes["is_dc"] == 0)
        self._store_places = np.stack([nodes["x_km"], nodes["y_km"]], axis=1).astype(np.int64)[self._stores]
        region = nodes["region"][self._stores]
        # A region without a store has its customers around its centre.
        around = [self._store_places[region == r] for r in range(len(centres_km))]
        around = [
            own if own.size else np.rint(centre[None]).astype(np.int64)
            for own, centre in zip(around, centres_km, strict=True)
        ]
        self._centres = np.concatenate(around)
        self._first = np.cumsum([0, *(own.shape[0] for own in around)]).astype(np.int64)

    def places(self, key: np.uint64, customers: NDArray[np.int64], region: NDArray[np.int64]) -> NDArray[np.int64]:
        """[customer, 2]: where each lives, km."""
        found: NDArray[np.int64] = places(key, customers, region, self._centres, self._first)
        return found

    def store_of(self, place: NDArray[np.int64]) -> NDArray[np.int64]:
        """Node of the nearest store; -1 if there is no store at all."""
        if self._stores.size == 0:
            return np.full(place.shape[0], -1, np.int64)
        return self._stores[nearest(place, self._store_places)]
