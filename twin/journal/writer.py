"""Writing a run's journal: rows are collected as they are sealed and go to Parquet day by day, so memory does not grow
with the horizon.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from twin.journal.prices import PRICE_TABLES
from twin.journal.tables import TABLES

_AS_WRITTEN: dict[str, Any] = {"compression": "lz4", "use_dictionary": False, "write_statistics": False}
"""Half the size of plain columns at a tenth of zstd's time, which would be a twentieth of a run."""

_SEALED = ("orders", "lines", "parcels")
_KEPT = (
    "scrapes",
    "sagas",
    "returns",
    "refunds",
    "counts",
    "collections",
    "exceptions",
    "same_day",
    "drops",
    "assisted",
    "errands",
    "notices",
    *PRICE_TABLES,
)
_ROWS_AT_ONCE = 4096
"""Kept as plain tuples until then, which take five times the room."""


def _table(rows: NDArray[np.void]) -> pa.Table:
    names = rows.dtype.names or ()
    return pa.table({name: pa.array(np.ascontiguousarray(rows[name])) for name in names})


class Journal:
    """The journal of one run, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}
        self.jobs: list[tuple[Any, ...]] = []
        self.fallbacks: list[tuple[int, ...]] = []
        self.alerts: list[tuple[int, ...]] = []
        self.incidents: list[tuple[int, ...]] = []
        self.spans: list[tuple[int, ...]] = []
        self.censuses: list[tuple[int, ...]] = []
        self.closes: list[tuple[int, ...]] = []
        self.supplies: list[tuple[int, ...]] = []
        self.absences: list[tuple[int, ...]] = []
        self.transfers: list[list[int]] = []  # their last column is written when they arrive
        self._kept: dict[str, list[tuple[int, ...]]] = {name: [] for name in _KEPT}

    def observe(self, scrape: tuple[int, ...]) -> None:
        """Append a row of ``scrapes``."""
        self._keep("scrapes", scrape)

    def end_saga(self, saga: tuple[int, ...]) -> None:
        """Append a row of ``sagas``."""
        self._keep("sagas", saga)

    def end_return(self, goods: tuple[int, ...]) -> None:
        """Append a row of ``returns``."""
        self._keep("returns", goods)

    def end_refund(self, refund: tuple[int, ...]) -> None:
        """Append a row of ``refunds``."""
        self._keep("refunds", refund)

    def end_count(self, count: tuple[int, ...]) -> None:
        """Append a row of ``counts``."""
        self._keep("counts", count)

    def end_collection(self, collection: tuple[int, ...]) -> None:
        """Append a row of ``collections``."""
        self._keep("collections", collection)

    def end_wish(self, wish: tuple[int, ...]) -> None:
        """Append a row of ``same_day``."""
        self._keep("same_day", wish)

    def end_drop(self, drop: tuple[int, ...]) -> None:
        """Append a row of ``drops``."""
        self._keep("drops", drop)

    def end_assisted(self, line: tuple[int, ...]) -> None:
        """Append a row of ``assisted``."""
        self._keep("assisted", line)

    def tell_price(self, table: str, row: tuple[int, ...]) -> None:
        """Append a row of one of the tables of prices."""
        self._keep(table, row)

    def end_exception(self, exception: tuple[int, ...]) -> None:
        """Append a row of ``exceptions``."""
        self._keep("exceptions", exception)

    def end_errand(self, errand: tuple[int, ...]) -> None:
        """Append a row of ``errands``."""
        self._keep("errands", errand)

    def end_notice(self, notice: tuple[int, ...]) -> None:
        """Append a row of ``notices``."""
        self._keep("notices", notice)

    def _keep(self, name: str, row: tuple[int, ...]) -> None:
        self._kept[name].append(row)
        if len(self._kept[name]) == _ROWS_AT_ONCE:
            self._seal_kept(name)

    def _seal_kept(self, name: str) -> None:
        self.seal(name, np.array(self._kept[name], TABLES[name]))
        self._kept[name].clear()

    def seal(self, name: str, rows: NDArray[np.void]) -> None:
        """Append finished rows of a table that grows with the horizon."""
        if name not in self._writers:
            schema = _table(np.empty(0, TABLES[name])).schema
            self._writers[name] = pq.ParquetWriter(self._folder / f"{name}.parquet", schema, **_AS_WRITTEN)
        if rows.size:
            self._writers[name].write_table(_table(rows))

    def close(
        self,
        *,
        latency: NDArray[np.void],
        flows: NDArray[np.void],
        fates: NDArray[np.void],
        skus: NDArray[np.void],
        replay: NDArray[np.void],
        faults: NDArray[np.void],
    ) -> None:
        """Write what is left; the journal is complete."""
        for name in self._kept:
            self._seal_kept(name)
        for name in (*_SEALED, *_KEPT):
            self.seal(name, np.empty(0, TABLES[name]))
            self._writers.pop(name).close()
        self._write("jobs", np.array(self.jobs, TABLES["jobs"]))
        for name in ("fallbacks", "alerts", "incidents", "spans", "censuses", "closes", "supplies", "absences"):
            self._write(name, np.array(getattr(self, name), TABLES[name]))
        self._write("transfers", np.array([tuple(row) for row in self.transfers], TABLES["transfers"]))
        self._write("latency", latency)
        self._write("flows", flows)
        self._write("fates", fates)
        self._write("skus", skus)
        self._write("faults", faults)
        if replay.size:
            self._write("replay", replay)

    def _write(self, name: str, rows: NDArray[np.void]) -> None:
        pq.write_table(_table(rows), self._folder / f"{name}.parquet", **_AS_WRITTEN)
