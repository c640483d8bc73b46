"""What an arm does about staff of stores who are missing."""

from __future__ import annotations

from twin.scenario.base import Model, par
from twin.scenario.laws import DurationLaw, lognormal


class Workforce(Model):
    """Rosters (system workforce): who stands in for pickers who are absent."""

    on: bool = par(
        False,
        unit="flag",
        meaning="whether absences are told to a system that finds substitutes; else a store does with the pickers that it has",
    )
    substitute: DurationLaw = par(
        lognormal("3h", 0.6),
        unit="duration law",
        meaning="from the absence's being told to substitutes at work; who is absent for a shorter time has none",
    )
