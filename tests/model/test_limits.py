"""Limits of calls: against a model that counts every microsecond, and against what is known."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
import simpy
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from twin.core.clock import MILLISECOND, SECOND, Tie, tie_key
from twin.core.shares import MILLION
from twin.model.limits import Bucket, Pot
from twin.model.process import Instant, PatientProcess, Story
from twin.scenario.limits import Limits

Outcome = tuple[str, int]


class Ticks:
    """The limits, microsecond by microsecond, in exact fractions."""

    def __init__(self, limits: Limits, share: Fraction) -> None:
        self.limits = limits
        self.rate = Fraction(round(limits.rate * 10**6), 10**6) * share / SECOND
        self.most = limits.burst * share
        self.level = self.most
        self.calls, self.slots = floor(limits.calls * share), floor(limits.concurrency * share)
        self.used, self.ends = 0, list[int]()
        self.queue: list[tuple[int, int, int]] = []  # entity, until, duration
        self.outcomes: dict[int, Outcome] = {}

    def tick(self, t: int, arrivals: list[tuple[int, int]]) -> None:
        """Everything that happens at ``t``: an entity and a duration for each arrival."""
        if t:
            self.level = min(self.most, self.level + self.rate)
        if self.limits.calls and t % self.limits.window == 0:
            self.used = 0
        self.ends = [end for end in self.ends if end > t]
        while self.queue and self.open():
            entity, _, duration = self.queue.pop(0)
            self.let(entity, t, duration)
        for entity, until, _ in list(self.queue):
            if until == t:
                self.queue = [waiting for waiting in self.queue if waiting[0] != entity]
                self.outcomes[entity] = ("refused", t)
        for entity, duration in arrivals:
            if not self.queue and self.open():
                self.let(entity, t, duration)
            elif len(self.queue) < self.limits.queue:
                self.queue.append((entity, t + self.limits.wait, duration))
            else:
                self.outcomes[entity] = ("refused", t)

    def open(self) -> bool:
        tokens = not self.limits.rate or self.level >= 1
        room = not self.limits.calls or self.used < self.calls
        return tokens and room and (not self.limits.concurrency or len(self.ends) < self.slots)

    def let(self, entity: int, t: int, duration: int) -> None:
        self.level -= 1
        self.used += 1
        self.outcomes[entity] = ("passed", t)
        if duration:
            self.ends.append(t + duration)


class LimitsAgree(RuleBasedStateMachine):
    """Stories that call through a pot, and the same calls counted tick by tick."""

    @initialize(
        rate=st.sampled_from((0.0, 1_000_000.0, 333_333.3, 70_000.0)),
        burst=st.integers(2, 4),
        calls=st.sampled_from((0, 2, 5)),
        concurrency=st.sampled_from((0, 2, 3)),
        queue=st.sampled_from((0, 1, 3)),
        share=st.sampled_from((MILLION, 600_000)),
    )
    def begin(self, rate: float, burst: int, calls: int, concurrency: int, queue: int, share: int) -> None:
        limits = Limits(
            rate=rate, burst=burst, calls=calls, window="7us", concurrency=concurrency, queue=queue,
            wait="9us" if queue else "0s",
        ) if rate or calls or concurrency else Limits(concurrency=2)  # fmt: skip
        self.env = simpy.Environment()
        self.pot = Pot(self.env, limits, share)
        self.limits, self.ticks = limits, Ticks(limits, Fraction(share, MILLION))
        self.t, self.entities = -1, 0
        self.outcomes: dict[int, Outcome] = {}

    @rule(passing=st.integers(1, 12), durations=st.lists(st.sampled_from((0, 1, 4, 15)), max_size=4))
    def come(self, passing: int, durations: list[int]) -> None:
        then = self.t + passing
        arrivals = list(enumerate(durations, self.entities))
        self.entities += len(durations)
        for entity, duration in arrivals:
            instant = Instant(self.env, then, Tie.ORDER, entity)
            assert instant.callbacks is not None
            story = self.call(entity, duration)
            instant.callbacks.append(lambda _, story=story, e=entity: self.start(story, e))
        for t in range(self.t + 1, then + 1):
            self.ticks.tick(t, arrivals if t == then else [])
        self.env.run(until=then + 1)
        self.t = then

    def start(self, story: Story, entity: int) -> None:
        PatientProcess(self.env, story, tie_key(Tie.ORDER, entity, 0))

    def call(self, entity: int, duration: int) -> Story:
        now = int(self.env.now)
        if not self.pot.passes(now):
            turn = self.pot.queue(now + self.limits.wait, now)
            if turn is None:
                self.outcomes[entity] = ("refused", now)
                return
            yield turn
            now = int(self.env.now)
            if turn.called_at is None:
                self.pot.leave(turn, now)
                self.outcomes[entity] = ("refused", now)
                return
            assert turn.called_at == now
        self.outcomes[entity] = ("passed", now)
        self.pot.answered(now + duration, now)

    @invariant()
    def agree(self) -> None:
        assert self.outcomes == self.ticks.outcomes


TestLimitsAgree = LimitsAgree.TestCase
TestLimitsAgree.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize(("rate", "burst"), [(7.3, 11), (0.25, 1), (2.0, 40), (333.333333, 5)])
def test_a_saturated_bucket_lets_pass_its_burst_and_then_its_rate_exactly(rate: float, burst: int) -> None:
    pot = Pot(simpy.Environment(), Limits(rate=rate, burst=burst), MILLION)
    span = 3_000 * SECOND
    passed = sum(pot.passes(t) for t in range(0, span + 1, MILLISECOND))
    assert passed == burst + floor(Fraction(round(rate * MILLION), MILLION) * span / SECOND)


def test_quotas_of_a_bucket_let_pass_together_what_the_whole_does() -> None:
    limits = Limits(rate=10.0, burst=10, quotas={"web": 0.3})
    pots = [Pot(simpy.Environment(), limits, share) for share in limits.pots().values()]
    counts = [sum(pot.passes(t) for t in range(0, 1_000 * SECOND + 1, MILLISECOND)) for pot in pots]
    assert counts == [3 + 3_000, 7 + 7_000]


def test_a_bucket_is_ready_at_the_first_microsecond_that_holds_a_token() -> None:
    bucket = Bucket(MILLION * MILLION // 3, MILLION**3)  # a third of a call a second
    bucket.take(0)
    ready = bucket.ready(0)
    assert ready == 3_000_001  # a third is held as a little less
    assert bucket.ready(ready - 1) == bucket.ready(ready) == ready


def test_a_refusal_says_in_whole_seconds_when_to_come_back() -> None:
    bucket = Pot(simpy.Environment(), Limits(rate=0.4, burst=1), MILLION)
    assert bucket.passes(0)
    assert bucket.retry_after(0) == 3 * SECOND
    assert bucket.retry_after(2 * SECOND) == SECOND
    window = Pot(simpy.Environment(), Limits(calls=1, window="5m", retry_after="1500ms"), MILLION)
    assert window.retry_after(0) == 2 * SECOND
    assert window.passes(0)
    assert window.retry_after(60 * SECOND) == 240 * SECOND
