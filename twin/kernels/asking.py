"""What a line of a checkout is held against: what its channel believes or the view offers, what is held back, what a
fallback or an allotment leaves (docs/model.md, sections 5 and 6).
"""

from __future__ import annotations

from typing import Any

from twin.core.clock import NEVER
from twin.core.jit import kernel
from twin.journal.orders import Degraded, Mode
from twin.kernels.codes import Asks, Belief, Point, Reserving
from twin.kernels.memory import channels, control, pair_rates, pairs, quotas, risks, sku_rates, windows
from twin.kernels.publication import (
    belief,
    belief_staleness,
    copy_age,
    held_back,
    offer,
    outage_at,
    view_age,
    view_staleness,
)
from twin.kernels.state import NIL
from twin.kernels.stock import free_of
from twin.policies.protection import units_at_risk

_SHIP = int(Mode.SHIP)
_QUERY = int(Belief.QUERY)
_SYNCHRONOUS = int(Reserving.SYNCHRONOUS)
_CART, _CHECKOUT = int(Point.CART), int(Point.CHECKOUT)
_SERVE_STALE = int(Degraded.SERVE_STALE)
_BELIEF, _QUOTA = int(Asks.BELIEF), int(Asks.QUOTA)


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
def needs_down_system(handle: int, order: Any, now: int) -> bool:
    """Whether a system that the order's check needs an answer of is down."""
    c, channel = control(handle)[0], channels(handle)[order.channel]
    if channel.mode == _QUERY and outage_at(handle, channel.outage, now) >= 0:
        return True
    synchronous = channel.reserving == _SYNCHRONOUS and (c.point == _CHECKOUT or c.point == _CART)
    return synchronous and outage_at(handle, c.service_outage, now) >= 0


@kernel
def go_without(order: Any) -> None:
    """The order goes on without the answer of a system, by the strategy of its fallback or by the last belief."""
    order.unanswered = 1
    if order.degraded == 0:
        order.degraded = _SERVE_STALE


@kernel
def take_rules(line: Any, order: Any) -> None:
    """The line is decided as its order is."""
    line.degraded, line.unanswered = order.degraded, order.unanswered
    line.asks = order.asks


@kernel
def kept_at(handle: int, order: Any, p: int, now: int) -> int:
    """Units held back from a line that can come from one pair only."""
    if control(handle)[0].at_risk == 0:
        return order.withheld
    return order.withheld + units_at_risk(pair_rates(handle)[p], view_age(handle, now), risks(handle))


@kernel
def _withhold(handle: int, line: Any, order: Any, at_view: bool, now: int) -> None:
    """Hold back from the line what its order's fallback does, and what the belief it is held against has probably
    missed.
    """
    if line.mode != _SHIP:
        line.withheld = kept_at(handle, order, line.pair, now)
        return
    line.withheld = order.withheld
    if control(handle)[0].at_risk == 0:
        return
    age = view_age(handle, now)
    if not at_view:
        age += copy_age(handle, line.channel, line.sku, now)
    line.withheld += units_at_risk(sku_rates(handle)[line.sku], age, risks(handle))


@kernel
def _believed(handle: int, line: Any, order: Any, now: int) -> int:
    _withhold(handle, line, order, False, now)
    if line.mode != _SHIP:
        return free_of(pairs(handle)[line.pair]) - line.withheld
    return belief(handle, line.channel, line.sku, now) - line.withheld


@kernel
def _staleness(handle: int, line: Any, now: int) -> int:
    if line.mode != _SHIP:
        return view_staleness(handle, line.pair, line.sku, now)
    return belief_staleness(handle, line.channel, line.sku, now)


@kernel
def decide(handle: int, line: Any, believed: int, staleness: int, now: int) -> bool:
    """Hold a line against what is believed, and write the decision down."""
    line.belief, line.t_decision, line.staleness = believed, now, staleness
    return believed >= line.quantity


@kernel
def within_quota(handle: int, line: Any, first: int, now: int) -> bool:
    """Hold a line against the quota of its SKU, of those whose rows begin at ``first``."""
    return decide(handle, line, quotas(handle)[first + line.sku], 0, now)


@kernel
def within_allotment(handle: int, line: Any, now: int) -> bool:
    """Whether the channel may still sell the units: it has a share of the pool for itself, or sells from all of it."""
    first = channels(handle)[line.channel].quota
    if first == NIL or line.mode != _SHIP or quotas(handle)[first + line.sku] >= line.quantity:
        return True
    line.asks = _QUOTA
    return within_quota(handle, line, first, now)


@kernel
def passes(handle: int, line: Any, order: Any, now: int) -> bool:
    """Hold a line against what its order asks."""
    if order.asks == _BELIEF:
        passes = decide(handle, line, _believed(handle, line, order, now), _staleness(handle, line, now), now)
        return passes and within_allotment(handle, line, now)
    if order.asks == _QUOTA:
        return within_quota(handle, line, order.quota, now)
    line.t_decision = now
    return True


@kernel
def passes_view(handle: int, line: Any, order: Any, now: int) -> bool:
    """Hold a ship line against what the view offers, where it is reserved at the service."""
    _withhold(handle, line, order, True, now)
    available = offer(handle, line.sku) - held_back(handle, line.channel, line.sku) - line.withheld
    if not decide(handle, line, available, view_staleness(handle, NIL, line.sku, now), now):
        return False
    return within_allotment(handle, line, now)
