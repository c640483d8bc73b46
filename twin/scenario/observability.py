"""What an arm can see of itself: checks by the clock, alerts on what can be observed, traces of orders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from twin.core.shares import parts
from twin.scenario.base import Broken, Count, Duration, Model, Seq, Share, par

ObservabilityPreset = Literal["none", "logs", "metrics", "tracing"]

SignalName = Literal["lag", "age", "dead_letters", "missing", "release_time", "accuracy", "refund_time"]

_LIMIT: Final[dict[SignalName, str]] = {
    "lag": "messages",
    "age": "longest",
    "dead_letters": "messages",
    "missing": "messages",
    "release_time": "longest",
    "accuracy": "share",
    "refund_time": "longest",
}
"""What each signal is held against."""

OF_FEEDS: Final[tuple[SignalName, ...]] = ("lag", "age", "dead_letters", "missing")
"""Signals of one feed; the others are of the whole arm."""


class Alert(Model):
    """One rule: what is looked at, and how much of it is too much."""

    signal: SignalName = par(
        unit="name",
        meaning="lag: messages not yet applied; age: of the oldest of them, less the interval of a batch feed; dead_letters: that there are; "
        "missing: messages lost or expired lately; release_time: how long the oldest accepted order has waited for its "
        "release; accuracy: pairs whose view differs from the shelf, as a count of sampled shelves would find; refund_time: the longest time that a refund which is due has not been posted",
    )
    feed: Literal["movements", "orders", "posting"] | None = par(
        None, unit="name", meaning="lag, age, dead_letters, missing: the feed that is looked at"
    )
    messages: Count | None = par(
        None, unit="messages", meaning="lag, dead_letters, missing: more than this is too much", le=10**12
    )
    longest: Duration | None = par(
        None, unit="duration", meaning="age, release_time, refund_time: longer than this is too much"
    )
    share: Share | None = par(None, unit="share", meaning="accuracy: more than this share of the pairs is too much")
    span: Duration = par(
        "0s",
        unit="duration",
        meaning="missing: what went missing within this much counts; 0s: since the check before",
    )
    hold: Duration | None = par(
        None, unit="duration", meaning="how long it must be too much before it is told; empty: that of all alerts"
    )

    def broken(self) -> Iterator[Broken]:
        if self.signal in OF_FEEDS and self.feed is None:
            yield Broken(("feed",), f"is missing: signal {self.signal} is one of a feed")
        if self.signal not in OF_FEEDS and self.feed is not None:
            yield Broken(("feed",), f"is for signals {', '.join(OF_FEEDS)}, the signal is {self.signal}")
        if self.signal != "missing" and self.span > 0:
            yield Broken(("span",), f"is for signal missing, the signal is {self.signal}")
        needed = _LIMIT[self.signal]
        if getattr(self, needed) is None:
            yield Broken((needed,), f"is missing: signal {self.signal} needs it")
        for name in dict.fromkeys(_LIMIT.values()):
            if name != needed and getattr(self, name) is not None:
                signals = ", ".join(signal for signal, limit in _LIMIT.items() if limit == name)
                yield Broken((name,), f"is for signals {signals}, the signal is {self.signal}")
        if self.share == 1:
            yield Broken(("share",), "must be below 1: no more pairs than all can be wrong")


class Observability(Model):
    """How much of its own troubles an arm sees, and how soon."""

    preset: ObservabilityPreset = par(
        "none", unit="name", meaning="level whose values fill what is not set here; none: people find out by themselves"
    )
    interval: Duration = par(
        "1m",
        unit="duration",
        meaning="time between two checks of the alerts",
        source="Prometheus: evaluation_interval is 1 minute unless set [S]",
    )
    hold: Duration = par(
        "5m",
        unit="duration",
        meaning="how long a condition must hold, check by check, before it is told",
        source="assumption: the pending period of many published alert rules",
    )
    calm: Duration = par(
        "0s",
        unit="duration",
        meaning="how long a condition must be over before its alert ends",
        source="Prometheus: keep_firing_for is optional [D]",
    )
    alerts: Seq[Alert] = par((), unit="list", meaning="what is looked at; none: nobody looks")
    traces: Share = par(
        0.0, unit="share", meaning="orders of which every step is recorded, from the channel to the ERP's posting"
    )

    def broken(self) -> Iterator[Broken]:
        if self.alerts and self.interval < 1_000:
            yield Broken(("interval",), "must be at least 1ms")
        if self.traces > 0 and parts(self.traces) == 0:
            yield Broken(("traces",), "must be at least a millionth, or 0 for none")


__all__ = ["OF_FEEDS", "Alert", "Observability", "SignalName"]
