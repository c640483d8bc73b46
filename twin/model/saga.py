"""The saga of an order: steps in several systems, undone if one of them fails for good (docs/model.md, section 6,
"Sagas").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from typing import Final, Self

import numpy as np

from twin.core.hashing import bits
from twin.journal.orders import SagaEnd
from twin.journal.tables import NONE
from twin.journal.writer import Journal
from twin.model.clear_run import ClearRun
from twin.model.coordination import Choreography, Coordination, Orchestration
from twin.model.gateway import pause_before
from twin.model.jobs import Works
from twin.model.participants import People, Step
from twin.model.tales import Tale
from twin.policies.sagas import COPY, UNDO, call_number
from twin.scenario.saga import Saga

Telling = Generator[int, None, int]
"""Part of a story that ends at an instant."""

Trying = Generator[int, None, tuple[bool, int]]
"""Part of a story: whether it succeeded, and when that was known."""

_BACKOFF: Final = "saga.backoff"
_NOTHING_ELSE: Final = (0,) * 6
"""Of a saga that met no trouble: duplicates, orphans, cases, work and waiting of people, steps undone."""


class Sagas:
    """The sagas of an arm."""

    def __init__(
        self,
        steps: tuple[Step, ...],
        people: People,
        way: Coordination,
        *,
        works: Works,
        deadline: int,
        clear: ClearRun | None = None,
    ) -> None:
        """``clear``: knows which sagas meet no trouble, if that can be known before."""
        self._steps, self._people, self._way, self._clear = steps, people, way, clear
        self._backoff_key: np.uint64 = works.world.streams.key(_BACKOFF)
        self._journal: Journal = works.journal
        self._deadline, self._horizon = deadline, works.world.horizon_us
        self._lifetimes = tuple(step.lifetime for step in steps)
        self._tales: dict[int, Tale] = {}
        """By order, of those that may meet trouble."""
        self.under_way: set[int] = set()
        """Orders whose sagas have begun and not ended."""
        self.begun = 0
        self.ended: Counter[SagaEnd] = Counter()
        self.untidy: list[str] = []
        """Sagas that were not undone step by step, once each, the last first: there must be none."""

    @classmethod
    def of(cls, works: Works, saga: Saga) -> Self | None:
        """The sagas of an arm; ``None`` if orders have none."""
        if saga.mode == "off":
            return None
        steps = tuple(Step.of(works, place, step, keys=saga.keys) for place, step in enumerate(saga.steps))
        way = Orchestration(works) if saga.mode == "orchestration" else Choreography(works, saga)
        people, clear = People(works, saga.human), ClearRun.of(works, saga)
        return cls(steps, people, way, works=works, deadline=saga.deadline, clear=clear)

    def clear_run(self, order: int, now: int) -> tuple[int, int] | None:
        """When a saga ends that begins ``now``, and in how many wakings after its first, if it will meet no trouble."""
        clear = self._clear.end(order, now) if self._clear is not None else None
        if clear is not None:
            self._begin(order)
        return clear

    def end_clear_run(self, order: int, began: int, now: int) -> None:
        """One that met no trouble ends: every step was called once, and done."""
        assert self._clear is not None
        self._close(order, SagaEnd.COMPLETED)
        told = (order, began, NONE, NONE, now, SagaEnd.COMPLETED, NONE, len(self._steps), 0, self._clear.hops)
        self._journal.end_saga((*told, *_NOTHING_ELSE))

    def _begin(self, order: int) -> None:
        self.under_way.add(order)
        self.begun += 1

    def _close(self, order: int, outcome: SagaEnd) -> None:
        self.under_way.remove(order)
        self.ended[outcome] += 1

    def run(self, order: int, now: int) -> Trying:
        """Every step in turn; if one fails for good, those before it are undone."""
        tale = self._tales[order] = Tale(order, now)
        self._begin(order)
        for step in self._steps:
            now = yield from _until(now, self._way.started(tale, step.place, now))
            done, now = yield from self._carry_out(tale, step, now)
            if not done:
                now = yield from self._compensate(tale, now)
                self._end(tale, SagaEnd.COMPENSATED, now)
                return False, now
        now = yield from _until(now, self._way.started(tale, len(self._steps), now))
        self._end(tale, SagaEnd.COMPLETED, now)
        return True, now

    def _carry_out(self, tale: Tale, step: Step, now: int) -> Trying:
        """One step: its system does it, or somebody does it by hand; or the order is given up."""
        done, now = yield from self._try(tale, step, 0, now)
        if done:
            return True, now
        tale.failed, tale.t_failed = step.place, now
        now = yield from _until(now, self._way.noticed(tale, now))
        if step.settings.on_failure == "human" and not self._is_late(tale, now) and self._people.has_room(now):
            now = yield from self._by_hand(tale, step.place, now)
            return True, now
        tale.t_given_up = now
        return False, now

    def _compensate(self, tale: Tale, now: int) -> Telling:
        """What was done is undone, the last first."""
        for step in reversed(self._steps[: tale.failed]):
            if step.undo is None:
                continue
            kind = step.place | UNDO
            now = yield from _until(now, self._way.started(tale, kind, now))
            done, now = yield from self._try(tale, step, UNDO, now)
            if not done:
                now = yield from _until(now, self._way.noticed(tale, now))
                now = yield from self._by_hand(tale, kind, now)
            tale.undone.append(step.place)
        now = yield from _until(now, self._way.started(tale, len(self._steps) | UNDO, now))
        return now

    def _try(self, tale: Tale, step: Step, undo: int, now: int) -> Trying:
        """The system is called until it answers, as often as the arm allows."""
        retry, previous = step.settings.retry, step.settings.retry.wait
        for attempt in range(retry.attempts):
            number = call_number(step.place | undo, attempt)
            if attempt:
                luck = int(bits(self._backoff_key, tale.order, number))
                previous = pause_before(retry, attempt, previous, luck)
                now = yield from _until(now, self._way.resumed(now + previous))
            if not undo and self._way.watches and self._is_late(tale, now):
                return False, now
            answered, known = self._call(tale, step, number, now)
            now = yield from _until(now, self._way.resumed(known))
            if answered:
                if self._way.comes_twice(tale, step.place | undo):
                    self._repeat(tale, step, number, now)
                return True, now
            tale.failures += 1
        return False, now

    def _call(self, tale: Tale, step: Step, number: int, now: int) -> tuple[bool, int]:
        """One call: whether it is answered well and in time, and when the caller knows."""
        tale.calls += 1
        called = step.call(tale, number, now)
        if called is None:
            return False, now
        done, carried_out = called
        patience = self._way.patience(step)
        if patience is not None and done - now > patience:
            return False, now + patience
        return carried_out, done

    def _repeat(self, tale: Tale, step: Step, number: int, now: int) -> None:
        """A participant handles the event once more, right behind the first time; nobody waits for that."""
        tale.calls += 1
        step.call(tale, number | COPY, now)

    def _by_hand(self, tale: Tale, kind: int, now: int) -> Telling:
        """Somebody sees to it."""
        done = self._people.handle(tale, kind, now)
        now = yield from _until(now, self._way.resumed(done))
        return now

    def _is_late(self, tale: Tale, now: int) -> bool:
        return now - tale.t_begin > self._deadline

    def _end(self, tale: Tale, outcome: SagaEnd, now: int) -> None:
        tale.outcome, tale.t_end = outcome, now
        del self._tales[tale.order]
        self._close(tale.order, outcome)
        if outcome == SagaEnd.COMPENSATED and tale.undone != self._to_undo(tale.failed):
            self.untidy.append(f"{tale.order}: {tale.undone}")
        self._journal.end_saga(tale.row(self._lifetimes, self._horizon))

    def _to_undo(self, failed: int) -> list[int]:
        """Steps that are undone when one fails, in that order."""
        return [step.place for step in reversed(self._steps[:failed]) if step.undo is not None]

    def write_open(self) -> None:
        """The run ends: rows of the sagas that are not over."""
        for tale in self._tales.values():
            self._journal.end_saga(tale.row(self._lifetimes, self._horizon))


def _until(now: int, t: int) -> Telling:
    """A wait, which is a waking if it takes time."""
    if t > now:
        yield t
    return t
