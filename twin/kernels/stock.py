"""Changes to the ledgers, each keeping its sums true: what is offered and backed per SKU, how many pairs are wrong and
by how much.

``limit`` is the last instant whose refreshes of channel copies come before the change: ``t - 1`` for messages, tills
and batch jobs,
``t`` for order steps (docs/model.md, section 2).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.jit import kernel
from twin.kernels.memory import control, pairs, skus
from twin.kernels.publication import settle
from twin.policies.availability import backed_units, free_units, sourceable_units


@kernel
def free_of(pair: Any) -> int:
    """What the pair offers online."""
    return free_units(pair.viewed, pair.resv, pair.buffer, pair.blocked)


@kernel
def free_of_pairs(rows: Any) -> Any:
    """What each of many pairs offers online."""
    free = np.empty(len(rows), np.int64)
    for i in range(len(rows)):
        free[i] = free_of(rows[i])
    return free


@kernel
def sourceable(pair: Any) -> int:
    """What the pair seems to have for an order that is already accepted."""
    return sourceable_units(pair.viewed, pair.resv, pair.blocked)


@kernel
def _gaps(pair: Any) -> tuple[int, int, int]:
    """Units by which view and shelf, record and shelf, and view and record differ."""
    return abs(pair.viewed - pair.on_hand), abs(pair.record - pair.on_hand), abs(pair.viewed - pair.record)


@kernel
def _count_gaps(handle: int, before: tuple[int, int, int], after: tuple[int, int, int]) -> None:
    """Keep the totals of wrong and distant pairs true when one pair's gaps change."""
    c = control(handle)[0]
    if before[0] != after[0]:
        c.view_wrong += (after[0] != 0) - (before[0] != 0)
        c.view_gap += after[0] - before[0]
    if before[1] != after[1]:
        c.record_wrong += (after[1] != 0) - (before[1] != 0)
        c.record_gap += after[1] - before[1]
    if before[2] != after[2]:
        c.books_gap += after[2] - before[2]


@kernel
def change_on_hand(handle: int, p: int, delta: int) -> None:
    """The shelf gains or loses units."""
    pair = pairs(handle)[p]
    gaps = _gaps(pair)
    before = backed_units(pair.on_hand, pair.promised)
    pair.on_hand += delta
    if pair.pooled != 0:
        skus(handle)[pair.sku].backed += backed_units(pair.on_hand, pair.promised) - before
    _count_gaps(handle, gaps, _gaps(pair))


@kernel
def change_view(handle: int, p: int, delta: int, resv: int, limit: int) -> None:
    """The availability service hears of units or of reservations at a node."""
    pair = pairs(handle)[p]
    if pair.pooled != 0:
        settle(handle, pair.sku, limit)
    before = free_of(pair)
    if delta != 0:
        gaps = _gaps(pair)
        pair.viewed += delta
        _count_gaps(handle, gaps, _gaps(pair))
    pair.resv += resv
    if pair.pooled != 0:
        skus(handle)[pair.sku].offered += free_of(pair) - before


@kernel
def set_blocked(handle: int, p: int, blocked: int, limit: int) -> None:
    """Set a pair aside after a short pick, or take it back after a receipt."""
    pair = pairs(handle)[p]
    if pair.blocked == blocked:
        return
    if pair.pooled != 0:
        settle(handle, pair.sku, limit)
    before = free_of(pair)
    pair.blocked = blocked
    if pair.pooled != 0:
        skus(handle)[pair.sku].offered += free_of(pair) - before


@kernel
def change_reserved(handle: int, s: int, units: int, limit: int) -> None:
    """The view's reservation for no node in particular."""
    settle(handle, s, limit)
    skus(handle)[s].reserved += units


@kernel
def change_promised(handle: int, p: int, units: int) -> None:
    """The truth: units of accepted orders that the node is to pick."""
    pair = pairs(handle)[p]
    before = backed_units(pair.on_hand, pair.promised)
    pair.promised += units
    if pair.pooled != 0:
        skus(handle)[pair.sku].backed += backed_units(pair.on_hand, pair.promised) - before
    control(handle)[0].promised += units


@kernel
def change_unplaced(handle: int, s: int, units: int) -> None:
    """The truth: units of accepted orders that no node has been given."""
    skus(handle)[s].unplaced += units
    control(handle)[0].promised += units


@kernel
def post(handle: int, p: int, delta: int) -> None:
    """The ERP books units."""
    pair = pairs(handle)[p]
    gaps = _gaps(pair)
    pair.record += delta
    _count_gaps(handle, gaps, _gaps(pair))
