"""Measures of faults on runs of the twin whose answers are known from outside: by arithmetic, or from the same world
without the fault.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.model.journals import arm_of
from tests.model.runs import scarce
from twin.core.clock import DAY, HOUR, SECOND
from twin.measure.cohort import Cohort, cohort_of
from twin.measure.events import orders_of
from twin.measure.kpis import measure_cohort
from twin.model.run import run_in
from twin.scenario.scenario import Scenario
from twin.world.tables import PHYSICAL, WorldDay
from twin.world.world import World

EVERY, SERVICE = 10 * SECOND, 2 * SECOND
NOBODY = {f"demand__channels__{name}__weekly_checkouts": 0.0 for name in ("web", "app", "market")}


class ByTheClock(World):
    """A unit is bought at the same shelf every ten seconds, and nothing else happens."""

    def day(self, day: int) -> WorldDay:
        sales = np.zeros(DAY // EVERY, PHYSICAL)
        sales["t"] = day * DAY + np.arange(sales.size, dtype=np.int64) * EVERY
        sales["pair"], sales["quantity"] = self.start.pairs.size - 1, 1
        return dataclasses.replace(super().day(day), physical=sales)


def stocked(preset: str, faults: list[dict[str, Any]]) -> Scenario:
    """Many customers, and enough of everything, so that one day is like the other."""
    cover = {"store_cover": "20d", "dc_cover": "20d"}
    crowd = {f"demand__channels__{name}__weekly_checkouts": 20_000.0 for name in ("web", "app", "market")}
    arms = {"arm": arm_of(preset).model_dump(mode="json")}
    return scarce(estate__stock=cover, arms=arms, faults=faults, **crowd)


def measured(folder: Path, world: World, description: Scenario, arm: str) -> Cohort:
    folder.mkdir()
    run_in(world, description, description.arms[arm], folder)
    return cohort_of(folder, description, arm)


@pytest.mark.parametrize("hours", [1, 3])
def test_a_backlog_drains_in_the_time_that_arrivals_and_service_say(tmp_path: Path, hours: int) -> None:
    """An outage of T lets T / a messages wait; they are gone after (T / a) s / (1 - s / a)."""
    stream: dict[str, Any] = {"mode": "stream", "partitions": 1, "store_link": "0s", "dc_link": "0s"}
    arm = {"movements": {**stream, "service": {"law": "constant", "mean": "2s"}}}
    faults = [{"system": "broker", "at": "2d10h", "duration": f"{hours}h"}]
    description = scarce(arms={"arm": arm}, faults=faults, **NOBODY)
    world = ByTheClock(description, 0)
    world.start.pairs["on_hand"][-1] = 100_000
    found = measure_cohort(measured(tmp_path / "run", world, description, "arm"))
    waiting = hours * HOUR / EVERY
    drain_s = waiting * SERVICE / (1 - SERVICE / EVERY) / SECOND
    assert found["fault_backlog_peak_messages"] == pytest.approx(waiting, rel=0.02)
    assert drain_s - 20 <= (found["fault_drain_s"] or 0) <= drain_s + 120  # found by scrapes about a minute apart


@pytest.mark.parametrize(("preset", "system"), [("point_to_point", "files"), ("hybrid", "broker"), ("hub", "hub")])
def test_the_normal_release_is_that_of_the_same_world_without_the_fault(
    tmp_path: Path, preset: str, system: str
) -> None:
    faults = [{"system": system, "at": "2d10h", "duration": "6h"}]
    failing, calm = stocked(preset, faults), stocked(preset, [])
    found = measure_cohort(measured(tmp_path / "failing", World(failing, 0), failing, "arm"))
    released = orders_of(measured(tmp_path / "calm", World(calm, 0), calm, "arm")).released
    truth = int(np.count_nonzero((released >= 58 * HOUR) & (released < 64 * HOUR)))
    assert truth > 1500
    assert found["fault_orders_normal"] == pytest.approx(truth, rel=0.04)  # three standard deviations of the luck in it
    assert (found["continuity"] or 0) < 0.1


def test_a_fault_that_an_arm_does_not_use_is_not_felt(tmp_path: Path) -> None:
    description = stocked("hybrid", [{"system": "hub", "at": "2d10h", "duration": "6h"}])
    found = measure_cohort(measured(tmp_path / "run", World(description, 0), description, "arm"))
    assert found["continuity"] == pytest.approx(1, abs=0.04)
    assert (found["fault_drain_s"], found["fault_posting_drain_s"]) == (0, 0)
