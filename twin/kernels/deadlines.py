"""Orders that a marketplace cancels because a deadline has passed (docs/model.md, section 6, "Deadlines")."""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.journal.orders import Status
from twin.journal.totals import Flow
from twin.kernels.codes import Reserved
from twin.kernels.holding import drop_reservation, end_line, order_row
from twin.kernels.memory import control, flows, lines
from twin.kernels.state import NIL
from twin.kernels.stock import change_promised, change_reserved, change_unplaced, change_view

_ACCEPTED, _BACKORDERED = int(Status.ACCEPTED), int(Status.BACKORDERED)
_NO, _NODE = int(Reserved.NO), int(Reserved.NODE)
_WITHDRAWN = int(Flow.BACKORDERS_WITHDRAWN)


@kernel
def _release(handle: int, row: int, line: Any, now: int) -> None:
    """Give back what is set aside for the line: as its channel reserved it, or in the view if it was at a node."""
    if line.parcel == NIL and line.wave == 0:
        drop_reservation(handle, row, line, now)
    elif line.reserved == _NODE:
        change_view(handle, line.pair, 0, -line.quantity, now)
    elif line.reserved != _NO:
        change_reserved(handle, line.sku, -line.quantity, now)
    line.reserved = _NO


@kernel
def withdraw(handle: int, number: int, status: int, now: int) -> None:
    """Lines of the order that are not picked end with ``status``; a parcel that they are in is picked without them."""
    c, order = control(handle)[0], order_row(handle, number)
    for row in range(order.first, order.first + order.lines):
        line = lines(handle)[row - c.line_base]
        if line.status == _BACKORDERED:
            flows(handle)[_WITHDRAWN] += 1
        elif line.status != _ACCEPTED:
            continue
        elif line.pair != NIL:
            change_promised(handle, line.pair, -line.quantity)
            _release(handle, row, line, now)
        else:
            change_unplaced(handle, line.sku, -line.quantity)
            _release(handle, row, line, now)
        end_line(handle, line, order, status, now)
        c.let_down += 1
