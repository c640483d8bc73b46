"""A finished run read back from its folder; reports and machines see a run only through this."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from twin.core.errors import ResultsError
from twin.experiment.atomic import follow
from twin.experiment.comparison import Row
from twin.experiment.ranking import Ranked
from twin.experiment.store import JOURNAL, RunFolder
from twin.experiment.tables import read_rows
from twin.experiment.task import quote_arm
from twin.experiment.thresholds import Judged
from twin.experiment.timelines import FILE, Band, read_run


@dataclass(frozen=True)
class Fault:
    """A window in which something had failed: how, what, and from when to when, us."""

    kind: str
    what: str
    start: int
    end: int


@dataclass(frozen=True)
class Result:
    """A run's comparison with what is needed to read it."""

    run_dir: Path
    manifest: Mapping[str, Any]
    rows: Mapping[tuple[str, str], Row]
    thresholds: tuple[Judged, ...]
    ranking: tuple[Ranked, ...] = ()
    """All arms by net benefit, the cheapest first; none where money cannot be told."""

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms in the scenario's order."""
        return tuple(self.manifest["arms"])

    @property
    def baseline(self) -> str:
        """Arm the others are compared with."""
        return str(self.manifest["baseline"])

    @property
    def fingerprint(self) -> str:
        """BLAKE2b-128 over the values of all result tables."""
        return str(self.manifest["fingerprint"])

    @property
    def kpis(self) -> tuple[str, ...]:
        """Names of all KPIs, in the order of measuring."""
        return tuple(dict.fromkeys(kpi for _, kpi in self.rows))

    def row(self, arm: str, kpi: str) -> Row | None:
        """The comparison's row, or ``None`` if this KPI was not measured for the arm."""
        return self.rows.get((arm, kpi))

    def as_json(self) -> dict[str, Any]:
        """The contract of ``--json``: plain data with ``null`` where a number does not exist."""
        return {
            "run_dir": str(self.run_dir),
            "fingerprint": self.fingerprint,
            "replications": self.manifest["replications"],
            "baseline": self.baseline,
            "arms": {arm: {row.kpi: _estimate(row) for row in self._rows_of(arm)} for arm in self.arms},
            "differences": {
                arm: {row.kpi: _difference(row) for row in self._rows_of(arm)}
                for arm in self.arms
                if arm != self.baseline
            },
            "ranking": [asdict(ranked) for ranked in self.ranking],
            "thresholds": [asdict(judged) for judged in self.thresholds],
        }

    def timeline(self) -> dict[tuple[str, str], Band]:
        """Time series by arm and name; none if the run has none."""
        return read_run(self.run_dir / FILE)

    def faults(self) -> list[list[Fault]]:
        """What failed when, replication by replication: the same in every arm."""
        first = self.run_dir.glob(f"{JOURNAL}/{quote_arm(self.arms[0])}/*/faults.parquet")
        return [_read_faults(path) for path in sorted(first)]

    def replay_account(self) -> list[dict[str, Any]]:
        """What became of the lines of a replayed log, the lines read first; empty if demand was drawn."""
        files = sorted(self.run_dir.glob("journal/*/*/replay.parquet"))
        if not files:
            return []
        import pyarrow.parquet as pq  # imported late: most runs replay nothing

        rows: list[dict[str, Any]] = pq.read_table(files[0]).to_pylist()
        return rows

    def _rows_of(self, arm: str) -> list[Row]:
        return [row for (name, _), row in self.rows.items() if name == arm]


def read_result(run_dir: Path) -> Result:
    """Read a finished run; ``ResultsError`` if it is missing, unfinished or damaged. ``results/latest`` is followed."""
    path = follow(run_dir)
    manifest = RunFolder(path).read_manifest()
    if manifest["status"] != "complete":
        raise ResultsError(f"{path}: the run is {manifest['status']}, go on with it by --out {path} --resume")
    rows = {(row.arm, row.kpi): row for row in read_rows(path / "comparison.csv", Row)}
    ranking = tuple(read_rows(path / "ranking.csv", Ranked))
    return Result(path, manifest, rows, tuple(_read_thresholds(path / "thresholds.json")), ranking)


def _read_faults(path: Path) -> list[Fault]:
    import pyarrow.parquet as pq

    return [Fault(**row) for row in pq.read_table(path).to_pylist()]


def _read_thresholds(path: Path) -> list[Judged]:
    if not path.exists():
        return []
    try:
        return [Judged(**record) for record in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise ResultsError(f"{path}: cannot be read: {error}") from error


def _estimate(row: Row) -> dict[str, Any]:
    return {"mean": row.mean, "low": row.low, "high": row.high, "n": row.n, "unit": row.unit}


def _difference(row: Row) -> dict[str, Any]:
    return {"mean": row.difference, "low": row.difference_low, "high": row.difference_high, "p_holm": row.p_holm}
