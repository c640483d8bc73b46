"""Snapshots heal the view, if they are exact and laid over it with care; else they do harm of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.model.runs import PERFECT, scarce, systems
from tests.world.make import cluster
from twin.journal.totals import Fate, Flow
from twin.model import invariants
from twin.model.days import Days
from twin.model.plane import Plane
from twin.model.run import run_in
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.world import World

EVIL: list[dict[str, Any]] = [
    {"kind": "lost", "topic": "movements", "share": 0.3, "at": "2h", "every": "90d", "duration": "8h"},
    {"kind": "duplicates", "topic": "movements", "share": 0.3, "at": "1h", "every": "90d", "duration": "8h"},
    {"kind": "poison", "topic": "movements", "share": 0.2, "at": "3h", "every": "90d", "duration": "7h"},
]
"""What ends long before the last snapshot."""
FEED: dict[str, Any] = {
    "mode": "stream",
    "store_link": "10m",
    "consumers": {"idempotent": False},
    "failing": {"policy": "skip"},
}
RELOAD: dict[str, Any] = {"mode": "load", "source": "stores", "interval": "5h", "phase": "0s", "job": "5m"}


def _estate() -> Scenario:
    return scarce(
        **{
            "calendar__window": "24h",
            "calendar__follow_up": "10h",
            "estate__stores": {"count": 4, "clusters": [cluster(weekly_lines=1000, ships=1.0, assortment=20)]},
            "estate__skus": {"count": 30, "ending_share": 0.5},
            "faults": EVIL,
        }
        | PERFECT
    )


def _arm(**reload: Any) -> Systems:
    return systems(movements=FEED, outbox={"confirmed": False}, reload=RELOAD | {"rule": "replay"} | reload)


def _end(arm: Systems, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Plane:
    """The data plane as a run leaves it."""
    check, kept = invariants.check, []

    def keep(plane: Plane, days: Days, world: World) -> list[str]:
        kept.append(plane)
        return check(plane, days, world)

    monkeypatch.setattr(invariants, "check", keep)
    description = _estate()
    run_in(World(description, 0), description, arm, folder)
    return kept[0]


def _off(plane: Plane) -> NDArray[np.int64]:
    """Pairs whose view was off, had every movement been delivered: ``lost`` and ``extra``."""
    drifts = plane.memory["drifts"]
    return np.array([np.count_nonzero(drifts[name]) for name in ("lost", "extra")])


def test_without_snapshots_what_was_lost_or_repeated_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (_off(_end(_arm(mode="off"), tmp_path, monkeypatch)) > 10).all()


def test_an_exact_snapshot_with_replay_leaves_no_drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plane = _end(_arm(rule="replay"), tmp_path, monkeypatch)
    assert not _off(plane).any()
    assert plane.memory["flows"][Flow.CORRECTIONS] > 10
    assert plane.memory["fates"].reshape(3, -1)[0, Fate.SUPERSEDED] > 0


@pytest.mark.parametrize("harm", [{"rule": "overwrite"}, {"source": "record"}, {"nets": "promised"}])
def test_a_snapshot_that_is_not_exact_leaves_drift_of_its_own(
    harm: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _off(_end(_arm(**harm), tmp_path, monkeypatch)).any()


def test_a_comparison_corrects_less_than_a_full_reload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corrected = []
    for mode in ("load", "compare"):
        (tmp_path / mode).mkdir()
        plane = _end(_arm(mode=mode, threshold=2, age="3h"), tmp_path / mode, monkeypatch)
        corrected.append(int(plane.memory["flows"][Flow.CORRECTIONS]))
    assert corrected[0] > corrected[1] > 0


def test_the_law_of_drift_notices_a_reload_that_should_be_exact_and_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arm = systems(movements={"mode": "stream"}, reload=RELOAD | {"rule": "replay"})
    plane = _end(arm, tmp_path, monkeypatch)
    plane.memory["fates"][:] = 0  # nothing went missing
    plane.memory["flows"][Flow.APPLIED_AGAIN] = 0
    assert invariants._drifts(plane) == []
    plane.memory["drifts"]["lost"][3] += 1
    assert invariants._drifts(plane) == ["drift: 1 beliefs are off although no message was lost or repeated"]
    plane.control["reloads"] = 2
    assert invariants._drifts(plane) == []
