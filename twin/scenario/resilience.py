"""What a caller does about calls that fail: try again, and stop asking a system that does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.core.shares import parts
from twin.scenario.base import Broken, Duration, Model, Positive, Share, par

ResiliencePreset = Literal["plain", "resilience4j", "polly"]


class Retry(Model):
    """How often a failed call is made again, and after what pause."""

    attempts: Positive = par(
        1,
        unit="calls",
        meaning="calls in all, the first included; 1: none is made again",
        source="plain HTTP clients",
        le=50,
    )
    wait: Duration = par(
        "500ms", unit="duration", meaning="pause before the second call", source="resilience4j waitDuration 500 ms"
    )
    factor: float = par(1.0, unit="factor", meaning="each further pause is longer by this factor", ge=1, le=100)
    cap: Duration = par("20s", unit="duration", meaning="longest pause", source="AWS back-off simulator: cap 20 s")
    jitter: Literal["none", "full", "equal", "decorrelated", "spread"] = par(
        "none",
        unit="name",
        meaning="none: the pause itself; full: uniform from 0 to it; equal: its half plus uniform up to the other half; decorrelated: uniform "
        "from wait to three times the last pause; spread: its half plus uniform up to the whole",
        source="full, equal, decorrelated: aws-samples/aws-arch-backoff-simulator; spread: resilience4j randomizationFactor 0.5",
    )

    def broken(self) -> Iterator[Broken]:
        if self.cap < self.wait:
            yield Broken(("cap",), "must not be shorter than wait")


class Breaker(Model):
    """When a caller stops asking: after too many failures among its last calls, for a while, then with a few probes."""

    window: Literal["off", "count", "time"] = par(
        "off",
        unit="name",
        meaning="off: never; count: failures among the last calls; time: among those of the last span",
    )
    calls: Positive = par(
        100, unit="calls", meaning="count: length of the window", source="resilience4j slidingWindowSize 100"
    )
    span: Duration = par(
        "30s", unit="duration", meaning="time: length of the window", source="Polly SamplingDuration 30 s"
    )
    minimum: Positive = par(
        100,
        unit="calls",
        meaning="never opens on fewer results in the window",
        source="resilience4j minimumNumberOfCalls 100, Polly MinimumThroughput 100",
    )
    threshold: Share = par(
        0.5, unit="share", meaning="opens at this share of failures", source="resilience4j failureRateThreshold 50 %"
    )
    open: Duration = par(
        "60s",
        unit="duration",
        meaning="how long no call is let through",
        source="resilience4j waitDurationInOpenState 60 s",
    )
    probes: Positive = par(
        10,
        unit="calls",
        meaning="calls let through after that; their share of failures decides",
        source="resilience4j permittedNumberOfCallsInHalfOpenState 10",
    )

    def broken(self) -> Iterator[Broken]:
        if self.window == "off":
            return
        if parts(self.threshold) == 0:
            yield Broken(("threshold",), "must be at least a millionth: it would open without a failure")
        if self.open <= 0:
            yield Broken(("open",), "must be longer than 0")
        if self.window == "count" and self.minimum > self.calls:
            yield Broken(("minimum",), f"must be at most the window of {self.calls} calls, it is {self.minimum}")
        if self.window == "time" and self.span <= 0:
            yield Broken(("span",), "must be longer than 0")


class Resilience(Model):
    """How checkouts call a system that may not answer."""

    preset: ResiliencePreset = par(
        "plain",
        unit="name",
        meaning="library whose shipped values fill what is not set here; plain: one call, no breaker",
    )
    retry: Retry = par(default_factory=Retry, unit="object", meaning="calls made again")
    breaker: Breaker = par(
        default_factory=Breaker, unit="object", meaning="one per called system, in the gateway of all own channels"
    )
