"""KPIs of the gateway: calls that were kept from a system, tokens, contracts, borders. Totals of the whole run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twin.core.clock import HOUR
from twin.journal.totals import Flow
from twin.measure.cohort import Cohort
from twin.measure.kpi import Kpi, ratio
from twin.measure.ledgers import CALLED

_ANSWERED_BADLY: Final = (Flow.CALLS_THROTTLED, Flow.CALLS_UNAUTHORISED, Flow.CALLS_GONE)
_FAILED_THERE: Final = (
    Flow.CALL_ERRORS,
    Flow.SERVICE_TIME_OUTS,
    Flow.ERP_TIME_OUTS,
    Flow.TAX_TIME_OUTS,
    Flow.CRM_TIME_OUTS,
)


def _sum(cohort: Cohort, *flows: Flow) -> int:
    return sum(cohort.flows.get(flow.name.lower(), 0) for flow in flows)


def _recorded(flow: Flow, per: int = 1) -> Callable[[Cohort], float | None]:
    """A total; ``None`` if the run did not record it."""
    name = flow.name.lower()
    return lambda cohort: cohort.flows[name] / per if name in cohort.flows else None


def _share(parts: tuple[Flow, ...], whole: tuple[Flow, ...]) -> Callable[[Cohort], float | None]:
    return lambda cohort: ratio(_sum(cohort, *parts), _sum(cohort, *whole))


def _count(name: str, flow: Flow, *, formula: str, meaning: str) -> Kpi:
    return Kpi(
        name=name,
        unit="calls",
        direction="none",
        formula=formula,
        meaning=meaning,
        function=_recorded(flow),
    )


def _hours(name: str, flow: Flow, *, formula: str, meaning: str) -> Kpi:
    return Kpi(
        name=name,
        unit="hours",
        direction="lower",
        formula=formula,
        meaning=meaning,
        function=_recorded(flow, HOUR),
    )


GATEWAY: Final = (
    Kpi(
        name="calls_throttled_rate",
        unit="share",
        direction="lower",
        formula="calls that limits did not let pass / those and the calls that reached a system, over the run",
        meaning="answers 429 Too Many Requests, and calls given up in a gateway's queue",
        function=_share((Flow.CALLS_THROTTLED,), (Flow.CALLS_THROTTLED, *CALLED)),
    ),
    Kpi(
        name="calls_queued_rate",
        unit="share",
        direction="lower",
        formula="calls that had to wait for limits / calls that limits did not let pass or that reached a system",
        meaning="how often limits cost time, whether or not they cost the call",
        function=_share((Flow.CALLS_QUEUED,), (Flow.CALLS_THROTTLED, *CALLED)),
    ),
    Kpi(
        name="api_error_rate",
        unit="share",
        direction="lower",
        formula="calls throttled, unauthorised, gone, in error or timed out / those of the first three kinds and calls "
        "that reached a system, over the run",
        meaning="what the clients' logs are full of; calls that a breaker or a policy kept back were not made",
        function=_share((*_ANSWERED_BADLY, *_FAILED_THERE), (*_ANSWERED_BADLY, *CALLED)),
    ),
    Kpi(
        name="token_fetches",
        unit="fetches",
        direction="none",
        formula="fetches of a token that reached the identity provider, over the run",
        meaning="tokens refreshed; one fetch serves all calls of a channel that wait for it",
        function=_recorded(Flow.TOKEN_FETCHES),
    ),
    Kpi(
        name="token_failures",
        unit="fetches",
        direction="lower",
        formula="fetches that brought no token, over the run",
        meaning="the provider was down, too slow or in error",
        function=_recorded(Flow.TOKEN_FAILURES),
    ),
    _hours(
        "rework_hours",
        Flow.REWORK_US,
        formula="working hours on couplings that a release breaks, begun in the run",
        meaning="one adapter, or every client: what a vendor's release costs in people",
    ),
    _hours(
        "broken_channel_hours",
        Flow.BROKEN_US,
        formula="sum over channels and called systems of the hours in which the coupling was broken, over the run",
        meaning="how long customers of a channel meet an API that has moved on",
    ),
    _count(
        "calls_crossing",
        Flow.CALLS_CROSSING,
        formula="calls with a customer's data into another jurisdiction, over the run",
        meaning="what residency must be accounted for",
    ),
    _count(
        "calls_redacted",
        Flow.CALLS_REDACTED,
        formula="calls into another jurisdiction without the customer's data, over the run",
        meaning="orders accepted without looking at the customer's data",
    ),
    _count(
        "calls_kept_back",
        Flow.CALLS_KEPT_BACK,
        formula="calls not made because the customer's data would have left, over the run",
        meaning="customers refused, or served without an answer, by policy",
    ),
)
