"""Order steps up to acceptance: check against beliefs, reserve, hold, accept (docs/model.md, section 6)."""

from __future__ import annotations

from typing import Any

from twin.core.clock import NEVER
from twin.core.jit import kernel
from twin.journal.tables import Degraded, Flow, Mode, Refusal, Status
from twin.kernels.memory import (
    channels,
    control,
    flows,
    holds,
    lines,
    orders,
    pair_rates,
    pairs,
    quotas,
    risks,
    sku_rates,
    skus,
    windows,
)
from twin.kernels.publication import (
    belief,
    belief_staleness,
    copy_age,
    held_back,
    offer,
    outage_at,
    take_own,
    view_age,
    view_staleness,
)
from twin.kernels.sending import note
from twin.kernels.sourcing import best_pair, mark_choice
from twin.kernels.state import NIL, Asks, Belief, Part, Point, Reserved, Reserving
from twin.kernels.stock import change_promised, change_reserved, change_unplaced, change_view, free_of
from twin.kernels.traffic import PART_SHIFT
from twin.kernels.truth import could_back, first_cause, refusal_reason, suspect_at_acceptance, truth
from twin.policies.protection import units_at_risk

_OPEN, _REFUSED, _DECLINED, _ACCEPTED, _LEFT = (
    int(Status.OPEN),
    int(Status.REFUSED),
    int(Status.DECLINED),
    int(Status.ACCEPTED),
    int(Status.LEFT),
)
_CLOSED, _NO_STOCK = int(Refusal.CLOSED), int(Refusal.NO_STOCK)
_PICKUP = int(Mode.PICKUP)
_QUERY = int(Belief.QUERY)
_SYNCHRONOUS = int(Reserving.SYNCHRONOUS)
_CART, _CHECKOUT = int(Point.CART), int(Point.CHECKOUT)
_NO, _GROUP, _NODE = int(Reserved.NO), int(Reserved.GROUP), int(Reserved.NODE)
_RESERVE, _RELEASE = int(Part.RESERVE), int(Part.RELEASE)
_LAPSED_HOLDS = int(Flow.LAPSED_HOLDS)
_SERVE_STALE = int(Degraded.SERVE_STALE)
_BELIEF, _QUOTA, _LATER = int(Asks.BELIEF), int(Asks.QUOTA), int(Asks.LATER)


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
def turn_away(handle: int, number: int, reason: int, now: int) -> None:
    """A fallback refuses the order when it arrives."""
    c, order = control(handle)[0], order_row(handle, number)
    for i in range(order.first - c.line_base, order.first - c.line_base + order.lines):
        lines(handle)[i].degraded = order.degraded
    refuse_all(handle, number, reason, now)


@kernel
def silence(handle: int, channel: int, t: int) -> int:
    """Longest time that an outage has lasted among the systems behind the channel's belief, us.

    A marketplace is closed over its feed: while that is down, its silence stays what it was.
    """
    row = channels(handle)[channel]
    begun = _outage_start(handle, control(handle)[0].movements_outage, t)
    own = _outage_start(handle, row.outage, t)
    if row.marketplace != 0:
        return max(0, min(t, own) - begun)
    return t - min(t, begun, own)


@kernel
def _outage_start(handle: int, system: int, t: int) -> int:
    """Start of the outage of ``system`` that covers ``t``, or never."""
    at = outage_at(handle, system, t)
    return windows(handle)[at].start if at >= 0 else NEVER


@kernel
def may_serve_stale(handle: int, channel: int, t: int) -> bool:
    """Whether the channel goes on selling without the answer of a system that it needs.

    One that asks at each decision has a last belief only while the asked system is down: the answers of before.
    """
    c, row = control(handle)[0], channels(handle)[channel]
    has_belief = row.mode != _QUERY or row.down != 0
    return c.serve_stale != 0 and has_belief and silence(handle, channel, t) <= c.max_age


@kernel
def _needs_down_system(handle: int, order: Any, now: int) -> bool:
    c, channel = control(handle)[0], channels(handle)[order.channel]
    if channel.mode == _QUERY and outage_at(handle, channel.outage, now) >= 0:
        return True
    synchronous = channel.reserving == _SYNCHRONOUS and (c.point == _CHECKOUT or c.point == _CART)
    return synchronous and outage_at(handle, c.service_outage, now) >= 0


@kernel
def _withhold(handle: int, line: Any, order: Any, at_view: bool, now: int) -> None:
    """Hold back from the line what its order's fallback does, and what the belief it is held against has probably
    missed.
    """
    line.withheld = order.withheld
    if control(handle)[0].at_risk == 0:
        return
    age = view_age(handle, now)
    if line.mode == _PICKUP:
        line.withheld += units_at_risk(pair_rates(handle)[line.pair], age, risks(handle))
        return
    if not at_view:
        age += copy_age(handle, line.channel, line.sku, now)
    line.withheld += units_at_risk(sku_rates(handle)[line.sku], age, risks(handle))


@kernel
def _believed(handle: int, line: Any, order: Any, now: int) -> int:
    _withhold(handle, line, order, False, now)
    if line.mode == _PICKUP:
        return free_of(pairs(handle)[line.pair]) - line.withheld
    return belief(handle, line.channel, line.sku, now) - line.withheld


@kernel
def _decide(handle: int, line: Any, believed: int, staleness: int, now: int) -> bool:
    """Hold a line against what is believed, and write the decision down."""
    line.belief, line.t_decision, line.staleness = believed, now, staleness
    return believed >= line.quantity


@kernel
def _staleness(handle: int, line: Any, now: int) -> int:
    if line.mode == _PICKUP:
        return view_staleness(handle, line.pair, line.sku, now)
    return belief_staleness(handle, line.channel, line.sku, now)


@kernel
def go_without(order: Any) -> None:
    """The order goes on without the answer of a system, by the strategy of its fallback or by the last belief."""
    order.unanswered = 1
    if order.degraded == 0:
        order.degraded = _SERVE_STALE


@kernel
def _take_rules(line: Any, order: Any) -> None:
    """The line is decided as its order is."""
    line.degraded, line.unanswered = order.degraded, order.unanswered
    line.asks = order.asks


@kernel
def _within_quota(handle: int, line: Any, first: int, now: int) -> bool:
    """Hold a line against the quota of its SKU, of those whose rows begin at ``first``."""
    return _decide(handle, line, quotas(handle)[first + line.sku], 0, now)


@kernel
def _within_allotment(handle: int, line: Any, now: int) -> bool:
    """Whether the channel may still sell the units: it has a share of the pool for itself, or sells from all of it."""
    first = channels(handle)[line.channel].quota
    if first == NIL or line.mode == _PICKUP or quotas(handle)[first + line.sku] >= line.quantity:
        return True
    line.asks = _QUOTA
    return _within_quota(handle, line, first, now)


@kernel
def _passes(handle: int, line: Any, order: Any, now: int) -> bool:
    """Hold a line against what its order asks."""
    if order.asks == _BELIEF:
        passes = _decide(handle, line, _believed(handle, line, order, now), _staleness(handle, line, now), now)
        return passes and _within_allotment(handle, line, now)
    if order.asks == _QUOTA:
        return _within_quota(handle, line, order.quota, now)
    line.t_decision = now
    return True


@kernel
def check(handle: int, number: int, now: int) -> int:
    """The checkout starts: each line is held against the channel's belief; returns how many lines are left."""
    c, order = control(handle)[0], order_row(handle, number)
    if order.ruled == 0 and silence(handle, order.channel, now) > c.max_age:
        refuse_all(handle, number, _CLOSED, now)
        return 0
    if order.unanswered == 0 and _needs_down_system(handle, order, now):
        if not may_serve_stale(handle, order.channel, now):
            refuse_all(handle, number, _CLOSED, now)
            return 0
        go_without(order)
    left = 0
    for i in range(order.first - c.line_base, order.first - c.line_base + order.lines):
        line = lines(handle)[i]
        _take_rules(line, order)
        if _passes(handle, line, order, now):
            left += 1
        else:
            refuse(handle, line, order, _NO_STOCK, now)
    return left


@kernel
def _hold(handle: int, row: int, line: Any, now: int) -> None:
    """The reservation lapses unless the order is placed in time."""
    c = control(handle)[0]
    number = c.holds_high
    c.holds_high += 1
    hold = holds(handle)[number & c.holds_mask]
    hold.due, hold.line, hold.alive = now + c.ttl + c.expiry_lag, row, 1
    line.hold = number


@kernel
def _set_aside(handle: int, row: int, line: Any, units: int, now: int) -> None:
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
    note(handle, now, line.sku, p if line.mode == _PICKUP else NIL, units, line.order, part, row)
    if channel.takes_own != 0 and line.mode != _PICKUP:
        take_own(handle, line.channel, line.sku, units)
        line.owned = units > 0


@kernel
def _reserve_line(handle: int, row: int, line: Any, order: Any, now: int) -> bool:
    """Check a line again where it is reserved, and set its units aside."""
    c, channel = control(handle)[0], channels(handle)[line.channel]
    synchronous = channel.reserving == _SYNCHRONOUS and line.unanswered == 0
    line.asked_view = synchronous
    if synchronous and line.mode != _PICKUP:
        _withhold(handle, line, order, True, now)
        available = offer(handle, line.sku) - held_back(handle, line.channel, line.sku) - line.withheld
        if not _decide(handle, line, available, view_staleness(handle, NIL, line.sku, now), now):
            return False
        if not _within_allotment(handle, line, now):
            return False
    elif not _passes(handle, line, order, now):
        return False
    line.reserved = _GROUP
    if synchronous and line.mode != _PICKUP and c.level_node != 0:
        p = best_pair(handle, line, order, 0)
        if p == NIL:
            line.reserved, line.belief = _NO, 0  # enough in the pool, but no node has it
            return False
        mark_choice(handle, line, p, now)
    if line.pair != NIL:
        line.reserved = _NODE
    _set_aside(handle, row, line, line.quantity, now)
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
        _take_rules(line, order)
        if _reserve_line(handle, row, line, order, now):
            left += 1
            if lapses != 0:
                _hold(handle, row, line, now)
        else:
            refuse(handle, line, order, _NO_STOCK, now)
    return left


@kernel
def drop_reservation(handle: int, row: int, line: Any, now: int) -> None:
    """Undo the reservation of a line that is not accepted, and its hold."""
    c = control(handle)[0]
    if line.hold != NIL:
        holds(handle)[line.hold & c.holds_mask].alive = 0
        line.hold = NIL
    if line.reserved == _NO:
        return
    _set_aside(handle, row, line, -line.quantity, now)
    line.reserved = _NO
    if line.mode != _PICKUP:
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
def extend(handle: int, number: int, now: int) -> None:
    """The customer goes on: holds that have not lapsed begin anew."""
    c, order = control(handle)[0], order_row(handle, number)
    for row in range(order.first, order.first + order.lines):
        line = lines(handle)[row - c.line_base]
        if line.status == _OPEN and line.hold != NIL:
            holds(handle)[line.hold & c.holds_mask].alive = 0
            _hold(handle, row, line, now)


@kernel
def lapse(handle: int) -> None:
    """Carry out the release of the hold that is due first."""
    c = control(handle)[0]
    hold = holds(handle)[c.holds_low & c.holds_mask]
    c.holds_low += 1
    if hold.alive == 0:
        return
    line = lines(handle)[hold.line - c.line_base]
    line.hold, line.lapsed = NIL, 1
    drop_reservation(handle, hold.line, line, hold.due)
    flows(handle)[_LAPSED_HOLDS] += 1


@kernel
def _accept_line(handle: int, line: Any, now: int) -> None:
    s, q = line.sku, line.quantity
    p = line.pair if line.mode == _PICKUP else NIL
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
    if order.asks == _BELIEF and line.mode != _PICKUP:
        return channels(handle)[line.channel].quota
    return NIL


@kernel
def _take_quota(handle: int, row: int, line: Any, order: Any, now: int) -> bool:
    """Take the line's units off the quota that it is sold from, or refuse it."""
    first = _quota_of(handle, line, order)
    if first == NIL:
        return True
    of_fallback = order.asks == _QUOTA
    if _within_quota(handle, line, first, now) if of_fallback else _within_allotment(handle, line, now):
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
        accepted += 1
    if accepted > 0:
        order.t_accept = now
    return accepted
