"""Links that fail: of one node, of a region, of a share of the stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.world.make import scenario
from twin.core.clock import HOUR
from twin.scenario.errors import ScenarioError
from twin.scenario.scenario import Scenario
from twin.world.estate import realise
from twin.world.faults.durations import duration_tables
from twin.world.faults.realised import realise_faults
from twin.world.streams import Streams
from twin.world.tables import SYSTEMS

ONCE: dict[str, Any] = {"system": "link", "at": "1h", "duration": "1h"}


def hit(*faults: dict[str, Any], stores: int = 10, replication: int = 0) -> dict[int, list[tuple[float, float]]]:
    """Windows in hours by node whose link fails."""
    description = scenario(faults=list(faults), estate__stores__count=stores)
    made = realise_faults(
        description, Streams(11, replication), realise(description), duration_tables(description)
    ).windows
    out: dict[int, list[tuple[float, float]]] = {}
    for row in made[made["system"] == SYSTEMS.index("link")]:
        out.setdefault(int(row["node"]), []).append((row["start"] / HOUR, row["end"] / HOUR))
    return out


def test_a_link_fault_without_node_hits_every_store_and_no_dc() -> None:
    assert hit(ONCE) == {node: [(1.0, 2.0)] for node in range(2, 12)}


def test_a_link_fault_hits_the_node_that_it_names() -> None:
    assert hit(ONCE | {"node": "store-0003"}) == {4: [(1.0, 2.0)]}
    assert hit(ONCE | {"node": "dc-west"}) == {1: [(1.0, 2.0)]}


def test_a_link_fault_of_a_region_hits_its_stores() -> None:
    description = scenario()
    nodes = realise(description).nodes
    west = np.flatnonzero((nodes["region"] == 1) & (nodes["is_dc"] == 0))
    assert 0 < west.size < 10
    assert sorted(hit(ONCE | {"region": "west"})) == west.tolist()


def test_a_share_of_the_stores_is_hit_and_the_same_at_each_occurrence() -> None:
    count, share = 2_000, 0.3
    found = hit(ONCE | {"every": "1d", "stores": share}, stores=count)
    # Each store is hit by its own luck: binomial, within the two-sided 99 % interval.
    assert len(found) / count == pytest.approx(share, abs=2.576 * np.sqrt(share * (1 - share) / count))
    assert {len(windows) for windows in found.values()} == {8}
    assert found.keys() != hit(ONCE | {"every": "1d", "stores": share}, stores=count, replication=1).keys()


def test_a_larger_share_hits_the_same_stores_and_more() -> None:
    few, many = (hit(ONCE | {"stores": share}, stores=200).keys() for share in (0.2, 0.4))
    assert few < many
    assert hit(ONCE | {"stores": 1.0}).keys() == hit(ONCE).keys()


def test_faults_elsewhere_move_no_links_luck_and_faults_of_links_are_drawn_each_for_itself() -> None:
    half = ONCE | {"stores": 0.5}
    later = half | {"at": "5h"}
    others = [
        {"system": "erp", "at": "1h", "duration": "1h"},
        ONCE | {"node": "dc-east"},
        ONCE | {"region": "west", "stores": 0.5},
        {"kind": "lost", "share": 0.5, "at": "1h", "duration": "1h"},
    ]
    alone, among = hit(half, stores=200), hit(*others, half, stores=200)
    assert all(among[node] == windows for node, windows in alone.items())
    assert hit(half, stores=200).keys() != {n for n, w in hit(half, later, stores=200).items() if (5.0, 6.0) in w}


def test_link_windows_of_one_store_are_merged() -> None:
    found = hit(ONCE, ONCE | {"node": "store-0001", "at": "90m"})
    assert found[2] == [(1.0, 2.5)]
    assert found[3] == [(1.0, 2.0)]


def test_a_store_that_a_table_does_not_have_is_refused_when_the_table_is_read(tmp_path: Path) -> None:
    rows = ["store,region,cluster,x_km,y_km", *(f"shop-{i},east,high_street,{i},0" for i in range(3))]
    (tmp_path / "stores.csv").write_text("\n".join(rows))

    def described(node: str) -> Scenario:
        return scenario(faults=[ONCE | {"node": node}], estate__stores__table="stores.csv")

    good = described("shop-1")
    made = realise_faults(good, Streams(11, 0), realise(good, tmp_path), duration_tables(good)).windows
    assert made["node"].tolist() == [3]
    bad = described("store-0001")
    with pytest.raises(
        ScenarioError, match=r"faults\[0\]\.node: no store or DC is called 'store-0001'; there are dc-east"
    ):
        realise_faults(bad, Streams(11, 0), realise(bad, tmp_path), duration_tables(bad))
