"""How long faults last, as tables of integers: of a law, or of the incidents of a log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.core.laws import empirical, table
from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.incidents import LOGS, FaultLaw, LogName
from twin.scenario.scenario import Scenario
from twin.world.faults.incidents import Incidents
from twin.world.replay.log import find_log


@dataclass(frozen=True)
class DurationTable:
    """What the durations of one fault are drawn from."""

    knots: NDArray[np.int64]  # for twin.core.laws.sample
    incidents: int | None  # how many it rests on; None for a law


def incident_logs(scenario: Scenario, base: Path, data_dir: Path | None) -> dict[LogName, Path]:
    """Where the logs lie that the scenario's faults draw from, found like a log of demand."""
    named = (fault.duration.incidents for fault in scenario.faults)
    return {name: find_log(LOGS[name].file, base, data_dir) for name in named if name is not None}


def duration_tables(scenario: Scenario, base: Path = Path(), data_dir: Path | None = None) -> tuple[DurationTable, ...]:
    """Tables of all faults. Raises :class:`ScenarioError` for a log that does not have what is chosen."""
    paths = incident_logs(scenario, base, data_dir)
    logs = {name: Incidents(LOGS[name], path) for name, path in paths.items()}
    problems = [
        Problem(scenario.name, 1, 1, f"faults[{number}].duration{path}", message)
        for number, fault in enumerate(scenario.faults)
        if fault.duration.incidents is not None
        for path, message in logs[fault.duration.incidents].problems(fault.duration)
    ]
    if problems:
        raise ScenarioError(problems)
    return tuple(_table(fault.duration, logs) for fault in scenario.faults)


def _table(law: FaultLaw, logs: Mapping[LogName, Incidents]) -> DurationTable:
    if law.incidents is None:
        return DurationTable(table(law.law, law.mean, law.cv), None)
    lasted = logs[law.incidents].durations(law)
    return DurationTable(empirical(lasted), lasted.size)
