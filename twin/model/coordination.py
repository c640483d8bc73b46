"""Two ways to lead a saga from step to step: somebody directs it, or everybody follows the one before."""

from __future__ import annotations

from typing import Protocol

from twin.core.shares import MILLION, parts
from twin.model.jobs import Works
from twin.model.participants import Step, Timed
from twin.model.tales import Tale
from twin.model.windows import Spans
from twin.policies.sagas import found
from twin.scenario.saga import Saga


class Coordination(Protocol):
    """What tells the two ways apart."""

    watches: bool
    """Whether somebody looks at the time before each call of a step."""

    def resumed(self, now: int) -> int:
        """When the saga goes on after what was waited for until ``now``."""

    def patience(self, step: Step) -> int | None:
        """How long a call is waited for; ``None``: until it is over."""

    def started(self, tale: Tale, number: int, now: int) -> int:
        """When what comes next begins after ``now``: event ``number`` of the order may have to travel there."""

    def noticed(self, tale: Tale, now: int) -> int:
        """When somebody finds out that the last call has failed."""

    def comes_twice(self, tale: Tale, number: int) -> bool:
        """Whether event ``number`` of the order is delivered again."""


class Orchestration:
    """The orchestrator starts every step, waits for each answer, and decides; while it is down, sagas stand still."""

    watches = True

    def __init__(self, works: Works) -> None:
        self._up = Spans.of_outages(works.world, "orchestrator").up

    def resumed(self, now: int) -> int:
        return self._up(now)

    def patience(self, step: Step) -> int | None:
        return step.settings.timeout

    def started(self, tale: Tale, number: int, now: int) -> int:
        return self._up(now)

    def noticed(self, tale: Tale, now: int) -> int:
        return now

    def comes_twice(self, tale: Tale, number: int) -> bool:
        return False


class Choreography:
    """Every participant acts on the event of the one before, tries on its own, and tells the next; nobody watches the
    whole, so an order that hangs is found by a search.
    """

    watches = False

    def __init__(self, works: Works, saga: Saga) -> None:
        self._settings, self._works = saga.choreography, works
        self._broker = Spans.of_outages(works.world, self._settings.broker)
        self._hop = Timed(works, self._settings.hop, "saga.hop")
        self._redelivered = parts(self._settings.redelivered)

    def resumed(self, now: int) -> int:
        return now

    def patience(self, step: Step) -> int | None:
        return None

    def started(self, tale: Tale, number: int, now: int) -> int:
        tale.hops += 1
        return self._broker.up(now) + self._hop.of(tale.order, number)

    def noticed(self, tale: Tale, now: int) -> int:
        return found(now, tale.t_begin, sweep=self._settings.sweep, stuck_after=self._settings.stuck_after)

    def comes_twice(self, tale: Tale, number: int) -> bool:
        return int(self._works.luck("saga.redelivery", tale.order, number)) % MILLION < self._redelivered
