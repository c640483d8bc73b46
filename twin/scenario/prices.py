"""Prices: how list prices change, which belongs to the world, and how an arm has its tills and channels told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.scenario.base import Broken, Duration, Model, Share, format_duration, par
from twin.scenario.laws import DurationLaw, constant, lognormal
from twin.scenario.middleware import Middleware

_DAY = 24 * 3_600_000_000


class EverydayPrices(Model):
    """List prices that change without a promotion."""

    changed: Share = par(
        0.0,
        unit="share of the catalogue",
        meaning="SKUs that are priced anew each night; which ones is drawn for every night",
    )
    spread: Share = par(
        0.1,
        unit="ratio",
        meaning="a new price lies uniformly within this much of the catalogue's price, up or down; so prices do not drift away",
    )
    at: Duration = par("0s", unit="time of day", meaning="when the new prices are valid, simulation time")

    def broken(self) -> Iterator[Broken]:
        if self.spread >= 1:
            yield Broken(("spread",), f"must be below 1, it is {self.spread:g}: goods are not given away")
        if self.at >= _DAY:
            yield Broken(("at",), f"must be before 24h, it is {format_duration(self.at)}")


class PriceRoute(Model):
    """How a change of a list price comes to the tills, or to a channel."""

    mode: Literal["at_once", "file", "event"] = par(
        "at_once",
        unit="name",
        meaning="at_once: everywhere in the same instant; file: with the next file of all prices; event: a message for each change",
    )
    system: Middleware = par("files", unit="name", meaning="middleware that carries files and events")
    interval: Duration = par(
        "24h",
        unit="duration",
        meaning="time between two files; of mode event: between two loads of all prices, which put right what events did not (0: none)",
        source="assumption; Amazon's feeds of prices and of stock are two [D: POST_PRODUCT_PRICING_DATA]",
    )
    phase: Duration = par("1h", unit="duration", meaning="the first file, after midnight of the start")
    start_jitter: Duration = par("0s", unit="duration", meaning="a file starts up to this much later, uniformly")
    job: DurationLaw = par(
        constant("15m"), unit="duration law", meaning="extract of a file to live: transfer, load, rebuilding of caches"
    )
    failure: Share = par(0.0, unit="share", meaning="files that fail: their prices come with the next one")
    delay: DurationLaw = par(
        lognormal("5s", 1.0), unit="duration law", meaning="event sent to price shown; of mode event"
    )
    lost: Share = par(0.0, unit="share", meaning="events that are lost; of mode event")
    versioned: bool = par(
        True, unit="flag", meaning="whether a price is left alone that is younger than what a file or an event says"
    )
    ahead: bool = par(
        False,
        unit="flag",
        meaning="beginnings and ends of promotions are published ahead with the instant from which they hold, so they are never late",
    )

    def broken(self) -> Iterator[Broken]:
        if self.mode == "file" and not self.interval:
            yield Broken(("interval",), "must be above 0 in mode file: without files no change would ever come")


class Prices(Model):
    """How list prices are published, and which price counts while outlets disagree."""

    tills: PriceRoute = par(default_factory=PriceRoute, unit="object", meaning="how tills are told")
    own: PriceRoute = par(default_factory=PriceRoute, unit="object", meaning="how each of the own channels is told")
    marketplace: PriceRoute = par(
        default_factory=PriceRoute, unit="object", meaning="how each of the marketplaces is told"
    )
    mismatch: Literal["honour", "lower", "correct"] = par(
        "honour",
        unit="name",
        meaning="what a customer pays when the channel shows another price than the list. honour: what is shown; lower: the lower of both; "
        "correct: the list price, told when the payment begins, so that some leave (demand.channels.*.walks_away); a "
        "marketplace's order is paid already, and honoured",
        source="price accuracy laws and codes of several countries ask for the lower of both [M]; at the till it is what the till says here",
    )
