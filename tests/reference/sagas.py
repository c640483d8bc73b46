"""Sagas: what has to happen in other systems before an order is released (docs/model.md, section 6, "Sagas")."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Protocol

import simpy

from tests.reference.clock import FREED, NOW, Instant, Outages, Process
from tests.reference.orderlines import Order
from tests.reference.shop import Shop, rows_of
from tests.reference.stations import Station
from tests.reference.waking import Waking
from twin.core.clock import DAY
from twin.journal.orders import SagaEnd
from twin.journal.tables import NONE
from twin.policies.backoff import pause as backoff
from twin.scenario.saga import HumanQueue, SagaStep
from twin.world.tables import SYSTEMS

NO_LIMIT = 10**9
UNDO = 128
COPY = 1 << 20
Telling = Generator[simpy.Event, Any, None]
Trying = Generator[simpy.Event, Any, bool]


@dataclass(slots=True)
class Tale:
    """What is known of one order's saga."""

    order: int
    begun: int
    wake: Waking
    broke: int = NONE
    given_up: int = NONE
    over: int = NONE
    outcome: SagaEnd = SagaEnd.OPEN
    failed: int = NONE
    calls: int = 0
    failures: int = 0
    hops: int = 0
    cases: int = 0
    human: int = 0
    waited: int = 0
    undone: int = 0
    effects: dict[int, list[int]] = field(default_factory=dict)
    by_hand: dict[int, int] = field(default_factory=dict)

    def done(self, kind: int, key_lifetime: int, horizon: int) -> int:
        """How often something was done before the horizon."""
        instants = sorted(t for t in self.effects.get(kind, []) if t < horizon)
        if kind in self.by_hand and all(t > self.by_hand[kind] for t in instants):
            instants.insert(0, self.by_hand[kind])
        counted: list[int] = []
        for t in instants:
            if not counted or not key_lifetime or t - counted[-1] >= key_lifetime:
                counted.append(t)
        return len(counted)


class Participant:
    """The system of a step: where its calls queue, and what they do."""

    def __init__(self, shop: Shop, step: SagaStep) -> None:
        self.step = step
        self.outages: Outages = shop.outages(step.system)
        self._station = Station(shop.env, step.servers or NO_LIMIT, shop.slowness(step.system))
        self._do, self._undo = (
            shop.stream("saga.call", law) if law is not None else None for law in (step.service, step.compensation)
        )
        number = SYSTEMS.index(step.system)
        self._errors = [row for row in rows_of(shop.world.errors) if row["system"] == number]
        self._error = shop.stream("saga.error")

    def join(self, tale: Tale, place: int, number: int) -> simpy.Event:
        """A call queues; the event happens when it is taken, its value is when it is done."""
        stream = self._undo if number & UNDO else self._do
        assert stream is not None
        taken = self._station.join(stream.sample(tale.order, number), self.outages.up)

        def carry_out(event: simpy.Event) -> None:
            if not self.errs(tale, number, event.value):
                tale.effects.setdefault(place | number & UNDO, []).append(event.value)

        assert taken.callbacks is not None
        taken.callbacks.append(carry_out)
        return taken

    def errs(self, tale: Tale, number: int, t: int) -> bool:
        """Whether a call that is done at ``t`` comes to nothing."""
        parts = [row["parts"] for row in self._errors if row["start"] <= t < row["end"]]
        return bool(parts) and self._error.below(10**6, tale.order, number) < parts[0]


class Case(Protocol):
    """What people write on a case."""

    order: int
    cases: int
    human: int
    waited: int
    by_hand: dict[int, int]


class People:
    """A pool of agents and the cases that wait for them."""

    def __init__(self, shop: Shop, settings: HumanQueue, stream: str) -> None:
        self._env, self._settings = shop.env, settings
        self._agents = simpy.Resource(shop.env, settings.agents)
        self._handling = shop.stream(stream, settings.handling)
        self._waiting = 0

    @property
    def have_room(self) -> bool:
        limit = self._settings.limit
        return limit == 0 or self._waiting < limit

    def take(self, tale: Case, kind: int) -> simpy.Event:
        """A case joins; the event happens when it is begun, its value is when it is handled."""
        tale.cases += 1
        self._waiting += 1
        begun = self._env.event()
        self._env.process(self._handle(tale, kind, begun))
        return begun

    def _handle(self, tale: Case, kind: int, begun: simpy.Event) -> Process:
        env, joined = self._env, self._env.now
        with self._agents.request() as agent:
            yield agent
            if self._opening(env.now) > env.now:
                yield Instant(env, self._opening(env.now), FREED)
            self._waiting -= 1
            handling = self._handling.sample(tale.order, kind)
            done = env.now + handling
            begun.succeed(done)
            yield Instant(env, done, FREED)
            tale.by_hand[kind] = done
            tale.human += handling
            tale.waited += done - joined

    def _opening(self, t: int) -> int:
        opens, closes = self._settings.opens, self._settings.closes
        midnight, clock = t - t % DAY, t % DAY
        if clock < opens:
            return midnight + opens
        return t if clock < closes else midnight + DAY + opens


class Sagas:
    """Leads orders through their steps, by an orchestrator or by events."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self._env, self.settings = shop, shop.env, shop.systems.saga
        self._participants = [Participant(shop, step) for step in self.settings.steps]
        self._people = People(shop, self.settings.human, "saga.human")
        self._orchestrator = shop.outages("orchestrator")
        self._broker = shop.outages(self.settings.choreography.broker)
        self._hop = shop.stream("saga.hop", self.settings.choreography.hop)
        self._backoff, self._redelivery = shop.stream("saga.backoff"), shop.stream("saga.redelivery")
        self._tales: list[Tale] = []

    @property
    def are_on(self) -> bool:
        return self.settings.mode != "off"

    @property
    def _directed(self) -> bool:
        return self.settings.mode == "orchestration"

    def story(self, order: Order, wake: Waking) -> Trying:
        """The steps of an order; false if they had to be undone."""
        tale = Tale(order.id, self._env.now, wake)
        self._tales.append(tale)
        places = range(len(self._participants))
        for place in places:
            yield from self._start(tale, place)
            if not (yield from self._pass(tale, place)):
                yield from self._go_back(tale, places[:place])
                return self._finish(tale, SagaEnd.COMPENSATED)
        yield from self._start(tale, len(places))
        return self._finish(tale, SagaEnd.COMPLETED)

    def _finish(self, tale: Tale, outcome: SagaEnd) -> bool:
        tale.outcome, tale.over = outcome, self._env.now
        return outcome == SagaEnd.COMPLETED

    def _pass(self, tale: Tale, place: int) -> Trying:
        if (yield from self._insist(tale, place, place)):
            return True
        tale.failed, tale.broke = place, self._env.now
        yield from self._be_noticed(tale)
        by_hand = self.settings.steps[place].on_failure == "human"
        if by_hand and not self._too_late(tale) and self._people.have_room:
            yield from self._do_by_hand(tale, place)
            return True
        tale.given_up = self._env.now
        return False

    def _go_back(self, tale: Tale, places: range) -> Telling:
        for place in reversed(places):
            if self.settings.steps[place].compensation is None:
                continue
            kind = place + UNDO
            yield from self._start(tale, kind)
            if not (yield from self._insist(tale, place, kind)):
                yield from self._be_noticed(tale)
                yield from self._do_by_hand(tale, kind)
            tale.undone += 1
        yield from self._start(tale, len(self.settings.steps) + UNDO)

    def _until(self, tale: Tale, t: int, *, since: int | None = None) -> Telling:
        """A wait that began now (or at ``since``), and is a waking if it takes time."""
        if t > (self._env.now if since is None else since):
            yield tale.wake.at(t)

    def _up(self, t: int) -> int:
        """When the saga can go on."""
        return self._orchestrator.up(t) if self._directed else t

    def _start(self, tale: Tale, kind: int) -> Telling:
        now = self._env.now
        if self._directed:
            yield from self._until(tale, self._up(now))
            return
        tale.hops += 1
        yield from self._until(tale, self._broker.up(now) + self._hop.sample(tale.order, kind))

    def _be_noticed(self, tale: Tale) -> Telling:
        if self._directed:
            return
        rules = self.settings.choreography
        earliest = max(self._env.now, tale.begun + rules.stuck_after)
        yield from self._until(tale, earliest + -earliest % rules.sweep)

    def _too_late(self, tale: Tale) -> bool:
        return self._env.now > tale.begun + self.settings.deadline

    def _do_by_hand(self, tale: Tale, kind: int) -> Telling:
        asked = self._env.now
        done = yield self._people.take(tale, kind)
        yield from self._until(tale, self._up(done), since=asked)

    def _insist(self, tale: Tale, place: int, kind: int) -> Trying:
        """Call until it succeeds."""
        retry = self.settings.steps[place].retry
        last = retry.wait
        for again in range(retry.attempts):
            number = kind + (again << 8)
            if again:
                luck = self._backoff.bits(tale.order, number)
                last = backoff(
                    retry.jitter,
                    wait=retry.wait,
                    factor=retry.factor,
                    cap=retry.cap,
                    retry=again,
                    previous=last,
                    random_bits=luck,
                )
                yield from self._until(tale, self._up(self._env.now + last))
            if self._directed and kind < UNDO and self._too_late(tale):
                return False
            if (yield from self._call(tale, place, number)):
                self._perhaps_again(tale, place, number, kind)
                return True
            tale.failures += 1
        return False

    def _call(self, tale: Tale, place: int, number: int) -> Trying:
        tale.calls += 1
        participant = self._participants[place]
        if participant.outages.since(self._env.now) is not None:
            yield from self._until(tale, self._up(self._env.now))
            return False
        asked, taken = self._env.now, participant.join(tale, place, number)
        if self._directed and not (yield from self._in_time(tale, taken, participant.step.timeout)):
            return False
        if not taken.processed:
            yield taken
        done: int = taken.value
        yield from self._until(tale, self._up(done), since=asked)
        return not participant.errs(tale, number, done)

    def _in_time(self, tale: Tale, taken: simpy.Event, timeout: int) -> Trying:
        """Whether a call will be answered in time; if not, when that is known."""
        end = self._env.now + timeout
        patience = tale.wake.perhaps_at(self._up(end))
        yield taken | patience
        if (taken.value if taken.processed else NOW) <= end:
            return True
        yield tale.wake.has_come(patience)
        return False

    def _perhaps_again(self, tale: Tale, place: int, number: int, kind: int) -> None:
        """The event that caused the call may have been delivered twice."""
        share = round(self.settings.choreography.redelivered * 10**6)
        if self._directed or self._redelivery.below(10**6, tale.order, kind) >= share:
            return
        tale.calls += 1
        participant = self._participants[place]
        if participant.outages.since(self._env.now) is None:
            participant.join(tale, place, number | COPY)

    def rows(self) -> list[tuple[int, ...]]:
        """Rows of the journal."""
        return sorted(map(self._row, self._tales))

    def _row(self, tale: Tale) -> tuple[int, ...]:
        horizon, keys = self._shop.world.horizon_us, self.settings.keys
        lives = [step.key_lifetime if keys and step.idempotent else 0 for step in self.settings.steps]
        done = {
            place + undo: tale.done(place + undo, life, horizon)
            for place, life in enumerate(lives)
            for undo in (0, UNDO)
        }
        return (
            tale.order,
            tale.begun,
            tale.broke,
            tale.given_up,
            tale.over,
            tale.outcome,
            tale.failed,
            tale.calls,
            tale.failures,
            tale.hops,
            sum(count - 1 for count in done.values() if count),
            tale.given_up != NONE and done[tale.failed] > 0,
            tale.cases,
            tale.human,
            tale.waited,
            tale.undone,
        )
