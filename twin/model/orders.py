"""The story of an order, from the start of the checkout to the last pick."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import simpy
from numpy.typing import NDArray

from twin.core.clock import Tie, tie_key
from twin.journal.tables import Flow, Refusal, Status
from twin.kernels import steps
from twin.kernels.state import ERP, SERVICE, Asks, Point
from twin.model.access import Broken, access_of
from twin.model.breaker import REJECTED
from twin.model.build import knots_of
from twin.model.fallbacks import CHECK_CALL, RESERVE_CALL, Fallbacks, Rule, fallbacks_of
from twin.model.gateway import RETRY_SHIFT, Gateway
from twin.model.jobs import Works
from twin.model.observed import results_of
from twin.model.plane import Plane
from twin.model.process import LightProcess, PatientProcess, Story, Turn
from twin.model.release import Desk
from twin.model.saga import Sagas
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems

_PARCEL_STEPS: Final = 32
_FIRST_KEY: Final = tie_key(Tie.ORDER, 0, 0)
_ORDER_SHIFT: Final = tie_key(Tie.FAULT, 1, 0).bit_length() - 1
_SAGA_STEP: Final = 32_768
_RECHECK_STEP: Final = 65_534
_LOST: Final = -1
_NONE, _CLOSED, _TIME_OUT, _ERROR, _REJECTED = (
    int(reason) for reason in (Refusal.NONE, Refusal.CLOSED, Refusal.TIME_OUT, Refusal.ERROR, Refusal.REJECTED)
)
_THROTTLED, _GONE, _RESIDENCY = (int(reason) for reason in (Refusal.THROTTLED, Refusal.GONE, Refusal.RESIDENCY))
_IN_VAIN: Final = frozenset((_REJECTED, _GONE))
"""A call that failed so is not made again."""
_TIME_OUTS: Final = (int(Flow.SERVICE_TIME_OUTS), int(Flow.ERP_TIME_OUTS))
_CALLS_AGAIN, _CALLS_REJECTED, _CALL_ERRORS, _OPENINGS = (
    int(flow) for flow in (Flow.CALLS_AGAIN, Flow.CALLS_REJECTED, Flow.CALL_ERRORS, Flow.BREAKER_OPENINGS)
)
_ABANDONED, _DECLINED = int(Status.ABANDONED), int(Status.DECLINED)


Asking = Generator["int | Turn", None, int]
"""Part of a story that ends at an instant, or with _LOST."""

Attempt = Generator["int | Turn", None, tuple[int, int]]
"""Part of a story: a call, which ends with why it failed, and when the caller knew."""


class Customer(NamedTuple):
    """What a story needs to know of a checkout."""

    number: int
    order: int
    t: int
    channel: int
    abandons: int
    declined: int
    checkout: int
    payment: int
    key: int
    """Tie key of the arrival."""


def arrival_key(order: int) -> int:
    """Tie key of an order's arrival."""
    return _FIRST_KEY | order << _ORDER_SHIFT


@dataclass(frozen=True, slots=True)
class Shop:
    """How this arm takes and fulfils orders."""

    env: simpy.Environment
    plane: Plane
    marketplaces: frozenset[int]
    point: Point
    calls_first: int | None
    calls_to_reserve: bool
    creates_in_erp: bool
    gateways: tuple[Gateway, Gateway]
    """By station: SERVICE, ERP."""
    erp_broken: Broken | None
    payment: NDArray[np.int64]
    payment_key: np.uint64
    fallbacks: Fallbacks | None
    desk: Desk | None
    """Where orders wait for their release; ``None``: kernels know when they are released."""
    sagas: Sagas | None
    """What has to happen before an accepted order is released; ``None``: nothing."""
    process: type[LightProcess]
    """What carries an order: one that can be called from a queue, if there are queues."""

    @staticmethod
    def of(works: Works, scenario: Scenario, systems: Systems, marketplaces: frozenset[int]) -> Shop:
        """The shop of an arm."""
        query = systems.publications.own.mode == "query"
        access = access_of(works, scenario, systems, marketplaces)
        results = results_of(systems.degradation)
        service, erp = (
            Gateway.of(works.world, name, systems.resilience, timeout, entry=entry, results=results.get(station))
            for station, name, timeout, entry in (
                (SERVICE, systems.service.system, systems.service.timeout, access.service),
                (ERP, "erp", systems.erp.timeout, access.erp),
            )
        )
        breakers = {SERVICE: service.breaker, ERP: erp.breaker}
        fallbacks = fallbacks_of(
            works, scenario, systems, breakers=breakers, results=results, marketplaces=marketplaces
        )
        desk = Desk.of(works, systems.release, tuple(scenario.demand.channels))
        return Shop(
            env=works.env,
            plane=works.plane,
            marketplaces=marketplaces,
            point=Point[systems.reserving.point.upper()],
            calls_first=ERP if systems.erp.coupling == "direct" else SERVICE if query else None,
            calls_to_reserve=systems.reserving.mode == "synchronous",
            creates_in_erp=systems.erp.coupling != "consumer",
            gateways=(service, erp),
            erp_broken=access.erp_broken,
            payment=knots_of(systems.payment),
            payment_key=works.world.streams.key("payment"),
            fallbacks=fallbacks,
            desk=desk,
            sagas=Sagas.of(works, systems.saga),
            process=PatientProcess if access.queues or fallbacks is not None or desk is not None else LightProcess,
        )


class Arrivals:
    """The customers of a day, one after another on the environment's queue; each begins a story at its own instant."""

    __slots__ = ("_again", "_customers", "_next", "_ok", "_shop", "_value", "callbacks")

    def __init__(self, shop: Shop, customers: Iterator[Customer]) -> None:
        self._shop = shop
        self._customers = customers
        self._ok = True
        self._value = None
        self._again: list[Any] = [self._arrive]
        self.callbacks: list[Any] | None = None
        self._next = next(customers, None)
        self._wait()

    def _wait(self) -> None:
        customer = self._next
        if customer is None:
            self._again.clear()
            return
        env = self._shop.env
        self.callbacks = self._again
        env.schedule(self, customer.key, customer.t - env.now)  # type: ignore[arg-type]  # as LightProcess

    def _arrive(self, _: object) -> None:
        customer = self._next
        assert customer is not None
        self._next = next(self._customers, None)
        self._wait()
        self._shop.process(self._shop.env, checkout(self._shop, customer), customer.key)


def checkout(shop: Shop, customer: Customer) -> Story:
    """A customer starts a checkout; the story goes on until nothing of the order is open."""
    number, plane, now = customer.number, shop.plane, customer.t
    rule = None
    if shop.fallbacks is not None:
        rule = shop.fallbacks.at(customer.channel)
        if rule is not None and shop.fallbacks.turns_away(rule, number, customer.channel, now):
            return
    if customer.channel in shop.marketplaces:
        yield from _listed(shop, customer, rule)
        return
    if shop.calls_first is not None and not _spares(rule, shop.calls_first, CHECK_CALL):
        now = yield from _call(shop, customer, shop.calls_first, CHECK_CALL, now)
        if now == _LOST:
            return
    if not plane.check(number, now):
        return
    if shop.point == Point.CHECKOUT:
        now = yield from _reserve(shop, customer, rule, now)
        if now == _LOST:
            return
    if customer.abandons:
        plane.end_open(number, _ABANDONED, now)
        return
    yield from _pay(shop, customer, rule, now)


def _listed(shop: Shop, customer: Customer, rule: Rule | None) -> Story:
    """A marketplace hands over a paid order."""
    release = shop.plane.take_listed(customer.number, customer.t)
    if release != steps.NOTHING:
        yield from _accepted(shop, customer, rule, release)


def _pay(shop: Shop, customer: Customer, rule: Rule | None, now: int) -> Story:
    """The customer pays, and the order is placed."""
    number, plane = customer.number, shop.plane
    now += customer.checkout
    if shop.point == Point.PAYMENT:
        yield now
        now = yield from _reserve(shop, customer, rule, now)
        if now == _LOST:
            return
    plane.pay(number, now, now + customer.payment)
    now += customer.payment
    yield now
    if customer.declined:
        plane.end_open(number, _DECLINED, now)
        return
    last = shop.point == Point.ORDER
    if last and shop.calls_to_reserve and not _spares(rule, SERVICE, RESERVE_CALL):
        now = yield from _call(shop, customer, SERVICE, RESERVE_CALL, now)
        if now == _LOST:
            return
    release = plane.place(number, int(last), now)
    if release != steps.NOTHING:
        yield from _accepted(shop, customer, rule, release)


def _accepted(shop: Shop, customer: Customer, rule: Rule | None, release: int) -> Story:
    """What is promised is kept; ``release``: when the order is released, if nothing comes before."""
    if rule is not None:
        yield from _promised(shop, customer, rule)
    elif shop.sagas is not None:
        _begin_saga(shop, customer, release)
    else:
        yield from fulfil(shop, customer, 0, release)


def _begin_saga(shop: Shop, customer: Customer, now: int) -> None:
    """The order goes on as a process of its own, whose wakings are counted apart from those of its parcels."""
    LightProcess(shop.env, _saga(shop, customer, now), tie_key(Tie.ORDER, customer.order, _SAGA_STEP))


def _saga(shop: Shop, customer: Customer, now: int) -> Story:
    """The order is released when its saga has completed, and cancelled when what was done has been undone."""
    assert shop.sagas is not None
    yield now  # what the acceptance sent is on its way before
    shop.plane.begin_saga(customer.number, now)
    completed, now = yield from shop.sagas.run(customer.order, now)
    shop.plane.end_saga(customer.number, now, completed=completed)
    if shop.fallbacks is not None and shop.fallbacks.gone(customer.number):
        return
    if completed:
        release = steps.released_at(shop.plane.handle, customer.number, 0, now)
        shop.process(shop.env, fulfil(shop, customer, 0, release), customer.key)
    else:
        shop.plane.cancel(customer.number, now)


def _spares(rule: Rule | None, station: int, call: int) -> bool:
    """Whether a fallback spares the order a call."""
    return rule is not None and (station, call) in rule.spared


def _promised(shop: Shop, customer: Customer, rule: Rule) -> Story:
    """An order is accepted that a fallback decided: it may have to be confirmed, now or when that is over."""
    now = int(shop.env.now)
    if rule.asks == Asks.LATER:
        now = yield from _await_confirmation(rule, customer, now)
        if not shop.plane.confirm(customer.number, now):
            return
    elif rule.reconfirms:
        if rule.on(customer.channel):
            rule.taken.setdefault(customer.channel, []).append((customer.number, customer.order))
        else:
            yield now  # what the acceptance sent is on its way before
            if not shop.plane.confirm(customer.number, now):
                return
    if shop.sagas is not None:
        _begin_saga(shop, customer, now)
    else:
        yield from fulfil(shop, customer, 0, steps.released_at(shop.plane.handle, customer.number, 0, now))


def _await_confirmation(rule: Rule, customer: Customer, now: int) -> Asking:
    """Wait until the fallback is over, or for as long as the arm allows: when that is."""
    if not rule.on(customer.channel):
        yield now  # what the acceptance sent is on its way before
        return now
    turn = rule.wait(customer.channel, now + rule.fallback.confirm_within)
    yield turn
    return rule.waited(customer.channel, turn)


def recheck(shop: Shop, number: int, order: int, now: int) -> None:
    """A fallback is over: hold an order that it let pass against the view, if it is not sourced yet."""
    LightProcess(shop.env, _recheck(shop, number, now), tie_key(Tie.ORDER, order, _RECHECK_STEP))


def _recheck(shop: Shop, number: int, now: int) -> Story:
    yield now
    if shop.fallbacks is None or not shop.plane.awaits_sourcing(number):
        return
    if not shop.plane.confirm(number, now):
        shop.fallbacks.cancelled.add(number)


def _call(shop: Shop, customer: Customer, station: int, call: int, now: int) -> Asking:
    """A synchronous call of the checkout, made again as often as the arm allows: when the order goes on, or _LOST."""
    gateway = shop.gateways[station]
    pause, failure = gateway.retry.wait, _NONE
    if gateway.entry is not None and gateway.entry.keeps_back(shop.plane.region(customer.number)):
        return now if shop.plane.give_up(customer.number, _RESIDENCY, now) else _LOST
    for retry in range(gateway.retry.attempts):
        if retry:
            pause = gateway.pause(customer.order, call, retry, pause)
            now += pause if failure != _THROTTLED else max(pause, gateway.retry_after(customer.channel, now))
            yield now
        failure, now = yield from _attempt(shop, customer, station, call | retry << RETRY_SHIFT, now)
        if failure == _NONE:
            return now
        if failure in _IN_VAIN:
            break
    return now if shop.plane.give_up(customer.number, failure, now) else _LOST


def _attempt(shop: Shop, customer: Customer, station: int, attempt: int, now: int) -> Attempt:
    """One call: why it failed, _NONE if it was answered, and when the caller knew."""
    gateway = shop.gateways[station]
    breaker = gateway.breaker
    permit = breaker.permit(now) if breaker is not None else 0
    if permit == REJECTED:
        shop.plane.count(_CALLS_REJECTED)
        return _REJECTED, now
    failure, since = _NONE, now
    if gateway.entry is not None:
        region = shop.plane.ask(customer.number, now)
        failure, since, now = yield from gateway.entry.enter(customer.channel, region, now)
    if failure == _NONE:
        failure, ended = _reach(shop, customer, station, attempt, since, now)
        if ended > now:
            yield ended
            now = ended
        _count_failure(shop, station, failure)
    if gateway.results is not None:
        gateway.results.note(now, failed=failure != _NONE)
    if breaker is not None and breaker.report(permit, failed=failure != _NONE, now=now):
        shop.plane.count(_OPENINGS)
    return failure, now


def _reach(shop: Shop, customer: Customer, station: int, attempt: int, since: int, now: int) -> tuple[int, int]:
    """The system is called by a customer who has waited ``since``: why it will fail, and when the caller knows."""
    plane, gateway = shop.plane, shop.gateways[station]
    done = plane.call(station, customer.number, attempt, now)
    if gateway.entry is not None:
        gateway.entry.answered(customer.channel, now if done == steps.DOWN else done, now)
    if done == steps.DOWN:
        return _CLOSED, now
    if attempt >> RETRY_SHIFT:
        plane.count(_CALLS_AGAIN)
    if done - since > gateway.timeout:
        return _TIME_OUT, since + gateway.timeout
    if gateway.errors.windows and gateway.errs(customer.order, attempt, done):
        return _ERROR, done
    return _NONE, done


def _count_failure(shop: Shop, station: int, failure: int) -> None:
    if failure == _TIME_OUT:
        shop.plane.count(_TIME_OUTS[station])
    elif failure == _ERROR:
        shop.plane.count(_CALL_ERRORS)


def _reserve(shop: Shop, customer: Customer, rule: Rule | None, now: int) -> Asking:
    """Reserve before the order is placed, with a hold that may lapse: when that was done, or _LOST."""
    if shop.calls_to_reserve and not _spares(rule, SERVICE, RESERVE_CALL):
        now = yield from _call(shop, customer, SERVICE, RESERVE_CALL, now)
        if now == _LOST:
            return _LOST
    return now if shop.plane.hold(customer.number, now) else _LOST


def fulfil(shop: Shop, customer: Customer, wave: int, release: int) -> Story:
    """A wave of the order's lines is released, sourced and picked."""
    number, plane, now = customer.number, shop.plane, release
    if shop.desk is None:
        yield now
    else:
        kind, came = plane.kind(number), int(shop.env.now)
        now = yield from shop.desk.pass_through(customer.order, wave, kind, release, came)
    if shop.fallbacks is not None and shop.fallbacks.gone(number):
        return
    if shop.creates_in_erp and wave == 0:
        broken = shop.erp_broken[customer.channel] if shop.erp_broken is not None else None
        if broken is not None and broken.cover(now):
            now = broken.up(now)
            yield now
            if shop.fallbacks is not None and shop.fallbacks.gone(number):
                return
        now = plane.create(number, wave, now)
        yield now
        if shop.fallbacks is not None and shop.fallbacks.gone(number):
            return
    first, ends = plane.source(number, wave, now)
    for parcel, end in enumerate(ends[1:], first + 1):
        key = tie_key(Tie.ORDER, customer.order, _PARCEL_STEPS * (parcel + 1))
        shop.process(shop.env, parcel_story(shop, customer, parcel, end), key)
    if ends:
        yield from parcel_story(shop, customer, first, ends[0])


def parcel_story(shop: Shop, customer: Customer, parcel: int, end: int) -> Story:
    """A parcel is picked; what was short is brokered again."""
    yield end
    wave = shop.plane.pick(customer.number, parcel, end)
    if wave:
        release = steps.released_at(shop.plane.handle, customer.number, wave, end)
        yield from fulfil(shop, customer, wave, release)
