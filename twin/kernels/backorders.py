"""Reviews of lines that wait for stock (docs/model.md, section 7, "Shortages")."""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.journal.orders import Status
from twin.journal.totals import Flow
from twin.kernels.barring import is_barred
from twin.kernels.codes import Point, Reserved
from twin.kernels.memory import control, flows, lines, orders, pairs, skus
from twin.kernels.shortages import let_down
from twin.kernels.stock import change_reserved, change_unplaced, sourceable

_ACCEPTED = int(Status.ACCEPTED)
_NEVER = int(Point.NONE)
_GROUP = int(Reserved.GROUP)
_PLACED, _GIVEN_UP = int(Flow.BACKORDERS_PLACED), int(Flow.BACKORDERS_GIVEN_UP)

GIVEN_UP, WAITS = -1, 0
"""Returned by :func:`review` in place of the wave in which the line goes on."""


@kernel
def _seems_to_be_there(handle: int, line: Any, order: Any) -> bool:
    """Whether a node seems to have the line's units, and all nodes have them beyond what orders without a node want."""
    total, found = 0, False
    for p in range(skus(handle)[line.sku].first, skus(handle)[line.sku].last):
        pair = pairs(handle)[p]
        if is_barred(handle, pair, order):
            break
        if pair.pooled != 0 and pair.node != order.barred:
            total += sourceable(pair)
            found = found or sourceable(pair) >= line.quantity
    return found and total - skus(handle)[line.sku].unplaced >= line.quantity


@kernel
def _place(handle: int, line: Any, now: int) -> None:
    """The line is a promise again; other batch jobs of the instant, but no refresh of a copy, have come before."""
    line.status = _ACCEPTED
    change_unplaced(handle, line.sku, line.quantity)
    if control(handle)[0].point != _NEVER:
        change_reserved(handle, line.sku, line.quantity, now - 1)
        line.reserved = _GROUP
    flows(handle)[_PLACED] += 1


@kernel
def review(handle: int, number: int, row: int, wave: int, give_up: int, now: int) -> int:
    """Look at a line that waits, in row ``row``, of order ``number``: the wave in which it goes on (``wave``, or the
    order's next one if that is 0), or WAITS, or GIVEN_UP if it has waited for ``give_up`` already.
    """
    line, order = lines(handle)[row], orders(handle)[number - control(handle)[0].order_base]
    if line.t_short + give_up <= now:
        let_down(handle, line, order, now)
        flows(handle)[_GIVEN_UP] += 1
        return GIVEN_UP
    if not _seems_to_be_there(handle, line, order):
        return WAITS
    _place(handle, line, now)
    if wave == 0:
        order.waves += 1
        wave = order.waves
    line.wave = wave
    return wave
