"""The story of an order, from the start of the checkout to the last pick."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import simpy
from numpy.typing import NDArray

from twin.core.clock import Tie, tie_key
from twin.journal.tables import Status
from twin.kernels import steps
from twin.kernels.state import ERP, SERVICE, Point
from twin.model.build import knots_of
from twin.model.jobs import Works
from twin.model.plane import Plane
from twin.model.process import LightProcess, Story
from twin.scenario.systems import Systems

_PARCEL_STEPS: Final = 32
_FIRST_KEY: Final = tie_key(Tie.ORDER, 0, 0)
_ORDER_SHIFT: Final = tie_key(Tie.FAULT, 1, 0).bit_length() - 1
_CHECK_CALL, _RESERVE_CALL = 0, 1
_LOST: Final = -1
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
    timeouts: tuple[int, int]
    payment: NDArray[np.int64]
    payment_key: np.uint64

    @staticmethod
    def of(works: Works, systems: Systems, marketplaces: frozenset[int]) -> Shop:
        """The shop of an arm."""
        query = systems.publications.own.mode == "query"
        return Shop(
            env=works.env,
            plane=works.plane,
            marketplaces=marketplaces,
            point=Point[systems.reserving.point.upper()],
            calls_first=ERP if systems.erp.coupling == "direct" else SERVICE if query else None,
            calls_to_reserve=systems.reserving.mode == "synchronous",
            creates_in_erp=systems.erp.coupling != "consumer",
            timeouts=(systems.service.timeout, systems.erp.timeout),
            payment=knots_of(systems.payment),
            payment_key=works.world.streams.key("payment"),
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
    number, plane, now = customer.number, shop.plane, customer.t
    if customer.channel in shop.marketplaces:
        release = plane.take_listed(number, now)
        if release != steps.NOTHING:
            yield from fulfil(shop, customer, 0, release)
        return
    if shop.calls_first is not None:
        now = yield from _call(shop, number, shop.calls_first, _CHECK_CALL, now)
        if now == _LOST:
            return
    if not plane.check(number, now):
        return
    if shop.point == Point.CHECKOUT:
        now = yield from _reserve(shop, number, now)
        if now == _LOST:
            return
    if customer.abandons:
        plane.end_open(number, _ABANDONED, now)
        return
    yield from _pay(shop, customer, now)


def _pay(shop: Shop, customer: Customer, now: int) -> Story:
    """The customer pays, and the order is placed."""
    number, plane = customer.number, shop.plane
    now += customer.checkout
    if shop.point == Point.PAYMENT:
        yield now
        now = yield from _reserve(shop, number, now)
        if now == _LOST:
            return
    now += customer.payment
    yield now
    if customer.declined:
        plane.end_open(number, _DECLINED, now)
        return
    last = shop.point == Point.ORDER
    if last and shop.calls_to_reserve:
        now = yield from _call(shop, number, SERVICE, _RESERVE_CALL, now)
        if now == _LOST:
            return
    release = plane.place(number, int(last), now)
    if release != steps.NOTHING:
        yield from fulfil(shop, customer, 0, release)


def _call(shop: Shop, number: int, station: int, attempt: int, now: int) -> Generator[int, None, int]:
    """A synchronous call of the checkout: when it was answered, or _LOST if the customer is lost over it."""
    done = shop.plane.call(station, number, attempt, now)
    if done == steps.CLOSED:
        return _LOST
    timeout = shop.timeouts[station]
    if done - now > timeout:
        yield now + timeout
        shop.plane.time_out(station, number, now + timeout)
        return _LOST
    if done > now:
        yield done
    return done


def _reserve(shop: Shop, number: int, now: int) -> Generator[int, None, int]:
    """Reserve before the order is placed, with a hold that may lapse: when that was done, or _LOST."""
    if shop.calls_to_reserve:
        now = yield from _call(shop, number, SERVICE, _RESERVE_CALL, now)
        if now == _LOST:
            return _LOST
    return now if shop.plane.hold(number, now) else _LOST


def fulfil(shop: Shop, customer: Customer, wave: int, release: int) -> Story:
    """A wave of the order's lines is released, sourced and picked."""
    number, plane, now = customer.number, shop.plane, release
    yield now
    if shop.creates_in_erp and wave == 0:
        now = steps.create_in_erp(plane.handle, number, wave, now)
        yield now
    first, ends = plane.source(number, wave, now)
    for parcel, end in enumerate(ends[1:], first + 1):
        key = tie_key(Tie.ORDER, customer.order, _PARCEL_STEPS * (parcel + 1))
        LightProcess(shop.env, parcel_story(shop, customer, parcel, end), key)
    if ends:
        yield from parcel_story(shop, customer, first, ends[0])


def parcel_story(shop: Shop, customer: Customer, parcel: int, end: int) -> Story:
    """A parcel is picked; what was short is brokered again."""
    yield end
    wave = shop.plane.pick(customer.number, parcel, end)
    if wave:
        release = steps.released_at(shop.plane.handle, customer.number, wave, end)
        yield from fulfil(shop, customer, wave, release)
