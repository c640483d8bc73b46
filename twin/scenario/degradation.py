"""What a channel does while a system is silent or failing: fallbacks, when they begin and end, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.core.shares import parts
from twin.scenario.base import Broken, Count, Duration, Model, Name, Positive, Seq, Share, par

FallbackStrategy = Literal[
    "fail_closed", "fail_open", "serve_stale", "growing_buffer", "confirm_later", "shed", "dc_only", "allotment"
]

Watched = Literal["movements", "publication", "service", "erp"]
"""Whose failure a fallback answers: the system of the movement feed, that of the channel's publication, a called one."""


class Fallback(Model):
    """One way to sell while something is wrong: for whom, when, how, and what happens when it is over."""

    channels: Seq[Name] = par((), unit="names", meaning="channels that it is for; none: all that it can be for")
    of: Watched = par(
        "service",
        unit="name",
        meaning="system that it is about: of the movement feed, of the channel's publication, the called service, the ERP",
    )
    strategy: FallbackStrategy = par(
        "serve_stale",
        unit="name",
        meaning="fail_closed: refuse; fail_open: accept without asking any belief; serve_stale: sell on the last belief; growing_buffer: the "
        "same less a buffer that grows with its age; confirm_later: accept, and check when it is over; shed: refuse channels of low priority; "
        "dc_only: sell what the DCs had, from DCs; allotment: sell so many units of each SKU",
    )
    when: Literal["silence", "errors", "breaker"] = par(
        "silence",
        unit="name",
        meaning="what the watch looks at: how long the system has been silent, the share of calls that fail, whether its breaker is open",
    )
    enter_after: Duration = par("5m", unit="duration", meaning="silence: begins when it has lasted for longer")
    enter_share: Share = par(0.5, unit="share", meaning="errors: begins at this share of failed calls")
    exit_share: Share = par(0.1, unit="share", meaning="errors: all is well at this share of failed calls or less")
    span: Duration = par("1m", unit="duration", meaning="errors: calls that ended within this count")
    minimum: Positive = par(20, unit="calls", meaning="errors: fewer calls than this say nothing")
    dwell: Duration = par("5m", unit="duration", meaning="lasts for this at least")
    calm: Duration = par("1m", unit="duration", meaning="ends when all has been well for this")
    max_age: Duration = par(
        "6h",
        unit="duration",
        meaning="serve_stale, growing_buffer: how long the sources of a belief may be silent before the channel closes",
    )
    buffer_rate: float = par(
        1.0,
        unit="units/h",
        meaning="growing_buffer: units held back from the belief for each hour of its age",
        ge=0,
        le=1_000_000,
    )
    below: Count = par(1, unit="priority", meaning="shed: channels of a lower priority are refused, the others sell on")
    units: Count = par(
        0, unit="units", meaning="allotment: units of each SKU that a channel may sell each time", le=10**6
    )
    share: Share = par(0.0, unit="share", meaning="allotment: share of the last belief that it may sell instead")
    refresh: Duration = par(
        "15m",
        unit="duration",
        meaning="dc_only: age at which the copy of what DCs offer is made anew, while all is well",
    )
    confirm_within: Duration = par(
        "4h", unit="duration", meaning="confirm_later: an order is checked this long after its acceptance at the latest"
    )
    recovery: Literal["keep", "reconfirm"] = par(
        "keep",
        unit="name",
        meaning="what becomes of orders taken meanwhile and not yet sourced when it is over: kept, or checked against the view and cancelled "
        "where it cannot back them",
    )

    def broken(self) -> Iterator[Broken]:
        if self.when != "silence" and self.of in ("movements", "publication"):
            yield Broken(("when",), f"{self.when} needs a called system, service or erp: nobody calls {self.of}")
        if self.when == "errors":
            yield from self._shares()
        if self.strategy == "allotment" and (self.units > 0) == (parts(self.share) > 0):
            yield Broken(("strategy",), "allotment needs units or a share above 0, and not both")
        if self.strategy == "growing_buffer" and parts(self.buffer_rate) == 0:
            yield Broken(("buffer_rate",), "must be at least a millionth of a unit an hour: the buffer would not grow")
        if self.strategy == "confirm_later" and self.confirm_within <= 0:
            yield Broken(("confirm_within",), "must be longer than 0")
        if self.strategy in ("fail_closed", "shed") and self.recovery == "reconfirm":
            yield Broken(("recovery",), f"reconfirm has nothing to check: {self.strategy} takes no orders")

    def _shares(self) -> Iterator[Broken]:
        if self.exit_share >= self.enter_share:
            yield Broken(("exit_share",), f"must be below enter_share {self.enter_share:g}, it is {self.exit_share:g}")
        if self.span <= 0:
            yield Broken(("span",), "must be longer than 0: no call would ever count")


class Degradation(Model):
    """What a channel does when a system it needs gives no answer, or its belief is too old."""

    strategy: Literal["fail_closed", "serve_stale"] = par(
        "fail_closed", unit="name", meaning="refuse the customer, or sell on the last belief, where no fallback is on"
    )
    max_age: Duration = par(
        "30m",
        unit="duration",
        meaning="how long the sources of a belief may be silent (files or heartbeats missed) before the channel closes",
    )
    watch: Duration = par("30s", unit="duration", meaning="fallbacks: time between two looks at what can be observed")
    priorities: dict[Name, Count] = par(
        default_factory=dict, unit="priority by channel", meaning="what shedding goes by; 0 where none is given"
    )
    fallbacks: Seq[Fallback] = par(
        (), unit="list", meaning="further strategies with conditions; the first that is on for a channel counts"
    )

    def broken(self) -> Iterator[Broken]:
        if self.fallbacks and self.watch < 1_000:
            yield Broken(("watch",), "must be at least 1ms")
        for place, fallback in enumerate(self.fallbacks):
            yield from self._sheds(place, fallback)

    def _sheds(self, place: int, fallback: Fallback) -> Iterator[Broken]:
        """Whoever sheds by priority keeps somebody: two levels at least."""
        if fallback.strategy == "shed" and self.highest_priority < fallback.below:
            path = ("fallbacks", place, "below")
            yield Broken(path, f"must be at most the highest priority {self.highest_priority}, it is {fallback.below}")

    @property
    def highest_priority(self) -> int:
        """Of any channel."""
        return max(self.priorities.values(), default=0)


__all__ = ["Degradation", "Fallback", "FallbackStrategy", "Watched"]
