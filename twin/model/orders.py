"""The story of an order, from the start of the checkout to the last pick."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import simpy

from twin.core.clock import Tie, tie_key
from twin.journal.tables import Status
from twin.kernels import steps
from twin.kernels.state import ERP, SERVICE, Point
from twin.model.plane import Plane
from twin.model.process import LightProcess, Story
from twin.scenario.systems import Systems

_PARCEL_STEPS: Final = 32
_FIRST_KEY: Final = tie_key(Tie.ORDER, 0, 0)
_ORDER_SHIFT: Final = tie_key(Tie.FAULT, 1, 0).bit_length() - 1
_CHECK_CALL, _RESERVE_CALL = 0, 1
_ABANDONED, _DECLINED = int(Status.ABANDONED), int(Status.DECLINED)


class Customer(NamedTuple):
    """What a story needs to know of a checkout."""

    number: int
    order: int
    t: int
    channel: int
    abandons: int
    declined: int
    checkout: int

    @property
    def key(self) -> int:
        """Tie key of the arrival."""
        return _FIRST_KEY | self.order << _ORDER_SHIFT


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
    timeouts: tuple[int, int]

    @property
    def now(self) -> int:
        """The clock: the environment is fed whole microseconds only."""
        return self.env.now  # type: ignore[return-value]  # SimPy allows floats too

    @staticmethod
    def of(env: simpy.Environment, plane: Plane, systems: Systems, marketplaces: frozenset[int]) -> Shop:
        """The shop of an arm."""
        query = systems.publications.own.mode == "query"
        return Shop(
            env=env,
            plane=plane,
            marketplaces=marketplaces,
            point=Point[systems.reserving.point.upper()],
            calls_first=ERP if systems.erp.coupling == "direct" else SERVICE if query else None,
            calls_to_reserve=systems.reserving.mode == "synchronous",
            creates_in_erp=systems.erp.coupling != "consumer",
            timeouts=(systems.service.timeout, systems.erp.timeout),
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
        LightProcess(self._shop.env, checkout(self._shop, customer), customer.key)


def checkout(shop: Shop, customer: Customer) -> Story:
    """A customer starts a checkout; the story goes on until nothing of the order is open."""
    if customer.channel in shop.marketplaces:
        if shop.plane.take_listed(customer.number, customer.t):
            yield from fulfil(shop, customer, 0)
        return
    number, plane, now = customer.number, shop.plane, customer.t
    if shop.calls_first is not None:
        done = yield from _call(shop, number, shop.calls_first, _CHECK_CALL)
        if not done:
            return
        now = shop.now
    if not plane.check(number, now):
        return
    if shop.point == Point.CHECKOUT and not (yield from _reserve(shop, number, True)):
        return
    if customer.abandons:
        plane.end_open(number, _ABANDONED, shop.now)
        return
    yield from _pay(shop, customer)


def _pay(shop: Shop, customer: Customer) -> Story:
    """The customer pays, and the order is placed."""
    number, plane = customer.number, shop.plane
    paying = shop.now + customer.checkout
    if shop.point == Point.PAYMENT:
        yield paying
        if not (yield from _reserve(shop, number, True)):
            return
        paying = shop.now
    yield paying + steps.paid_after(plane.handle, number)
    if customer.declined:
        plane.end_open(number, _DECLINED, shop.now)
        return
    if shop.point == Point.ORDER and not (yield from _reserve(shop, number, False)):
        return
    if plane.accept(number, shop.now):
        yield from fulfil(shop, customer, 0)


def _call(shop: Shop, number: int, station: int, attempt: int) -> Generator[int, None, bool]:
    """A synchronous call of the checkout; false if the customer is lost over it."""
    began = shop.now
    done = shop.plane.call(station, number, attempt, began)
    if done == steps.CLOSED:
        return False
    timeout = shop.timeouts[station]
    if done - began > timeout:
        yield began + timeout
        shop.plane.time_out(station, number, timeout, shop.now)
        return False
    if done > began:
        yield done
        steps.answered(shop.plane.handle, number, done - began)
    return True


def _reserve(shop: Shop, number: int, lapses: bool) -> Generator[int, None, bool]:
    """The reservation point; false if no line is left."""
    if shop.calls_to_reserve and not (yield from _call(shop, number, SERVICE, _RESERVE_CALL)):
        return False
    return shop.plane.reserve(number, shop.now, lapses) > 0


def fulfil(shop: Shop, customer: Customer, wave: int) -> Story:
    """A wave of the order's lines is released, sourced and picked."""
    number, plane = customer.number, shop.plane
    yield steps.released_at(plane.handle, number, wave, shop.now)
    if shop.creates_in_erp and wave == 0:
        yield steps.create_in_erp(plane.handle, number, wave, shop.now)
    first, ends = plane.source(number, wave, shop.now)
    for parcel, end in enumerate(ends[1:], first + 1):
        key = tie_key(Tie.ORDER, customer.order, _PARCEL_STEPS * (parcel + 1))
        LightProcess(shop.env, parcel_story(shop, customer, parcel, end), key)
    if ends:
        yield from parcel_story(shop, customer, first, ends[0])


def parcel_story(shop: Shop, customer: Customer, parcel: int, end: int) -> Story:
    """A parcel is picked; what was short is brokered again."""
    yield end
    wave = shop.plane.pick(customer.number, parcel, shop.now)
    if wave:
        yield from fulfil(shop, customer, wave)
