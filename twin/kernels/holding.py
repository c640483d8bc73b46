"""Units that are set aside for customers: told to the view, held for a while, extended, given back (docs/model.md,
section 6, "Reserving").
"""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.journal.orders import Mode, Status
from twin.journal.totals import Flow
from twin.kernels.codes import Part, Reserved, Reserving
from twin.kernels.memory import channels, control, flows, holds, lines, orders
from twin.kernels.publication import take_own
from twin.kernels.sending import note
from twin.kernels.state import NIL
from twin.kernels.stock import change_reserved, change_view
from twin.kernels.traffic import PART_SHIFT

_OPEN = int(Status.OPEN)
_SHIP = int(Mode.SHIP)
_SYNCHRONOUS = int(Reserving.SYNCHRONOUS)
_NO = int(Reserved.NO)
_RESERVE, _RELEASE = int(Part.RESERVE), int(Part.RELEASE)
_LAPSED_HOLDS = int(Flow.LAPSED_HOLDS)


@kernel
def order_row(handle: int, order: int) -> Any:
    """The order with serial number ``order``."""
    return orders(handle)[order - control(handle)[0].order_base]


@kernel
def end_line(handle: int, line: Any, order: Any, status: int, now: int) -> None:
    """The line reaches its last status."""
    line.status, line.t_end = status, now
    order.open -= 1


@kernel
def set_aside(handle: int, row: int, line: Any, units: int, now: int) -> None:
    """Reserve (positive) or release (negative) the line's units: in the view at once, or by a message, and on the
    channel's copy.
    """
    p = line.pair
    channel = channels(handle)[line.channel]
    if line.set_at_once != 0 or (channel.reserving == _SYNCHRONOUS and line.unanswered == 0):
        if p == NIL:
            change_reserved(handle, line.sku, units, now)
        else:
            change_view(handle, p, 0, units, now)
        return
    part = (_RESERVE if units > 0 else _RELEASE) << PART_SHIFT | line.line
    note(handle, now, line.sku, p if line.mode != _SHIP else NIL, units, line.order, part, row)
    if channel.takes_own != 0 and line.mode == _SHIP:
        take_own(handle, line.channel, line.sku, units)
        line.owned = units > 0


@kernel
def hold(handle: int, row: int, line: Any, now: int) -> None:
    """The reservation lapses unless the order is placed in time."""
    c = control(handle)[0]
    number = c.holds_high
    c.holds_high += 1
    row_of_hold = holds(handle)[number & c.holds_mask]
    row_of_hold.due, row_of_hold.line, row_of_hold.alive = now + c.ttl + c.expiry_lag, row, 1
    line.hold = number


@kernel
def drop_reservation(handle: int, row: int, line: Any, now: int) -> None:
    """Undo the reservation of a line that is not accepted, and its hold."""
    c = control(handle)[0]
    if line.hold != NIL:
        holds(handle)[line.hold & c.holds_mask].alive = 0
        line.hold = NIL
    if line.reserved == _NO:
        return
    set_aside(handle, row, line, -line.quantity, now)
    line.reserved = _NO
    if line.mode == _SHIP:
        line.pair = NIL


@kernel
def release_open(handle: int, number: int, now: int) -> None:
    """Undo the reservations of an order's open lines."""
    c, order = control(handle)[0], order_row(handle, number)
    for row in range(order.first, order.first + order.lines):
        line = lines(handle)[row - c.line_base]
        if line.status == _OPEN:
            drop_reservation(handle, row, line, now)


@kernel
def extend(handle: int, number: int, now: int) -> None:
    """The customer goes on: holds that have not lapsed begin anew."""
    c, order = control(handle)[0], order_row(handle, number)
    for row in range(order.first, order.first + order.lines):
        line = lines(handle)[row - c.line_base]
        if line.status == _OPEN and line.hold != NIL:
            holds(handle)[line.hold & c.holds_mask].alive = 0
            hold(handle, row, line, now)


@kernel
def lapse(handle: int) -> None:
    """Carry out the release of the hold that is due first."""
    c = control(handle)[0]
    first = holds(handle)[c.holds_low & c.holds_mask]
    c.holds_low += 1
    if first.alive == 0:
        return
    line = lines(handle)[first.line - c.line_base]
    line.hold, line.lapsed = NIL, 1
    drop_reservation(handle, first.line, line, first.due)
    flows(handle)[_LAPSED_HOLDS] += 1
