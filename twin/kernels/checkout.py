"""Order steps up to acceptance: check, refuse, reserve, accept (docs/model.md, section 6)."""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.journal.orders import Mode, Refusal, Status
from twin.kernels.asking import (
    go_without,
    may_serve_stale,
    needs_down_system,
    passes,
    passes_view,
    silence,
    take_rules,
    within_allotment,
    within_quota,
)
from twin.kernels.choosing import best_pair
from twin.kernels.codes import Asks, Reserved, Reserving
from twin.kernels.holding import drop_reservation, end_line, hold, order_row, release_open, set_aside
from twin.kernels.memory import channels, control, holds, lines, pairs, quotas, skus
from twin.kernels.pricing import charge_line
from twin.kernels.promising import answer
from twin.kernels.sourcing import mark_choice
from twin.kernels.state import NIL
from twin.kernels.stock import change_promised, change_unplaced
from twin.kernels.truth import could_back, first_cause, refusal_reason, suspect_at_acceptance, truth

_OPEN, _REFUSED, _DECLINED, _ACCEPTED, _LEFT = (
    int(Status.OPEN),
    int(Status.REFUSED),
    int(Status.DECLINED),
    int(Status.ACCEPTED),
    int(Status.LEFT),
)
_CLOSED, _NO_STOCK, _NOT_TODAY = int(Refusal.CLOSED), int(Refusal.NO_STOCK), int(Refusal.NOT_TODAY)
_OR_NOTHING = 2
"""What an order wants that is to be there on its day or not at all."""
_SHIP = int(Mode.SHIP)
_SYNCHRONOUS = int(Reserving.SYNCHRONOUS)
_NO, _GROUP, _NODE = int(Reserved.NO), int(Reserved.GROUP), int(Reserved.NODE)
_BELIEF, _QUOTA, _LATER = int(Asks.BELIEF), int(Asks.QUOTA), int(Asks.LATER)


@kernel
def refuse(handle: int, line: Any, order: Any, reason: int, now: int) -> None:
    """The customer is told no, and what the truth says is written down. ``reason`` NO_STOCK asks for the reason."""
    p = line.pair
    line.truth = truth(handle, line.sku, p)
    backed = could_back(handle, line.sku, p, line.quantity)
    line.false_oos = backed
    line.refusal = reason
    if reason == _NO_STOCK and backed:
        line.refusal = refusal_reason(handle, line, now)
    end_line(handle, line, order, _REFUSED, now)


@kernel
def refuse_all(handle: int, number: int, reason: int, now: int) -> None:
    """All open lines of an order are refused for a reason that is not stock, and their holds released."""
    c, order = control(handle)[0], order_row(handle, number)
    release_open(handle, number, now)
    for i in range(order.first - c.line_base, order.first - c.line_base + order.lines):
        line = lines(handle)[i]
        if line.status == _OPEN:
            line.t_decision = now
            refuse(handle, line, order, reason, now)


@kernel
def refuse_today(handle: int, order: Any, now: int) -> None:
    """The customer wanted it today or not at all. It is a false out-of-stock only if a node near enough had it all."""
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if line.status != _OPEN:
            continue
        line.t_decision, line.refusal, line.false_oos = now, _NOT_TODAY, order.backed
        line.truth = truth(handle, line.sku, NIL)
        end_line(handle, line, order, _REFUSED, now)


@kernel
def turn_away(handle: int, number: int, reason: int, now: int) -> None:
    """A fallback refuses the order when it arrives."""
    c, order = control(handle)[0], order_row(handle, number)
    for i in range(order.first - c.line_base, order.first - c.line_base + order.lines):
        if lines(handle)[i].status == _OPEN:
            lines(handle)[i].degraded = order.degraded
    refuse_all(handle, number, reason, now)


@kernel
def check(handle: int, number: int, now: int) -> int:
    """The checkout starts: each line is held against the channel's belief; returns how many lines are left."""
    c, order = control(handle)[0], order_row(handle, number)
    if order.ruled == 0 and silence(handle, order.channel, now) > c.max_age:
        refuse_all(handle, number, _CLOSED, now)
        return 0
    if order.unanswered == 0 and needs_down_system(handle, order, now):
        if not may_serve_stale(handle, order.channel, now):
            refuse_all(handle, number, _CLOSED, now)
            return 0
        go_without(order)
    for i in range(order.first - c.line_base, order.first - c.line_base + order.lines):
        if lines(handle)[i].status == _OPEN:
            take_rules(lines(handle)[i], order)
    if order.wants != 0 and not answer(handle, order, now) and order.wants == _OR_NOTHING:
        refuse_today(handle, order, now)
        return 0
    left = 0
    for i in range(order.first - c.line_base, order.first - c.line_base + order.lines):
        line = lines(handle)[i]
        if line.status != _OPEN:
            continue
        if passes(handle, line, order, now):
            left += 1
        else:
            refuse(handle, line, order, _NO_STOCK, now)
    return left


@kernel
def _reserve_line(handle: int, row: int, line: Any, order: Any, now: int) -> bool:
    """Check a line again where it is reserved, and set its units aside."""
    c, channel = control(handle)[0], channels(handle)[line.channel]
    synchronous = channel.reserving == _SYNCHRONOUS and line.unanswered == 0
    line.asked_view = synchronous
    asks_view = synchronous and line.mode == _SHIP
    if not (passes_view(handle, line, order, now) if asks_view else passes(handle, line, order, now)):
        return False
    line.reserved = _GROUP
    if asks_view and c.level_node != 0:
        p = best_pair(handle, line, order, 0, 0, now)
        if p == NIL:
            line.reserved, line.belief = _NO, 0  # enough in the pool, but no node has it
            return False
        mark_choice(handle, line, p, now)
    if line.pair != NIL:
        line.reserved = _NODE
    set_aside(handle, row, line, line.quantity, now)
    return True


@kernel
def reserve(handle: int, number: int, now: int, lapses: int) -> int:
    """Reserve every open line, with a hold if ``lapses``; returns how many lines are left."""
    c, order = control(handle)[0], order_row(handle, number)
    if order.asks == _LATER:
        return order.open
    left = 0
    for row in range(order.first, order.first + order.lines):
        line = lines(handle)[row - c.line_base]
        if line.status != _OPEN:
            continue
        take_rules(line, order)
        if _reserve_line(handle, row, line, order, now):
            left += 1
            if lapses != 0:
                hold(handle, row, line, now)
        else:
            refuse(handle, line, order, _NO_STOCK, now)
    return left


@kernel
def end_open(handle: int, number: int, status: int, now: int) -> None:
    """The customer leaves (holds stay until they lapse) or the payment is declined (holds are released)."""
    c, order = control(handle)[0], order_row(handle, number)
    if status == _DECLINED:
        release_open(handle, number, now)
    for i in range(order.first - c.line_base, order.first - c.line_base + order.lines):
        line = lines(handle)[i]
        if line.status == _OPEN:
            end_line(handle, line, order, status, now)


@kernel
def leave(handle: int, number: int, now: int) -> None:
    """The customer leaves the cart: its holds stay until they lapse, and what it was told is told to nobody."""
    c, order = control(handle)[0], order_row(handle, number)
    for i in range(order.first - c.line_base, order.first - c.line_base + order.lines):
        line = lines(handle)[i]
        if line.status == _OPEN:
            end_line(handle, line, order, _LEFT, now)
        line.status, line.refusal, line.false_oos = _LEFT, 0, 0


@kernel
def _accept_line(handle: int, line: Any, now: int) -> None:
    s, q = line.sku, line.quantity
    p = line.pair if line.mode != _SHIP else NIL
    line.truth = truth(handle, s, p)
    if line.truth < q:
        causes = suspect_at_acceptance(handle, line, now)
        line.suspect = first_cause(causes)
        line.also, line.suspect_node = causes & ~(1 << line.suspect), 0
    line.sku_sold, line.sku_shrunk = skus(handle)[s].sold, skus(handle)[s].shrunk
    if line.pair != NIL:
        line.pair_sold, line.pair_shrunk = pairs(handle)[line.pair].sold, pairs(handle)[line.pair].shrunk
        change_promised(handle, line.pair, q)
    else:
        change_unplaced(handle, s, q)
    line.status = _ACCEPTED


@kernel
def _quota_of(handle: int, line: Any, order: Any) -> int:
    """Row at which the quotas begin that the line is taken off, its fallback's or its channel's; NIL: none."""
    if order.asks == _QUOTA:
        return order.quota
    if order.asks == _BELIEF and line.mode == _SHIP:
        return channels(handle)[line.channel].quota
    return NIL


@kernel
def _take_quota(handle: int, row: int, line: Any, order: Any, now: int) -> bool:
    """Take the line's units off the quota that it is sold from, or refuse it."""
    first = _quota_of(handle, line, order)
    if first == NIL:
        return True
    of_fallback = order.asks == _QUOTA
    if within_quota(handle, line, first, now) if of_fallback else within_allotment(handle, line, now):
        quotas(handle)[first + line.sku] -= line.quantity
        return True
    drop_reservation(handle, row, line, now)
    refuse(handle, line, order, _NO_STOCK, now)
    return False


@kernel
def accept(handle: int, number: int, now: int) -> int:
    """The order is placed: every open line is promised; returns how many are. A lapsed hold is made good first if the
    arm rechecks.
    """
    c, order = control(handle)[0], order_row(handle, number)
    accepted = 0
    for row in range(order.first, order.first + order.lines):
        line = lines(handle)[row - c.line_base]
        if line.status != _OPEN:
            continue
        if line.hold != NIL:
            holds(handle)[line.hold & c.holds_mask].alive = 0
            line.hold = NIL
        if line.lapsed != 0 and c.recheck != 0:
            if not _reserve_line(handle, row, line, order, now):
                refuse(handle, line, order, _NO_STOCK, now)
                continue
            line.lapsed = 0
        if not _take_quota(handle, row, line, order, now):
            continue
        _accept_line(handle, line, now)
        if c.priced != 0:
            charge_line(handle, row, line, now)
        accepted += 1
    if accepted > 0:
        order.t_accept = now
    return accepted
