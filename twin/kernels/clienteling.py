"""Customers in stores: what is on the shelf is sold at the till (docs/model.md, section 6, "Clienteling")."""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.journal.orders import Mode, Status
from twin.journal.totals import Flow
from twin.kernels.codes import Part
from twin.kernels.holding import end_line, order_row
from twin.kernels.memory import control, flows, lines, pairs, skus
from twin.kernels.sending import move
from twin.kernels.state import NIL
from twin.kernels.stock import change_on_hand
from twin.kernels.traffic import PART_SHIFT

_OPEN, _SUPPLIED = int(Status.OPEN), int(Status.SUPPLIED)
_SHIP, _TILL = int(Mode.SHIP), int(Mode.TILL)
_UNITS, _ASSISTED = int(Flow.TILL_UNITS), int(Flow.ASSISTED_UNITS)
_PART = int(Part.SALE) << PART_SHIFT | 1 << 16
"""Apart from the sales of walk-ins, which have part 0."""


@kernel
def _free_at_till(handle: int, pair: Any) -> int:
    """Units that a till may sell: those on the shelf, whoever was promised them."""
    if control(handle)[0].tills_respect != 0:
        return max(0, pair.on_hand - max(pair.promised, pair.resv))
    return pair.on_hand


@kernel
def sell_here(handle: int, number: int, i: int, p: int, now: int) -> int:
    """Sell line ``i`` of an order from the shelf of a pair: 1, or 0 if there is too little."""
    order = order_row(handle, number)
    line = lines(handle)[order.first - control(handle)[0].line_base + i]
    pair, units = pairs(handle)[p], line.quantity
    if _free_at_till(handle, pair) < units:
        return 0
    change_on_hand(handle, p, -units)
    pair.sold += units
    if pair.pooled != 0:
        skus(handle)[pair.sku].sold += units
    flows(handle)[_UNITS] += units
    flows(handle)[_ASSISTED] += units
    move(handle, now, p, -units, 0, order.order, _PART | i, now)
    line.mode, line.node, line.pair = _TILL, pair.node, NIL
    end_line(handle, line, order, _SUPPLIED, now)
    return 1


@kernel
def sell_from_elsewhere(handle: int, number: int, node: int) -> int:
    """What is left of an order is sent home, from any node but one: how many lines are left."""
    order = order_row(handle, number)
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if line.status == _OPEN:
            line.mode, line.pair, line.node = _SHIP, NIL, NIL
    order.mode, order.barred = _SHIP, node
    return order.open
