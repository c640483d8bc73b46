"""How accepted orders reach the order management system: by file or message, by how many workers, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from twin.core.shares import parts
from twin.scenario.base import Broken, Count, Duration, Model, par
from twin.scenario.laws import DurationLaw, lognormal

ORDER_MODES: Final = ("ship", "pickup", "same_day")
"""How customers want orders, in the order of :class:`twin.journal.orders.Mode`."""

ReleaseSystem = Literal["files", "hub", "broker", "service", "oms"]
"""Systems whose outages and slow-downs hold up the release."""


class Release(Model):
    """From accepted order to the order management system that sources it."""

    mode: Literal["batch", "stream"] = par("stream", unit="name", meaning="order export job, or message by message")
    system: ReleaseSystem = par(
        "broker",
        unit="name",
        meaning="middleware that carries the orders, or the order management system itself (oms); none is released while it is down",
    )
    interval: Duration = par(
        "15m", unit="duration", meaning="batch: time between two exports", source="Celigo presets 15/30/60 min"
    )
    phase: Duration = par(
        "0s", unit="duration", meaning="batch: start of the first export after local midnight of the start"
    )
    step: DurationLaw = par(lognormal("2s", 0.8), unit="duration law", meaning="processing per order, without queueing")
    workers: Count = par(
        0, unit="orders", meaning="orders processed at the same time; 0: as many as there are", le=10_000
    )
    rate: float = par(
        0.0, unit="orders/s", meaning="throttle: orders begun in a second, evenly spaced; 0: none", ge=0, le=1_000_000
    )
    order: Literal["oldest", "newest", "priority"] = par(
        "oldest",
        unit="name",
        meaning="which of those that wait is begun first: by when they came, or by class and then by when they came",
    )
    priorities: dict[str, Count] = par(
        default_factory=dict,
        unit="class by channel or mode",
        meaning="order priority: class of a channel, or of all that is picked up (pickup) or shipped (ship); the lower first; an order has "
        "the lowest that it is given, one without any comes last",
    )

    @property
    def queues(self) -> bool:
        """Whether orders may wait for each other."""
        return self.workers > 0 or self.rate > 0

    def broken(self) -> Iterator[Broken]:
        if self.mode == "batch" and self.interval <= 0:
            yield Broken(("interval",), "must be longer than 0 for mode batch")
        if self.rate > 0 and parts(self.rate) == 0:
            yield Broken(("rate",), "must be at least a millionth of an order, or 0 for no throttle")
        if self.order != "oldest" and not self.queues:
            yield Broken(("order",), f"{self.order} needs workers or a rate: without them no order waits for another")
        if self.order == "priority" and not self.priorities:
            yield Broken(("order",), "priority needs priorities: give a class to channels or modes")
        if self.priorities and self.order != "priority":
            yield Broken(("priorities",), f"are for order priority, the order is {self.order}")
