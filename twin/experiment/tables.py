"""The tables of a run on disk: ``kpis.parquet`` and ``comparison.csv``."""

from __future__ import annotations

import csv
import io
import types
from collections.abc import Sequence
from dataclasses import asdict, astuple, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from twin.core.errors import ResultsError
from twin.experiment.atomic import write_bytes
from twin.experiment.comparison import Design, Row, Values

KPI_SCHEMA = pa.schema(
    [("arm", pa.string()), ("replication", pa.int32()), ("kpi", pa.string()), ("value", pa.float64())]
)


def kpi_table(values: Values, design: Design) -> pa.Table:
    """All KPI values in long form, ordered by arm, then replication."""
    rows = [
        (arm, replication, kpi, value)
        for arm in design.arms
        for replication in design.replications
        for kpi, value in values[arm, replication].items()
    ]
    columns = list(zip(*rows, strict=True)) or [()] * 4
    return pa.table([list(column) for column in columns], schema=KPI_SCHEMA)


def write_kpis(path: Path, table: pa.Table) -> None:
    """Write :func:`kpi_table`."""
    sink = io.BytesIO()
    pq.write_table(table, sink)
    write_bytes(path, sink.getvalue())


def comparison_table(rows: Sequence[Row]) -> pa.Table:
    """The comparison as a typed table, for its fingerprint."""
    arrow = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    schema = pa.schema([(name, arrow[kind]) for name, kind in _TYPES.items()])
    return pa.Table.from_pylist([asdict(row) for row in rows], schema=schema)


def write_comparison(path: Path, rows: Sequence[Row]) -> None:
    """Write the comparison as CSV; floats as their shortest exact text, nothing where there is no value."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(f.name for f in fields(Row))
    writer.writerows(["" if value is None else value for value in astuple(row)] for row in rows)
    write_bytes(path, sink.getvalue().encode())


def read_comparison(path: Path) -> list[Row]:
    """The rows that :func:`write_comparison` wrote, to the bit; ``ResultsError`` if it is missing or damaged."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [_row(record) for record in csv.DictReader(file)]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ResultsError(f"{path}: cannot be read: {error}") from error


def _row(record: dict[str, str]) -> Row:
    values: dict[str, Any] = {name: None if text == "" else _TYPES[name](text) for name, text in record.items()}
    return Row(**values)


def _type(hint: Any) -> type:
    """The type of a field without its ``None``."""
    kinds = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    kind: type = next(kind for kind in kinds if kind is not type(None))
    return kind


_TYPES = {name: _type(hint) for name, hint in get_type_hints(Row).items()}
