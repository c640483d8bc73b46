"""Tables that a scenario names: they exist, can be read, and have the columns; what is in them is checked as they are realised.

CSV headers are read by the standard library; pyarrow is imported for Parquet only, so that ``validate`` answers in a second.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

from twin.scenario.base import Broken
from twin.scenario.context import Check, Context
from twin.scenario.incidents import LOGS
from twin.scenario.nodes import Location
from twin.scenario.scenario import Scenario
from twin.scenario.suggest import did_you_mean, listed, shown

STORE_COLUMNS: Final = ("store", "region", "cluster", "x_km", "y_km")
SKU_COLUMNS: Final = ("sku", "price_usd", "popularity")

_READ_ERRORS: Final = (OSError, ValueError, csv.Error)


def store_table(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The table of stores has its columns and names regions and clusters of the estate."""
    stores, path = scenario.estate.stores, ("estate", "stores", "table")
    if stores.table is None:
        return
    file = context.base / stores.table
    problems = list(_columns(path, stores.table, file, STORE_COLUMNS))
    yield from problems
    if not problems:
        yield from _members(path, stores.table, file, "region", [region.name for region in scenario.estate.regions])
        yield from _members(path, stores.table, file, "cluster", [cluster.name for cluster in stores.clusters])


def sku_table(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The table of SKUs has its columns."""
    name = scenario.estate.skus.table
    if name is not None:
        yield from _columns(("estate", "skus", "table"), name, context.base / name, SKU_COLUMNS)


def log_columns(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The log has the columns that are required. A log that is nowhere is an error only once its folder was given."""
    replay = scenario.demand.replay
    if replay is None:
        return
    file = context.log(replay.log)
    if file is None:
        if context.data_dir is not None:
            yield Broken(
                ("demand", "replay", "log"),
                f"no such file below the data folder or beside the scenario, it is {shown(replay.log)}",
            )
        return
    columns = replay.columns
    needed = {"order": columns.order, "sku": columns.sku, "quantity": columns.quantity, "timestamp": columns.timestamp}
    if replay.target == "tills" and columns.store is not None:
        needed["store"] = columns.store
    for field, column in needed.items():
        yield from _columns(("demand", "replay", "columns", field), replay.log, file, (column,))


def incident_logs(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The logs of incidents have their columns; one that is nowhere is an error only once its folder was given."""
    for place, fault in enumerate(scenario.faults):
        if fault.duration.incidents is None:
            continue
        path, log = ("faults", place, "duration", "incidents"), LOGS[fault.duration.incidents]
        file = context.log(log.file)
        if file is not None:
            yield from _columns(path, log.file, file, log.columns)
        elif context.data_dir is not None:
            yield Broken(path, f"no file {log.file} below the data folder or beside the scenario")


def _columns(path: Location, name: str, file: Path, needed: Collection[str]) -> Iterator[Broken]:
    """What keeps a table from being read, or the columns it lacks."""
    if not file.is_file():
        yield Broken(path, f"no such file, it is {shown(name)}; it is looked for beside the scenario file")
        return
    try:
        present = _header(file)
    except _READ_ERRORS as reason:
        yield Broken(path, f"cannot be read as a table: {str(reason).splitlines()[0]}, it is {shown(name)}")
        return
    for column in needed:
        if column not in present:
            yield Broken(path, f"{name} has no column {column!r}{listed(present, column)}")


def _members(path: Location, name: str, file: Path, column: str, known: list[str]) -> Iterator[Broken]:
    """The first value of a column that is not a known name, and how many there are."""
    wrong = [(row, value) for row, value in enumerate(_values(file, column), 1) if value not in known]
    if wrong:
        row, value = wrong[0]
        more = f" ({len(wrong)} rows)" if len(wrong) > 1 else ""
        hint = did_you_mean(value, known)
        yield Broken(
            path, f"{name}, row {row}: {column} must be one of {', '.join(known)}, it is {shown(value)}{hint}{more}"
        )


def _header(file: Path) -> list[str]:
    if file.suffix.lower() != ".csv":
        return list(_parquet().read_schema(file).names)
    with file.open(newline="", encoding="utf-8-sig") as stream:
        return next(csv.reader(stream), [])


def _values(file: Path, column: str) -> list[Any]:
    if file.suffix.lower() != ".csv":
        return list(_parquet().read_table(file, columns=[column])[column].to_pylist())
    with file.open(newline="", encoding="utf-8-sig") as stream:
        return [row[column] for row in csv.DictReader(stream)]


def _parquet() -> Any:
    """pyarrow, imported late: it takes longer than everything else here. Its errors are ``OSError`` and ``ValueError``."""
    import pyarrow.parquet

    return pyarrow.parquet


TABLES: Final[tuple[Check, ...]] = (store_table, sku_table, log_columns, incident_logs)
