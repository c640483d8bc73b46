"""What a checkout asks of other systems before its customer pays: who the customer is, and what tax is due."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.scenario.base import Broken, Duration, Model, Positive, par
from twin.scenario.laws import DurationLaw, lognormal


class Errand(Model):
    """A call that every checkout of the retailer's own channels makes before the payment; ``resilience`` holds for it."""

    on: bool = par(False, unit="flag", meaning="whether checkouts make the call at all")
    servers: Positive = par(16, unit="calls", meaning="calls served at the same time", le=10_000)
    service: DurationLaw = par(lognormal("150ms", 0.8), unit="duration law", meaning="time of one call, not queued")
    timeout: Duration = par("2s", unit="duration", meaning="a call fails after this; made again as resilience says")

    def broken(self) -> Iterator[Broken]:
        if self.timeout <= 0:
            yield Broken(("timeout",), "must be longer than 0: no call would ever succeed")


class TaxQuote(Errand):
    """The tax engine (system tax) says what is due on the order."""

    fallback: Literal["estimate", "refuse"] = par(
        "estimate",
        unit="name",
        meaning="when the last call has failed: go on with the rate that was last known, which somebody has to set right later, or refuse the order",
    )


class CustomerCheck(Errand):
    """The CRM (system crm) says whether the customer is who the account says: address, standing, consent."""

    fallback: Literal["trust", "refuse"] = par(
        "trust",
        unit="name",
        meaning="when the last call has failed: take the customer's word for it, or refuse the order",
    )
