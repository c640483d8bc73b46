"""How an arm evens out stock between its stores."""

from __future__ import annotations

from collections.abc import Iterator

from twin.scenario.base import Broken, Duration, Model, Positive, par
from twin.scenario.laws import DurationLaw, lognormal


class Transfers(Model):
    """Stores of a region that have too much send to those that have too little, by what the record says."""

    interval: Duration = par("0s", unit="duration", meaning="time between two reviews of a region; 0: no transfers")
    phase: Duration = par("22h", unit="duration", meaning="the first review, after midnight of the start")
    above: float = par(
        6.0, unit="weeks of expected demand", meaning="a store gives away what its record says beyond this", ge=0
    )
    below: float = par(
        1.0, unit="weeks of expected demand", meaning="a store is brought up to this by record and orders", ge=0
    )
    least: Positive = par(2, unit="units", meaning="fewer units of a SKU are not worth the way")
    lead: DurationLaw = par(
        lognormal("2d", 0.3), unit="duration law", meaning="from the review to the arrival in the other store"
    )

    def broken(self) -> Iterator[Broken]:
        if self.below > self.above:
            told = f"must be at most above {self.above:g}, it is {self.below:g}"
            yield Broken(("below",), f"{told}: stores would send stock round in circles")
