"""How many calls a system takes, and what becomes of one too many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.core.shares import MILLION, parts
from twin.scenario.base import Broken, Count, Duration, Model, Positive, Share, par

LimitsPreset = Literal[
    "none",
    "shopify_standard",
    "shopify_advanced",
    "shopify_plus",
    "netsuite_standard",
    "netsuite_premium",
    "netsuite_enterprise",
    "dataverse",
    "stripe",
    "amazon_sp_api",
    "resilience4j_bulkhead",
    "resilience4j_ratelimiter",
    "polly_limiter",
]

REST = ""
"""In place of a channel's name: all those that have no quota of their own."""


class Limits(Model):
    """Limits of the gateway in front of a system that checkouts call; without any, every call is passed on at once."""

    preset: LimitsPreset = par("none", unit="name", meaning="product whose limits fill what is not set here")
    rate: float = par(
        0.0, unit="calls/s", meaning="token bucket: tokens that come in a second; 0: no bucket", ge=0, le=1_000_000
    )
    burst: Positive = par(1, unit="calls", meaning="token bucket: what it holds; it is full at the start", le=10**9)
    calls: Count = par(0, unit="calls", meaning="fixed window: calls passed on in each; 0: no window", le=10**9)
    window: Duration = par("1s", unit="duration", meaning="fixed window: length; the first begins at the start")
    concurrency: Count = par(
        0, unit="calls", meaning="calls passed on and not yet answered by the system; 0: no limit", le=10**6
    )
    queue: Count = par(
        0, unit="calls", meaning="calls that may wait, first come, first served; one too many is refused", le=10**6
    )
    wait: Duration = par("0s", unit="duration", meaning="a call that has waited for this long is refused")
    retry_after: Duration = par(
        "0s", unit="duration", meaning="a refusal says to come back after this at least, in whole seconds"
    )
    quotas: dict[str, Share] = par(
        default_factory=dict,
        unit="share by channel",
        meaning="share of every limit that is a channel's own; what is left is shared by the others",
    )

    @property
    def unlimited(self) -> bool:
        """Whether every call is passed on."""
        return self.rate == 0 and self.calls == 0 and self.concurrency == 0

    def pots(self) -> dict[str, int]:
        """Parts of a million of every limit: each channel's own, and what is left for :data:`REST`."""
        own = {name: parts(share) for name, share in self.quotas.items()}
        return {**own, REST: MILLION - sum(own.values())}

    def broken(self) -> Iterator[Broken]:
        if self.rate > 0 and parts(self.rate) == 0:
            yield Broken(("rate",), "must be at least a millionth of a call, or 0 for no bucket")
        if self.calls > 0 and self.window <= 0:
            yield Broken(("window",), "must be longer than 0")
        if (self.queue > 0) != (self.wait > 0):
            missing = "wait" if self.queue else "queue"
            yield Broken((missing,), f"must be above 0: queue and wait go together, {missing} is 0")
        yield from self._quotas()

    def _quotas(self) -> Iterator[Broken]:
        total = sum(parts(share) for share in self.quotas.values())
        if total > MILLION:
            yield Broken(("quotas",), f"must sum to at most 1, they sum to {total / MILLION:g}")
            return
        for name, share in self.quotas.items():
            yield from self._whole(("quotas", name), parts(share))

    def _whole(self, path: tuple[str, ...], share: int) -> Iterator[Broken]:
        """Each limit leaves at least one call to whoever has ``share``."""
        limits = {
            "burst": self.burst if self.rate else 0,
            "calls": self.calls,
            "concurrency": self.concurrency,
        }
        for name, limit in limits.items():
            if limit and limit * share < MILLION:
                what = f"is less than one call: {share / MILLION:g} of {name} {limit}"
                yield Broken(path, f"{what}; no call of the channel would ever be passed on")
