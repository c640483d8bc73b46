"""From the acceptance of an order to its release: files, workers, and who comes first (docs/model.md, section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import simpy

from tests.reference.clock import AT_ONCE, FREED, Instant, Process
from tests.reference.orderlines import Order
from tests.reference.shop import Shop
from twin.policies.calendars import first_tick

NO_LIMIT = 10**9
UNNAMED = 10**9


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wave of an order that is to be released."""

    order: Order
    came: int
    step: int
    begun: simpy.Event  # its value is when it is released


class Releases:
    """A dispatcher waits for a worker, for an order and for the system, and sends the worker to the first in rank."""

    def __init__(self, shop: Shop) -> None:
        self._env, self._settings = shop.env, shop.systems.release
        self._channels = list(shop.scenario.demand.channels)
        self._step = shop.stream("release.step", self._settings.step)
        self._outages, self._slowness = shop.outages(self._settings.system), shop.slowness(self._settings.system)
        self._gap = 10**12 // round(self._settings.rate * 10**6) if self._settings.rate else 0
        self._workers = simpy.Resource(shop.env, self._settings.workers or NO_LIMIT)
        self._waiting: list[Waiting] = []
        self._somebody = shop.env.event()
        self._numbers, self._earliest = count(), 0
        shop.env.process(self._dispatch())

    def join(self, order: Order, wave: int) -> simpy.Event:
        """A wave is on its way; the event happens when a worker begins, its value is when the wave is released."""
        step = self._step.sample(order.id, wave)
        waiting = Waiting(order, next(self._numbers), step, self._env.event())
        exported = self._exported(self._env.now)
        if exported > self._env.now:
            self._env.process(self._file(waiting, exported))
        else:
            self._queue(waiting)
        return waiting.begun

    def _exported(self, t: int) -> int:
        release, outages = self._settings, self._outages
        if release.mode == "stream":
            return t
        t = first_tick(t, release.phase, release.interval)
        while outages.since(t) is not None:
            t = first_tick(outages.up(t), release.phase, release.interval)
        return t

    def _file(self, waiting: Waiting, exported: int) -> Process:
        yield Instant(self._env, exported, FREED)
        self._queue(waiting)

    def _queue(self, waiting: Waiting) -> None:
        self._waiting.append(waiting)
        if not self._somebody.triggered:
            self._somebody.succeed()

    def _dispatch(self) -> Process:
        env = self._env
        while True:
            worker = self._workers.request()
            yield worker
            if not self._waiting:
                self._somebody = env.event()
                yield self._somebody
            yield Instant(env, self._outages.up(max(env.now, self._earliest)), AT_ONCE)
            first = min(self._waiting, key=self._rank)
            self._waiting.remove(first)
            self._earliest = env.now + self._gap
            env.process(self._release(first, worker))

    def _release(self, waiting: Waiting, worker: simpy.resources.resource.Request) -> Process:
        released = self._env.now + self._slowness.pace(waiting.step, self._env.now)
        waiting.begun.succeed(released)
        yield Instant(self._env, released, FREED)
        self._workers.release(worker)

    def _rank(self, waiting: Waiting) -> tuple[int, int]:
        order = waiting.order
        if self._settings.order == "newest":
            return 0, -waiting.came
        given, mode = self._settings.priorities, order.mode.name.lower()
        names = {self._channels[order.channel.number], mode}
        return min((given[name] for name in names if name in given), default=UNNAMED), waiting.came
