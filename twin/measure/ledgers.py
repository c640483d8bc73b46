"""KPIs of the ledgers and of the traffic between them: accuracy, gaps, backlogs, time-outs, messages.

Scrapes fall at random instants, so that a plain mean over them estimates the time-weighted mean without bias.
Totals (flows) cover the whole run; a rate of two of them does too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twin.core.clock import WEEK
from twin.journal.totals import Flow
from twin.measure.cohort import Cohort
from twin.measure.kpi import Kpi, ratio

_PAIRS: Final = "pairs"
"""Total that holds the number of stocked pairs."""

CALLED: Final = (Flow.SERVICE_CALLS, Flow.ERP_CALLS, Flow.TAX_CALLS, Flow.CRM_CALLS)
"""Calls of checkouts, by the system that they reached."""

Function = Callable[[Cohort], float | None]


def _sum(cohort: Cohort, column: str) -> int:
    return int(cohort.scrapes[column].sum())


def _per_pair(column: str) -> Function:
    """Mean over scrapes and pairs."""
    return lambda cohort: ratio(_sum(cohort, column), cohort.scrapes.size * cohort.flows.get(_PAIRS, 0))


def _agreeing(column: str) -> Function:
    """Mean share of pairs that are not wrong."""

    def function(cohort: Cohort) -> float | None:
        wrong = _per_pair(column)(cohort)
        return None if wrong is None else 1 - wrong

    return function


def _mean(column: str) -> Function:
    return lambda cohort: ratio(_sum(cohort, column), cohort.scrapes.size)


def _peak(column: str) -> Function:
    return lambda cohort: int(cohort.scrapes[column].max()) if cohort.scrapes.size else None


def _total(cohort: Cohort, *flows: Flow) -> int | None:
    """Sum of totals; ``None`` if the run recorded none of them."""
    found = [cohort.flows[name] for flow in flows if (name := flow.name.lower()) in cohort.flows]
    return sum(found) if found else None


def _share(part: Flow, *whole: Flow) -> Function:
    return lambda cohort: ratio(_total(cohort, part) or 0, _total(cohort, *whole) or 0)


def _per_week(*flows: Flow) -> Function:
    def function(cohort: Cohort) -> float | None:
        total = _total(cohort, *flows)
        return None if total is None else total * WEEK / cohort.horizon_us

    return function


LEDGERS: Final = (
    Kpi(
        name="stock_accuracy",
        unit="share",
        direction="higher",
        formula="1 - mean over scrapes in the window of (pairs whose view differs from the shelf / stocked pairs)",
        meaning="how often the availability service knows what is on the shelf",
        function=_agreeing("view_wrong"),
    ),
    Kpi(
        name="record_accuracy",
        unit="share",
        direction="higher",
        formula="1 - mean over scrapes in the window of (pairs whose record differs from the shelf / stocked pairs)",
        meaning="how often the ERP knows it",
        function=_agreeing("record_wrong"),
    ),
    Kpi(
        name="view_gap_units",
        unit="units",
        direction="lower",
        formula="mean over scrapes in the window and stocked pairs of |view - on hand|",
        meaning="by how much the view is off, per node and SKU",
        function=_per_pair("view_gap"),
    ),
    Kpi(
        name="record_gap_units",
        unit="units",
        direction="lower",
        formula="mean over scrapes in the window and stocked pairs of |record - on hand|",
        meaning="by how much the record is off, per node and SKU",
        function=_per_pair("record_gap"),
    ),
    Kpi(
        name="reconciliation_gap_units",
        unit="units",
        direction="lower",
        formula="mean over scrapes in the window of the sum over pairs of |view - record|",
        meaning="units by which commerce and finance keep different books; the labour to reconcile them follows it",
        function=_mean("books_gap"),
    ),
    Kpi(
        name="backlog_peak_messages",
        unit="messages",
        direction="lower",
        formula="largest number of movements not yet in the view at a scrape in the window",
        meaning="how much has piled up at the worst observed instant",
        function=_peak("unseen"),
    ),
    Kpi(
        name="posting_backlog_peak_messages",
        unit="messages",
        direction="lower",
        formula="largest number of movements not yet in the record at a scrape in the window",
        meaning="the same before the ERP",
        function=_peak("unposted"),
    ),
)

TRAFFIC: Final = (
    Kpi(
        name="messages_per_week",
        unit="messages/week",
        direction="none",
        formula="movements + reservation messages + calls of checkouts that reached a system, per week",
        meaning="what a platform is paid for",
        function=_per_week(Flow.MOVEMENTS, Flow.RESERVE_MESSAGES, *CALLED),
    ),
    Kpi(
        name="service_time_out_rate",
        unit="share",
        direction="lower",
        formula="calls of the availability service that timed out / its calls, over the run",
        meaning="what a slow service costs: customers who wait in vain, are lost or go on degraded",
        function=_share(Flow.SERVICE_TIME_OUTS, Flow.SERVICE_CALLS),
    ),
    Kpi(
        name="erp_time_out_rate",
        unit="share",
        direction="lower",
        formula="ERP calls that timed out / ERP calls, over the run",
        meaning="the same of a slow ERP; only where checkouts call it",
        function=_share(Flow.ERP_TIME_OUTS, Flow.ERP_CALLS),
    ),
    Kpi(
        name="calls_again_rate",
        unit="share",
        direction="none",
        formula="calls of checkouts that reached a system and were made again / calls that reached one, over the run",
        meaning="load that retries add",
        function=_share(Flow.CALLS_AGAIN, *CALLED),
    ),
    Kpi(
        name="calls_rejected_rate",
        unit="share",
        direction="lower",
        formula="calls that an open breaker kept back / those and the calls that reached a system, over the run",
        meaning="what breakers spare a system, and deny the customers",
        function=_share(Flow.CALLS_REJECTED, Flow.CALLS_REJECTED, *CALLED),
    ),
    Kpi(
        name="call_error_rate",
        unit="share",
        direction="lower",
        formula="calls of checkouts answered in time, but with an error / calls that reached a system, over the run",
        meaning="what retries can save at once",
        function=_share(Flow.CALL_ERRORS, *CALLED),
    ),
    Kpi(
        name="breaker_openings",
        unit="openings",
        direction="none",
        formula="times a breaker opened, over the run",
        meaning="a breaker that opens again after each pause has found the system still down",
        function=lambda cohort: _total(cohort, Flow.BREAKER_OPENINGS),
    ),
    Kpi(
        name="till_fill_rate",
        unit="share of units",
        direction="higher",
        formula="units sold at tills / (units sold + units wanted that were not there), over the run",
        meaning="what promising store stock online costs the walk-ins",
        function=_share(Flow.TILL_UNITS, Flow.TILL_UNITS, Flow.TILL_UNITS_LOST),
    ),
    Kpi(
        name="till_units_lost_per_week",
        unit="units/week",
        direction="lower",
        formula="units wanted at tills that were not there, per week of the run",
        meaning="the same as a number that money can be put on",
        function=_per_week(Flow.TILL_UNITS_LOST),
    ),
    Kpi(
        name="till_units_by_hand_per_week",
        unit="units/week",
        direction="lower",
        formula="units sold at tills while the till system was down, per week of the run",
        meaning="sales that nobody is told of before they are keyed in",
        function=_per_week(Flow.TILL_UNITS_BY_HAND),
    ),
    Kpi(
        name="lapsed_holds_per_week",
        unit="holds/week",
        direction="none",
        formula="holds that lapsed before their order, per week of the run",
        meaning="stock that was set aside for nobody",
        function=_per_week(Flow.LAPSED_HOLDS),
    ),
)
