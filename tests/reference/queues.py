"""Queues: members compete for messages, fail, hold them for too long, die (docs/model.md, section 4, "Queues")."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic

import simpy

from tests.reference.clock import Instant, Outages, Process, fault_key, up_in_all
from tests.reference.handling import Handler
from tests.reference.lanes import lane_key
from tests.reference.messages import M, Place
from tests.reference.shop import Shop
from twin.core.clock import SECOND, Tie, tie_key
from twin.journal.totals import Fate, FeedName, Flow
from twin.policies.membership import Absence
from twin.scenario.systems import Feed as Settings

LOSS, MEMBER = 2, 6
READY, PAUSED, MEMBERS = 0, 1, 2
"""Lanes of a queue, which act in this order at one instant."""


@dataclass(slots=True, eq=False)
class Ticket(Generic[M]):
    """A message in a queue."""

    place: Place[M]
    times: int = 0
    """How often it was handed out."""


def too_long_key(feed: FeedName, lane: int) -> int:
    """A member ends what it is about before it is found to have held a message for too long."""
    return tie_key(Tie.DELIVERY, feed << 32 | lane, 1)


class Member(Generic[M]):
    """Holds messages, and handles one after another."""

    def __init__(
        self, queue: Queue[M], number: int, handler: Handler[M], *, up: Callable[[int], int], key: int, gap: int
    ) -> None:
        self._queue, self.number, self._handler, self._up, self._key, self._gap = queue, number, handler, up, key, gap
        self._env = queue.env
        self.held: list[Ticket[M]] = []
        self.present = True
        self._free = self._earliest = 0
        self._begun: int | None = None
        self._arrival = self._env.event()
        self._process = self._env.process(self._work())

    def take(self, ticket: Ticket[M]) -> None:
        """Be given one more message."""
        self.held.append(ticket)
        if not self._arrival.triggered:
            self._arrival.succeed()

    def lose_hold_of(self, ticket: Ticket[M]) -> None:
        """A message is taken back; a handling that has begun goes on, and nobody will ask for its end."""
        waits = self.held[0] is ticket and not self._is_busy()
        self.held.remove(ticket)
        if waits:
            self._process.interrupt("the message is not there any more")

    def break_off(self) -> None:
        """Dead, or stuck."""
        if self._begun is not None and self._is_busy():
            self._earliest = self._begun + self._gap
        self._free = self._env.now
        self._process.interrupt("gone")

    def leave(self) -> list[Ticket[M]]:
        """Be given up; returns what was held, the last first."""
        self.present = False
        tickets, self.held = self.held[::-1], []
        self._process.interrupt("given up")
        return tickets

    def _is_busy(self) -> bool:
        return self._begun is not None and self._begun < self._env.now

    def _work(self) -> Process:
        while True:
            try:
                if self.held:
                    yield from self._handle(self.held[0])
                else:
                    self._arrival = self._env.event()
                    yield self._arrival
            except simpy.Interrupt:
                self._begun = None

    def _handle(self, ticket: Ticket[M]) -> Process:
        """Handle a message, once and for each of its copies, and acknowledge it."""
        times, place = ticket.times, ticket.place
        for left in range(place.delivery.copies, -1, -1):
            arrives = place.arrives if left == place.delivery.copies else 0
            start = self._up(max(self._env.now, self._free, self._earliest, arrives))
            yield Instant(self._env, start, self._key)
            self._begun = start
            outcome, end = self._handler.plan(place, start)
            yield Instant(self._env, end, self._key)
            self._free, self._earliest, self._begun = end, start + self._gap, None
            if ticket not in self.held or ticket.times != times:
                if outcome == Fate.APPLIED:
                    self._handler.end(place.delivery, outcome)
                return
            if outcome != Fate.APPLIED:
                break
            if left:
                self._handler.end(place.delivery, outcome)
        self.held.remove(ticket)
        if outcome == Fate.DEAD_LETTER:
            self._queue.give_back(ticket, failed=True)
        else:
            self._handler.end(place.delivery, outcome)
        self._queue.hand_out()


class Queue(Generic[M]):
    """What is ready, in the order in which it will be handed out, and the members who compete for it."""

    def __init__(
        self,
        shop: Shop,
        feed: FeedName,
        settings: Settings,
        *,
        handler: Handler[M],
        outages: list[Outages],
        absences: Iterable[Absence],
    ) -> None:
        self._shop, self.env, self._feed, self._settings = shop, shop.env, feed, settings
        self._handler, self._outages = handler, outages
        self._ready: list[Ticket[M]] = []
        away = list(absences)
        self._members = [
            self._member(number, handler, Outages([(a.start, a.end) for a in away if a.member == number]))
            for number in range(settings.consumers.members)
        ]
        for absence in away:
            self.env.process(self._away(absence))
        for t in sorted({end for system in outages for end in system.ends}):
            self.env.process(self._opens(t))

    def _member(self, number: int, handler: Handler[M], away: Outages) -> Member[M]:
        def up(t: int) -> int:
            return up_in_all([*self._outages, away], t)

        key, rate = lane_key(self._feed, MEMBERS + number), self._settings.consumers.rate
        return Member(self, number, handler, up=up, key=key, gap=SECOND // rate if rate else 0)

    def join(self, place: Place[M]) -> None:
        """A message is sent."""
        topic = self._settings.topic
        if 0 < topic.backlog_limit <= len(self._ready):
            if topic.overflow == "reject":
                self._handler.lose(place.delivery)
                return
            self._handler.lose(self._ready.pop(0).place.delivery, over=place.delivery)
        self._ready.append(Ticket(place))
        self.hand_out()

    def hand_out(self) -> None:
        """Whoever holds fewest messages is given the next one."""
        consumers = self._settings.consumers
        while self._ready and self.up(self.env.now) == self.env.now:
            free = [member for member in self._members if member.present and len(member.held) < consumers.prefetch]
            if not free:
                return
            ticket = self._ready.pop(0)
            self._shop.flows[Flow.HANDED_AGAIN] += ticket.times > 0
            ticket.times += 1
            member = min(free, key=lambda one: len(one.held))
            member.take(ticket)
            self.env.process(self._watch(member, ticket, ticket.times))

    def up(self, t: int) -> int:
        """First instant from ``t`` on at which all that the feed needs is up."""
        return up_in_all(self._outages, t)

    def give_back(self, ticket: Ticket[M], *, failed: bool = False) -> None:
        """A message is ready again, now or after a pause, or was handed out too often."""
        consumers = self._settings.consumers
        if ticket.times >= consumers.delivery_limit:
            self._handler.end(ticket.place.delivery, Fate.DEAD_LETTER)
        elif failed and consumers.returned:
            self.env.process(self._pause(ticket, self.env.now + consumers.returned))
        else:
            self._ready.insert(0, ticket)

    def _pause(self, ticket: Ticket[M], until: int) -> Process:
        yield Instant(self.env, until, lane_key(self._feed, PAUSED))
        self.give_back(ticket)
        self.hand_out()

    def _watch(self, member: Member[M], ticket: Ticket[M], times: int) -> Process:
        """What is not acknowledged in time is taken back."""
        until = self.up(self.env.now + self._settings.consumers.visibility)
        yield Instant(self.env, until, too_long_key(self._feed, MEMBERS + member.number))
        if ticket in member.held and ticket.times == times:
            member.lose_hold_of(ticket)
            self.give_back(ticket)
            self.hand_out()

    def _opens(self, t: int) -> Process:
        yield Instant(self.env, t, lane_key(self._feed, READY))
        self.hand_out()

    def _away(self, absence: Absence) -> Process:
        """A member dies or hangs; what it holds is given to others if that is noticed before it returns."""
        member = self._members[absence.member]
        place = self._feed << 16 | absence.member
        yield Instant(self.env, absence.start, fault_key(LOSS, place))
        member.break_off()
        if absence.noticed < absence.end:
            yield Instant(self.env, absence.noticed, fault_key(MEMBER, place))
            for ticket in member.leave():
                self.give_back(ticket)
            self.hand_out()
            yield Instant(self.env, absence.end, fault_key(MEMBER, place))
            member.present = True
            self.hand_out()
