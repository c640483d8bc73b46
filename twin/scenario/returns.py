"""How an arm handles goods that come back, and pays back what was paid for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from twin.core.clock import DAY
from twin.scenario.base import Broken, Count, Duration, Model, Positive, format_duration, par
from twin.scenario.laws import DurationLaw, lognormal
from twin.scenario.middleware import Middleware
from twin.scenario.resilience import Retry
from twin.scenario.saga import HumanQueue

RestockPolicy = Literal["where_it_is", "dc", "best"]


class Inspection(Model):
    """People who look at what came back, and say what it is worth."""

    store_staff: Positive = par(
        1, unit="people per store", meaning="who inspect in a store, in its opening hours", le=1000
    )
    dc_staff: Positive = par(6, unit="people per DC", meaning="who inspect in a DC", le=10_000)
    dc_opens: Duration = par("6h", unit="local time of day", meaning="no inspection of a DC begins before")
    dc_closes: Duration = par("22h", unit="local time of day", meaning="no inspection of a DC begins from then on")
    store: DurationLaw = par(lognormal("6m", 0.6), unit="duration law", meaning="time to inspect a return in a store")
    dc: DurationLaw = par(lognormal("4m", 0.6), unit="duration law", meaning="time to inspect a return in a DC")

    def broken(self) -> Iterator[Broken]:
        if not self.dc_opens < self.dc_closes <= DAY:
            yield Broken(("dc_closes",), f"must be after dc_opens {format_duration(self.dc_opens)} and at most 24h")


_PATIENT: Final = Retry.model_validate({"attempts": 6, "wait": "30s", "factor": 2.0, "cap": "10m", "jitter": "full"})


class Payback(Model):
    """The call to the payment provider that pays back."""

    servers: Count = par(
        8, unit="calls", meaning="calls made at the same time, the others wait; 0: as many as there are", le=10_000
    )
    service: DurationLaw = par(lognormal("900ms", 0.6), unit="duration law", meaning="time of one call, not queued")
    timeout: Duration = par(
        "30s", unit="duration", meaning="a call fails so long after it began; it may take effect all the same, later"
    )
    retry: Retry = par(_PATIENT, unit="object", meaning="calls made again after a failure")
    human: HumanQueue = par(
        default_factory=HumanQueue,
        unit="object",
        meaning="who pay back by hand when the last call has failed; limit is not used: nobody is sent away",
    )

    def broken(self) -> Iterator[Broken]:
        if self.timeout <= 0:
            yield Broken(("timeout",), "must be longer than 0: no call would ever succeed")
        if self.human.limit:
            yield Broken(("human", "limit"), f"must be 0, it is {self.human.limit}: a refund is owed, whoever waits")


class Refunds(Model):
    """When a refund begins, and how the one who pays hears of the return."""

    unified: bool = par(
        True,
        unit="flag",
        meaning="true: every return is one event that all channels see; false: each channel works on its own cases, and hears of them by files",
    )
    keys: bool = par(
        True,
        unit="flag",
        meaning="every refund of a return carries the same idempotency key, so that the payment provider pays it once",
        source="Stripe: Idempotency-Key",
    )
    at: Literal["receipt", "inspection", "restock"] = par(
        "inspection", unit="name", meaning="what starts the refund: the goods are handed in, inspected, or on the shelf"
    )
    event: DurationLaw = par(
        lognormal("2s", 0.8), unit="duration law", meaning="unified: from there to the one who pays, by an event"
    )
    broker: Middleware = par("broker", unit="name", meaning="unified: middleware that carries the events")
    interval: Duration = par("24h", unit="duration", meaning="not unified: time between two files of cases")
    phase: Duration = par("26h", unit="duration since start", meaning="not unified: the first file")
    files: Middleware = par("files", unit="name", meaning="not unified: middleware that carries the files")
    across: Literal["dc", "file"] = par(
        "dc",
        unit="name",
        meaning="not unified, online purchases brought to a store, which cannot see their order: dc: they are sent to the DC, "
        "and received there; file: the store handles them, and its list goes with the next file",
    )
    payment: Payback = par(default_factory=Payback, unit="object", meaning="the call that pays back")
    posting: DurationLaw = par(
        lognormal("700ms", 0.7),
        unit="duration law",
        meaning="time in which the ERP books a credit; it waits while that is down",
    )
    posting_servers: Count = par(
        4, unit="credits", meaning="credits booked at the same time; 0: as many as there are", le=10_000
    )

    def broken(self) -> Iterator[Broken]:
        if self.interval <= 0:
            yield Broken(("interval",), "must be longer than 0")


class Returns(Model):
    """What becomes of goods that come back, and of the money."""

    mode: Literal["at_once", "inspected"] = par(
        "at_once",
        unit="name",
        meaning="at_once: goods are on the rack of the first DC when they arrive, and money is not looked at; inspected: they wait for their "
        "inspection, are graded and restocked or written off, and refunds are paid; so are those of lines that were paid and cannot be supplied",
    )
    inspection: Inspection = par(default_factory=Inspection, unit="object", meaning="inspection")
    open_box: Literal["shelf", "write_off"] = par(
        "shelf", unit="name", meaning="what becomes of goods that were opened: sold like new, or written off"
    )
    restock: RestockPolicy = par(
        "where_it_is",
        unit="name",
        meaning="where_it_is: on the shelf of the store that has the goods, if it stocks them; dc: of the DC that supplies it; "
        "best: of the store if the ERP would order more of them for it now, else of the DC",
    )
    put_away: DurationLaw = par(
        lognormal("45m", 0.5), unit="duration law", meaning="from graded (or arrived at the DC) to on the shelf"
    )
    to_dc: DurationLaw = par(lognormal("2d", 0.3), unit="duration law", meaning="from a store to its DC")
    refunds: Refunds = par(default_factory=Refunds, unit="object", meaning="refunds")


__all__ = ["Inspection", "Payback", "Refunds", "RestockPolicy", "Returns"]
