"""A saga against a plain list of what may come next: whatever its calls come to, steps are done in turn, and what was
done is undone once, the last first.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from twin.journal.orders import SagaEnd
from twin.journal.tables import NONE
from twin.model.jobs import Works
from twin.model.participants import People, Step
from twin.model.saga import Sagas
from twin.model.tales import Tale
from twin.policies.sagas import UNDO
from twin.scenario.saga import SagaStep

Outcome = str
OUTCOMES = ("done", "done", "error", "late", "down")
TIMEOUT = 50
DEADLINE = 120


@dataclass
class FakeStep:
    """A system that does what it is told."""

    machine: SagaAgreesWithAList
    place: int
    settings: SagaStep
    undo: object | None
    lifetime: int = 0

    def call(self, tale: Tale, number: int, now: int) -> tuple[int, bool] | None:
        """As :meth:`Step.call`."""
        outcome = self.machine.outcomes.pop(0)
        self.machine.saw(("undo" if number & UNDO else "do", self.place, outcome))
        if outcome == "down":
            return None
        if outcome != "error":
            tale.note(self.place | number & UNDO, now + 10)
        return now + (TIMEOUT + 1 if outcome == "late" else 10), outcome != "error"


@dataclass
class FakePeople:
    """People who have room when they are told so."""

    machine: SagaAgreesWithAList

    def has_room(self, now: int) -> bool:
        return self.machine.room

    def handle(self, tale: Tale, kind: int, now: int) -> int:
        """As :meth:`People.handle`."""
        self.machine.saw(("hand over undoing" if kind & UNDO else "hand over", kind & ~UNDO, ""))
        tale.cases += 1
        tale.by_hand[kind] = now + 30
        return now + 30


class Way:
    """A hop before each step, and a watch over the whole."""

    watches = True

    def resumed(self, now: int) -> int:
        return now

    def patience(self, step: Step) -> int | None:
        return TIMEOUT

    def started(self, tale: Tale, number: int, now: int) -> int:
        tale.hops += 1
        return now + 5

    def noticed(self, tale: Tale, now: int) -> int:
        return now + 1

    def comes_twice(self, tale: Tale, number: int) -> bool:
        return False


class SagaAgreesWithAList(RuleBasedStateMachine):
    """One saga after another; ``done`` is the plain model: the steps that were done, in that order."""

    @initialize(data=st.data(), count=st.integers(1, 4))
    def begin(self, data: st.DataObject, count: int) -> None:
        choices = st.tuples(st.integers(1, 3), st.booleans(), st.sampled_from(("compensate", "human")))
        self.steps = []
        for place in range(count):
            attempts, undone, failing = data.draw(choices)
            retry = {"attempts": attempts, "wait": "7us", "jitter": "none"}
            step = {"name": f"step_{place}", "system": "crm", "retry": retry, "on_failure": failing}
            step |= {"compensation": "1us"} if undone else {}
            self.steps.append(FakeStep(self, place, SagaStep.model_validate(step), "yes" if undone else None))
        self.rows: list[tuple[int, ...]] = []
        world = SimpleNamespace(streams=SimpleNamespace(key=lambda name: np.uint64(1)), horizon_us=10**9)
        works = SimpleNamespace(world=world, journal=SimpleNamespace(end_saga=self.rows.append))
        self.sagas = Sagas(
            cast(tuple[Step, ...], tuple(self.steps)), cast(People, FakePeople(self)), Way(),
            works=cast(Works, works), deadline=DEADLINE,
        )  # fmt: skip
        self.orders = 0
        self.outcomes: list[Outcome] = []
        self.story: Any = None
        self.room = True
        self._new()

    def _new(self) -> None:
        self.orders += 1
        self.now = self.began = 1000 * self.orders
        self.story = self.sagas.run(self.orders, self.now)
        self.done: list[int] = []
        self.undone: list[int] = []
        self.tries = 0
        self.back = False
        self.ended: bool | None = None
        self.now = next(self.story)  # the first hop

    def saw(self, what: tuple[str, int, Outcome]) -> None:
        """Something is done, and must be what may come next."""
        action, place, outcome = what
        if action in ("undo", "hand over undoing") and not self.back:
            self.back, self.tries = True, 0
        if action == "do":
            assert not self.back
            assert place == len(self.done)
            assert self.now - self.began <= DEADLINE
        elif action == "hand over":
            assert not self.back
            assert self.room
            assert self.steps[place].settings.on_failure == "human"
            assert place == len(self.done)
        else:
            assert place == self._to_undo()[0]
            assert (action == "undo") == (self.tries < self.steps[place].settings.retry.attempts)
        self._count(action, place, outcome)

    def _count(self, action: str, place: int, outcome: Outcome) -> None:
        self.tries += 1
        assert self.tries <= self.steps[place].settings.retry.attempts or action.startswith("hand over")
        if outcome not in ("done", ""):
            return
        self.tries = 0
        (self.undone if self.back else self.done).append(place)

    def _to_undo(self) -> list[int]:
        """What is still to be undone, the next first."""
        return [p for p in reversed(self.done) if self.steps[p].undo is not None and p not in self.undone]

    @precondition(lambda self: self.ended is None)
    @rule(outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=8, max_size=8), room=st.booleans())
    def go_on(self, outcomes: list[Outcome], room: bool) -> None:
        self.outcomes, self.room = outcomes, room
        try:
            then = next(self.story)
        except StopIteration as stop:
            self.ended, self.now = stop.value
            return
        assert then > self.now, "a wait that takes no time is none"
        self.now = then

    @precondition(lambda self: self.ended is not None)
    @rule()
    def another(self) -> None:
        self._new()

    @invariant()
    def what_has_ended_has_ended_well(self) -> None:
        assert self.sagas.untidy == []
        assert self.sagas.begun == self.sagas.ended.total() + len(self.sagas.under_way) == self.orders
        if self.ended is None:
            assert self.sagas.under_way == {self.orders}
            return
        row = self.rows[-1]
        given_up, end, outcome = row[3], row[4], row[5]
        assert (end, self.sagas.under_way) == (self.now, set())
        if self.ended:
            assert outcome == SagaEnd.COMPLETED
            assert given_up == NONE
            assert self.done == list(range(len(self.steps)))
        else:
            assert outcome == SagaEnd.COMPENSATED
            assert len(self.done) < len(self.steps)
            assert self._to_undo() == []
            assert self.undone == [p for p in reversed(self.done) if self.steps[p].undo is not None]


TestSagaAgreesWithAList = SagaAgreesWithAList.TestCase
TestSagaAgreesWithAList.settings = settings(max_examples=300, stateful_step_count=60, deadline=None)
