"""Delivery on the day of the order, by couriers from nodes near the customer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from twin.scenario.base import Broken, Duration, Model, Positive, format_duration, par
from twin.scenario.laws import DurationLaw, lognormal

_DAY: Final = 24 * 3_600_000_000


class SameDay(Model):
    """Who may have an order today, from where, and who brings it."""

    on: bool = par(False, unit="flag", meaning="whether delivery today is offered to customers who want it")
    cut_off: Duration = par(
        "14h",
        unit="local time of day",
        meaning="until when an order is promised for today, by the customer's clock; must be before by",
        source="noon to 15:00 are common [M: retailers' help pages]",
    )
    by: Duration = par(
        "21h",
        unit="local time of day",
        meaning="until when it is promised to be there, by the customer's clock",
        source="20:00 to 22:00 are common [M: retailers' help pages]",
    )
    radius_km: Positive = par(
        25,
        unit="km",
        meaning="how far from the customer a node may be that supplies today, in a straight line",
        source="assumption in 15 to 30 km [M: courier platforms' help pages]",
        le=10_000,
    )
    dcs: bool = par(False, unit="flag", meaning="whether DCs within the radius supply too; stores always do")
    quote: bool = par(
        True,
        unit="flag",
        meaning="whether the checkout asks the courier first, and promises nothing for today while its system is down",
    )
    dispatch: Duration = par(
        "0s",
        unit="duration",
        meaning="interval of the runs that parcels wait for; 0: each leaves as soon as a courier is there",
    )
    couriers: Positive = par(3, unit="couriers", meaning="couriers of each store (or DC), or of each region", le=10_000)
    pool: Literal["store", "region"] = par(
        "store", unit="name", meaning="whether every store has couriers of its own, or all nodes of a region share them"
    )
    drive: DurationLaw = par(
        lognormal("20m", 0.4), unit="duration law", meaning="handing over, parking and door, whatever the distance"
    )
    per_km: Duration = par(
        "2m", unit="duration per km", meaning="driving, for each km in a straight line", source="assumption: 30 km/h"
    )

    def broken(self) -> Iterator[Broken]:
        if self.cut_off >= self.by:
            told = f"{format_duration(self.by)}, it is {format_duration(self.cut_off)}"
            yield Broken(("cut_off",), f"must be before by {told}")
        if self.by > _DAY:
            yield Broken(("by",), f"must be at most 24h, it is {format_duration(self.by)}")
