"""Who take part in sagas: the systems that carry out steps, and the people who do what systems did not."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from twin.core.laws import drawn
from twin.model.build import knots_of
from twin.model.jobs import Works
from twin.model.station import FifoStation
from twin.model.tales import Tale
from twin.model.windows import Errors, Slowdowns, Spans
from twin.policies.calendars import next_open
from twin.policies.sagas import UNDO
from twin.scenario.laws import Law
from twin.scenario.saga import HumanQueue, SagaStep


class Timed:
    """A law of durations with its stream."""

    def __init__(self, works: Works, law: Law, stream: str) -> None:
        self._knots: NDArray[np.int64] = knots_of(law)
        self._key = works.world.streams.key(stream)

    def of(self, order: int, number: int) -> int:
        """How long it takes a call, or event, of an order."""
        return int(drawn(self._knots, self._key, order, number))


@dataclass(frozen=True, slots=True)
class Step:
    """A step as its callers see it."""

    place: int
    settings: SagaStep
    lifetime: int
    station: FifoStation
    outages: Spans
    errors: Errors
    service: Timed
    undo: Timed | None

    @classmethod
    def of(cls, works: Works, place: int, step: SagaStep, *, keys: bool) -> Self:
        """Step ``place`` of an arm, whose callers send ``keys`` or not."""
        outages, slow = Spans.of_outages(works.world, step.system), Slowdowns.of(works.world, step.system)
        return cls(
            place,
            step,
            step.key_lifetime if step.idempotent and keys else 0,
            FifoStation(step.servers, opening=outages.up, slow=slow),
            outages,
            Errors.of(works.world, step.system, "saga.error"),
            Timed(works, step.service, "saga.call"),
            None if step.compensation is None else Timed(works, step.compensation, "saga.call"),
        )

    def call(self, tale: Tale, number: int, now: int) -> tuple[int, bool] | None:
        """When a call that comes now is over, and whether it took effect; ``None`` if the system is down."""
        if self.outages.cover(now):
            return None
        service = self.undo if number & UNDO else self.service
        assert service is not None
        _, done = self.station.serve(service.of(tale.order, number), now)
        carried_out = not self.errors.hit(tale.order, number, done)
        if carried_out:
            tale.note(self.place | number & UNDO, done)
        return done, carried_out


class Case(Protocol):
    """What people write down of what they see to."""

    order: int
    cases: int
    human: int
    waited: int
    by_hand: dict[int, int]


class People:
    """Who do by hand what a system did not, first come, first served."""

    def __init__(self, works: Works, settings: HumanQueue, stream: str = "saga.human") -> None:
        opens, closes = settings.opens, settings.closes
        self._station = FifoStation(
            settings.agents, opening=lambda t: int(next_open(t, opens, closes, 0)), slow=Slowdowns(())
        )
        self._handling = Timed(works, settings.handling, stream)
        self._limit, self._horizon = settings.limit, works.world.horizon_us
        self._starts: deque[int] = deque()

    def has_room(self, now: int) -> bool:
        """Whether one more case may wait; who is free begins before everything else of an instant."""
        while self._starts and self._starts[0] <= now:
            self._starts.popleft()
        return not self._limit or len(self._starts) < self._limit

    def handle(self, tale: Case, kind: int, now: int) -> int:
        """A case comes: when it has been handled."""
        handling = self._handling.of(tale.order, kind)
        start, done = self._station.serve(handling, now)
        self._starts.append(start)
        tale.cases += 1
        tale.by_hand[kind] = done
        if done < self._horizon:
            tale.human += handling
            tale.waited += done - now
        return done
