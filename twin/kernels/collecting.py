"""Orders that are collected in a store: set aside at the pick, handed over, or put back on the shelf (docs/model.md,
section 7, "Collection").
"""

from __future__ import annotations

from typing import Any

from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.journal.orders import Status
from twin.journal.totals import Flow
from twin.kernels.chance import law
from twin.kernels.codes import Key, Law, Part
from twin.kernels.holding import order_row
from twin.kernels.memory import control, flows, keys, lines, set_aside
from twin.kernels.pickers import picker_done
from twin.kernels.sending import move
from twin.kernels.stock import change_on_hand
from twin.kernels.traffic import PART_SHIFT

_READY, _SUPPLIED, _NOT_COLLECTED = int(Status.READY), int(Status.SUPPLIED), int(Status.NOT_COLLECTED)
_COLLECTED, _RESTOCKED = int(Flow.COLLECTED_UNITS), int(Flow.RESTOCKED_UNITS)
_RESTOCK, _LAW, _KEY = int(Part.RESTOCK), int(Law.RESTOCK), int(Key.RESTOCK)


@kernel
def _change_aside(handle: int, line: Any, units: int) -> None:
    set_aside(handle)[line.pair] += units
    control(handle)[0].set_aside += units


@kernel
def keep_aside(handle: int, line: Any, order: Any) -> None:
    """A line was picked: its units wait for their customer."""
    _change_aside(handle, line, line.quantity)
    line.status = _READY
    order.aside = 1


@kernel
def collect(handle: int, number: int, now: int) -> None:
    """The customer comes for what is ready."""
    order = order_row(handle, number)
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if line.status == _READY:
            _change_aside(handle, line, -line.quantity)
            flows(handle)[_COLLECTED] += line.quantity
            line.status, line.t_end = _SUPPLIED, now
            order.open -= 1
    order.aside = 0
    order.t_done = now


@kernel
def give_up_waiting(handle: int, number: int, now: int) -> int:
    """What is ready is not kept any longer: when it will be back on the shelf."""
    order = order_row(handle, number)
    base, node = order.first - control(handle)[0].line_base, 0
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if line.status == _READY:
            line.status, line.t_end = _NOT_COLLECTED, now
            order.open -= 1
            control(handle)[0].let_down += 1
            node = line.node
    return picker_done(handle, node, law(handle, _LAW, bits(keys(handle)[_KEY], order.order, 0)), now)


@kernel
def restock(handle: int, number: int, now: int) -> None:
    """What was not collected is back on the shelf, and movements tell so."""
    order = order_row(handle, number)
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if line.status == _NOT_COLLECTED:
            _change_aside(handle, line, -line.quantity)
            change_on_hand(handle, line.pair, line.quantity)
            part = _RESTOCK << PART_SHIFT | line.line
            move(handle, now, line.pair, line.quantity, 0, order.order, part, now)
            flows(handle)[_RESTOCKED] += line.quantity
    order.aside = 0
