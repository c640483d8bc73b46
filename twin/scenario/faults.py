"""What fails: part of the world, so the same in every arm; an arm without the failed system is not touched by it."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from twin.scenario.base import Duration, Model, par
from twin.scenario.laws import DurationLaw

System = Literal["erp", "files", "hub", "broker", "service", "wms"]
"""ERP; file transfer host (point_to_point); hub; broker; availability and reservation service; warehouse systems of DCs."""


class Fault(Model):
    """An outage of one system: once, every so often, or at random."""

    system: System = par(unit="name", meaning="system that is down")
    node: str | None = par(None, unit="name", meaning="for wms: the DC whose system is down; empty means all DCs")
    at: Duration | None = par(None, unit="duration since start", meaning="beginning, counted from the start of the simulation")
    duration: DurationLaw = par(unit="duration law", meaning="how long it lasts")
    every: Duration | None = par(None, unit="duration", meaning="repeats after this much (maintenance windows)")
    mtbf: Duration | None = par(None, unit="duration", meaning="instead of at: mean time between the end of a failure and the next, exponential")

    @model_validator(mode="after")
    def _when(self) -> Fault:
        if (self.at is None) == (self.mtbf is None):
            raise ValueError("give either at or mtbf")
        if self.every is not None and (self.at is None or self.every <= self.duration.mean):
            raise ValueError("every needs at and must be longer than the duration")
        if self.mtbf is not None and self.mtbf <= 0:
            raise ValueError("mtbf must be longer than 0")
        if self.duration.mean <= 0:
            raise ValueError("duration must be longer than 0")
        if self.node is not None and self.system != "wms":
            raise ValueError("node is for system wms only")
        return self
