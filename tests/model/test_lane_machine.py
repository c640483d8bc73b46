"""A lane of the kernels against a list (tests/model/plain_lane.py): whatever is sent, lost, repaired and handed out
again, both hold the same messages in the same order, and both have come to the same belief.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.model.plain_lane import Belief, Broker, Message
from tests.model.runs import systems
from tests.world.make import cluster, scenario
from twin.core.clock import SECOND
from twin.core.shares import MILLION
from twin.journal.totals import Fate, FeedName, Flow
from twin.kernels import sending, state
from twin.kernels.codes import VIEW, Part
from twin.kernels.state import NIL
from twin.kernels.traffic import PART_SHIFT, Letter
from twin.model.build import build
from twin.model.lanes import system_row
from twin.model.plane import Plane
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.tables import CRASH, SYSTEMS, TROUBLE, WINDOW, TroubleKind
from twin.world.world import World

LATER = 10**15
DOWN = [(20 * SECOND, 26 * SECOND), (60 * SECOND, 75 * SECOND)]
"""Outages of the broker."""
COPIES = 2
POISON = {0: (Part.PICK, Part.RETURN), 1: (Part.DISPATCH, Part.RETURN)}
"""Kinds of message that each trouble hits; one is hit by both, and sales by none."""
REPEATED = (Part.RECEIPT, Part.RETURN)
KINDS = (Part.SALE, Part.PICK, Part.DISPATCH, Part.RETURN, Part.RECEIPT)
LINK = {0: 0, 1: 3 * SECOND}
"""From the DC, and from the store."""


@cache
def _world(mortal: bool) -> tuple[Scenario, World]:
    """One DC, one store that does not ship, one SKU; two kinds of poison, duplicates, a group that may lose members or
    not.
    """
    description = scenario(
        estate__regions=[{"name": "east", "time_zone": "America/New_York", "share": 1.0}],
        estate__dcs=[{"name": "dc", "region": "east"}],
        estate__stores={"count": 1, "clusters": [cluster(assortment=1, ships=0.0)]},
        estate__skus={"count": 1},
    )
    world = World(description, 0)
    masks = [(TroubleKind.POISON, kinds) for kinds in POISON.values()] + [(TroubleKind.COPIES, REPEATED)]
    feeds = 1 << FeedName.MOVEMENTS
    world.troubles = np.array(
        [(kind, feeds, sum(1 << k for k in kinds), 0, LATER, MILLION, COPIES, 7, 0) for kind, kinds in masks], TROUBLE
    )
    world.crashes = np.array([(FeedName.MOVEMENTS, 0, LATER, LATER + 1, 0)] * mortal, CRASH)
    world.windows = np.array([(SYSTEMS.index("broker"), -1, start, end) for start, end in DOWN], WINDOW)
    return description, world


def _arm(movements: dict[str, Any]) -> Systems:
    posting = {"system": "service", "partitions": 1, "store_link": "0s", "dc_link": "0s", "service": "0s"}
    return systems(movements=movements, posting=posting)


def _plane(arm: Systems, mortal: bool) -> Plane:
    description, world = _world(mortal)
    plane = Plane(build(world, description, arm).memory)
    plane.put("physical", np.zeros(0, state.PHYSICAL))
    return plane


def _seconds(*values: float) -> st.SearchStrategy[str]:
    return st.sampled_from(values).map(lambda seconds: f"{round(1000 * seconds)}ms")


TOPICS = st.fixed_dictionaries(
    {
        "retention": st.sampled_from(("4s", "20s", "168h", "168h")),
        "backlog_limit": st.sampled_from((0, 0, 1, 2, 3)),
        "overflow": st.sampled_from(("hold_back", "drop_oldest", "reject")),
        "unreplicated": _seconds(0, 2, 10),
    }
)
CONSUMERS = st.fixed_dictionaries(
    {
        "poll": st.sampled_from((1, 2, 500)),
        "commit_interval": _seconds(0, 3, 30),
        "idempotent": st.booleans(),
        "versioned": st.booleans(),
        "catch_up": st.sampled_from(("oldest", "newest", "pooled_first")),
        "rate": st.sampled_from((0, 1)),
    }
)
FAILING = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(("block", "divert", "skip")),
        "attempts": st.integers(1, 3),
        "wait": _seconds(0, 1),
        "factor": st.sampled_from((1.0, 3.0)),
        "cap": _seconds(2),
        "redrive_rate": st.sampled_from((1, 2)),
        "redrive_order": st.sampled_from(("oldest", "newest")),
    }
)
FEED = st.fixed_dictionaries(
    {
        "content": st.sampled_from(("delta", "level")),
        "service": _seconds(0, 0.5, 2),
        "topic": TOPICS,
        "consumers": CONSUMERS,
        "failing": FAILING,
    }
)
A_WHILE = st.sampled_from((1, SECOND // 2, SECOND, 2 * SECOND, 5 * SECOND, 20 * SECOND))


class LanesAgree(RuleBasedStateMachine):
    """Faults come before everything else of their instant, what is sent comes after it."""

    @initialize(feed=FEED, mortal=st.booleans())
    def begin(self, feed: dict[str, Any], mortal: bool) -> None:
        links = {"dc_link": LINK[0] // SECOND, "store_link": LINK[1] // SECOND}
        chosen = feed | {"partitions": 1} | {name: f"{seconds}s" for name, seconds in links.items()}
        if chosen["topic"]["backlog_limit"]:
            chosen = chosen | {"consumers": chosen["consumers"] | {"catch_up": "oldest"}}
        self.arm = _arm(chosen)
        self.mortal = mortal
        self.plane = _plane(self.arm, mortal)
        self.now = 0
        pairs = self.plane.memory["pairs"]
        self.start = {p: int(pairs["viewed"][p]) for p in (0, 1)}
        self.broker = Broker(self.arm.movements, {p: Belief(view) for p, view in self.start.items()}, DOWN)
        self.sent: list[Message] = []
        self.plane.advance(0)

    @property
    def feed_is_plain(self) -> bool:
        """Whether every message has its effect exactly once, in the order in which it was sent."""
        feed = self.arm.movements
        return (
            feed.content == "delta"
            and feed.consumers.idempotent
            and feed.consumers.catch_up == "oldest"
            and feed.failing.policy == "block"
            and feed.topic.retention > LATER // 10**4
            and (feed.topic.backlog_limit == 0 or feed.topic.overflow == "hold_back")
            and feed.topic.unreplicated == 0
        )

    # ---- What happens ------------------------------------------------------------------------------------------------

    @rule(kind=st.sampled_from(KINDS), pair=st.integers(0, 1), delta=st.integers(-3, 3))
    def send(self, kind: Part, pair: int, delta: int) -> None:
        self.plane.advance(self.now)
        self.broker.run_until(self.now)
        number, row = len(self.sent), self.plane.memory["pairs"][pair]
        row["on_hand"] += delta
        level = int(row["on_hand"] + row["error"])
        sending.move(self.plane.handle, self.now, pair, delta, 0, number, kind << PART_SHIFT, self.now - 1)
        message = Message(
            number,
            pair,
            delta,
            level,
            sent=self.now,
            arrives=self.now + LINK[int(row["node"])],
            copies=COPIES if kind in REPEATED else 0,
            troubles=frozenset(trouble for trouble, kinds in POISON.items() if kind in kinds),
            pooled=bool(row["pooled"]),
        )
        self.sent.append(message)
        self.broker.partition.join(message, self.now)
        self._go_on()

    @rule(d=A_WHILE)
    def wait(self, d: int) -> None:
        self.now += d
        self._go_on()

    def _go_on(self) -> None:
        self.plane.advance(self.now)
        self.broker.run_until(self.now)

    def _fault(self, d: int) -> int:
        self.now += d
        self.broker.run_until(self.now - 1)
        return self.now

    @precondition(lambda self: self.mortal)
    @rule(d=A_WHILE)
    def lose_the_member(self, d: int) -> None:
        t = self._fault(d)
        self.plane.lose_member(VIEW, 0, t)
        self.broker.partition.lose_member(t)
        self._go_on()

    @rule(d=A_WHILE)
    def fail_over(self, d: int) -> None:
        t = self._fault(d)
        self.plane.fail_over(system_row("broker"), t)
        self.broker.partition.fail_over(t)
        self._go_on()

    @rule(d=A_WHILE, trouble=st.sampled_from(tuple(POISON)))
    def repair(self, d: int, trouble: int) -> None:
        if trouble in self.broker.repairs.at:
            return
        t = self._fault(d)
        self.plane.repair(trouble, t)
        self.broker.repairs.at[trouble] = t
        self._go_on()

    @rule(d=A_WHILE)
    def redrive(self, d: int) -> None:
        t = self._fault(d)
        self.plane.redrive(VIEW, t)
        self.broker.redrive(t)
        self._go_on()

    # ---- What holds --------------------------------------------------------------------------------------------------

    @invariant()
    @precondition(lambda self: hasattr(self, "plane"))
    def both_lanes_hold_the_same_messages_in_the_same_order(self) -> None:
        lane, queue = self.plane.memory["lanes"][0], self.broker.partition.queue
        moves, mask, held = self.plane.memory["moves"], int(self.plane.control["moves_mask"]), []
        number = int(lane["head"])
        while number != NIL:
            held.append(number)
            number = int(moves["next"][number & mask])
        assert held == [m.number for m in queue]
        assert lane["size"] == len(queue)
        assert lane["inside"] == sum(m.entered is not None for m in queue)
        assert lane["again"] + (lane["repeated"] > 0) == sum(m.fate != Fate.IN_FLIGHT for m in queue)
        assert self.plane.control["moves_low"] <= min(held, default=len(self.sent))  # or its row is another's

    @invariant()
    @precondition(lambda self: hasattr(self, "plane"))
    def every_message_has_the_same_fate(self) -> None:
        control, counted = self.plane.control, self.plane.memory["fates"][: len(Fate)]
        for m in self.sent[int(control["moves_low"]) :]:
            assert self.plane.memory["moves"]["seen"][m.number & int(control["moves_mask"])] == m.fate
        plain = np.bincount([m.fate for m in self.sent], minlength=len(Fate))
        assert plain[Fate.IN_FLIGHT] == control["unseen"]
        assert plain[Fate.IN_FLIGHT + 1 :].tolist() == counted[Fate.IN_FLIGHT + 1 :].tolist()

    @invariant()
    @precondition(lambda self: hasattr(self, "plane"))
    def both_believe_the_same_and_know_why(self) -> None:
        pairs, drifts = self.plane.memory["pairs"], self.plane.memory["drifts"]
        for p, belief in self.broker.view.beliefs.items():
            found = (pairs["viewed"][p], drifts["lost"][p], drifts["extra"][p])
            assert found == (belief.view, belief.lost, belief.extra)

    @invariant()
    @precondition(lambda self: hasattr(self, "plane"))
    def both_count_the_same(self) -> None:
        flows, counts = self.plane.memory["flows"], self.broker.view.counts
        assert flows[Flow.HANDED_AGAIN] == counts["handed again"]
        assert flows[Flow.APPLIED_AGAIN] == counts["applied again"]
        assert flows[Flow.DEAD_LETTERED] == counts["dead lettered"]
        assert flows[Flow.REDRIVEN] == counts["redriven"]
        letters = self.plane.memory["letters"][: int(self.plane.control["letters"])]
        assert letters["number"][letters["state"] == Letter.DEAD].tolist() == _by_letter(letters, self.broker.view.dead)

    def teardown(self) -> None:
        """Once everything is repaired and all time has passed, no message is on its way."""
        if not hasattr(self, "plane"):
            return
        for trouble in POISON:
            self.repair(SECOND, trouble)
        self.wait(1000 * SECOND)
        self.redrive(SECOND)
        self.wait(1000 * SECOND)
        self.both_lanes_hold_the_same_messages_in_the_same_order()
        self.both_believe_the_same_and_know_why()
        self.every_message_has_the_same_fate()
        assert self.plane.control["unseen"] == self.plane.control["unposted"] == self.plane.control["went_back"] == 0
        assert all(m.fate not in (Fate.IN_FLIGHT, Fate.DEAD_LETTER) for m in self.sent)
        if self.feed_is_plain:
            for p, belief in self.broker.view.beliefs.items():
                mine = [m for m in self.sent if m.pair == p]
                assert self.broker.view.order[p] == [m.number for m in mine]
                assert belief.view == self.start[p] + sum(m.delta for m in mine)


def _by_letter(letters: np.ndarray[Any, Any], dead: list[Message]) -> list[int]:
    """Numbers of the dead letters, in the order of the queue's rows."""
    numbers = {m.number for m in dead}
    return [number for number in letters["number"][letters["state"] != Letter.GONE].tolist() if number in numbers]


class ManyLanesAgree(LanesAgree):
    """The same, for longer."""


TestLanesAgree = LanesAgree.TestCase
TestManyLanesAgree = pytest.mark.slow(ManyLanesAgree.TestCase)
for _machine, _examples in ((LanesAgree, 100), (ManyLanesAgree, 1500)):
    _machine.TestCase.settings = settings(
        max_examples=_examples, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
