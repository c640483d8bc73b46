"""Who stocks what: stores a part of the catalogue, DCs all of it; and the numbering of (node, SKU) pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.world.streams import Streams


@dataclass(frozen=True)
class Pairs:
    """The pairs in their two orders: by SKU, then node (the number of a pair), and by node, then SKU (its rank)."""

    sku: NDArray[np.int32]
    node: NDArray[np.int32]
    sku_first: NDArray[np.int64]  # pairs of SKU s are sku_first[s] : sku_first[s + 1]
    by_node: NDArray[np.int32]  # rank -> pair
    node_first: NDArray[np.int64]  # ranks of node n are node_first[n] : node_first[n + 1]


def stocked(
    popularity: NDArray[np.float64], breadth: NDArray[np.int64], streams: Streams, sold: NDArray[np.int64] | None = None
) -> NDArray[np.bool_]:
    """[node, SKU] flags. ``breadth`` is the number of SKUs that a node stocks; all of them or more means all.

    Weighted sampling without replacement by exponential keys (Efraimidis & Spirakis 2006): the ``breadth`` smallest of
    E / popularity. ``sold`` lists (node, SKU) that are stocked whatever the draw says; they take the first places.
    """
    flags = np.ones((breadth.size, popularity.size), np.bool_)
    first = np.zeros_like(flags) if sold is not None else None
    if sold is not None and first is not None:
        first[sold[:, 0], sold[:, 1]] = True
    generator = streams.generator("estate.assortment", 0)
    with np.errstate(divide="ignore"):
        weight = 1 / popularity
    for node in np.flatnonzero(breadth < popularity.size):
        keys = generator.standard_exponential(popularity.size) * weight
        must = first[node] if first is not None else None
        flags[node] = _smallest(keys, int(breadth[node]), must)
    return flags


def _smallest(keys: NDArray[np.float64], count: int, must: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    if must is not None:
        keys = np.where(must, -1.0, keys)
        count = max(count, int(must.sum()))
    chosen = np.zeros(keys.size, np.bool_)
    chosen[np.argpartition(keys, count - 1)[:count]] = True
    return chosen


def number(flags: NDArray[np.bool_]) -> Pairs:
    """Number the pairs of a [node, SKU] table of flags."""
    sku, node = (index.astype(np.int32) for index in np.nonzero(flags.T))
    by_node = np.argsort(node.astype(np.int16 if flags.shape[0] < 2**15 else np.int32), kind="stable").astype(np.int32)
    return Pairs(sku, node, _first(flags.sum(axis=0)), by_node, _first(flags.sum(axis=1)))


def _first(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
