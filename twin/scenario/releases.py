"""What vendors change: part of the world, so the same in every arm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.scenario.base import Broken, Duration, Model, Name, par
from twin.scenario.laws import DurationLaw, lognormal


class ApiRelease(Model):
    """A version of a called API that ends the one before: from its instant on, clients of that one are answered GONE."""

    system: Literal["service", "erp"] = par(unit="name", meaning="called system")
    version: Name = par(unit="name", meaning="name of the new version")
    at: Duration = par(unit="duration since start", meaning="when the version before is gone")
    notice: Duration = par(
        "26w",
        unit="duration",
        meaning="how long before that the vendor says so and offers the new version",
    )
    rework: DurationLaw = par(
        lognormal("24h", 0.5),
        unit="duration law",
        meaning="working time to rework one coupling: a client, or an adapter",
    )

    def broken(self) -> Iterator[Broken]:
        if self.rework.mean <= 0:
            yield Broken(("rework",), "must be longer than 0: it would break nothing")
