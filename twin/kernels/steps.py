"""The order's steps as the model calls them: advance to the instant, then act. Each returns FULL if a ring must grow
first.
"""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.journal.totals import Flow
from twin.kernels import asking, checkout, collecting, confirming, deadlines, holding, picking, pricing, sourcing
from twin.kernels.advance import FULL, advance
from twin.kernels.calls import call_done, release_at
from twin.kernels.codes import ERP, Point
from twin.kernels.counting import count_pair
from twin.kernels.holding import order_row
from twin.kernels.memory import control, flows, pairs, parcels, scratch, stations
from twin.kernels.publication import outage_at
from twin.kernels.state import NIL

_FIRST, _LAST = int(Point.CART), int(Point.ORDER)
_CALLS = (
    int(Flow.SERVICE_CALLS),
    int(Flow.ERP_CALLS),
    int(Flow.ERP_CREATIONS),  # in place of the release, which nobody calls
    int(Flow.TAX_CALLS),
    int(Flow.CRM_CALLS),
)
_CREATIONS = int(Flow.ERP_CREATIONS)

DOWN = -2
"""Returned by :func:`call` when the system is down."""

NOTHING = -3
"""Returned in place of an instant when no line was accepted."""

_check, _reserve, _accept, _refuse_all, _end_open = (
    checkout.check,
    checkout.reserve,
    checkout.accept,
    checkout.refuse_all,
    checkout.end_open,
)
_leave, _extend = checkout.leave, holding.extend
_may_serve_stale, _go_without, _turn_away = asking.may_serve_stale, asking.go_without, checkout.turn_away
_correct, _walk_away = pricing.correct, pricing.walk_away
_confirm, _cancel, _withdraw = confirming.confirm, confirming.cancel, deadlines.withdraw
_source, _pick, _restock = sourcing.source, picking.pick, collecting.restock


@kernel
def call(handle: int, station: int, number: int, attempt: int, now: int) -> int:
    """The checkout calls a system: when it answers, or DOWN."""
    if advance(handle, now) != 0:
        return FULL
    order = order_row(handle, number)
    if order.asked < 0:
        order.asked = now
    if outage_at(handle, stations(handle)[station].outage, now) >= 0:
        return DOWN
    flows(handle)[_CALLS[station]] += 1
    return call_done(handle, station, order.order, attempt, now)


@kernel
def _end_call(order: Any, now: int) -> None:
    """The call that the order made, if any, is over: its time was waited."""
    if order.asked >= 0:
        order.call += now - order.asked
        order.asked = NIL


@kernel
def give_up(handle: int, number: int, reason: int, now: int) -> int:
    """The checkout gets no answer: 1 if it goes on degraded, 0 if the customer is lost for ``reason``."""
    if advance(handle, now) != 0:
        return FULL
    order = order_row(handle, number)
    _end_call(order, now)
    if _may_serve_stale(handle, order.channel, now):
        _go_without(order)
        return 1
    _refuse_all(handle, number, reason, now)
    return 0


@kernel
def refuse(handle: int, number: int, reason: int, now: int) -> int:
    """The checkout gets no answer that it cannot do without: the customer is lost for ``reason``."""
    if advance(handle, now) != 0:
        return FULL
    _end_call(order_row(handle, number), now)
    _refuse_all(handle, number, reason, now)
    return 0


@kernel
def create_in_erp(handle: int, number: int, wave: int, now: int) -> int:
    """The order is created in the ERP before it is released: when that is done."""
    flows(handle)[_CREATIONS] += 1
    return call_done(handle, ERP, order_row(handle, number).order, 2 + wave, now)


@kernel
def check(handle: int, number: int, now: int) -> int:
    """The checkout starts; lines left."""
    if advance(handle, now) != 0:
        return FULL
    _end_call(order_row(handle, number), now)
    return _check(handle, number, now)


@kernel
def hold(handle: int, number: int, now: int) -> int:
    """Reserve before the order is placed, with holds that may lapse; lines left."""
    if advance(handle, now) != 0:
        return FULL
    _end_call(order_row(handle, number), now)
    return _reserve(handle, number, now, 1)


@kernel
def _released(handle: int, number: int, now: int) -> int:
    """Accept what is open; when the order is released (or joins the queue for that), or NOTHING. One that a fallback
    decided may have to be confirmed first, one that has a saga waits for its end: it does not join yet.
    """
    if _accept(handle, number, now) == 0:
        return NOTHING
    order = order_row(handle, number)
    waits = order.ruled != 0 or control(handle)[0].sagas != 0
    return now if waits else release_at(handle, order.order, 0, now)


@kernel
def place(handle: int, number: int, reserves: int, now: int) -> int:
    """The order is placed, reserved first if that is the point; when it is released, or NOTHING."""
    if advance(handle, now) != 0:
        return FULL
    _end_call(order_row(handle, number), now)
    if reserves != 0 and _reserve(handle, number, now, 0) == 0:
        return NOTHING
    return _released(handle, number, now)


@kernel
def end_open(handle: int, number: int, status: int, now: int) -> int:
    """The customer leaves, or the payment is declined."""
    if advance(handle, now) != 0:
        return FULL
    _end_open(handle, number, status, now)
    return 0


@kernel
def correct(handle: int, number: int, now: int) -> int:
    """The customer is told the list prices; 1 if one is higher than what was shown."""
    return FULL if advance(handle, now) != 0 else int(_correct(handle, number, now))


@kernel
def walk_away(handle: int, number: int, now: int) -> int:
    """The customer leaves over them."""
    if advance(handle, now) != 0:
        return FULL
    _walk_away(handle, number, now)
    return 0


@kernel
def leave(handle: int, number: int, now: int) -> int:
    """The customer leaves the cart."""
    if advance(handle, now) != 0:
        return FULL
    _leave(handle, number, now)
    return 0


@kernel
def extend(handle: int, number: int, now: int) -> int:
    """Holds begin anew."""
    if advance(handle, now) != 0:
        return FULL
    _extend(handle, number, now)
    return 0


@kernel
def take_listed(handle: int, number: int, now: int) -> int:
    """A marketplace sells from its listing: check, reserve, accept; what :func:`place` says."""
    if advance(handle, now) != 0:
        return FULL
    left = _check(handle, number, now)
    if left > 0 and _FIRST <= control(handle)[0].point <= _LAST:
        left = _reserve(handle, number, now, 0)
    return _released(handle, number, now) if left > 0 else NOTHING


@kernel
def turn_away(handle: int, number: int, reason: int, now: int) -> int:
    """A fallback refuses the whole order."""
    if advance(handle, now) != 0:
        return FULL
    _turn_away(handle, number, reason, now)
    return 0


@kernel
def confirm(handle: int, number: int, now: int) -> int:
    """The lines of an order that was taken degraded are held against the view; how many are left."""
    return FULL if advance(handle, now) != 0 else _confirm(handle, number, now)


@kernel
def cancel(handle: int, number: int, now: int) -> int:
    """An accepted order that is not sourced yet is cancelled."""
    if advance(handle, now) != 0:
        return FULL
    _cancel(handle, number, now)
    return 0


@kernel
def withdraw(handle: int, number: int, status: int, now: int) -> int:
    """A marketplace cancels what is not picked of an order."""
    if advance(handle, now) != 0:
        return FULL
    _withdraw(handle, number, status, now)
    return 0


@kernel
def released_at(handle: int, number: int, wave: int, now: int) -> int:
    """When the order reaches the order management system."""
    return release_at(handle, order_row(handle, number).order, wave, now)


@kernel
def source(handle: int, number: int, wave: int, now: int) -> int:
    """The order is sourced; parcels made."""
    return FULL if advance(handle, now) != 0 else _source(handle, number, wave, now)


@kernel
def pick(handle: int, number: int, parcel: int, now: int) -> int:
    """A pick ends; the wave in which short lines are brokered again, or 0."""
    if advance(handle, now) != 0 or control(handle)[0].parcels == len(parcels(handle)):
        return FULL
    return _pick(handle, number, parcel, now)


@kernel
def count(handle: int, p: int, miss: int, finds: int, entity: int, now: int) -> int:
    """Somebody has counted a pair; ``scratch``: what the source system said before, what is there, what it says now."""
    if advance(handle, now) != 0:
        return FULL
    scratch(handle)[0] = count_pair(handle, p, miss, finds, entity, now)
    pair = pairs(handle)[p]
    scratch(handle)[1], scratch(handle)[2] = pair.on_hand, pair.on_hand + pair.error
    return 0


@kernel
def restock(handle: int, number: int, now: int) -> int:
    """An order that was not collected is back on the shelf."""
    if advance(handle, now) != 0:
        return FULL
    _restock(handle, number, now)
    return 0
