"""Nodes that do not supply what they were to pick: why, what view and record are told, which orders are brokered again
(docs/model.md, section 7, "Declines").
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.core.shares import MILLION
from twin.journal.orders import Decline, Mode, Status
from twin.journal.totals import Flow
from twin.kernels.codes import Key, Part, Reserved
from twin.kernels.memory import control, corrected, flows, keys, lines, orders, pairs, rejected, skus, stocktakes
from twin.kernels.sending import move
from twin.kernels.sourcing import oversold
from twin.kernels.state import NIL
from twin.kernels.stock import (
    change_on_hand,
    change_promised,
    change_reserved,
    change_unplaced,
    change_view,
    set_blocked,
)
from twin.kernels.traffic import PART_SHIFT

_ACCEPTED = int(Status.ACCEPTED)
_SHIP, _PICKUP, _SAME_DAY = int(Mode.SHIP), int(Mode.PICKUP), int(Mode.SAME_DAY)
_NO, _GROUP, _NODE = int(Reserved.NO), int(Reserved.GROUP), int(Reserved.NODE)
_FOUND, _NOT_IN_STOCK, _MISMATCH, _DAMAGED, _REJECTED = (
    int(Decline.NONE),
    int(Decline.NOT_IN_STOCK),
    int(Decline.MISMATCH),
    int(Decline.DAMAGED),
    int(Decline.REJECTED),
)
_DAMAGED_UNITS, _REJECTED_LINES = int(Flow.DAMAGED_UNITS), int(Flow.REJECTED_LINES)
_CORRECTIONS, _CORRECTED_UNITS = int(Flow.PICK_CORRECTIONS), int(Flow.PICK_CORRECTED_UNITS)
_CORRECTION, _KEY = int(Part.CORRECTION), int(Key.DAMAGED)
_NUMBER = np.uint64(MILLION)


@kernel
def attempt_of(line: Any) -> int:
    """The line and how often it was short before: part of the identity of what happens at its pick."""
    return line.line << 4 | line.short_picks


@kernel
def reason_to_decline(handle: int, line: Any) -> int:
    """What a picker finds who comes for the line."""
    on_hand, c = pairs(handle)[line.pair].on_hand, control(handle)[0]
    if on_hand == 0:
        return _NOT_IN_STOCK
    if on_hand < line.quantity:
        return _MISMATCH
    if c.damaged == 0 or on_hand >= 2 * line.quantity:
        return _FOUND
    luck = bits(keys(handle)[_KEY], line.order, attempt_of(line)) % _NUMBER
    return _DAMAGED if np.int64(luck) < c.damaged else _FOUND


@kernel
def _write_off(handle: int, p: int, units: int) -> None:
    """Units on the shelf are damaged; nobody has been told so far."""
    pair = pairs(handle)[p]
    change_on_hand(handle, p, -units)
    pair.error += units
    pair.shrunk += units
    if pair.pooled != 0:
        skus(handle)[pair.sku].shrunk += units
    flows(handle)[_DAMAGED_UNITS] += units


@kernel
def _correct(handle: int, line: Any, reason: int, now: int) -> None:
    """The node counts anew, and a movement tells view and record."""
    p = line.pair
    pair = pairs(handle)[p]
    delta = -line.quantity
    if reason == _NOT_IN_STOCK:
        delta = -pair.error
    elif reason == _MISMATCH:
        delta = pair.on_hand - line.quantity
    if delta == 0:
        return
    pair.error += delta
    corrected(handle)[p] += delta
    flows(handle)[_CORRECTIONS] += 1
    flows(handle)[_CORRECTED_UNITS] += abs(delta)
    move(handle, now, p, delta, 0, line.order, _CORRECTION << PART_SHIFT | attempt_of(line), now)


@kernel
def _broker_again(handle: int, line: Any, order: Any, now: int) -> bool:
    """The node is out of the question: whether the line is brokered again, or given up."""
    change_promised(handle, line.pair, -line.quantity)
    reserved = line.reserved == _NODE
    if reserved:
        change_view(handle, line.pair, 0, -line.quantity, now)
    line.reserved = _NO
    line.short_picks += 1
    if line.mode == _PICKUP or line.short_picks > control(handle)[0].rebroker:
        return oversold(handle, line, order, True, False, now)
    change_unplaced(handle, line.sku, line.quantity)
    if reserved:
        change_reserved(handle, line.sku, line.quantity, now)
        line.reserved = _GROUP
    line.pair, line.parcel = NIL, NIL
    if line.mode == _SAME_DAY:
        line.mode, line.hurries = _SHIP, 1
    return True


@kernel
def decline(handle: int, line: Any, order: Any, reason: int, now: int) -> bool:
    """The picker found too little: set the pair aside; whether the line is brokered again."""
    line.decline = reason
    if reason == _DAMAGED:
        _write_off(handle, line.pair, line.quantity)
    set_blocked(handle, line.pair, 1, now)
    if control(handle)[0].stocktakes != 0:
        stocktakes(handle)[line.pair].short = 1
    if control(handle)[0].corrects != 0:
        _correct(handle, line, reason, now)
    return _broker_again(handle, line, order, now)


@kernel
def _owner(handle: int, row: int) -> int:
    """Row of the order of a line."""
    number = row + control(handle)[0].line_base
    low, high = 0, len(orders(handle)) - 1
    while low < high:  # the last order whose first line is not behind this one
        middle = (low + high + 1) // 2
        if orders(handle)[middle].first <= number:
            low = middle
        else:
            high = middle - 1
    return low


@kernel
def reject_others(handle: int, p: int, order: int, now: int) -> None:
    """Nothing is there: all other orders with a parcel at the pair are told so."""
    if pairs(handle)[p].promised == 0:
        return
    c, last = control(handle)[0], NIL
    for i in range(len(lines(handle))):
        line = lines(handle)[i]
        if line.pair != p or line.status != _ACCEPTED or line.parcel == NIL or line.order == order:
            continue
        owner = _owner(handle, i)
        row = orders(handle)[owner]
        line.decline = _REJECTED
        line.rejections += 1
        flows(handle)[_REJECTED_LINES] += 1
        goes_on = _broker_again(handle, line, row, now)
        if owner != last:
            rejected(handle)[c.rejected].number, rejected(handle)[c.rejected].wave = owner + c.order_base, 0
            c.rejected += 1
            last = owner
        if goes_on:
            _begin_wave(line, row, rejected(handle)[c.rejected - 1])


@kernel
def _begin_wave(line: Any, order: Any, entry: Any) -> None:
    """A rejected line is brokered again, in one wave with the others of its order."""
    if entry.wave == 0:
        order.waves += 1
        entry.wave = order.waves
    line.wave = entry.wave
