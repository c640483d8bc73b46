"""All that fails in one replication."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.faults import Fault
from twin.scenario.scenario import Scenario
from twin.scenario.suggest import not_among
from twin.world.faults.durations import DurationTable
from twin.world.faults.members import crashes
from twin.world.faults.messages import troubles
from twin.world.faults.occurrences import Drawn
from twin.world.faults.staff import absences
from twin.world.faults.systems import errors, failovers, slowdowns, windows
from twin.world.streams import Streams
from twin.world.tables import EstateTables

REPEATS_MAX: Final = 1_000_000
"""A fault that is expected to happen more often than this within the horizon is refused."""


@dataclass(frozen=True)
class Faults:
    """The tables of faults (:mod:`twin.world.tables`)."""

    windows: NDArray[np.void]  # WINDOW
    errors: NDArray[np.void]  # ERRORS
    slowdowns: NDArray[np.void]  # SLOWDOWN
    crashes: NDArray[np.void]  # CRASH
    failovers: NDArray[np.void]  # FAILOVER
    troubles: NDArray[np.void]  # TROUBLE
    absences: NDArray[np.void]  # ABSENCE


def realise_faults(
    scenario: Scenario, streams: Streams, estate: EstateTables, durations: Sequence[DurationTable]
) -> Faults:
    """Realise the faults of a replication. ``durations``: of each of them.

    Raises :class:`ScenarioError` for a place that does not exist, or a fault that never rests.
    """
    _check(scenario, estate)
    drawn = Drawn(scenario, streams, durations)
    return Faults(
        windows(drawn, estate),
        errors(drawn),
        slowdowns(drawn),
        crashes(drawn),
        failovers(drawn),
        troubles(drawn),
        absences(drawn, estate),
    )


def _check(scenario: Scenario, estate: EstateTables) -> None:
    problems = [
        Problem(scenario.name, 1, 1, f"faults[{number}]{path}", message)
        for number, fault in enumerate(scenario.faults)
        for path, message in (*_places(fault, scenario, estate), *_rests(fault, scenario.calendar.horizon_us))
    ]
    if problems:
        raise ScenarioError(problems)


def _places(fault: Fault, scenario: Scenario, estate: EstateTables) -> Iterator[tuple[str, str]]:
    """Path and rule of a place that is not there; stores of a table are known only now."""
    dcs = [dc.name for dc in scenario.estate.dcs]
    regions = [region.name for region in scenario.estate.regions]
    if fault.system == "wms" and fault.node not in (None, *dcs):
        yield ".node", not_among("DC", str(fault.node), dcs)
    if (fault.system == "link" or fault.kind == "absent") and fault.node not in (None, *estate.node_names):
        yield ".node", not_among("store or DC", str(fault.node), estate.node_names)
    stores = estate.node_names[len(dcs) :]
    if fault.system == "pos" and fault.node not in (None, *stores):
        yield ".node", not_among("store", str(fault.node), stores)
    if fault.region not in (None, *regions):
        yield ".region", not_among("region", str(fault.region), regions)


def _rests(fault: Fault, horizon: int) -> Iterator[tuple[str, str]]:
    cycle = fault.every or (fault.mtbf + fault.duration.mean if fault.mtbf is not None else None)
    if cycle is not None and horizon / cycle > REPEATS_MAX:
        yield "", f"would repeat more than {REPEATS_MAX} times within the horizon"
