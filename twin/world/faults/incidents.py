"""Durations of real incidents, read from a log by the mapping that :mod:`twin.scenario.incidents` declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from twin.scenario.incidents import INCIDENTS_MIN, FaultLaw, IncidentLog
from twin.scenario.suggest import not_among
from twin.world.tabular import Columns, Table, read_table

Values = frozenset[str]


class Incidents:
    """A log as it is; which of its rows count, and for how long, is said by its mapping and by the law that asks."""

    def __init__(self, log: IncidentLog, path: Path) -> None:
        """Read the log. Raises :class:`twin.scenario.errors.ScenarioError` if that cannot be done."""
        self._log = log
        others = tuple(column for column in log.columns if column != log.begins)
        self._table = read_table(path, log.file, Columns(required=(log.begins,), nullable=others))
        begins, _ = _instants(self._table, log.begins)
        ends, self._ended = _instants(self._table, log.ends)
        self._table.check()
        self._spans = np.stack([begins, ends], axis=1)
        self._choices: dict[str, list[Values]] = {}

    def problems(self, law: FaultLaw) -> Iterator[tuple[str, str]]:
        """Path and rule of what a law chooses and the log does not have."""
        known = {name: sorted(frozenset().union(*self._values(name))) for name in law.where}
        unknown = [(name, value) for name, values in law.where.items() for value in values if value not in known[name]]
        for name, value in unknown:
            yield f".where.{name}", not_among(name, value, known[name])
        if not unknown and (found := self.durations(law).size) < INCIDENTS_MIN:
            yield ".where", f"leaves {found} incidents of {self._log.file}, at least {INCIDENTS_MIN} are needed"

    def durations(self, law: FaultLaw) -> NDArray[np.int64]:
        """Durations, us, of the incidents that a law chooses and that came to an end, at most ``longest``."""
        rows = self._rows()
        for name, wanted in {**self._log.usual, **law.where}.items():
            values = self._values(name)
            rows = [row for row in rows if not values[row].isdisjoint(wanted)]
        spans = self._spans[rows]
        spans = spans[spans[:, 0] < spans[:, 1]]
        if self._log.one_event:
            spans = np.unique(spans, axis=0)
        lasted: NDArray[np.int64] = np.minimum(spans[:, 1] - spans[:, 0], law.longest)
        return lasted

    def _rows(self) -> list[int]:
        """Rows that stand for an incident that ended, within the complete months."""
        rows: Iterable[int] = range(self._table.rows)
        if self._log.incident is not None:
            names = self._table.text(self._log.incident)
            rows = {name: row for row, name in enumerate(names)}.values()  # of each name the last row stays
        months = self._log.months or ("1970-01-01", "2200-01-01")
        first, end = (int(np.datetime64(day, "us").astype(np.int64)) for day in months)
        return [row for row in rows if self._ended[row] and first <= self._spans[row, 0] < end]

    def _values(self, name: str) -> list[Values]:
        """What each row has in a column that one may choose by."""
        if name not in self._choices:
            texts = self._table.text(self._log.choices[name])
            several = name in self._log.lists
            self._choices[name] = [_split(text, several) for text in texts]
        return self._choices[name]


def _split(text: str | None, several: bool) -> Values:
    if text is None:
        return frozenset()
    return frozenset(text.split("|")) if several else frozenset({text})


def _instants(table: Table, column: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Microseconds since 1970 (what the wall showed, if the log names no zone), and where there are any."""
    stamps = table.columns[column]
    known = np.asarray(stamps.is_valid().to_numpy(), np.bool_)
    if not pa.types.is_timestamp(stamps.type):
        table.complain(column, f"must be a time stamp, its type is {stamps.type}")
        return np.zeros(table.rows, np.int64), known
    micro = stamps.cast(pa.timestamp("us", stamps.type.tz), safe=False).cast(pa.int64())
    return np.asarray(micro.fill_null(0).to_numpy(), np.int64), known
