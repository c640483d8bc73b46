"""A partition as a list: messages in their order, one handling after another, positions that are committed now and then
(docs/model.md, section 4). Nothing here is fast, and nothing is shared with the kernels.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import inf

from twin.journal.totals import Fate
from twin.policies.membership import Span
from twin.scenario.systems import Feed

HANDLED = (Fate.APPLIED, Fate.SUPERSEDED)


@dataclass(eq=False)
class Message:
    """A movement, and how far it has come."""

    number: int
    pair: int
    delta: int
    level: int
    sent: int
    arrives: int
    copies: int
    troubles: frozenset[int]
    pooled: bool
    entered: int | None = None
    fate: Fate = Fate.IN_FLIGHT
    died: int = 0
    redriven: int = 0


@dataclass
class Plan:
    """A handling: when it begins and ends, and what it comes to."""

    start: float
    end: float
    outcome: Fate


@dataclass
class Belief:
    """The view of one pair, and by how much it is off."""

    view: int
    lost: int = 0
    extra: int = 0
    latest: int = -1

    def net(self) -> None:
        """What was lost, and what is too much, make good for each other."""
        if self.lost * self.extra < 0:
            size = min(abs(self.lost), abs(self.extra))
            self.lost -= size if self.lost > 0 else -size
            self.extra -= size if self.extra > 0 else -size


@dataclass
class View:
    """What the consumer does with messages, and counts."""

    feed: Feed
    beliefs: dict[int, Belief]
    counts: Counter[str] = field(default_factory=Counter)
    dead: list[Message] = field(default_factory=list)
    order: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Numbers of the messages that had an effect, per pair."""

    def _change(self, m: Message) -> int | None:
        belief = self.beliefs[m.pair]
        if self.feed.content == "delta":
            return m.delta
        if self.feed.consumers.versioned and m.number < belief.latest:
            return None
        belief.latest = max(belief.latest, m.number)
        return m.level - belief.view

    def apply(self, m: Message) -> None:
        change, belief = self._change(m), self.beliefs[m.pair]
        belief.view += change or 0
        belief.extra += (change or 0) - m.delta
        if self.feed.content == "level":
            belief.net()
        m.fate = Fate.SUPERSEDED if change is None else Fate.APPLIED
        if change is not None:
            self.order[m.pair].append(m.number)

    def apply_again(self, m: Message) -> None:
        change, belief = self._change(m), self.beliefs[m.pair]
        if change is None:
            return
        belief.view += change
        belief.extra += change
        if self.feed.content == "level":
            belief.net()
        self.counts["applied again"] += 1
        self.order[m.pair].append(m.number)

    def miss(self, m: Message, fate: Fate, t: int) -> None:
        """A message goes missing, unless it has a fate already."""
        if m.fate != Fate.IN_FLIGHT:
            return
        self.beliefs[m.pair].lost -= m.delta
        m.fate = fate
        if fate == Fate.DEAD_LETTER:
            self.die(m, t)

    def die(self, m: Message, t: int) -> None:
        m.died = t
        self.dead.append(m)
        self.counts["dead lettered"] += 1

    def end(self, m: Message, outcome: Fate, t: int) -> None:
        """A handling in the partition ends."""
        if m.fate != Fate.IN_FLIGHT:
            if outcome == Fate.APPLIED and m.fate in HANDLED and not self.feed.consumers.idempotent:
                self.apply_again(m)
        elif outcome == Fate.APPLIED:
            self.apply(m)
        else:
            self.miss(m, outcome, t)

    def end_redriven(self, m: Message, outcome: Fate, t: int) -> None:
        """A handling of a dead letter ends."""
        if outcome == Fate.DEAD_LETTER:
            self.die(m, t)
        elif outcome == Fate.APPLIED:
            self.beliefs[m.pair].lost += m.delta
            self.counts["redriven"] += 1
            self.apply(m)
        else:
            m.fate = outcome


class Repairs:
    """Which troubles are repaired, and since when."""

    def __init__(self) -> None:
        self.at: dict[int, int] = {}

    def since(self, m: Message) -> int:
        return max((self.at[trouble] for trouble in m.troubles if trouble in self.at), default=0)

    def is_bad(self, m: Message) -> bool:
        return not m.troubles <= self.at.keys()


class Queue:
    """Messages that are handled one after another; this one is of dead letters."""

    def __init__(self, view: View, repairs: Repairs, down: list[Span], *, service: int, gap: int) -> None:
        self.view, self.feed, self.repairs, self.down = view, view.feed, repairs, down
        self.service, self.gap = service, gap
        self.queue: list[Message] = []
        self.free = 0
        self.last = -(10**18)
        self.failed_over = 0  # when the head was last lost in a failover
        self.times = 0  # that the head was handled to its end
        self.current: Plan | None = None  # the handling that has begun

    def up(self, t: int) -> int:
        return next((end for start, end in self.down if start <= t < end), t)

    def earliest(self, m: Message) -> int:
        return m.redriven

    def entered(self, m: Message) -> int:
        return m.redriven

    def pauses(self) -> int:
        failing = self.feed.failing
        return sum(min(failing.cap, round(failing.wait * failing.factor**k)) for k in range(failing.attempts - 1))

    def plan(self) -> Plan | None:
        """The handling that is under way, or would be next."""
        if self.current or not self.queue:
            return self.current
        m, policy = self.queue[0], self.feed.failing.policy
        repaired = self.repairs.since(m) if policy == "block" else 0
        start = self.up(max(self.free, self.last + self.gap, self.earliest(m), repaired, self.failed_over))
        if start - self.entered(m) > self.feed.topic.retention:
            return Plan(start, start, Fate.EXPIRED)
        if not self.repairs.is_bad(m):
            return Plan(start, start + self.service, Fate.APPLIED)
        if policy == "block":
            return Plan(inf, inf, Fate.IN_FLIGHT)
        if policy == "skip":
            return Plan(start, start + self.service, Fate.LOST)
        return Plan(start, start + self.feed.failing.attempts * self.service + self.pauses(), Fate.DEAD_LETTER)

    def begin(self, t: int) -> None:
        """Begin the next handling, if it is due at ``t``."""
        plan = self.plan()
        if plan and not self.current and plan.start <= t:
            self.current, self.last = plan, int(plan.start)
            self.has_begun(int(plan.start))

    def end(self) -> None:
        """The handling under way ends."""
        assert self.current is not None
        plan, m = self.current, self.queue[0]
        self.current, self.free = None, int(plan.end)
        if self.times < self.copies(m):
            self.times += 1
        else:
            self.queue.pop(0)
            self.times = 0
            self.is_over(m, self.free)
        self.tell(m, plan.outcome, self.free)

    def copies(self, m: Message) -> int:
        return 0

    def has_begun(self, start: int) -> None:
        """A handling has begun."""

    def is_over(self, m: Message, t: int) -> None:
        """A message has left."""

    def tell(self, m: Message, outcome: Fate, t: int) -> None:
        self.view.end_redriven(m, outcome, t)


class Partition(Queue):
    """A queue with a limit, whose consumer polls, commits, and dies."""

    def __init__(self, view: View, repairs: Repairs, down: list[Span], *, service: int, gap: int) -> None:
        super().__init__(view, repairs, down, service=service, gap=gap)
        self.handled: list[Message] = []  # since the last commit
        self.committed = 0
        self.polled = 0
        self.batch = 0  # messages of the batch under way that have begun

    def earliest(self, m: Message) -> int:
        return 0 if self.times else m.arrives

    def entered(self, m: Message) -> int:
        assert m.entered is not None
        return m.entered

    def copies(self, m: Message) -> int:
        return m.copies

    def tell(self, m: Message, outcome: Fate, t: int) -> None:
        self.view.end(m, outcome, t)

    def join(self, m: Message, t: int) -> None:
        topic = self.feed.topic
        m.entered = t
        if 0 < topic.backlog_limit <= len(self.queue):
            if topic.overflow == "hold_back":
                m.entered = None
            elif topic.overflow == "drop_oldest" and topic.backlog_limit > 1:
                self.view.miss(self.queue.pop(1), Fate.LOST, t)
            else:
                self.view.miss(m, Fate.LOST, t)
                return
        self.queue.insert(self._place(m), m)

    def _place(self, m: Message) -> int:
        catch_up, end = self.feed.consumers.catch_up, len(self.queue)
        if catch_up == "oldest" or end == 0 or (catch_up == "pooled_first" and not m.pooled):
            return end
        if catch_up == "newest":
            return 1
        return max((at + 1 for at in range(1, end) if self.queue[at].pooled), default=1)

    def let_in(self, t: int) -> None:
        for m in self.queue[: self.feed.topic.backlog_limit]:
            if m.entered is None:
                m.entered = t

    def _next_commit(self) -> int:
        return max(self.free, self.committed + self.feed.consumers.commit_interval)

    def _commit(self, t: int) -> None:
        interval, at = self.feed.consumers.commit_interval, self._next_commit()
        while interval and at + interval <= t:
            at += interval
        self.committed = at if interval else t
        self.handled.clear()

    def has_begun(self, start: int) -> None:
        if not self.batch:
            if self._next_commit() <= start:
                self._commit(start)
            self.polled = start
        if not self.times:
            self.batch += 1

    def is_over(self, m: Message, t: int) -> None:
        self.handled.append(m)
        self._end_batch()
        self.let_in(t)

    def _end_batch(self) -> None:
        goes_on = self.queue and self.batch < self.feed.consumers.poll and self.queue[0].arrives <= self.polled
        if not goes_on:
            self.batch = 0

    def lose_member(self, t: int) -> None:
        if not self.batch and self._next_commit() < t:
            self._commit(t)
        self.view.counts["handed again"] += len(self.handled)
        self.queue = self.handled + self.queue
        self.handled, self.batch, self.times, self.current, self.free = [], 0, 0, None, t

    def fail_over(self, t: int) -> None:
        begun = self.current is not None or self.times > 0
        replicated = t - self.feed.topic.unreplicated
        head = self.queue[:1]
        gone = [m for m in self.queue[begun:] if m.entered is not None and m.entered > replicated]
        for m in gone:
            self.queue.remove(m)
            self.view.miss(m, Fate.LOST, t)
        self.let_in(t)
        if not begun:
            self._end_batch()
            if self.queue[:1] != head:
                self.failed_over = t


class Broker:
    """A partition, its dead letters, and the clock."""

    def __init__(self, feed: Feed, beliefs: dict[int, Belief], down: list[Span]) -> None:
        self.feed, self.repairs = feed, Repairs()
        self.view = View(feed, beliefs)
        service, rate = int(feed.service.mean), feed.consumers.rate
        gap = 1_000_000 // rate if rate else 0
        self.partition = Partition(self.view, self.repairs, down, service=service, gap=gap)
        redrive_gap = 1_000_000 // feed.failing.redrive_rate
        self.redriven = Queue(self.view, self.repairs, down, service=service, gap=redrive_gap)

    def run_until(self, t: int) -> None:
        """All that happens up to and including ``t``; the partition comes first where both are due."""
        while True:
            plans = [(plan.end, at) for at, queue in enumerate(self._queues()) if (plan := queue.plan())]
            if not plans or min(plans)[0] > t:
                break
            queue = self._queues()[min(plans)[1]]
            queue.begin(t)
            queue.end()
        for queue in self._queues():
            queue.begin(t)

    def _queues(self) -> tuple[Queue, Queue]:
        return self.partition, self.redriven

    def redrive(self, t: int) -> None:
        letters = sorted(self.view.dead, key=lambda m: (m.died, m.number))
        self.view.dead.clear()
        if self.feed.failing.redrive_order == "newest":
            letters.reverse()
        for m in letters:
            m.redriven = t
            self.redriven.queue.append(m)
