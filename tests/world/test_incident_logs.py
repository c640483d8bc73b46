"""Durations drawn from logs of incidents: what the mapping says of each log, held against logs made for it."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.world.make import scenario
from twin.core.clock import MINUTE
from twin.core.laws import BINS
from twin.experiment.plan import make_plan
from twin.scenario.errors import ScenarioError
from twin.scenario.incidents import LOGS, LogName
from twin.scenario.scenario import Scenario
from twin.world.faults.durations import DurationTable, duration_tables
from twin.world.world import World

NOON = datetime(2016, 4, 1, 12)
Rows = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _no_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWIN_DATA", raising=False)


def row(number: int, minutes: float | None, **values: Any) -> dict[str, Any]:
    """An incident of an hour of its own that lasted so long, or has no end."""
    begins = NOON + timedelta(hours=number)
    return {"begins": begins, "ends": None if minutes is None else begins + timedelta(minutes=minutes), **values}


def write(folder: Path, name: LogName, rows: Rows) -> Path:
    """A log of the columns that the mapping names; what a row does not say is null."""
    log = LOGS[name]
    zone = None if name == "service_desk" else "UTC"
    columns: dict[str, Any] = {
        log.begins: pa.array([r["begins"] for r in rows], pa.timestamp("ms", zone)),
        log.ends: pa.array([r["ends"] for r in rows], pa.timestamp("ms", zone)),
    }
    names = {**log.choices, **({"incident": log.incident} if log.incident else {})}
    columns |= {column: pa.array([r.get(choice) for r in rows], pa.string()) for choice, column in names.items()}
    path = folder / log.file
    pq.write_table(pa.table(columns), path)
    return path


def drawing(incidents: LogName, **law: Any) -> Scenario:
    fault = {"system": "erp", "mtbf": "1d", "duration": {"incidents": incidents, **law}}
    return scenario(faults=[fault], calendar__window="2d", estate__stores__count=2)


def table(folder: Path, incidents: LogName, **law: Any) -> DurationTable:
    return duration_tables(drawing(incidents, **law), folder)[0]


def refused(folder: Path, incidents: LogName, **law: Any) -> str:
    with pytest.raises(ScenarioError) as raised:
        duration_tables(drawing(incidents, **law), folder)
    return str(raised.value)


def bounds_min(drawn: DurationTable) -> tuple[float, float, int | None]:
    """Shortest and longest in minutes, and of how many incidents."""
    return drawn.knots[0] / MINUTE, drawn.knots[-1] / MINUTE, drawn.incidents


def test_rows_that_did_not_end_or_took_no_time_are_left_out(tmp_path: Path) -> None:
    rows = [row(k, 10 + k) for k in range(12)] + [row(20, None), row(21, 0), row(22, -5)]
    write(tmp_path, "google_cloud", rows)
    assert bounds_min(table(tmp_path, "google_cloud")) == (10, 21, 12)


def test_longer_ones_count_as_the_longest(tmp_path: Path) -> None:
    write(tmp_path, "google_cloud", [row(k, 60 * (k + 1)) for k in range(12)])
    assert bounds_min(table(tmp_path, "google_cloud", longest="5h")) == (60, 300, 12)


def test_one_event_of_several_products_counts_once(tmp_path: Path) -> None:
    rows = [row(k, 10 + k) for k in range(12)] + [row(0, 10, product="BigQuery")] * 30
    write(tmp_path, "google_cloud", rows)
    assert table(tmp_path, "google_cloud").incidents == 12


def test_incidents_are_chosen_by_values_and_columns_may_hold_several(tmp_path: Path) -> None:
    rows = [
        row(k, 10 + k, severity="high" if k % 2 else "low", product="Compute|BigQuery" if k < 30 else "Storage")
        for k in range(60)
    ]
    write(tmp_path, "google_cloud", rows)
    assert table(tmp_path, "google_cloud", where={"severity": "high"}).incidents == 30
    assert table(tmp_path, "google_cloud", where={"severity": ["high", "low"]}).incidents == 60
    chosen = {"severity": "high", "product": "BigQuery"}
    assert bounds_min(table(tmp_path, "google_cloud", where=chosen)) == (11, 39, 15)


def test_announced_maintenance_is_no_incident_unless_it_is_asked_for(tmp_path: Path) -> None:
    rows = [row(k, 10 + k, impact=("minor", "critical", "maintenance")[k % 3]) for k in range(45)]
    write(tmp_path, "github", rows)
    assert table(tmp_path, "github").incidents == 30
    assert table(tmp_path, "github", where={"impact": "maintenance"}).incidents == 15
    assert table(tmp_path, "github", where={"impact": ["maintenance", "minor"]}).incidents == 30


def test_the_last_row_of_an_incident_counts_if_it_was_opened_in_a_complete_month(tmp_path: Path) -> None:
    rows: Rows = []
    for k in range(12):
        rows += [row(k, 1, incident=f"I{k}", priority="high"), row(k, 10 + k, incident=f"I{k}", priority="low")]
    early, late = datetime(2016, 2, 29, 23, 59), datetime(2016, 6, 1)
    rows += [
        {"begins": day, "ends": day + timedelta(hours=9), "incident": str(day), "priority": "low"}
        for day in (early, late)
    ]
    write(tmp_path, "service_desk", rows)
    assert bounds_min(table(tmp_path, "service_desk")) == (10, 21, 12)
    assert "leaves 0 incidents" in refused(tmp_path, "service_desk", where={"priority": "high"})


def test_too_few_incidents_are_refused_with_their_number(tmp_path: Path) -> None:
    write(tmp_path, "google_cloud", [row(k, 10, severity="high" if k < 9 else "low") for k in range(20)])
    assert refused(tmp_path, "google_cloud", where={"severity": "high"}) == (
        "small:1:1: faults[0].duration.where: leaves 9 incidents of gcp_incidents.parquet, at least 10 are needed"
    )


def test_a_value_that_no_row_has_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    write(tmp_path, "google_cloud", [row(k, 10, severity="high" if k < 9 else "low") for k in range(20)])
    assert refused(tmp_path, "google_cloud", where={"severity": ["low", "hgh"]}) == (
        "small:1:1: faults[0].duration.where.severity: no severity is called 'hgh'; "
        "there are high, low (did you mean 'high'?)"
    )


def test_a_log_without_a_column_or_with_text_for_instants_or_that_is_nowhere_is_refused(tmp_path: Path) -> None:
    assert "no such file: 'github_incidents.parquet'" in refused(tmp_path, "github")
    path = write(tmp_path, "github", [row(k, 10) for k in range(20)])
    whole = pq.read_table(path)
    pq.write_table(whole.drop_columns(["impact"]), path)
    assert "github_incidents.parquet:1:1: impact: no such column" in refused(tmp_path, "github")
    pq.write_table(whole.set_column(1, "downtime_end_utc", pa.array(["yesterday"] * 20)), path)
    assert "downtime_end_utc: must be a time stamp, its type is string" in refused(tmp_path, "github")


def test_the_log_is_looked_for_in_the_data_folder_and_then_beside_the_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, data, named = (tmp_path / name for name in ("beside", "data", "named"))
    for folder, minutes in ((beside, 1), (data, 2), (named, 3)):
        folder.mkdir()
        write(folder, "github", [row(k, minutes, impact="minor") for k in range(10)])

    def found(data_dir: Path | None) -> float:
        return float(duration_tables(drawing("github"), beside, data_dir)[0].knots[0] / MINUTE)

    assert found(None) == 1
    monkeypatch.setenv("TWIN_DATA", str(named))
    assert (found(None), found(data)) == (3, 2)


def test_the_world_and_its_tasks_depend_on_the_log(tmp_path: Path) -> None:
    description = drawing("google_cloud")
    prints, plans, ends = set(), set(), set()
    for minutes in (10, 20):
        path = write(tmp_path, "google_cloud", [row(k, minutes) for k in range(10)])
        os.utime(path, ns=(minutes, minutes))  # a file that is written again within the clock's resolution
        world = World(description, 0, base=tmp_path)
        assert (np.diff(world.windows[["start", "end"]].tolist())[:-1] == minutes * MINUTE).all()
        prints.add(world.fingerprint())
        ends.add(int(world.windows["end"][0]))
        plans |= {task.inputs for task in make_plan(description, base=tmp_path).tasks}
    assert (len(prints), len(ends)) == (2, 2)
    assert len(plans) == 2


def test_the_mean_of_the_log_is_the_mean_of_what_is_drawn(tmp_path: Path) -> None:
    minutes = np.round(np.random.default_rng(5).lognormal(3, 1.5, BINS // 2)) + 1
    write(tmp_path, "google_cloud", [row(200 * k, m) for k, m in enumerate(minutes)])
    knots = table(tmp_path, "google_cloud", longest="100d").knots.astype(np.float64)
    # With half as many values as bins each corner of the quantiles is a knot, so nothing but rounding is left.
    assert ((knots[:-1] + knots[1:]) / 2).mean() == pytest.approx(minutes.mean() * MINUTE, abs=0.5)


@pytest.mark.parametrize(
    ("law", "message"),
    [
        ({"incidents": "github", "mean": "1h"}, "mean: is for a law, not for incidents"),
        ({"law": "exponential", "mean": "1h", "longest": "2h"}, "longest: needs incidents"),
        ({"incidents": "github", "longest": "0s"}, "longest: must be longer than 0"),
    ],
)
def test_a_law_and_incidents_are_not_mixed(law: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scenario(faults=[{"system": "erp", "at": "1h", "duration": law}])


def test_what_is_written_of_incidents_is_read_again_as_the_same() -> None:
    description = drawing("google_cloud", where={"severity": "high"}, longest="7d")
    written = description.model_dump(mode="json")
    assert written["faults"][0]["duration"] == {
        "incidents": "google_cloud",
        "where": {"severity": ["high"]},
        "longest": "7d",
    }
    assert Scenario.model_validate(written) == description
