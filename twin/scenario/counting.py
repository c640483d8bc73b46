"""How an arm counts its stock: which pairs are counted, when, and by how many people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from twin.scenario.base import Broken, Count, Duration, Model, Positive, Share, format_duration, par
from twin.scenario.laws import DurationLaw, lognormal

_DAY: Final = 24 * 3_600_000_000


class CountCalendar(Model):
    """Every pair in turn, those that sell for most more often; an interval of 0 leaves a class out."""

    a: Duration = par("0s", unit="duration", meaning="interval at which pairs of class A are counted; 0: not at all")
    b: Duration = par("0s", unit="duration", meaning="the same of class B")
    c: Duration = par("0s", unit="duration", meaning="the same of class C")
    a_share: Share = par(
        0.8,
        unit="share of expected sales value",
        meaning="the pairs of a node that sell for most are class A, up to this share of its value",
        source="Pareto rule of ABC cycle counting (Silver, Pyke & Thomas 2017)",
    )
    b_share: Share = par(
        0.95, unit="share of expected sales value", meaning="the next are class B, up to this share of the node's value"
    )

    def broken(self) -> Iterator[Broken]:
        if self.b_share < self.a_share:
            yield Broken(("b_share",), f"must be at least a_share {self.a_share:g}, it is {self.b_share:g}")


class ZeroBalance(Model):
    """A pair is counted when the belief comes down to the threshold: then it is counted in no time."""

    on: bool = par(False, unit="flag", meaning="whether pairs are counted when they seem to have run out")
    belief: Literal["record", "view"] = par("record", unit="name", meaning="the belief that is looked at")
    threshold: Count = par(0, unit="units", meaning="the belief that is low enough")


class Discrepancy(Model):
    """A pair is counted when something says that its record is wrong."""

    short_picks: bool = par(False, unit="flag", meaning="whether a pair is counted after a pick that found too little")
    silence: float = par(
        0.0,
        unit="units",
        meaning="a store's pair with a record above 0 is counted when nothing was sold at the till for as long as it takes to sell so many "
        "units on average; 0: never",
        ge=0,
    )


class Counting(Model):
    """The people who count, and what they count."""

    calendar: CountCalendar = par(
        default_factory=CountCalendar, unit="object", meaning="counts by the calendar (a, b and c 0: none)"
    )
    zero_balance: ZeroBalance = par(default_factory=ZeroBalance, unit="object", meaning="counts of what ran out")
    discrepancy: Discrepancy = par(default_factory=Discrepancy, unit="object", meaning="counts of what is suspicious")
    opens: Duration = par("6h", unit="local time of day", meaning="when a node's list is drawn up and counting begins")
    closes: Duration = par(
        "9h", unit="local time of day", meaning="from when on no count is begun; must be after opens"
    )
    store_people: Positive = par(1, unit="people", meaning="people of a store who count at the same time", le=1_000)
    dc_people: Positive = par(4, unit="people", meaning="people of a DC who count at the same time", le=1_000)
    store_count: DurationLaw = par(
        lognormal("75s", 0.6), unit="duration law", meaning="a count of one pair in a store, way and entry included"
    )
    dc_count: DurationLaw = par(lognormal("60s", 0.5), unit="duration law", meaning="the same in a DC")

    @property
    def on(self) -> bool:
        """Whether anything is ever counted."""
        calendar, discrepancy = self.calendar, self.discrepancy
        by_the_clock = calendar.a or calendar.b or calendar.c
        return bool(by_the_clock or self.zero_balance.on or discrepancy.short_picks or discrepancy.silence)

    def broken(self) -> Iterator[Broken]:
        if self.opens >= self.closes:
            told = f"{format_duration(self.opens)}, it is {format_duration(self.closes)}"
            yield Broken(("closes",), f"must be after opens {told}")
        if self.closes > _DAY:
            yield Broken(("closes",), f"must be at most 24h, it is {format_duration(self.closes)}")
