"""The real logs of incidents: quantiles worked out here once more, and samples that agree with them."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from tests.world.make import scenario
from twin.core.clock import DAY
from twin.core.laws import BINS
from twin.scenario.scenario import Scenario
from twin.world.faults.durations import duration_tables
from twin.world.faults.spans import spans
from twin.world.streams import Streams

DATA = Path(os.environ.get("TWIN_DATA") or Path(__file__).resolve().parents[2].parent / "shared" / "data")

LONGEST: Final[dict[str, int]] = {"1d": DAY, "7d": 7 * DAY, "30d": 30 * DAY}

Law = dict[str, Any]

HIGH: Law = {"incidents": "google_cloud", "where": {"severity": "high"}, "longest": "1d"}
CLOUD: Law = {"incidents": "google_cloud", "longest": "30d"}
HUB: Law = {"incidents": "github", "where": {"impact": ["major", "critical"]}, "longest": "30d"}
HUB_API: Law = {"incidents": "github", "where": {"component": "API Requests"}, "longest": "7d"}
DESK: Law = {"incidents": "service_desk", "where": {"priority": "1 - Critical"}, "longest": "30d"}
DESK_ALL: Law = {"incidents": "service_desk", "where": {"contact_type": "Phone"}, "longest": "7d"}

CASES = [(HIGH, 125), (CLOUD, 781), (HUB, 163), (HUB_API, None), (DESK, 255), (DESK_ALL, None)]
"""A law and how many incidents it rests on, counted once by hand."""


def read(name: str) -> pa.Table:
    if not (DATA / name).is_file():
        pytest.skip(f"{name} is not in TWIN_DATA")
    return pq.read_table(DATA / name)


def microseconds(table: pa.Table, column: str) -> NDArray[np.int64]:
    values: NDArray[np.int64] = table[column].cast(pa.int64()).to_numpy() * 1_000
    return values


def events(table: pa.Table, begins: str, ends: str) -> NDArray[np.int64]:
    """Durations of the distinct windows of a table, those of no length left out."""
    table = table.filter(pc.is_valid(table[ends]))
    windows = sorted(set(zip(microseconds(table, begins), microseconds(table, ends), strict=True)))
    return np.array([end - begin for begin, end in windows if end > begin])


def google_cloud(where: dict[str, Any]) -> NDArray[np.int64]:
    table = read("gcp_incidents.parquet")
    if "severity" in where:
        table = table.filter(pc.equal(table["severity"], where["severity"]))
    return events(table, "start_utc", "end_utc")


def github(where: dict[str, Any]) -> NDArray[np.int64]:
    table = read("github_incidents.parquet")
    impacts = where.get("impact", ["none", "minor", "major", "critical"])
    table = table.filter(pc.is_in(table["impact"], pa.array(impacts, table["impact"].type)))
    if "component" in where:
        table = table.filter(pc.match_substring(table["components"], where["component"]))
    return events(table, "downtime_start_utc", "downtime_end_utc")


def service_desk(where: dict[str, Any]) -> NDArray[np.int64]:
    table = read("itsm_incident_events.parquet")
    last = table.group_by("number").aggregate([("row_id", "max")])["row_id_max"]
    table = table.filter(pc.is_in(table["row_id"], last.combine_chunks()))
    for column, value in where.items():
        table = table.filter(pc.equal(table[column], value))
    table = table.filter(pc.is_valid(table["resolved_at"]))
    month = pc.strftime(table["opened_at"], "%Y-%m")
    table = table.filter(pc.is_in(month, pa.array(["2016-03", "2016-04", "2016-05"])))
    took = microseconds(table, "resolved_at") - microseconds(table, "opened_at")
    return took[took > 0]


OF = {"google_cloud": google_cloud, "github": github, "service_desk": service_desk}


def logged(law: Law) -> NDArray[np.int64]:
    return np.minimum(OF[law["incidents"]](law.get("where", {})), LONGEST[law["longest"]])


def drawing(law: Law) -> Scenario:
    return scenario(faults=[{"system": "erp", "mtbf": "1d", "duration": law}])


def named(case: Any) -> str:
    return " ".join([case["incidents"], *map(str, case.get("where", {}).values())]) if isinstance(case, dict) else ""


@pytest.mark.parametrize(("law", "count"), CASES, ids=named)
def test_the_quantiles_are_those_of_the_log(law: Law, count: int | None) -> None:
    known = logged(law)
    table = duration_tables(drawing(law), data_dir=DATA)[0]
    assert table.incidents == known.size
    assert count in (None, known.size)
    probabilities = np.arange(0, BINS + 1, BINS // 64) / BINS
    quantiles = np.quantile(known, probabilities, method="hazen")
    assert table.knots[:: BINS // 64].tolist() == pytest.approx(quantiles, abs=1)


@pytest.mark.parametrize("law", [case[0] for case in CASES], ids=named)
def test_a_sample_agrees_with_the_log(law: Law) -> None:
    known, drawn, alpha = logged(law), 20_000, 0.01
    description = drawing(law)
    table = duration_tables(description, data_dir=DATA)[0]
    listed = islice(spans(description.faults[0], table.knots, 2**62, Streams(11, 0).key("test")), drawn)
    took = np.sort([end - start for start, end in listed])
    grid = np.quantile(known, (np.arange(200_000) + 0.5) / 200_000, method="hazen")
    at = np.quantile(known, np.linspace(0, 1, 101), method="hazen")
    realised = np.searchsorted(took, at, side="right") / drawn
    expected = np.searchsorted(grid, at, side="right") / grid.size
    # Dvoretzky, Kiefer & Wolfowitz 1956, with the constant of Massart 1990; and the width of a bin of the table.
    bound = np.sqrt(np.log(2 / alpha) / (2 * drawn)) + 1 / BINS
    assert np.abs(realised - expected).max() < bound
