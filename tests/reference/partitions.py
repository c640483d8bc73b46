"""Partitions: lanes with limits, worked on by members that poll, commit and die (docs/model.md, section 4)."""

from __future__ import annotations

from tests.reference.clock import Outages, up_in_all
from tests.reference.handling import Handler
from tests.reference.lanes import Lane, lane_key
from tests.reference.messages import M, Place
from tests.reference.shop import Shop
from twin.journal.totals import FeedName, Flow
from twin.scenario.systems import Feed as Settings


class Partition(Lane[M]):
    """A lane that remembers what was handled since its last commit, and goes back there if it loses its member."""

    def __init__(
        self,
        shop: Shop,
        feed: FeedName,
        number: int,
        settings: Settings,
        *,
        handler: Handler[M],
        outages: list[Outages],
    ) -> None:
        consumers, topic = settings.consumers, settings.topic
        key, rate = lane_key(feed, number), consumers.rate
        super().__init__(shop.env, key, handler, up=lambda t: up_in_all(outages, t), rate=rate)
        self._flows = shop.flows
        self._catch_up, self._poll, self._interval = consumers.catch_up, consumers.poll, consumers.commit_interval
        self._limit, self._overflow = topic.backlog_limit, topic.overflow
        self._polled, self._batch = 0, 0  # the poll of the batch under way, and how many of its messages have begun
        self._handled: list[Place[M]] = []  # since the last commit
        self._kept: list[Place[M]] = []  # since the beginning of a trouble that will be replayed
        self._committed = 0
        self._first_begun = 0  # when the handling of the head began, copies left aside

    def join(self, place: Place[M]) -> None:
        """Join the queue, if the topic has room or makes some."""
        if 0 < self._limit <= len(self._queue):
            if self._overflow == "reject" or (self._overflow == "drop_oldest" and self._limit == 1):
                self._handler.lose(place.delivery)
                return
            if self._overflow == "drop_oldest":
                self._drop(self._queue[1], place)
            else:
                place.entered = None
        self._insert(self._rank(place), place)

    def _rank(self, place: Place[M]) -> int:
        """Where in the queue a message joins; never before the head."""
        end = len(self._queue)
        if self._catch_up == "oldest" or (self._catch_up == "pooled_first" and not place.delivery.message.pooled):
            return end
        if self._catch_up == "newest":
            return min(1, end)
        first = [at for at in range(1, end) if self._queue[at].delivery.message.pooled]
        return first[-1] + 1 if first else min(1, end)

    def _drop(self, place: Place[M], newcomer: Place[M] | None = None) -> None:
        self._queue.remove(place)
        self._handler.lose(place.delivery, over=newcomer.delivery if newcomer is not None else None)

    def _let_in(self) -> None:
        """What was held back enters the topic where few enough messages are ahead of it."""
        for place in self._queue[: self._limit]:
            if place.entered is None:
                place.entered = self._env.now

    def _times_more(self, place: Place[M]) -> int:
        return place.delivery.copies

    def _begin(self, start: int) -> None:
        copy = self._begun
        super()._begin(start)
        if not copy:
            self._first_begun = start
        if self._batch == 0:
            if self._next_commit() <= start:
                self._commit()
            self._polled = start
        self._batch += not copy

    def _end_batch(self) -> None:
        """The batch is over unless the next message belongs to it."""
        if not self._queue or self._batch >= self._poll or self._queue[0].arrives > self._polled:
            self._batch = 0

    def _is_over(self, place: Place[M]) -> None:
        self._handled.append(place)
        if self._kept or self._handler.will_replay(self._first_begun):
            self._kept.append(place)
        self._end_batch()
        self._let_in()

    def _next_commit(self) -> int:
        """When positions are committed, while nothing is under way."""
        return max(self._free, self._committed + self._interval)

    def _commit(self) -> None:
        """Positions have been committed, every so often until now."""
        now = self._env.now
        self._committed = now - (now - self._next_commit()) % self._interval if self._interval else now
        self._handled.clear()

    def lose_member(self) -> None:
        """Whoever worked on it is dead or stuck: what was not committed is handed out again."""
        self._commit_if_idle()
        self._kept = [place for place in self._kept if place not in self._handled]
        self._go_back(self._handled)

    def replay(self) -> None:
        """What was handled since a trouble began is handed out again."""
        self._commit_if_idle()
        kept, self._kept = self._kept, []
        self._go_back(kept)

    def _commit_if_idle(self) -> None:
        if not self._batch and self._next_commit() < self._env.now:
            self._commit()

    def _go_back(self, places: list[Place[M]]) -> None:
        self._flows[Flow.HANDED_AGAIN] += len(places)
        self._queue[:0] = places
        self._batch, self._handled = 0, []
        self._free = self._env.now
        self._process.interrupt("it goes on elsewhere")

    def fail_over(self, replicated: int) -> None:
        """Messages that entered after ``replicated`` are lost, but for the one that is being handled."""
        head = self._queue[:1]
        waiting = self._queue[1:] if self._begun else self._queue[:]
        for place in waiting:
            if place.entered is not None and place.entered > replicated:
                self._drop(place)
        self._let_in()
        if not self._begun:
            self._end_batch()
            if self._queue[:1] != head:
                self._process.interrupt("its head is lost")
