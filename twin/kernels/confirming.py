"""Promises that are taken back: orders taken without an answer are held against the view afterwards, and orders whose
saga was undone are cancelled (docs/model.md, section 6, "Confirmation" and "Sagas").
"""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.journal.orders import Cause, Mode, Status
from twin.journal.totals import Flow
from twin.kernels.codes import Asks, Point, Reserved
from twin.kernels.holding import drop_reservation, end_line, order_row
from twin.kernels.memory import control, flows, lines
from twin.kernels.shortages import let_down
from twin.kernels.state import NIL
from twin.kernels.stock import change_promised, change_reserved, change_unplaced, change_view
from twin.kernels.truth import line_held_back, without_own

_ACCEPTED, _GIVEN_UP = int(Status.ACCEPTED), int(Status.CANCELLED)
_BACKORDERED = int(Status.BACKORDERED)
_SHIP, _LATER = int(Mode.SHIP), int(Asks.LATER)
_FIRST, _LAST = int(Point.CART), int(Point.ORDER)
_GROUP, _NODE = int(Reserved.GROUP), int(Reserved.NODE)
_DEGRADED, _JOINT = int(Cause.DEGRADED), int(Cause.JOINT)
_CONFIRMED, _CANCELLED = int(Flow.LINES_CONFIRMED), int(Flow.CONFIRMATIONS_CANCELLED)


@kernel
def _set_aside(handle: int, line: Any, now: int) -> None:
    """The view sets the line's units aside at once."""
    line.set_at_once = 1
    if line.mode != _SHIP:
        change_view(handle, line.pair, 0, line.quantity, now)
        line.reserved = _NODE
    else:
        change_reserved(handle, line.sku, line.quantity, now)
        line.reserved = _GROUP


@kernel
def _withdraw(handle: int, line: Any) -> None:
    """The promise is not one any more."""
    if line.pair != NIL:
        change_promised(handle, line.pair, -line.quantity)
    else:
        change_unplaced(handle, line.sku, -line.quantity)


@kernel
def _cancel(handle: int, row: int, line: Any, order: Any, now: int) -> None:
    """The view cannot back the line: it is oversold, because it was taken without asking."""
    _withdraw(handle, line)
    drop_reservation(handle, row, line, now)
    if line.suspect != 0 and line.suspect != _DEGRADED and line.suspect != _JOINT:
        line.also |= 1 << line.suspect
    line.cause = _DEGRADED
    line.t_short = now
    let_down(handle, line, order, now)
    flows(handle)[_CANCELLED] += 1


@kernel
def confirm(handle: int, number: int, now: int) -> int:
    """Hold the accepted lines of an order that is not sourced yet against the view; returns how many are left."""
    c, order = control(handle)[0], order_row(handle, number)
    left = 0
    for row in range(order.first, order.first + order.lines):
        line = lines(handle)[row - c.line_base]
        if line.status == _BACKORDERED or (line.status == _ACCEPTED and line.cause != 0):
            left += 1
            continue
        if line.status != _ACCEPTED:
            continue
        if without_own(handle, line)[3] - line_held_back(handle, line) < line.quantity:
            _cancel(handle, row, line, order, now)
            continue
        if order.asks == _LATER and _FIRST <= c.point <= _LAST:
            _set_aside(handle, line, now)
        flows(handle)[_CONFIRMED] += 1
        left += 1
    return left


@kernel
def cancel(handle: int, number: int, now: int) -> None:
    """Nothing of the order is promised or set aside any more; it is not sourced yet."""
    c, order = control(handle)[0], order_row(handle, number)
    for row in range(order.first, order.first + order.lines):
        line = lines(handle)[row - c.line_base]
        if line.status != _ACCEPTED:
            continue
        _withdraw(handle, line)
        drop_reservation(handle, row, line, now)
        end_line(handle, line, order, _GIVEN_UP, now)
        c.let_down += 1
