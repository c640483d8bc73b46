"""Tables that a scenario names (CSV or Parquet): only the columns asked for, with everything wrong said at once."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from twin.scenario.errors import Problem, ScenarioError


@dataclass
class Table:
    """Columns of a table, and the problems found in them so far."""

    name: str  # as the scenario writes it
    columns: dict[str, pa.ChunkedArray]
    header: int  # lines before the first row: 1 for CSV
    problems: list[Problem] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values())))

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def complain(self, column: str, message: str, row: int = 0) -> None:
        """Note a problem of ``row`` (from 0)."""
        at = list(self.columns).index(column) + 1 if column in self.columns else 1
        self.problems.append(Problem(self.name, row + 1 + self.header, at, column, message))

    def complain_where(self, column: str, wrong: NDArray[np.bool_], rule: str) -> None:
        """Note the first row for which ``wrong`` holds, its value, and how many there are."""
        rows = np.flatnonzero(wrong)
        if rows.size:
            value = self.columns[column][int(rows[0])].as_py()
            found = "" if value is None else f", it is {value!r}"
            more = f" ({rows.size} rows)" if rows.size > 1 else ""
            self.complain(column, f"{rule}{found}{more}", int(rows[0]))

    def check(self) -> None:
        """Raise :class:`ScenarioError` if any problem was noted."""
        if self.problems:
            raise ScenarioError(self.problems)

    def text(self, column: str) -> NDArray[np.object_]:
        """A column as text; nulls become ``None``."""
        values: NDArray[np.object_] = self.columns[column].cast(pa.string()).to_numpy()
        return values

    def numbers(self, column: str) -> NDArray[np.float64]:
        """A column as numbers; nulls become NaN, text is noted as a problem."""
        try:
            return np.asarray(self.columns[column].cast(pa.float64()).to_numpy(), np.float64)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            self.complain_where(column, first_not(self.columns[column], pa.float64()), "must be a number")
            return np.ones(self.rows)

    def names(self, column: str) -> tuple[str, ...]:
        """A column of names; a repeated one is noted as a problem."""
        names = self.text(column)
        _, first = np.unique(names.astype(str), return_index=True)
        repeated = np.ones(names.size, np.bool_)
        repeated[first] = False
        self.complain_where(column, repeated, "must be unique")
        return tuple(str(name) for name in names)

    def numbered(self, column: str, known: Sequence[str]) -> NDArray[np.int64]:
        """A column of references as positions in ``known``; an unknown one becomes -1 and is noted as a problem."""
        position = {name: number for number, name in enumerate(known)}
        numbers = np.array([position.get(str(name), -1) for name in self.text(column)], np.int64)
        self.complain_where(column, numbers < 0, f"must be one of {', '.join(known)}")
        return numbers


def first_not(values: pa.ChunkedArray, kind: pa.DataType) -> NDArray[np.bool_]:
    """Flags the first value that cannot be cast to ``kind``: slow, one by one, and only asked for when some cannot."""
    wrong = np.zeros(len(values), np.bool_)
    for row in range(len(values)):
        try:
            values.slice(row, 1).cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            wrong[row] = True
            break
    return wrong


@dataclass(frozen=True)
class Columns:
    """What is read of a table."""

    required: tuple[str, ...]  # must exist and have no nulls
    optional: tuple[str, ...] = ()  # read where they exist
    nullable: tuple[str, ...] = ()  # must exist, may have nulls
    text: tuple[str, ...] = ()  # never taken for numbers


def read_table(path: Path, name: str, columns: Columns) -> Table:
    """Read the columns asked for. Raises :class:`ScenarioError` if that cannot be done."""
    if not path.is_file():
        message = f"no such file: {path.name!r} was looked for in {path.parent}"
        raise ScenarioError([Problem(name, 1, 1, "file", message)])
    try:
        return _checked(path, name, columns)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OSError) as reason:
        raise ScenarioError([Problem(name, 1, 1, "file", f"cannot be read: {str(reason).splitlines()[0]}")]) from reason


def _checked(path: Path, name: str, columns: Columns) -> Table:
    is_csv = path.suffix.lower() == ".csv"
    present = _csv_header(path) if is_csv else list(pa.parquet.read_schema(path).names)
    needed = (*columns.required, *columns.nullable)
    wanted = list(dict.fromkeys([*needed, *(column for column in columns.optional if column in present)]))
    wrong = [Problem(name, 1, 1, column, _missing(column, present)) for column in wanted if column not in present]
    wrong += [Problem(name, 1, 1, column, "is there twice") for column in wanted if present.count(column) > 1]
    if wrong:
        raise ScenarioError(wrong)
    read = _read_csv(path, wanted, columns.text) if is_csv else pa.parquet.read_table(path, columns=wanted)
    table = Table(name, {column: read[column] for column in wanted}, int(is_csv))
    if table.rows == 0:
        table.complain(wanted[0], "the table has no rows")
    for column in columns.required:
        nulls = np.asarray(table.columns[column].is_null().to_numpy(), np.bool_)
        table.complain_where(column, nulls, "must not be empty")
    table.check()
    return table


def _csv_header(path: Path) -> list[str]:
    with pa.csv.open_csv(path) as reader:
        return list(reader.schema.names)


def _read_csv(path: Path, wanted: list[str], text: Sequence[str]) -> pa.Table:
    convert = pa.csv.ConvertOptions(
        include_columns=wanted,
        column_types=dict.fromkeys(text, pa.string()),
        strings_can_be_null=True,
        null_values=[""],
    )
    return pa.csv.read_csv(path, convert_options=convert)


def _missing(column: str, present: list[str]) -> str:
    close = difflib.get_close_matches(column, present, 1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return f"no such column; the table has {', '.join(present)}{hint}"
