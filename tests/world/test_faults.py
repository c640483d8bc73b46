"""Faults become windows: once, repeated, at random; merged and clipped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.world.make import scenario
from twin.core.clock import DAY, HOUR
from twin.scenario.errors import ScenarioError
from twin.scenario.scenario import Scenario
from twin.world.estate import realise
from twin.world.faults.durations import duration_tables
from twin.world.faults.realised import Faults, realise_faults
from twin.world.faults.spans import merged
from twin.world.streams import Streams
from twin.world.tables import SYSTEMS
from twin.world.told import faults_told
from twin.world.world import World


def realised(description: Scenario, replication: int = 0) -> Faults:
    return realise_faults(
        description, Streams(description.seed, replication), realise(description), duration_tables(description)
    )


def windows(*faults: dict[str, Any], window: str = "6d", replication: int = 0) -> list[tuple[str, int, float, float]]:
    """(system, node, start, end) with times in hours."""
    made = realised(scenario(faults=list(faults), calendar__window=window), replication).windows
    return [(SYSTEMS[row["system"]], int(row["node"]), row["start"] / HOUR, row["end"] / HOUR) for row in made]


def test_a_fault_happens_once_when_it_says() -> None:
    assert windows({"system": "hub", "at": "10h", "duration": "90m"}) == [("hub", -1, 10.0, 11.5)]


def test_maintenance_repeats_to_the_horizon_and_is_clipped() -> None:
    found = windows({"system": "erp", "at": "22h", "duration": "4h", "every": "2d"})
    assert found == [("erp", -1, 22.0 + 48 * k, min(26.0 + 48 * k, 192.0)) for k in range(4)]


def test_a_warehouse_fault_without_node_hits_every_dc() -> None:
    found = windows(
        {"system": "wms", "at": "1h", "duration": "1h"},
        {"system": "wms", "node": "dc-west", "at": "5h", "duration": "1h"},
    )
    assert found == [("wms", 0, 1.0, 2.0), ("wms", 1, 1.0, 2.0), ("wms", 1, 5.0, 6.0)]


def test_windows_that_touch_or_overlap_become_one() -> None:
    assert merged([(5, 7), (1, 3), (3, 4), (6, 9), (20, 25)]) == [(1, 4), (5, 9), (20, 25)]
    found = windows({"system": "hub", "at": "1h", "duration": "1h"}, {"system": "hub", "at": "2h", "duration": "1h"})
    assert found == [("hub", -1, 1.0, 3.0)]


def test_a_fault_after_the_horizon_leaves_no_window() -> None:
    assert windows({"system": "hub", "at": "30d", "duration": "1h"}) == []


def test_random_failures_have_the_configured_means() -> None:
    law = {"law": "exponential", "mean": "2h"}
    found = windows({"system": "broker", "mtbf": "10h", "duration": law}, window="600d")
    start, end = np.array([w[2] for w in found]), np.array([w[3] for w in found])
    up, down = start[1:] - end[:-1], (end - start)[:-1]
    assert up.mean() == pytest.approx(10, abs=4 * 10 / np.sqrt(up.size))
    assert down.mean() == pytest.approx(2, abs=4 * 2 / np.sqrt(down.size))
    assert found != windows({"system": "broker", "mtbf": "10h", "duration": law}, window="600d", replication=1)


def test_windows_are_sorted_and_disjoint() -> None:
    systems = ("wms", "erp", "link", "wms", "hub")
    made = realised(scenario(faults=[{"system": s, "mtbf": "5h", "duration": "2h"} for s in systems])).windows
    key = made["system"].astype(np.int64) * 2**45 + (made["node"] + 1).astype(np.int64) * 2**41 + made["start"]
    assert (np.diff(key) > 0).all()
    same = (made["system"][1:] == made["system"][:-1]) & (made["node"][1:] == made["node"][:-1])
    assert (made["start"][1:] > made["end"][:-1])[same].all()
    assert made["end"].max() <= 8 * DAY


def test_a_fault_of_a_dc_that_does_not_exist_is_refused() -> None:
    with pytest.raises(
        ScenarioError, match=r"faults\[0\]\.node: no DC is called 'dc-north'; there are dc-east, dc-west"
    ):
        windows({"system": "wms", "node": "dc-north", "at": "1h", "duration": "1h"})


def test_a_fault_that_would_never_stop_failing_is_refused() -> None:
    with pytest.raises(ScenarioError, match="would repeat more than 1000000 times"):
        windows({"system": "erp", "mtbf": "1ms", "duration": "1ms"})


def test_errors_are_windows_of_their_own_and_the_largest_share_counts() -> None:
    faults = [
        {"system": "erp", "at": "1h", "duration": "4h", "kind": "errors", "share": 0.2},
        {"system": "erp", "at": "2h", "duration": "1h", "kind": "errors", "share": 0.7},
        {"system": "hub", "at": "0s", "duration": "20d", "kind": "errors", "share": 1.0},
        {"system": "erp", "at": "9h", "duration": "1h"},
    ]
    description = scenario(faults=faults)
    made = realised(description)
    hours = [(SYSTEMS[row["system"]], row["start"] / HOUR, row["end"] / HOUR, int(row["parts"])) for row in made.errors]
    assert hours == [
        ("erp", 1, 2, 200_000),
        ("erp", 2, 3, 700_000),
        ("erp", 3, 5, 200_000),
        ("hub", 0, description.calendar.horizon_us / HOUR, 1_000_000),
    ]
    assert len(made.windows) == 1


def test_errors_move_no_outages_luck() -> None:
    outage = {"system": "erp", "mtbf": "5h", "duration": {"law": "exponential", "mean": "1h"}}
    errors = {"system": "erp", "mtbf": "5h", "duration": "1h", "kind": "errors", "share": 0.5}
    assert windows(outage) == windows(errors, outage)


def test_slow_downs_are_windows_of_their_own_and_the_largest_factor_counts() -> None:
    faults = [
        {"system": "erp", "at": "1h", "duration": "4h", "kind": "slow", "factor": 1.5},
        {"system": "erp", "at": "2h", "duration": "1h", "kind": "slow", "factor": 20},
        {"system": "hub", "at": "3h", "duration": "1h", "kind": "slow", "factor": 3},
    ]
    made = realised(scenario(faults=faults))
    rows = [(SYSTEMS[r["system"]], r["start"] / HOUR, r["end"] / HOUR, int(r["parts"])) for r in made.slowdowns]
    assert rows == [
        ("erp", 1, 2, 1_500_000),
        ("erp", 2, 3, 20_000_000),
        ("erp", 3, 5, 1_500_000),
        ("hub", 3, 4, 3_000_000),
    ]
    assert not len(made.windows) + len(made.errors)


def told(*faults: dict[str, Any]) -> list[tuple[str, str, float, float]]:
    """(kind, what, start, end) with times in hours."""
    rows = faults_told(World(scenario(faults=list(faults)), 0)).tolist()
    return [(kind, what, start / HOUR, end / HOUR) for kind, what, start, end in rows]


def test_faults_are_told_in_the_order_of_their_starts_by_what_failed_and_how() -> None:
    assert told() == []
    found = told(
        {"kind": "errors", "system": "service", "at": "5h", "duration": "2h", "share": 0.5},
        {"kind": "errors", "system": "service", "at": "6h", "duration": "3h", "share": 0.1},
        {"system": "wms", "at": "1h", "duration": "1h"},
        {"system": "wms", "node": "dc-west", "at": "5h", "duration": "1h"},
        {"system": "broker", "at": "3h", "duration": "30m"},
        {"kind": "slow", "system": "erp", "at": "2h", "duration": "2h", "factor": 3},
        {"kind": "slow", "system": "erp", "at": "3h", "duration": "2h", "factor": 2},
    )
    assert found == [
        ("outage", "wms", 1, 2),
        ("slow", "erp", 2, 5),
        ("outage", "broker", 3, 3.5),
        ("outage", "wms dc-west", 5, 6),
        ("errors", "service", 5, 9),
    ]
