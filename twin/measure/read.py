"""A run's journal as NumPy columns: checked when opened, read column by column when asked for.

Memory stays small because a column is read only if a KPI needs it, and wide tables are never held whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import ResultsError
from twin.journal.tables import FAULT, PRICE, TABLES

if TYPE_CHECKING:
    import pyarrow as pa

_FILES: Final = {**TABLES, "skus": PRICE, "faults": FAULT}


@dataclass(frozen=True)
class Journal:
    """The tables of one run's folder."""

    folder: Path

    def column(self, table: str, name: str) -> NDArray[Any]:
        """One whole column, with the dtype that the journal declares (text as objects)."""
        import pyarrow.parquet as pq  # imported late: the KPI table is read where no journal is

        path, dtype = self.path(table), _FILES[table][name]
        with _readable(path), pq.ParquetFile(path) as file:
            values = np.empty(file.metadata.num_rows, object if dtype.kind == "U" else dtype)
            first = 0
            for batch in file.iter_batches(columns=[name], use_threads=False):  # never two whole copies in memory
                if batch.column(0).null_count:  # NumPy would turn the integers into floats
                    raise ResultsError(f"{path}: column {name!r} has nulls")
                values[first : first + batch.num_rows] = batch.column(0).to_numpy(zero_copy_only=False)
                first += batch.num_rows
        return values

    def path(self, table: str) -> Path:
        """File of a table."""
        return self.folder / f"{table}.parquet"


def open_journal(folder: Path) -> Journal:
    """The journal in ``folder``, with every table's columns and types checked against the declared dtypes.

    Raises :class:`ResultsError` for a file that is missing or torn, or whose columns are not those of the journal.
    """
    journal = Journal(folder)
    for table, dtype in _FILES.items():
        _check(journal.path(table), dtype)
    return journal


def _check(path: Path, dtype: np.dtype[Any]) -> None:
    schema = _schema(path)
    for name in dtype.names or ():
        index = schema.get_field_index(name)
        if index < 0:
            raise ResultsError(f"{path}: column {name!r} is missing")
        if not _matches(schema.field(index), dtype[name]):
            found = schema.field(index).type
            raise ResultsError(f"{path}: column {name!r} is {found}, the journal declares {dtype[name]}")


def _schema(path: Path) -> pa.Schema:
    import pyarrow.parquet as pq

    with _readable(path):
        return pq.read_schema(path)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Name the file where it is missing or torn."""
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowInvalid) as error:
        raise ResultsError(f"{path}: cannot be read as a journal table: {error}") from error


def _matches(field: pa.Field, dtype: np.dtype[Any]) -> bool:
    import pyarrow as pa

    if dtype.kind == "U":
        return bool(pa.types.is_string(field.type) or pa.types.is_large_string(field.type))
    return bool(field.type == pa.from_numpy_dtype(dtype))
