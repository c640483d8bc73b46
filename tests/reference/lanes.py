"""Lanes handle messages one after another (docs/model.md, section 4, "Streams")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

import simpy

from tests.reference.clock import Clock, Instant, Process
from tests.reference.handling import Handler
from tests.reference.messages import M, Place
from twin.core.clock import SECOND, Tie, tie_key
from twin.journal.totals import Fate, FeedName


def lane_key(feed: FeedName, lane: int) -> int:
    """What lanes do at one instant they do in this order: that of feeds, then of lanes."""
    return tie_key(Tie.DELIVERY, feed << 32 | lane, 0)


class Lane(Generic[M]):
    """A queue of messages, and a process that handles the one at its head."""

    def __init__(
        self,
        env: Clock,
        key: int,
        handler: Handler[M],
        *,
        up: Callable[[int], int],
        rate: int,
        pending: Fate = Fate.IN_FLIGHT,
    ) -> None:
        self._env, self._key, self._handler, self._up, self._pending = env, key, handler, up, pending
        self._gap = SECOND // rate if rate else 0
        self._queue: list[Place[M]] = []  # the head comes first
        self._free = 0  # when the last handling ended
        self._earliest = 0  # when the rate allows the next handling to begin
        self._begun = False  # the handling of the head
        self._arrival = env.event()
        self._process = env.process(self._work())

    def join(self, place: Place[M]) -> None:
        """Join the end of the queue."""
        self._insert(len(self._queue), place)

    def _insert(self, at: int, place: Place[M]) -> None:
        self._queue.insert(at, place)
        if not self._arrival.triggered:
            self._arrival.succeed()

    def _work(self) -> Process:
        """Handle whatever is at the head; an interrupt says that this may be another message now."""
        while True:
            try:
                if self._queue:
                    yield from self._handle(self._queue[0])
                else:
                    self._arrival = self._env.event()
                    yield self._arrival
            except simpy.Interrupt:
                self._begun = False

    def _handle(self, place: Place[M]) -> Process:
        for _ in range(1 + self._times_more(place)):
            start = self._up(max(self._free, place.arrives, self._earliest, self._env.now))
            yield Instant(self._env, start, self._key)
            while repairs := self._handler.waits_for(place, start):
                yield simpy.AnyOf(self._env, repairs)
                start = self._up(self._env.now)
                yield Instant(self._env, start, self._key)
            self._begin(start)
            outcome, end = self._handler.plan(place, start)
            yield Instant(self._env, end, self._key)
            self._free = end
            self._handler.end(place.delivery, outcome, pending=self._pending)
        self._begun = False
        self._queue.pop(0)
        self._is_over(place)

    def _times_more(self, place: Place[M]) -> int:
        """How often a message is handled after the first time."""
        return 0

    def _begin(self, start: int) -> None:
        """A handling begins."""
        self._begun = True
        self._earliest = start + self._gap

    def _is_over(self, place: Place[M]) -> None:
        """A message has left the lane."""
