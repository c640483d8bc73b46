"""What is held back from online channels, and why: at nodes, from channels, for what a belief may have missed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from twin.scenario.base import Broken, Count, Duration, Model, Name, Share, par

TILLS: Final = "tills"
"""Name of the walk-ins among the classes of a protection."""

_LAST_UNITS_MAX: Final = 20_000
_QUANTILE_MAX: Final = 0.9999


class Protection(Model):
    """Nested protection levels: each class of demand is kept units that the classes of less value may not have (EMSR-b)."""

    values: dict[Name, float] = par(
        default_factory=dict,
        unit="USD by class",
        meaning="what a unit sold in a channel is worth, for every channel, and for the tills if they are protected too; "
        "empty: nothing is protected",
        source="Belobaba 1989, EMSR-b",
    )
    horizon: Duration = par(
        "24h", unit="duration", meaning="time whose expected demand is protected: until new stock comes"
    )

    def broken(self) -> Iterator[Broken]:
        for name, value in self.values.items():
            if value <= 0:
                yield Broken(("values", name), f"must be above 0, it is {value:g}")
        if self.horizon <= 0:
            yield Broken(("horizon",), "must be longer than 0")


class Allotment(Model):
    """Quotas: parts of the pooled stock that channels sell from, each for itself, until stock is allotted anew."""

    shares: dict[Name, Share] = par(
        default_factory=dict,
        unit="share by channel",
        meaning="part of what the view offers of each SKU that the channel may sell until the next allotment; others share the pool",
    )
    interval: Duration = par("24h", unit="duration", meaning="between two allotments")

    def broken(self) -> Iterator[Broken]:
        if self.interval <= 0:
            yield Broken(("interval",), "must be longer than 0")


class Buffers(Model):
    """Units held back from online channels (not safety stock for planning)."""

    rule: Literal["fixed", "percent", "last_units", "newsvendor"] = par(
        "fixed",
        unit="name",
        meaning="how much a node holds back. fixed: store, dc; percent: store_share, dc_share of what it has left, rounded up; "
        "last_units: everything while it has no more than store, dc left; newsvendor: what walk-ins are likely to take during exposure",
    )
    store: Count = par(1, unit="units", meaning="held back in each store, for walk-ins and record errors", le=32_767)
    dc: Count = par(0, unit="units", meaning="held back in each DC", le=32_767)
    store_share: Share = par(0.1, unit="share", meaning="percent: part held back in each store")
    dc_share: Share = par(0.0, unit="share", meaning="percent: part held back in each DC")
    exposure: Duration = par(
        "6h",
        unit="duration",
        meaning="newsvendor: time from a promise to its pick, in which walk-ins may take the unit",
    )
    broken_promise_usd: float = par(
        20.0,
        unit="USD/unit",
        meaning="newsvendor: cost of a unit too few; a unit too many costs the margin of the sale that was refused",
        source="10 to 25 USD per oversold order [S: getordersync]",
        gt=0,
    )
    pooled: dict[str, Count] = par(
        default_factory=dict,
        unit="units by channel",
        meaning="held back from a channel on top, out of the pooled stock",
    )
    protection: Protection = par(
        default_factory=Protection, unit="object", meaning="held back from a channel for channels of higher value"
    )
    staleness: float = par(
        0.0,
        unit="probability",
        meaning="hold back what is likely to be sold in the age of the belief: no more is with this probability; 0: nothing. "
        "The age is what can be observed, the time since the last file, refresh or sign of life",
        ge=0,
        le=_QUANTILE_MAX,
    )
    allotment: Allotment = par(default_factory=Allotment, unit="object", meaning="quotas of channels")

    def broken(self) -> Iterator[Broken]:
        for name, units in (("store", self.store), ("dc", self.dc)):
            if self.rule == "last_units" and units > _LAST_UNITS_MAX:
                yield Broken((name,), f"must be at most {_LAST_UNITS_MAX:,} with rule last_units, it is {units:,}")
