"""What a customer pays while outlets do not show the list price (docs/model.md, section 14)."""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.journal.orders import Status
from twin.journal.prices import Settled
from twin.kernels.codes import Mismatch
from twin.kernels.holding import end_line, order_row
from twin.kernels.memory import charges, control, lines, prices
from twin.policies.prices import charged

_OPEN, _ABANDONED = int(Status.OPEN), int(Status.ABANDONED)
_NONE, _HONOURED, _LOWERED, _CORRECTED, _WALKED_AWAY = (
    int(Settled.NONE),
    int(Settled.HONOURED),
    int(Settled.LOWERED),
    int(Settled.CORRECTED),
    int(Settled.WALKED_AWAY),
)


_LOWER = int(Mismatch.LOWER)


@kernel
def _look_up(handle: int, line: Any, charge: Any, now: int) -> int:
    """Write down what list and tills say of the line's SKU now; what its channel shows."""
    first = line.sku * control(handle)[0].price_columns
    charge.t, charge.listed, charge.till = now, prices(handle)[first], prices(handle)[first + 1]
    shown: int = prices(handle)[first + 2 + line.channel]
    return shown


@kernel
def charge_line(handle: int, row: int, line: Any, now: int) -> None:
    """A line is accepted: what its customer pays, unless that was told before."""
    c = control(handle)[0]
    charge = charges(handle)[row - c.line_base]
    shown = _look_up(handle, line, charge, now)
    if charge.settled != _NONE:
        return
    line.price_cents = charged(c.mismatch == _LOWER, shown, charge.listed)
    charge.shown, charge.settled = shown, (_HONOURED if line.price_cents == shown else _LOWERED)


@kernel
def correct(handle: int, number: int, now: int) -> bool:
    """The customer is told the list prices of what is still open: whether one is higher than what the channel shows."""
    c, order = control(handle)[0], order_row(handle, number)
    dearer = False
    for i in range(order.first - c.line_base, order.first - c.line_base + order.lines):
        line = lines(handle)[i]
        if line.status != _OPEN:
            continue
        charge = charges(handle)[i]
        charge.shown = _look_up(handle, line, charge, now)
        charge.settled = _HONOURED if charge.shown == charge.listed else _CORRECTED
        line.price_cents = charge.listed
        dearer = dearer or charge.listed > charge.shown
    return dearer


@kernel
def walk_away(handle: int, number: int, now: int) -> None:
    """The customer leaves over what was told; holds wait for their time."""
    c, order = control(handle)[0], order_row(handle, number)
    for i in range(order.first - c.line_base, order.first - c.line_base + order.lines):
        line = lines(handle)[i]
        if line.status == _OPEN:
            charges(handle)[i].settled = _WALKED_AWAY
            end_line(handle, line, order, _ABANDONED, now)
