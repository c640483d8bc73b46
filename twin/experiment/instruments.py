"""What the engine calls and does not own: the model, the measures, the money. Real ones by default, fakes in tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from twin.scenario.scenario import Scenario

Kpis = Mapping[str, float | None]
"""KPI values of one (arm, replication) by name; ``None`` where there was nothing to measure."""


class Prepare(Protocol):
    """Make a process ready to simulate; workers that are told different numbers share the work of compilation."""

    def __call__(self, worker: int, /) -> None: ...


class Simulate(Protocol):
    """Run one replication of one arm and write its journal tables as Parquet into ``folder``."""

    def __call__(
        self, scenario: Scenario, arm: str, replication: int, *, folder: Path, base: Path, data_dir: Path | None
    ) -> None: ...


class Measure(Protocol):
    """KPI values from the journal tables in ``folder``."""

    def __call__(self, folder: Path, scenario: Scenario, arm: str) -> Kpis: ...


class Timeline(Protocol):
    """Time series from the journal tables in ``folder``: ``t``, the starts of bins in us, and a column per series."""

    def __call__(self, folder: Path, scenario: Scenario, arm: str) -> Mapping[str, NDArray[Any]]: ...


class YearlyValue(Protocol):
    """What an arm is worth in a year, USD, at the levels ``low``, ``base`` and ``high`` of the economic values."""

    def __call__(self, kpis: Kpis, scenario: Scenario, arm: str) -> Mapping[str, float]: ...


class KpiDefinition(Protocol):
    """What of a KPI's definition the comparison stores with its values."""

    @property
    def unit(self) -> str: ...


@dataclass(frozen=True)
class Instruments:
    """The callables of one experiment; module-level functions, so that they travel to workers by name."""

    prepare: Prepare
    simulate: Simulate
    measure: Measure
    yearly_value: YearlyValue
    describe: Callable[[str], KpiDefinition]
    timeline: Timeline | None = None


def real() -> Instruments:
    """The model and the measures themselves; imported here because they bring numba and simpy with them."""
    from twin.economics.roi import yearly_value_usd
    from twin.measure.kpis import describe
    from twin.measure.kpis import measure as measure_kpis
    from twin.measure.timeline import timeline_of
    from twin.model.compiled import compile_kernels
    from twin.model.run import simulate

    return Instruments(compile_kernels, simulate, measure_kpis, yearly_value_usd, describe, timeline_of)
