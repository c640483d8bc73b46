"""What fails: part of the world, so the same in every arm; an arm without the failed system is not touched by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.core.shares import parts
from twin.scenario.base import Broken, Duration, Model, Share, par
from twin.scenario.laws import DurationLaw

System = Literal["erp", "files", "hub", "broker", "service", "wms", "identity"]
"""ERP; file transfer host (point_to_point); hub; broker; availability and reservation service; warehouse systems of DCs; identity provider."""


class Fault(Model):
    """An outage of one system, or errors of it: once, every so often, or at random."""

    system: System = par(unit="name", meaning="system that is down, or errs")
    node: str | None = par(None, unit="name", meaning="for wms: the DC whose system is down; empty means all DCs")
    at: Duration | None = par(
        None, unit="duration since start", meaning="beginning, counted from the start of the simulation"
    )
    duration: DurationLaw = par(unit="duration law", meaning="how long it lasts")
    every: Duration | None = par(None, unit="duration", meaning="repeats after this much (maintenance windows)")
    mtbf: Duration | None = par(
        None, unit="duration", meaning="instead of at: mean time between the end of a failure and the next, exponential"
    )

    errors: Share | None = par(
        None,
        unit="share",
        meaning="instead of an outage: the system stays up, and this share of the checkouts' calls is answered with an error",
    )

    def broken(self) -> Iterator[Broken]:
        if self.errors is not None and self.system == "wms":
            yield Broken(("errors",), "is for systems that checkouts call, the system is wms")
        if self.errors is not None and parts(self.errors) == 0:
            yield Broken(("errors",), "must be at least a millionth, or left out for an outage")
        if (self.at is None) == (self.mtbf is None):
            yield Broken(
                (),
                "give either at (scheduled) or mtbf (at random), "
                + ("not both" if self.at is not None else "one of them"),
            )
        if self.every is not None and self.at is None:
            yield Broken(("every",), "repeats a scheduled fault, so it needs at")
        elif self.every is not None and self.every <= self.duration.mean:
            yield Broken(("every",), "must be longer than the duration, the windows would overlap")
        if self.mtbf is not None and self.mtbf <= 0:
            yield Broken(("mtbf",), "must be longer than 0")
        if self.duration.mean <= 0:
            yield Broken(("duration",), "must be longer than 0")
        if self.node is not None and self.system != "wms":
            yield Broken(("node",), f"is for system wms only, the system is {self.system}")
