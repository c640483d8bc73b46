"""When the simulation starts, what of it is observed, and how long accepted orders are followed."""

from __future__ import annotations

from collections.abc import Iterator

from twin.scenario.base import DATE, Broken, Duration, Model, par


class Calendar(Model):
    """Simulated span: ``warm_up`` (not measured), ``window`` (measured), ``follow_up`` (the cohort is followed to its end)."""

    start: str = par(
        unit="local date", meaning="first day, as YYYY-MM-DD; the simulation starts at its local midnight", pattern=DATE
    )
    time_zone: str = par("America/New_York", unit="IANA zone", meaning="time zone of the start and of head office")
    warm_up: Duration = par("1d", unit="duration", meaning="time before the observation window")
    window: Duration = par(
        unit="duration", meaning="observation window; demand in it forms the cohort that is measured"
    )
    follow_up: Duration = par(
        "1d",
        unit="duration",
        meaning="time after the window in which the world goes on and the cohort is followed to its end",
    )

    def broken(self) -> Iterator[Broken]:
        if self.window <= 0:
            yield Broken(("window",), "must be longer than 0")

    @property
    def horizon_us(self) -> int:
        """Whole simulated span, microseconds."""
        return self.warm_up + self.window + self.follow_up
