"""Tables and logs that a scenario names: found, readable, with the columns that are needed."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twin.scenario.errors import ScenarioError
from twin.scenario.loader import load

REPLAY = """demand:
  replay:
    log: log.parquet
    columns: {order: invoice, sku: code, quantity: units, timestamp: at, customer: who}
    time_zone: Europe/London
    from_date: 2011-05-09
    channel: web
"""


def stores_table(path: Path, region: str) -> Path:
    names = {"store": ["s1", "s2"], "region": ["east", region], "cluster": ["large", "small"]}
    pq.write_table(pa.table(names | {"x_km": [1, 2], "y_km": [3, 4]}), path)
    return path


def log(path: Path, *columns: str) -> None:
    pq.write_table(pa.table({column: ["x"] for column in columns}), path)


def test_a_parquet_table_with_its_columns_is_accepted(write: Callable[..., Path], tmp_path: Path) -> None:
    stores_table(tmp_path / "stores.parquet", "west")
    loaded = load(write("estate: {stores: {table: stores.parquet}}\n"))
    assert loaded.scenario.estate.stores.table == "stores.parquet"


def test_an_unknown_region_in_a_parquet_table_is_named_with_its_row(
    write: Callable[..., Path], problems: Callable[..., list[str]], tmp_path: Path
) -> None:
    stores_table(tmp_path / "stores.parquet", "wst")
    assert problems(write("estate: {stores: {table: stores.parquet}}\n")) == [
        "scenario.yaml:2:26: estate.stores.table: stores.parquet, row 2: region must be one of east, west, "
        "it is 'wst' (did you mean 'west'?)"
    ]


def test_a_log_is_looked_for_in_the_data_folder_and_then_beside_the_scenario(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TWIN_DATA", raising=False)
    data = tmp_path / "data"
    data.mkdir()
    path = write(REPLAY)
    load(path)  # nowhere, and no folder given: left to the run
    log(data / "log.parquet", "invoice", "code", "units", "at")  # who is optional
    load(path, data_dir=data)
    monkeypatch.setenv("TWIN_DATA", str(data))
    load(path)
    log(data / "log.parquet", "invoice", "code", "at")  # units are missing: seen only if the log is looked at there
    with pytest.raises(ScenarioError, match="units"):
        load(path)


def test_a_log_that_is_nowhere_is_a_problem_once_its_folder_is_given(
    write: Callable[..., Path], problems: Callable[..., list[str]], tmp_path: Path
) -> None:
    assert problems(write(REPLAY), data_dir=tmp_path / "data") == [
        "scenario.yaml:4:10: demand.replay.log: no such file below the data folder or beside the scenario, "
        "it is 'log.parquet'"
    ]


@pytest.mark.parametrize("variable", [True, False], ids=["by_variable", "by_option"])
def test_columns_that_a_log_lacks_are_placed_at_their_mapping(
    write: Callable[..., Path],
    problems: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: bool,
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    log(data / "log.parquet", "invoice", "codes", "at")
    monkeypatch.setenv("TWIN_DATA", str(data if variable else tmp_path))
    assert problems(write(REPLAY), data_dir=None if variable else data) == [
        "scenario.yaml:5:36: demand.replay.columns.sku: log.parquet has no column 'code'; "
        "there are invoice, codes, at (did you mean 'codes'?)",
        "scenario.yaml:5:52: demand.replay.columns.quantity: log.parquet has no column 'units'; "
        "there are invoice, codes, at",
    ]
