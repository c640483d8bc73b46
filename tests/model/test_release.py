"""The release of orders as a station: its queue against a model tick by tick, and against the kernels' recursion."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import simpy
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.model.journals import arm_of, brief, journal
from twin.core.clock import HOUR, MINUTE, SECOND, Tie, tie_key
from twin.journal.orders import Mode
from twin.journal.tables import NONE
from twin.model.process import Instant, PatientProcess, Story
from twin.model.station import QueuedStation
from twin.model.windows import Spans

Job = tuple[int, int, int]
"""Class, number, duration."""

DOWN = Spans(((20, 29), (50, 52)))


class Ticks:
    """Workers who look at every microsecond who comes first."""

    def __init__(self, workers: int, gap: int, *, newest: bool) -> None:
        self.workers, self.gap, self.newest = workers, gap, newest
        self.waiting: list[tuple[int, Job]] = []  # joins at, job
        self.ends: list[int] = []
        self.last = -gap
        self.outcomes: dict[int, int] = {}

    def tick(self, t: int, arrivals: list[tuple[int, Job]]) -> None:
        """Everything that happens at ``t``: arrivals come with when they join."""
        self.ends = [end for end in self.ends if end > t]
        self.begin(t)
        for arrival in arrivals:
            self.waiting.append(arrival)
            self.begin(t)

    def begin(self, t: int) -> None:
        while (ready := [job for joins, job in self.waiting if joins <= t]) and self.open(t):
            job = min(ready, key=lambda job: (job[0], -job[1] if self.newest else job[1]))
            self.waiting = [(joins, other) for joins, other in self.waiting if other is not job]
            self.last = t
            self.outcomes[job[1]] = t + job[2]
            if job[2]:
                self.ends.append(t + job[2])

    def open(self, t: int) -> bool:
        free = not self.workers or len(self.ends) < self.workers
        return free and t >= self.last + self.gap and not DOWN.cover(t)


class StationsAgree(RuleBasedStateMachine):
    """Stories that pass through a queued station, and the same jobs served tick by tick."""

    @initialize(workers=st.integers(0, 3), gap=st.sampled_from((0, 0, 3)), newest=st.booleans(), file=st.booleans())
    def begin(self, workers: int, gap: int, newest: bool, file: bool) -> None:
        self.env = simpy.Environment()
        self.station = QueuedStation(self.env, workers, gap, opening=DOWN.up, newest_first=newest)
        self.ticks = Ticks(workers, gap, newest=newest)
        self.file = file
        self.t, self.number = -1, 0
        self.outcomes: dict[int, int] = {}

    @rule(passing=st.integers(1, 12), jobs=st.lists(st.tuples(st.integers(0, 2), st.sampled_from((0, 1, 4, 15)))))
    def come(self, passing: int, jobs: list[tuple[int, int]]) -> None:
        then = self.t + passing
        joins = -(-then // 7) * 7 if self.file else then
        arrivals = [(joins, (rank, number, duration)) for number, (rank, duration) in enumerate(jobs, self.number)]
        self.number += len(jobs)
        for _, job in arrivals:
            instant = Instant(self.env, then, Tie.ORDER, job[1])
            assert instant.callbacks is not None
            instant.callbacks.append(lambda _, job=job: self.start(job, joins))
        for t in range(self.t + 1, then + 1):
            self.ticks.tick(t, arrivals if t == then else [])
        self.env.run(until=then + 1)
        self.t = then

    def start(self, job: Job, joins: int) -> None:
        PatientProcess(self.env, self.pass_through(job, joins), tie_key(Tie.ORDER, job[1], 0))

    def pass_through(self, job: Job, joins: int) -> Story:
        rank, number, duration = job
        turn = self.station.join(rank, lambda _: duration, joins=joins, now=int(self.env.now))
        yield turn
        self.outcomes[number] = int(self.env.now)

    @invariant()
    def agree(self) -> None:
        done = {number: end for number, end in self.ticks.outcomes.items() if end <= self.t}
        assert self.outcomes == done


TestStationsAgree = StationsAgree.TestCase
TestStationsAgree.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)


FAULTS: list[dict[str, Any]] = [
    {"system": "broker", "at": "12h", "duration": "2h"},
    {"kind": "slow", "system": "broker", "at": "1d10h", "duration": "3h", "factor": 6},
]
SCARCE: dict[str, Any] = {"step": "40s", "workers": 2, "rate": 0.04}
ALL_ALIKE: dict[str, Any] = {"order": "priority", "priorities": {"ship": 3, "pickup": 3}}


@pytest.mark.parametrize("mode", ["stream", "batch"])
def test_the_queue_that_is_told_job_by_job_is_the_recursion_where_nobody_has_priority(mode: str) -> None:
    description = brief(faults=FAULTS)
    release = {"mode": mode, **SCARCE}
    one, two = (journal(description, arm_of("hybrid", release=release | order)) for order in ({}, ALL_ALIKE))
    for table, columns in one.items():
        order = np.argsort(columns["order"], kind="stable") if "order" in columns else slice(None)
        other = np.argsort(two[table]["order"], kind="stable") if "order" in columns else slice(None)
        for name, values in columns.items():
            assert np.array_equal(values[order], two[table][name][other]), f"{table}, {name}"


def waits(release: dict[str, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Time from acceptance to release of pickups and of the other orders that were released."""
    orders = journal(brief(faults=FAULTS), arm_of("hybrid", release=release))["orders"]
    done = orders["t_release"] != NONE
    spans = (orders["t_release"] - orders["t_accept"])[done]
    pickups = orders["mode"][done] == Mode.PICKUP
    return spans[pickups], spans[~pickups]


def test_who_has_priority_waits_for_hardly_more_than_a_service_and_the_others_pay() -> None:
    pickups, others = waits(SCARCE)
    first, last = waits(SCARCE | {"order": "priority", "priorities": {"pickup": 0}})
    target = 10 * MINUTE
    assert np.mean(first <= target) > np.mean(pickups <= target) + 0.05
    assert np.mean(last <= target) < np.mean(others <= target)
    assert pickups.sum() + others.sum() == pytest.approx(first.sum() + last.sum(), rel=0.02)


def test_the_newest_first_serves_most_at_once_and_some_after_hours() -> None:
    oldest, newest = (np.concatenate(waits(SCARCE | order)) for order in ({}, {"order": "newest"}))
    assert np.median(newest) <= np.median(oldest)
    assert np.quantile(newest, 0.99) > np.quantile(oldest, 0.99)


def test_after_an_outage_a_station_without_workers_releases_everything_at_once_and_one_with_workers_by_its_rate() -> (
    None
):
    end = 14 * HOUR
    releases = {}
    for name, release in {"crowd": {"step": "40s"}, "workers": SCARCE}.items():
        orders = journal(brief(faults=FAULTS[:1]), arm_of("hybrid", release=release))["orders"]
        releases[name] = int(((orders["t_release"] >= end) & (orders["t_release"] < end + 10 * MINUTE)).sum())
    assert releases["workers"] <= 600 * SCARCE["rate"] + 2 < releases["crowd"]


def test_what_begins_in_a_slow_down_takes_longer_and_nothing_else_does() -> None:
    slow = {"kind": "slow", "system": "broker", "at": "12h", "duration": "2h", "factor": 2.5}
    arm = arm_of("hybrid", release={"step": "40s"})
    orders = journal(brief(faults=[slow]), arm)["orders"]
    done = orders["t_release"] != NONE
    spans, hit = (orders["t_release"] - orders["t_accept"])[done], orders["t_accept"][done] // HOUR
    inside = (hit >= 12) & (hit < 14)
    assert inside.any()
    assert set(spans[inside]) == {100 * SECOND}
    assert set(spans[~inside]) == {40 * SECOND}
