"""KPIs of closing the books: how far the ledgers are apart, and what people have to do about it. Closes of the window
are those that took place in it; exceptions of the window are those that were listed in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from twin.core.clock import HOUR, NEVER, WEEK
from twin.journal.books import ExceptionEnd
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers
from twin.measure.kpi import Kpi, quantile_s, ratio

Function = Callable[[Cohort], float | None]
_CENTS_PER_USD: Final = 100


def _mean(column: str, *, per: int = 1) -> Function:
    """Mean over the window's closes."""
    return lambda cohort: ratio(int(cohort.closes[column].sum()) / per, cohort.closes.size)


def _worst_usd(cohort: Cohort) -> float | None:
    gaps = cohort.closes["finance_gap_cents"]
    return int(gaps.max()) / _CENTS_PER_USD if gaps.size else None


def _share(part: str, whole: str) -> Function:
    """Of a sum over the window's closes."""
    return lambda cohort: ratio(int(cohort.closes[part].sum()), int(cohort.closes[whole].sum()))


def _apart(*said: str) -> Function:
    """Mean over the window's closes of the distance between what commerce and finance say, USD."""

    def function(cohort: Cohort) -> float | None:
        ours = sum(cohort.closes[name] for name in said[:1]) - sum(cohort.closes[name] for name in said[1:])
        return ratio(int(np.abs(ours).sum()) / _CENTS_PER_USD, cohort.closes.size)

    return function


def _per_week(cohort: Cohort) -> float:
    return cohort.exceptions.size * WEEK / (cohort.end_us - cohort.start_us)


def _hours(cohort: Cohort) -> float:
    rows = cohort.exceptions
    cleared = rows["outcome"] == ExceptionEnd.CLEARED
    return float((rows["t_end"] - rows["t_begin"])[cleared].sum() / HOUR)


def _outcome(end: ExceptionEnd) -> Function:
    return lambda cohort: ratio(int(np.count_nonzero(cohort.exceptions["outcome"] == end)), cohort.exceptions.size)


def _ends(cohort: Cohort) -> Integers:
    """When each exception was over; later than all others if it was not."""
    ends: Integers = cohort.exceptions["t_end"]
    return np.where(ends == NONE, NEVER, ends)


def _clearing(percent: int) -> Function:
    def function(cohort: Cohort) -> float | None:
        ends = _ends(cohort)
        return quantile_s(np.where(ends == NEVER, NEVER, ends - cohort.exceptions["t_listed"]), percent)

    return function


def _to_close(percent: int) -> Function:
    """From each close of the window to the end of the last exception that it made."""

    def function(cohort: Cohort) -> float | None:
        closes, begun = cohort.closes["close"], cohort.closes["t"]
        last = begun.copy()
        np.maximum.at(last, np.searchsorted(closes, cohort.exceptions["close"]), _ends(cohort))
        return quantile_s(np.where(last == NEVER, NEVER, last - begun), percent)

    return function


BOOKS: Final = (
    Kpi(
        name="closes",
        unit="closes",
        direction="none",
        formula="closes of the books in the window",
        meaning="0 where an arm does not close them, and then nothing else here has a value",
        function=lambda cohort: cohort.closes.size,
    ),
    Kpi(
        name="close_gap_units",
        unit="units",
        direction="lower",
        formula="mean over the window's closes of the sum over pairs of |operations - finance|",
        meaning="stock of which the nodes' own systems and the ERP say different things when the books are closed",
        function=_mean("finance_gap_units"),
    ),
    Kpi(
        name="close_gap_usd",
        unit="USD",
        direction="lower",
        formula="the same, at cost",
        meaning="by how much finance and operations use different numbers",
        function=_mean("finance_gap_cents", per=_CENTS_PER_USD),
    ),
    Kpi(
        name="close_gap_max_usd",
        unit="USD",
        direction="lower",
        formula="the largest of the window's closes of the same",
        meaning="the worst close",
        function=_worst_usd,
    ),
    Kpi(
        name="close_gap_share",
        unit="share",
        direction="lower",
        formula="sum over the window's closes of that gap / sum of what operations say the stock is worth",
        meaning="the gap next to what is on the shelves",
        function=_share("finance_gap_cents", "operations_cents"),
    ),
    Kpi(
        name="close_standing_share",
        unit="share",
        direction="lower",
        formula="sum over the window's closes of what will not heal by itself / sum of the gap, at cost",
        meaning="what is only late heals; this does not. Above 1 where late movements hide a part of it",
        function=_share("standing_cents", "finance_gap_cents"),
    ),
    Kpi(
        name="close_commerce_gap_units",
        unit="units",
        direction="lower",
        formula="mean over the window's closes of the sum over pairs of |view - record|",
        meaning="stock of which commerce and finance say different things",
        function=_mean("commerce_gap_units"),
    ),
    Kpi(
        name="close_orders_gap_usd",
        unit="USD",
        direction="lower",
        formula="mean over the window's closes of |sold - let down - what the ERP has booked of that|, at the price",
        meaning="net sales online that commerce reports and finance does not, or the other way round",
        function=_apart("accepted_cents", "let_down_cents", "booked_cents"),
    ),
    Kpi(
        name="close_refunds_gap_usd",
        unit="USD",
        direction="lower",
        formula="mean over the window's closes of |refunds owed - refunds booked|, since the start",
        meaning="refunds that commerce has promised and finance has not booked, or has booked twice",
        function=_apart("refunds_due_cents", "refunds_booked_cents"),
    ),
    Kpi(
        name="close_exceptions_per_week",
        unit="1/week",
        direction="lower",
        formula="exceptions listed in the window / its weeks",
        meaning="what did not match and was not going to",
        function=_per_week,
    ),
    Kpi(
        name="close_healed_share",
        unit="share",
        direction="none",
        formula="exceptions that had healed before anybody took them up / exceptions",
        meaning="a message redriven, or a later level, was quicker than people",
        function=_outcome(ExceptionEnd.MATCHED),
    ),
    Kpi(
        name="close_open_share",
        unit="share",
        direction="lower",
        formula="exceptions that were open when the run ended / exceptions",
        meaning="a share that does not go away says that there are too few people",
        function=_outcome(ExceptionEnd.OPEN),
    ),
    Kpi(
        name="close_hours",
        unit="hours",
        direction="lower",
        formula="sum over the window's cleared exceptions of end - beginning",
        meaning="labour of clearing up what does not match",
        function=_hours,
    ),
    Kpi(
        name="close_backlog_exceptions",
        unit="exceptions",
        direction="lower",
        formula="mean over the window's closes of exceptions that wait to be taken up",
        meaning="work that is left lying",
        function=_mean("waiting"),
    ),
    *(
        Kpi(
            name=f"close_clearing_p{percent}_s",
            unit="s",
            direction="lower",
            formula=f"p{percent} over the window's exceptions of end - listing; later than all others if still open",
            meaning="how long a difference stands that somebody knows of",
            function=_clearing(percent),
        )
        for percent in (50, 95)
    ),
    *(
        Kpi(
            name=f"close_done_p{percent}_s",
            unit="s",
            direction="lower",
            formula=f"p{percent} over the window's closes of the end of the last exception that it made - close; 0 "
            "without any, later than all others if one is open",
            meaning="days to close: until the three ledgers of that day agree but for what is on its way",
            function=_to_close(percent),
        )
        for percent in (50, 95)
    ),
)
