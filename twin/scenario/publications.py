"""How channels learn what they may sell: by asking, from a cache, from a copy, or from listings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.scenario.base import Broken, Count, Duration, Model, par
from twin.scenario.middleware import Middleware

PublicationPreset = Literal[
    "none", "amazon_sp_api", "amazon_sp_api_2024", "shopify", "d365_channel_cache", "hotwax_catalogue"
]


class Publication(Model):
    """How a channel learns what it may sell.

    ``query`` reads the central view at each decision; ``cache`` reads a value refreshed every ``interval``; ``read_model`` is a subscribed
    copy that coalesces changes for ``interval`` and applies them ``delay`` later; ``file`` is a listing extracted every ``interval``, submitted
    in feeds that are processed one after the other, each live ``delay`` after it was submitted and the one before it was live.
    """

    preset: PublicationPreset = par(
        "none", unit="name", meaning="product or marketplace whose values fill what is not set here"
    )
    mode: Literal["query", "cache", "read_model", "file"] = par("query", unit="name", meaning="how the channel learns")
    system: Middleware = par(
        "service",
        unit="name",
        meaning="middleware that answers, refreshes or carries the listing; nothing is refreshed while it is down",
    )
    interval: Duration = par(
        "60s",
        unit="duration",
        meaning="cache TTL, coalescing time or time between listings; above 0 unless mode is query",
        source="D365 Commerce: channel cache 60 s",
    )
    delay: Duration = par(
        "0s",
        unit="duration",
        meaning="from refresh, or from a feed's turn, to visible in the channel; at most the interval for cache and read_model",
    )
    jitter: Duration = par("0s", unit="duration", meaning="file: each start is late by a uniform part of this")
    spread: float = par(
        0.0, unit="ratio", meaning="file: coefficient of variation of the delay (lognormal)", ge=0, le=5
    )
    content: Literal["full", "delta"] = par(
        "full",
        unit="name",
        meaning="file: a listing holds all SKUs, or those whose offer is not what the channel was told last, or of which it sold units since",
    )
    items: Count = par(0, unit="SKUs", meaning="file: most SKUs in a feed; a listing of more is several; 0: no limit")
    feeds: Count = par(0, unit="feeds", meaning="file: feeds submitted in any window; 0: no limit", le=10_000)
    window: Duration = par("5m", unit="duration", meaning="file: length of that window")

    def broken(self) -> Iterator[Broken]:
        if self.mode != "query" and self.interval <= 0:
            yield Broken(("interval",), f"must be longer than 0 for mode {self.mode}")
        elif self.mode in ("cache", "read_model") and self.delay > self.interval:
            yield Broken(("delay",), f"must not exceed the interval for mode {self.mode}")
        if self.feeds and self.window <= 0:
            yield Broken(("window",), "must be longer than 0 where feeds are limited")


class Publications(Model):
    """How each kind of channel learns; marketplaces take listing feeds whatever the retailer's own integration is."""

    own: Publication = par(default_factory=Publication, unit="object", meaning="web, app and clienteling")
    marketplace: Publication = par(
        default_factory=lambda: Publication.model_validate(
            {"mode": "file", "system": "files", "interval": "20m", "delay": "3m", "jitter": "1m", "spread": 1.4}
        ),
        unit="object",
        meaning="marketplaces",
        source="Amazon SP-API: at most one feed of a type per 20 min; propagation lognormal, median 3 min, p95 20 min (bracketed by field reports)",
    )
