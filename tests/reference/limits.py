"""Limits of calls with real queues: slots are a resource, tokens a schedule of cells (docs/model.md, section 6)."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import ceil

import simpy
from simpy.resources.resource import Request

from tests.reference.clock import FREED, Clock, Instant, Process
from twin.core.clock import SECOND
from twin.scenario.limits import Limits

NO_LIMIT = 10**9


class Cells:
    """A token bucket told as the generic cell rate algorithm: each call moves the instant at which the next is due."""

    def __init__(self, per_second: Fraction, burst: Fraction) -> None:
        self._gap = SECOND / per_second
        self._tolerance = (burst - 1) * self._gap
        self._due = Fraction(0)

    def ready(self, now: int) -> int:
        return max(now, ceil(self._due - self._tolerance))

    def pay(self, now: int) -> None:
        self._due = max(self._due, Fraction(now)) + self._gap


class Windows:
    """Counts every window's calls for ever."""

    def __init__(self, span: int, most: int) -> None:
        self._span, self._most = span, most
        self._calls: Counter[int] = Counter()

    def ready(self, now: int) -> int:
        window = now // self._span
        while self._calls[window] == self._most:
            window += 1
        return max(now, window * self._span)

    def pay(self, now: int) -> None:
        self._calls[now // self._span] += 1


class Gate:
    """What some channels share. Who must wait is led through by an usher, one after another."""

    def __init__(self, env: Clock, limits: Limits, share: Fraction) -> None:
        self._env, self._limits = env, limits
        self._metres: list[Cells | Windows] = []
        if limits.rate:
            rate = Fraction(round(limits.rate * 10**6), 10**6)
            self._metres.append(Cells(rate * share, limits.burst * share))
        if limits.calls:
            self._metres.append(Windows(limits.window, int(limits.calls * share)))
        self._slots = simpy.Resource(env, int(limits.concurrency * share) or NO_LIMIT)
        self._line = simpy.Resource(env)
        self._waiting = 0

    def at_once(self) -> Request | None:
        """A slot, if the call need not wait."""
        now = self._env.now
        free = self._slots.count < self._slots.capacity
        if self._waiting or not free or any(metre.ready(now) > now for metre in self._metres):
            return None
        self._pay()
        return self._slots.request()

    def has_room(self) -> bool:
        """Whether one more may wait."""
        return self._waiting < self._limits.queue

    def line_up(self) -> tuple[simpy.Event, simpy.Process]:
        """An event that brings a slot, and the usher to send away if the call waits no longer."""
        let_in = self._env.event()
        self._waiting += 1
        return let_in, self._env.process(self._usher(let_in))

    def hold(self, slot: Request, taken: simpy.Event) -> None:
        """The call is in flight until the station's answer."""
        self._env.process(self._until_answered(slot, taken))

    def give_back(self, slot: Request) -> None:
        """The call is over."""
        self._slots.release(slot)

    def retry_after(self) -> int:
        """Whole seconds to stay away, us."""
        now = self._env.now
        waits = [self._limits.retry_after, *(metre.ready(now) - now for metre in self._metres)]
        return ceil(Fraction(max(waits), SECOND)) * SECOND

    def _pay(self) -> None:
        for metre in self._metres:
            metre.pay(self._env.now)

    def _usher(self, let_in: simpy.Event) -> Process:
        env = self._env
        with self._line.request() as first:
            slot = None
            try:
                yield first
                for metre in self._metres:
                    yield Instant(env, metre.ready(env.now), FREED)
                slot = self._slots.request()
                yield slot
            except simpy.Interrupt:
                if slot is not None:
                    slot.cancel()
                return
            finally:
                self._waiting -= 1
            self._pay()
            let_in.succeed(slot)

    def _until_answered(self, slot: Request, taken: simpy.Event) -> Process:
        done = yield taken
        yield Instant(self._env, done, FREED)
        self._slots.release(slot)
