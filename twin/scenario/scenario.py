"""The scenario as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

from twin.scenario.base import Broken, Count, Model, Name, Seq, par
from twin.scenario.calendar import Calendar
from twin.scenario.demand import Demand
from twin.scenario.economics import Economics
from twin.scenario.estate import Estate
from twin.scenario.experiment import Experiment, Threshold
from twin.scenario.faults import Fault
from twin.scenario.releases import ApiRelease
from twin.scenario.suggest import not_among
from twin.scenario.systems import Systems

SCENARIO_NAME: Final = r"^[a-z0-9][a-z0-9_-]*$"


class Scenario(Model):
    """One immutable, validated description. ``arms`` are fully resolved: defaults, preset, ``systems`` of the file, the arm's own changes."""

    twin: Literal[1] = par(unit="version", meaning="version of the scenario language")
    name: str = par(unit="name", meaning="name of the scenario; names the results folder", pattern=SCENARIO_NAME)
    description: str = par("", unit="text", meaning="what the scenario is for")
    seed: Count = par(unit="integer", meaning="seed of all luck")
    calendar: Calendar = par(unit="object", meaning="when")
    estate: Estate = par(unit="object", meaning="what the retailer owns")
    demand: Demand = par(unit="object", meaning="who wants what")
    faults: Seq[Fault] = par((), unit="list", meaning="what fails")
    releases: Seq[ApiRelease] = par((), unit="list", meaning="what vendors change")
    arms: dict[Name, Systems] = par(
        unit="object", meaning="arms by name, each a full set of systems and policies", min_length=1
    )
    economics: Economics = par(default_factory=Economics, unit="object", meaning="money")
    experiment: Experiment = par(default_factory=Experiment, unit="object", meaning="comparison")
    thresholds: Seq[Threshold] = par((), unit="list", meaning="statements that must hold")

    def broken(self) -> Iterator[Broken]:
        if self.experiment.baseline is not None and self.experiment.baseline not in self.arms:
            yield Broken(("experiment", "baseline"), not_among("arm", self.experiment.baseline, self.arms))

    @property
    def baseline(self) -> str:
        """Arm the others are compared with."""
        return self.experiment.baseline or next(iter(self.arms))

    def world_part(self) -> dict[str, Any]:
        """Everything the world may depend on, as plain data: nothing of arms, money or comparison."""
        return self.model_dump(mode="json", include={"seed", "calendar", "estate", "demand", "faults", "releases"})
