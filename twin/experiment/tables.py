"""The tables of a run on disk: ``kpis.parquet``, ``comparison.csv`` and ``ranking.csv``."""

from __future__ import annotations

import csv
import io
import types
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from twin.core.errors import ResultsError
from twin.experiment.atomic import write_bytes
from twin.experiment.comparison import Design, Row, Values
from twin.experiment.ranking import Ranked

RowT = TypeVar("RowT", Row, Ranked)

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


def table_of(rows: Sequence[RowT], kind: type[RowT]) -> pa.Table:
    """Rows of a dataclass as a typed table, for their fingerprint."""
    arrow = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    schema = pa.schema([(name, arrow[of]) for name, of in _types(kind).items()])
    return pa.Table.from_pylist([asdict(row) for row in rows], schema=schema)


def write_rows(path: Path, rows: Sequence[RowT], kind: type[RowT]) -> None:
    """Write rows of a dataclass as CSV; floats as their shortest exact text, nothing where there is no value."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(_types(kind))
    writer.writerows(["" if value is None else value for value in astuple(row)] for row in rows)
    write_bytes(path, sink.getvalue().encode())


def read_rows(path: Path, kind: type[RowT]) -> list[RowT]:
    """The rows that :func:`write_rows` wrote, to the bit; ``ResultsError`` if they are missing or damaged."""
    types_ = _types(kind)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [_row(record, kind, types_) for record in csv.DictReader(file)]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ResultsError(f"{path}: cannot be read: {error}") from error


def _row(record: dict[str, str], kind: type[RowT], of: Mapping[str, type]) -> RowT:
    values: dict[str, Any] = {name: None if text == "" else of[name](text) for name, text in record.items()}
    return kind(**values)


def _types(kind: type[RowT]) -> dict[str, type]:
    """The types of a dataclass's fields without their ``None``."""
    return {name: _type(hint) for name, hint in get_type_hints(kind).items()}


def _type(hint: Any) -> type:
    kinds = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    kind: type = next(kind for kind in kinds if kind is not type(None))
    return kind
