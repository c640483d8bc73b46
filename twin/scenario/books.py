"""How an arm closes its books: when the ledgers are held against each other, and who clears up what does not match."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from twin.scenario.base import Broken, Count, Duration, Model, Share, format_duration, par
from twin.scenario.laws import DurationLaw, lognormal

_DAY: Final = 24 * 3_600_000_000


class OrderPosting(Model):
    """How finance learns of orders: by files of what was accepted, and of what was let down."""

    interval: Duration = par("24h", unit="duration", meaning="time between two files of orders to the ERP")
    phase: Duration = par("1h", unit="duration", meaning="the first file, after midnight of the start")
    rejected: Share = par(
        0.0,
        unit="share",
        meaning="documents that the ERP rejects (an unknown customer, a tax code, a closed period) and that people must enter",
    )

    def broken(self) -> Iterator[Broken]:
        if not self.interval:
            yield Broken(("interval",), "must be above 0: without files finance would never learn of an order")


class Books(Model):
    """The close: three ledgers are held against each other, and people clear up what will not heal by itself."""

    on: bool = par(False, unit="flag", meaning="whether books are closed at all; without it no close has a row")
    system: Literal["erp", "finance"] = par(
        "erp",
        unit="name",
        meaning="where books are closed: in the ERP, or in a finance system of its own, without which no close takes place and nothing is cleared",
    )
    interval: Duration = par("24h", unit="duration", meaning="time between two closes")
    phase: Duration = par("23h30m", unit="duration", meaning="the first close, after midnight of the start")
    orders: OrderPosting = par(default_factory=OrderPosting, unit="object", meaning="how finance learns of orders")
    tolerance: Count = par(
        0, unit="closes", meaning="how many closes in a row a difference may stand before it becomes an exception"
    )
    dead_letters: Literal["wait", "correct"] = par(
        "wait",
        unit="name",
        meaning="whether a dead letter is left to its redrive, or people book what it holds (and a redrive books it again)",
    )
    accountants: Count = par(3, unit="people", meaning="people who clear exceptions; 0: nobody does", le=10_000)
    opens: Duration = par("8h", unit="time of day", meaning="from when on an exception is taken up, simulation time")
    closes: Duration = par("17h", unit="time of day", meaning="from when on none is; must be after opens")
    queue: Literal["oldest", "dearest"] = par("oldest", unit="name", meaning="which exception is taken up next")
    handling: DurationLaw = par(
        lognormal("6m", 0.8),
        unit="duration law",
        meaning="labour of one exception: finding the document, asking the node, entering the correction",
    )

    def broken(self) -> Iterator[Broken]:
        if not self.interval:
            yield Broken(("interval",), "must be above 0: books that are always closed are never open")
        if self.opens >= self.closes:
            told = f"{format_duration(self.opens)}, it is {format_duration(self.closes)}"
            yield Broken(("closes",), f"must be after opens {told}")
        if self.closes > _DAY:
            yield Broken(("closes",), f"must be at most 24h, it is {format_duration(self.closes)}")
