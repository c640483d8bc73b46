"""The scenario as a whole."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from twin.scenario.base import Count, Model, Seq, par
from twin.scenario.calendar import Calendar
from twin.scenario.demand import Demand
from twin.scenario.economics import Economics
from twin.scenario.estate import Estate
from twin.scenario.experiment import Experiment, Threshold
from twin.scenario.faults import Fault
from twin.scenario.systems import Systems


class Scenario(Model):
    """One immutable, validated description. ``arms`` are fully resolved: defaults, preset, ``systems`` of the file, the arm's own changes."""

    twin: Literal[1] = par(unit="version", meaning="version of the scenario language")
    name: str = par(unit="name", meaning="name of the scenario; names the results folder", pattern=r"^[a-z0-9][a-z0-9_-]*$")
    description: str = par("", unit="text", meaning="what the scenario is for")
    seed: Count = par(unit="integer", meaning="seed of all luck")
    calendar: Calendar = par(unit="object", meaning="when")
    estate: Estate = par(unit="object", meaning="what the retailer owns")
    demand: Demand = par(unit="object", meaning="who wants what")
    faults: Seq[Fault] = par((), unit="list", meaning="what fails")
    arms: dict[str, Systems] = par(unit="object", meaning="arms by name, each a full set of systems and policies", min_length=1)
    economics: Economics = par(default_factory=Economics, unit="object", meaning="money")
    experiment: Experiment = par(default_factory=Experiment, unit="object", meaning="comparison")
    thresholds: Seq[Threshold] = par((), unit="list", meaning="statements that must hold")

    @model_validator(mode="after")
    def _references(self) -> Scenario:
        if self.experiment.baseline is not None and self.experiment.baseline not in self.arms:
            raise ValueError(f"experiment.baseline {self.experiment.baseline!r} is not an arm")
        return self

    @property
    def baseline(self) -> str:
        """Arm the others are compared with."""
        return self.experiment.baseline or next(iter(self.arms))

    def world_part(self) -> dict[str, Any]:
        """Everything the world may depend on, as plain data: nothing of arms, money or comparison."""
        return self.model_dump(mode="json", include={"seed", "calendar", "estate", "demand", "faults"})
