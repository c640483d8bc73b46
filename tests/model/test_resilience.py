"""Calls that are made again, and breakers: laws of pauses, a state machine, and what they do in a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.model.journals import NO_MARKET, brief, flows, journal
from tests.model.runs import systems
from tests.reference.breaker import Breaker as PlainBreaker
from tests.reference.breaker import Permit
from twin.core.clock import HOUR, SECOND
from twin.journal.orders import Refusal
from twin.model.breaker import REJECTED, Breaker
from twin.model.gateway import Gateway
from twin.scenario.resilience import Breaker as BreakerSettings
from twin.scenario.resilience import Resilience
from twin.world.world import World


def gateway(**retry: Any) -> Gateway:
    resilience = Resilience.model_validate({"retry": retry})
    return Gateway.of(World(brief(), 0), "service", resilience, SECOND)


@pytest.mark.parametrize(
    ("jitter", "low", "high"),
    [("none", 4.0, 4.0), ("full", 0.0, 4.0), ("equal", 2.0, 4.0), ("spread", 2.0, 6.0), ("decorrelated", 1.0, 10.0)],
)
def test_the_second_pause_lies_where_its_law_says_and_fills_it(jitter: str, low: float, high: float) -> None:
    gate = gateway(wait="1s", factor=4.0, cap="10s", jitter=jitter)
    drawn = np.array([gate.pause(order, 0, 2, 4 * SECOND) for order in range(4_000)]) / SECOND
    assert low <= drawn.min() <= low + 0.01 * (high - low)
    assert high - 0.01 * (high - low) <= drawn.max() <= high


def test_full_jitter_spreads_the_load_and_no_jitter_makes_everybody_come_back_together() -> None:
    together, spread = (gateway(wait="8s", jitter=jitter) for jitter in ("none", "full"))
    seconds = [np.bincount([gate.pause(n, 0, 1, 0) // SECOND for n in range(800)]) for gate in (together, spread)]
    assert seconds[0].max() == 800
    assert seconds[1].max() < 150


class BreakersAgree(RuleBasedStateMachine):
    """The breaker against one that keeps every result and looks at them anew each time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.breaker: Breaker | None = None
        self.plain: PlainBreaker | None = None
        self.under_way: list[tuple[int, Permit]] = []

    @rule(
        window=st.sampled_from(("count", "time")),
        minimum=st.integers(1, 4),
        more=st.integers(0, 3),
        threshold=st.sampled_from((0.3, 0.5, 1.0)),
        probes=st.integers(1, 3),
    )
    def begin(self, window: str, minimum: int, more: int, threshold: float, probes: int) -> None:
        if self.breaker is not None:
            return
        window_of = {"window": window, "calls": minimum + more, "span": "20us", "minimum": minimum}
        chosen = BreakerSettings.model_validate(window_of | {"threshold": threshold, "open": "9us", "probes": probes})
        self.breaker, self.plain = Breaker(chosen), PlainBreaker(chosen)

    @rule(passing=st.integers(0, 6))
    def ask(self, passing: int) -> None:
        if self.breaker is None or self.plain is None:
            return
        self.now += passing
        permit, plain = self.breaker.permit(self.now), self.plain.permit(self.now)
        assert (permit == REJECTED) == (plain is None)
        if plain is not None:
            self.under_way.append((permit, plain))

    @rule(passing=st.integers(0, 6), which=st.integers(0, 100), failed=st.booleans())
    def end(self, passing: int, which: int, failed: bool) -> None:
        if self.breaker is None or self.plain is None or not self.under_way:
            return
        self.now += passing
        permit, plain = self.under_way.pop(which % len(self.under_way))
        before = self.plain.openings
        self.plain.report(plain, self.now, failed=failed)
        assert self.breaker.report(permit, failed=failed, now=self.now) == (self.plain.openings > before)


TestBreakersAgree = BreakersAgree.TestCase
TestBreakersAgree.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)

SHORT_OUTAGES = [{"system": "service", "at": "1h", "every": "30m", "duration": {"law": "constant", "mean": "20s"}}]
LONG_OUTAGE = [{"system": "service", "at": "10h", "duration": {"law": "constant", "mean": "3h"}}]
ASKING: dict[str, Any] = {"reserving": {"mode": "synchronous"}, "degradation": {"strategy": "fail_closed"}}


def refused(run: dict[str, Any], reason: Refusal) -> int:
    return int(np.count_nonzero(run["lines"]["refusal"] == reason))


def test_calling_again_saves_the_customers_of_a_short_outage_and_makes_them_wait() -> None:
    description = brief(**NO_MARKET, faults=SHORT_OUTAGES)
    once = journal(description, systems(**ASKING))
    again = journal(
        description, systems(**ASKING, resilience={"retry": {"attempts": 4, "wait": "10s", "jitter": "none"}})
    )
    assert refused(once, Refusal.CLOSED) > 30
    assert refused(again, Refusal.CLOSED) == 0
    assert flows(again)["calls_again"] > 0
    assert again["orders"]["call"].max() >= 10 * SECOND > once["orders"]["call"].max()


def test_customers_are_lost_to_errors_only_when_every_call_fails() -> None:
    p, n = 0.3, 3
    always = [{"kind": "errors", "system": "service", "share": p, "at": "0s", "duration": "30d"}]
    description = brief(**NO_MARKET, faults=always, demand__channels__web__weekly_checkouts=60_000.0)
    retry = {"attempts": n, "wait": "1ms", "jitter": "none"}
    run = journal(description, systems(**ASKING, resilience={"retry": retry}))
    total = flows(run)
    asked = total["service_calls"] - total["calls_again"]
    lost = np.unique(run["lines"]["order"][run["lines"]["refusal"] == Refusal.ERROR]).size
    assert lost == total["call_errors"] - total["calls_again"]
    assert lost / asked == pytest.approx(p**n, abs=2.576 * np.sqrt(p**n / asked))


def test_an_open_breaker_keeps_calls_back_until_the_system_is_up_again() -> None:
    description = brief(**NO_MARKET, faults=LONG_OUTAGE)
    rule = {"window": "count", "calls": 10, "minimum": 10, "threshold": 0.5, "open": "10m", "probes": 2}
    run = journal(description, systems(**ASKING, resilience={"breaker": rule}))
    down = (run["orders"]["t_accept"] > 10 * HOUR) & (run["orders"]["t_accept"] < 13 * HOUR)
    assert not down.any()
    assert refused(run, Refusal.REJECTED) > 5 * refused(run, Refusal.CLOSED) > 0
    assert (
        12 <= flows(run)["breaker_openings"] <= 3 * 6
    )  # every 10 minutes for three hours, but for the waits for probes
    late = run["orders"]["t_accept"] > 13 * HOUR + 600 * SECOND
    assert np.count_nonzero(late) > 100
