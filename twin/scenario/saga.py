"""The saga of an order: steps in several systems between its acceptance and its release, and what happens when one fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, Literal

from twin.core.clock import DAY
from twin.scenario.base import Broken, Count, Duration, Model, Name, Positive, Seq, Share, format_duration, par
from twin.scenario.laws import DurationLaw, Law, lognormal
from twin.scenario.middleware import Middleware
from twin.scenario.resilience import Retry

SagaSystem = Literal["payment", "fraud", "erp", "crm", "service"]
"""Systems that a saga's step may call."""

STEPS_MAX: Final = 16


class SagaStep(Model):
    """One step of a saga: a call of a system that changes something there."""

    name: Name = par(unit="name", meaning="what the step does")
    system: SagaSystem = par(unit="name", meaning="system that does it; nothing begins there while it is down")
    servers: Count = par(
        0, unit="calls", meaning="calls of this step served at the same time; 0: as many as there are", le=10_000
    )
    service: DurationLaw = par(lognormal("300ms", 0.7), unit="duration law", meaning="time of one call, not queued")
    timeout: Duration = par(
        "10s",
        unit="duration",
        meaning="orchestration: a call fails after this; it may take effect all the same, later",
        source="Temporal asks for a start-to-close time-out of each activity and ships none",
    )
    retry: Retry = par(default_factory=Retry, unit="object", meaning="calls of the step made again")
    idempotent: bool = par(
        True,
        unit="flag",
        meaning="the system recognises the key of a call that it has carried out, and does nothing a second time",
        source="Stripe: Idempotency-Key; Medusa: workflow steps are idempotent",
    )
    key_lifetime: Duration = par(
        "24h",
        unit="duration",
        meaning="idempotent: how long the system remembers a key from the effect on",
        source="Stripe: keys may be pruned once they are at least 24 hours old",
    )
    compensation: DurationLaw | None = par(
        None,
        unit="duration law",
        meaning="time of the call that undoes the step, at the same system; none: the step is not undone",
    )
    on_failure: Literal["compensate", "human"] = par(
        "compensate",
        unit="name",
        meaning="when the last call has failed: undo what was done and cancel the order, or have somebody do the step by hand",
    )

    def broken(self) -> Iterator[Broken]:
        if self.timeout <= 0:
            yield Broken(("timeout",), "must be longer than 0: no call would ever succeed")
        if self.idempotent and self.key_lifetime <= 0:
            yield Broken(("key_lifetime",), "must be longer than 0 for an idempotent step: no key would be recognised")


_THRICE: Final = Retry.model_validate({"attempts": 3, "wait": "1s", "factor": 2.0, "cap": "100s", "jitter": "full"})
"""Temporal's default interval, factor and cap, but not for ever: a customer waits."""


def _step(name: str, system: SagaSystem, service: Law, **more: object) -> SagaStep:
    return SagaStep.model_validate(
        {"name": name, "system": system, "service": service, "retry": _THRICE, "timeout": "10s", **more}
    )


ORDER_TO_CASH: Final = (
    _step("capture", "payment", lognormal("800ms", 0.6), compensation=lognormal("900ms", 0.6)),
    _step("screen", "fraud", lognormal("40ms", 0.5), on_failure="human"),
    _step("create", "erp", lognormal("600ms", 0.7), on_failure="human", compensation=lognormal("700ms", 0.7)),
    _step("notify", "crm", lognormal("200ms", 0.7), on_failure="human"),
)
"""Capture the payment, screen for fraud, create the order in the ERP, tell the customer."""


class HumanQueue(Model):
    """People who do by hand what a system did not: the exceptions of sagas."""

    agents: Positive = par(2, unit="people", meaning="who work on cases at the same time", le=10_000)
    handling: DurationLaw = par(
        lognormal("15m", 0.6),
        unit="duration law",
        meaning="time that an agent needs for a case",
        source="12 to 18 minutes of work on an exception [S weak: getordersyncpro]",
    )
    opens: Duration = par(
        "0s", unit="local time of day", meaning="no case is begun before; of the calendar's time zone"
    )
    closes: Duration = par("24h", unit="local time of day", meaning="no case is begun from then on")
    limit: Count = par(
        0, unit="cases", meaning="cases that may wait; of one that comes on top the order is cancelled; 0: no limit"
    )

    def broken(self) -> Iterator[Broken]:
        if not self.opens < self.closes <= DAY:
            yield Broken(("closes",), f"must be after opens {format_duration(self.opens)} and at most 24h")


class Choreography(Model):
    """How participants tell each other what happened, when nobody directs them."""

    broker: Middleware = par("broker", unit="name", meaning="middleware that carries the events")
    hop: DurationLaw = par(
        lognormal("50ms", 0.8), unit="duration law", meaning="from an event to the participant that waits for it"
    )
    redelivered: Share = par(
        0.001,
        unit="share",
        meaning="events that reach their participant twice: brokers deliver at least once",
    )
    sweep: Duration = par("15m", unit="duration", meaning="time between two searches for orders that hang")
    stuck_after: Duration = par("30m", unit="duration", meaning="age from which a search takes an order for hanging")

    def broken(self) -> Iterator[Broken]:
        if self.sweep <= 0:
            yield Broken(("sweep",), "must be longer than 0")


class Saga(Model):
    """What has to happen in other systems between the acceptance of an order and its release."""

    mode: Literal["off", "orchestration", "choreography"] = par(
        "off",
        unit="name",
        meaning="off: nothing; orchestration: an orchestrator calls each system in turn and decides what to do about failures; choreography: each "
        "system acts on the event of the one before, and nobody watches the whole",
    )
    steps: Seq[SagaStep] = par(ORDER_TO_CASH, unit="list", meaning="in their order", max_length=STEPS_MAX)
    keys: bool = par(
        True, unit="flag", meaning="callers send idempotency keys; without them no step recognises a repeated call"
    )
    deadline: Duration = par(
        "24h",
        unit="duration",
        meaning="no call of a step is begun later than this after the acceptance: the order is cancelled instead",
    )
    human: HumanQueue = par(default_factory=HumanQueue, unit="object", meaning="the queue of exceptions")
    choreography: Choreography = par(
        default_factory=Choreography, unit="object", meaning="events between participants, for mode choreography"
    )

    def broken(self) -> Iterator[Broken]:
        if self.mode != "off" and not self.steps:
            yield Broken(("steps",), f"must not be empty for mode {self.mode}")
        named = Counter(step.name for step in self.steps)
        for place, step in enumerate(self.steps):
            if named[step.name] > 1:
                yield Broken(("steps", place, "name"), f"{step.name!r} is the name of {named[step.name]} steps")
            if self.mode == "orchestration" and step.timeout > self.deadline:
                limit = format_duration(self.deadline)
                yield Broken(
                    ("steps", place, "timeout"),
                    f"must be at most the saga's deadline {limit}, it is {format_duration(step.timeout)}",
                )
