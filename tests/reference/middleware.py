"""Messages: one process each in a stream, or files by the clock (docs/model.md, section 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import simpy

from tests.reference.clock import APPLIED, Instant, Process, before_orders
from tests.reference.shop import Shop
from twin.journal.tables import NONE, FeedName
from twin.scenario.systems import Feed as Settings

FEED_KIND = 5 << 40


class Message(Protocol):
    """What a feed carries."""

    t: int
    moment: int
    entity: int
    part: int


M = TypeVar("M", bound=Message)


class Feed(Generic[M]):
    """Carries messages to one consumer, which ``apply``s each at an instant and moment."""

    def __init__(
        self,
        shop: Shop,
        number: FeedName,
        settings: Settings,
        *,
        systems: tuple[str, ...],
        apply: Callable[[M, int, int], None],
    ) -> None:
        self._shop, self._number, self._settings, self._apply = shop, number, settings, apply
        self._env = shop.env
        self._outages = [shop.outages(system) for system in systems]
        name = number.name.lower()
        self._service = shop.stream(f"{name}.service", settings.service)
        self._jitter, self._failure = shop.stream(f"{name}.jitter"), shop.stream(f"{name}.failure")
        self._job = shop.stream(f"{name}.job", settings.job)
        self._waiting: list[M] = []
        self._lanes = [simpy.Resource(self._env) for _ in range(settings.partitions)]
        self._streams = settings.mode == "stream"
        if not self._streams:
            self._env.process(self._jobs())

    def send(self, message: M, key: int, *, from_dc: bool) -> None:
        """Append a message to its lane, or to the next file."""
        if self._streams:
            link = self._settings.dc_link if from_dc else self._settings.store_link
            self._env.process(self._deliver(message, self._lanes[key % len(self._lanes)], link))
        else:
            self._waiting.append(message)

    def _deliver(self, message: M, lane: simpy.Resource, link: int) -> Process:
        env = self._env
        with lane.request() as turn:
            yield turn
            start = self._up(max(env.now, message.t + link))
            yield Instant(env, start + self._service.sample(message.entity, message.part), APPLIED)
            self._apply(message, env.now, max(before_orders(env.now), message.moment))

    def _up(self, t: int) -> int:
        """First instant >= ``t`` at which all systems of the feed are up."""
        later = t
        for outages in self._outages:
            later = outages.up(later)
        return later if later == t else self._up(later)

    def _jobs(self) -> Process:
        settings, shop = self._settings, self._shop
        entity = FEED_KIND | self._number
        k, live = 0, 0
        while True:
            due = settings.phase + k * settings.interval
            start = self._up(max(due + self._jitter.below(settings.start_jitter, k), live))
            yield shop.batch_time(start, entity)
            file, self._waiting = self._waiting, []
            live = start + self._job.sample(k) + len(file) * settings.per_row
            yield shop.batch_time(live, entity, 1)
            failed = self._failure.happens(settings.failure, k)
            if failed:
                self._waiting = file + self._waiting
            else:
                self._load(file, live)
            shop.jobs.append((self._number, NONE, due, start, live, len(file), failed))
            k = max(k + 1, (live - settings.phase) // settings.interval)

    def _load(self, file: list[M], live: int) -> None:
        for message in file:
            self._apply(message, live, before_orders(live))
