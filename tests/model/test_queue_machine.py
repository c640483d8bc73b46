"""A queue through the real kernels against a simple model that looks at every second."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.model.runs import PERFECT, scarce, systems
from twin.core.clock import SECOND
from twin.core.shares import MILLION
from twin.journal.totals import Fate, FeedName, Flow
from twin.kernels.state import NIL
from twin.kernels.traffic import OWN_LANES, Change
from twin.model import invariants
from twin.model.build import build
from twin.model.plane import Plane
from twin.scenario.scenario import Scenario
from twin.world.tables import CRASH, SYSTEMS, TROUBLE, WINDOW, TroubleKind
from twin.world.world import World

SERVICE = 10
"""Seconds that a handling takes."""


@dataclass
class Work:
    message: int
    start: int
    good: bool
    counts: bool = True
    """Whether the queue waits for its end."""


@dataclass
class Worker:
    held: list[tuple[int, int]] = field(default_factory=list)
    """Messages, and by when each must be acknowledged."""
    work: Work | None = None
    out: bool = False


@dataclass
class Simple:
    """What a queue does, second by second; nothing in it is clever."""

    members: int
    prefetch: int
    visibility: int
    limit: int
    returned: int
    idempotent: bool
    bad: tuple[int, int]
    """Messages made before the first instant cannot be handled before the second."""
    down: tuple[int, int]
    away: list[tuple[int, int, int, int]]
    """Member, start, noticed, end."""

    def __post_init__(self) -> None:
        self.workers = [Worker() for _ in range(self.members)]
        self.ready: list[int] = []
        self.paused: list[tuple[int, int]] = []
        self.made: list[int] = []
        self.times: list[int] = []
        self.fates: list[Fate] = []
        self.again = self.extra = 0

    def send(self, t: int) -> None:
        self.ready.append(len(self.made))
        self.made.append(t)
        self.times.append(0)
        self.fates.append(Fate.IN_FLIGHT)
        self.act(t)

    def is_down(self, t: int) -> bool:
        return self.down[0] <= t < self.down[1]

    def absent(self, number: int, t: int) -> bool:
        return any(member == number and start <= t < end for member, start, _, end in self.away)

    def befall(self, t: int) -> None:
        """Members die, are given up, and return."""
        for member, start, _, _ in self.away:
            if t == start:
                self.workers[member].work = None
        for member, _, noticed, end in self.away:
            if noticed < end and t in (noticed, end):
                worker = self.workers[member]
                worker.out = t == noticed
                for message, _ in worker.held[::-1] if worker.out else []:
                    self.give_back(message, 0, t)
                worker.held = [] if worker.out else worker.held
                self.hand_out(t)

    def act(self, t: int) -> None:
        """Everything that can happen now, happens."""
        self.hand_out(t)
        while self.one_thing(t):
            self.hand_out(t)
        for number, worker in enumerate(self.workers):
            if worker.held and worker.work is None and not self.is_down(t) and not self.absent(number, t):
                message = worker.held[0][0]
                worker.work = Work(message, t, good=self.made[message] >= self.bad[0] or t >= self.bad[1])

    def one_thing(self, t: int) -> bool:
        if self.paused and self.paused[0][1] == t:
            self.give_back(self.paused.pop(0)[0], 0, t)
            return True
        for worker in self.workers:
            if worker.work and worker.work.start + SERVICE == t:
                self.end(worker, worker.work, t)
                return True
            if worker.held and worker.held[0][1] <= t and not self.is_down(t):
                message, _ = worker.held.pop(0)
                if worker.work:
                    worker.work.counts = False
                self.give_back(message, 0, t)
                return True
        return False

    def end(self, worker: Worker, work: Work, t: int) -> None:
        worker.work = None
        if work.good:
            self.apply(work.message)
        if work.counts:
            worker.held.pop(0)
            if not work.good:
                self.give_back(work.message, self.returned, t)

    def apply(self, message: int) -> None:
        if self.fates[message] == Fate.IN_FLIGHT:
            self.fates[message] = Fate.APPLIED
        elif self.fates[message] == Fate.APPLIED and not self.idempotent:
            self.extra += 1

    def give_back(self, message: int, pause: int, t: int) -> None:
        if self.times[message] == self.limit:
            if self.fates[message] == Fate.IN_FLIGHT:
                self.fates[message] = Fate.DEAD_LETTER
        elif pause:
            self.paused.append((message, t + pause))
        else:
            self.ready.insert(0, message)

    def hand_out(self, t: int) -> None:
        while self.ready and not self.is_down(t):
            free = [w for w in self.workers if not w.out and len(w.held) < self.prefetch]
            if not free:
                return
            message = self.ready.pop(0)
            self.again += self.times[message] > 0
            self.times[message] += 1
            min(free, key=lambda w: len(w.held)).held.append((message, t + self.visibility))


@cache
def _estate() -> tuple[Scenario, World]:
    description = scarce(**PERFECT)
    return description, World(description, 0)


def _plane(simple: Simple) -> Plane:
    """The same queue in a data plane without customers."""
    description, world = _estate()
    poison = (TroubleKind.POISON, 1, -1, 0, simple.bad[0] * SECOND, MILLION, 0, 0, 1)
    world.troubles = np.array([poison], TROUBLE)
    world.windows = np.array([(SYSTEMS.index("broker"), -1, *(t * SECOND for t in simple.down))], WINDOW)
    crashes = [(FeedName.MOVEMENTS, m, start * SECOND, end * SECOND, 0) for m, start, _, end in simple.away]
    world.crashes = np.array(crashes, CRASH)
    movements: dict[str, Any] = {
        "mode": "queue", "dc_link": "0s", "service": f"{SERVICE}s",
        "consumers": {
            "members": simple.members, "prefetch": simple.prefetch, "visibility": f"{simple.visibility}s",
            "delivery_limit": simple.limit, "returned": f"{simple.returned}s", "idempotent": simple.idempotent,
        },
    }  # fmt: skip
    return Plane(build(world, description, systems(movements=movements, posting={"mode": "batch"})).memory)


class QueueMachine(RuleBasedStateMachine):
    """Messages are sent, time goes on; both queues must stand alike."""

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        draw = data.draw
        members = draw(st.integers(1, 3))
        away = []
        for member in range(members):
            start, lasts, noticed = draw(st.integers(1, 60)), draw(st.integers(1, 80)), draw(st.integers(1, 40))
            if draw(st.booleans()):
                away.append((member, start, start + noticed, start + lasts))
        down = draw(st.integers(1, 60))
        self.simple = Simple(
            members=members,
            prefetch=draw(st.integers(1, 4)),
            visibility=draw(st.sampled_from((3, 10, 15, 40))),
            limit=draw(st.integers(1, 4)),
            returned=draw(st.sampled_from((0, 7))),
            idempotent=draw(st.booleans()),
            bad=(draw(st.integers(0, 30)), draw(st.integers(1, 90))),
            down=(down, down + draw(st.integers(1, 60))),
            away=away,
        )
        self.plane = _plane(self.simple)
        self.t = 0
        pairs, nodes = self.plane.memory["pairs"], self.plane.memory["nodes"]
        self.pair = int(np.flatnonzero(nodes["is_dc"][pairs["node"]] != 0)[0])

    @rule()
    def send(self) -> None:
        self.plane.take_back(self.pair, 1, len(self.simple.made), self.t * SECOND)
        self.simple.send(self.t)

    @rule(seconds=st.integers(1, 30))
    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.t += 1
            self._befall()
            self.simple.befall(self.t)
            self.simple.act(self.t)
        self.plane.advance(self.t * SECOND)

    def _befall(self) -> None:
        """Members of the real queue die, are given up and return; its messages can be handled again."""
        now = self.t * SECOND
        for member, start, noticed, end in self.simple.away:
            if self.t == start:
                self.plane.change_member(FeedName.MOVEMENTS, member, Change.LOST, now)
            if noticed < end and self.t in (noticed, end):
                change = Change.GIVEN_UP if self.t == noticed else Change.BACK
                self.plane.change_member(FeedName.MOVEMENTS, member, change, now)
        if self.t == self.simple.bad[1]:
            self.plane.repair(0, now)

    @invariant()
    def both_stand_alike(self) -> None:
        if not hasattr(self, "plane"):
            return
        self.plane.advance(self.t * SECOND)  # what was sent now may be handed out now
        memory, simple = self.plane.memory, self.simple
        made = len(simple.made)
        assert memory["moves"]["seen"][:made].tolist() == simple.fates
        assert memory["move_tickets"]["times"][:made].tolist() == simple.times
        assert self._held(0) == simple.ready
        assert self._held(1) == [message for message, _ in simple.paused]
        for number, worker in enumerate(simple.workers):
            assert self._held(OWN_LANES + number) == [message for message, _ in worker.held], f"member {number}"
        assert memory["flows"][Flow.HANDED_AGAIN] == simple.again
        assert memory["drifts"]["extra"][self.pair] == simple.extra

    @invariant()
    def the_laws_hold(self) -> None:
        if hasattr(self, "plane"):
            broken = [*invariants._messages(self.plane), *invariants._lanes(self.plane)]
            assert broken + invariants._beliefs(self.plane) == []

    def _held(self, lane: int) -> list[int]:
        head, found = int(self.plane.memory["lanes"]["head"][lane]), []
        while head != NIL:
            found.append(head)
            head = int(self.plane.memory["moves"]["next"][head])
        return found


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
