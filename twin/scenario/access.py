"""What a call needs besides a system that answers: a token, a contract that both sides speak, and leave to cross a border."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.scenario.base import Broken, Duration, Model, Name, Positive, par
from twin.scenario.laws import DurationLaw, lognormal


class Credentials(Model):
    """Tokens of an identity provider: one for each own channel, without which the gateway passes none of its calls on."""

    tokens: bool = par(False, unit="flag", meaning="checkouts' calls need a token")
    lifetime: Duration = par(
        "1h", unit="duration", meaning="how long a token is valid", source="RFC 6749, examples: expires_in 3600"
    )
    ahead: Duration = par(
        "0s",
        unit="duration",
        meaning="a call that finds its token about to expire within this has a new one fetched, without waiting for it",
    )
    service: DurationLaw = par(lognormal("120ms", 0.8), unit="duration law", meaning="time of one fetch")
    timeout: Duration = par(
        "5s", unit="duration", meaning="a fetch fails after this, and every call that waits for it is unauthorised"
    )

    def broken(self) -> Iterator[Broken]:
        if self.lifetime <= 0:
            yield Broken(("lifetime",), "must be longer than 0: no token would ever be valid")
        elif self.ahead >= self.lifetime:
            yield Broken(("ahead",), "must be shorter than the lifetime: every call would fetch a token")
        if self.timeout <= 0:
            yield Broken(("timeout",), "must be longer than 0: no token would ever come")


class Contracts(Model):
    """Who speaks the API of a called system, and who reworks that when its vendor releases a version that breaks it."""

    service: Literal["direct", "adapter"] = par(
        "direct",
        unit="name",
        meaning="direct: each own channel's client speaks the service's API; adapter: they speak a canonical model and one adapter "
        "translates (who speaks the ERP's: erp.coupling)",
    )
    people: Positive = par(1, unit="people", meaning="who rework couplings, each one after another", le=1_000)
    workday: Duration = par("8h", unit="duration/day", meaning="time that each of them works on it in 24 hours")
    migrate: Literal["late", "ahead"] = par(
        "late", unit="name", meaning="begin when the version is there and calls fail, or at the vendor's notice"
    )
    migrated: dict[Name, Duration] = par(
        default_factory=dict,
        unit="duration since start by version",
        meaning="versions to which every coupling moves at a given instant, whoever does the work",
    )

    def broken(self) -> Iterator[Broken]:
        if not 0 < self.workday <= 24 * 3_600_000_000:
            yield Broken(("workday",), "must be longer than 0 and at most 24h")


class Residency(Model):
    """Where called systems run, and what is done about calls with the data of customers who live elsewhere."""

    service: str | None = par(None, unit="name", meaning="jurisdiction in which the service runs; empty: in all")
    erp: str | None = par(None, unit="name", meaning="jurisdiction in which the ERP runs; empty: in all")
    policy: Literal["pass", "delay", "redact", "refuse"] = par(
        "pass",
        unit="name",
        meaning="calls that cross: as all others; delayed; without the customer's data, so that the order is accepted without looking at "
        "them; not made",
    )
    delay: Duration = par("500ms", unit="duration", meaning="delay: what a call that crosses takes before it is made")
