"""Time series of a run: those of each task, and their means over the worlds with intervals."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from twin.core.errors import ResultsError
from twin.experiment.atomic import write_bytes
from twin.experiment.comparison import Design
from twin.stats.intervals import mean_intervals

FILE: Final = "timeline.parquet"
"""Of a task: ``t`` and a column per series. Of the run: arm, series, t, mean, low, high, n."""

INSTANT: Final = "t"
_BOUNDS: Final = ("mean", "low", "high")

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Band:
    """One series of one arm over the bins that start at ``t_us``: mean and interval, NaN where they do not exist."""

    t_us: NDArray[np.int64]
    mean: Floats
    low: Floats
    high: Floats


def write_task(folder: Path, columns: Columns) -> None:
    """Keep a task's time series beside its journal."""
    pq.write_table(_table(columns), folder / FILE)


def average(folders: Mapping[tuple[str, int], Path], design: Design) -> pa.Table | None:
    """Means over the replications of every arm, series and bin; ``None`` if the tasks have no time series."""
    parts = []
    for arm in design.arms:
        paths = [folders[arm, replication] / FILE for replication in design.replications]
        if not all(path.exists() for path in paths):
            return None
        parts += _average(arm, [pq.read_table(path) for path in paths], design.confidence)
    return pa.concat_tables(parts)


def _average(arm: str, tables: list[pa.Table], confidence: float) -> list[pa.Table]:
    t = tables[0].column(INSTANT)
    parts = []
    for series in (name for name in tables[0].column_names if name != INSTANT):
        values = np.stack([_floats(table, series) for table in tables])
        *bounds, n = mean_intervals(values, confidence=confidence)
        columns = {"arm": [arm] * len(t), "series": [series] * len(t), INSTANT: t}
        columns |= {name: _nullable(found) for name, found in zip(_BOUNDS, bounds, strict=True)}
        parts.append(pa.table({**columns, "n": n.astype(np.int64)}))
    return parts


def write_run(path: Path, table: pa.Table) -> None:
    """Write :func:`average`."""
    sink = io.BytesIO()
    pq.write_table(table, sink)
    write_bytes(path, sink.getvalue())


def read_run(path: Path) -> dict[tuple[str, str], Band]:
    """Bands by arm and series; none if the run has no time series."""
    if not path.exists():
        return {}
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise ResultsError(f"{path}: cannot be read: {error}") from error
    keys = list(zip(table.column("arm").to_pylist(), table.column("series").to_pylist(), strict=True))
    firsts = [place for place, key in enumerate(keys) if place == 0 or keys[place - 1] != key]
    ends = [*firsts[1:], len(keys)]
    return {keys[first]: _band(table.slice(first, end - first)) for first, end in zip(firsts, ends, strict=True)}


def _band(table: pa.Table) -> Band:
    return Band(table.column(INSTANT).to_numpy(), *(_floats(table, name) for name in _BOUNDS))


def _floats(table: pa.Table, name: str) -> Floats:
    values: Floats = table.column(name).to_numpy().astype(float)
    return values


def _table(columns: Columns) -> pa.Table:
    return pa.table({name: _nullable(values) for name, values in columns.items()})


def _nullable(values: NDArray[Any]) -> pa.Array:
    """NaN becomes null: nothing measured is no number."""
    return pa.array(values, from_pandas=True)
