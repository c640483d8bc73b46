"""KPIs of goods that come back: how long they are in limbo, how much of them is sold again, what that takes. Returns of
the window are those that were handed in in it; none are measured in an arm that does not inspect them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.core.clock import HOUR, NEVER
from twin.journal.returns import ReturnEnd
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers, Mask, once
from twin.measure.kpi import Kpi, quantile_s, ratio

_CENTS_PER_USD: Final = 100


def _ended(cohort: Cohort, outcome: ReturnEnd) -> Mask:
    return np.asarray(cohort.returns["outcome"] == outcome)


def _units(cohort: Cohort) -> int:
    return int(cohort.returns["quantity"].sum(dtype=np.int64))


def _recovered(cohort: Cohort) -> int:
    return int(cohort.returns["quantity"][_ended(cohort, ReturnEnd.RESTOCKED)].sum(dtype=np.int64))


def _to_shelf(cohort: Cohort, percent: int) -> float | None:
    returns = cohort.returns
    ends = returns["t_end"]
    spans: Integers = np.where(ends == NONE, NEVER, ends - returns["t_received"])
    return quantile_s(spans[_ended(cohort, ReturnEnd.RESTOCKED) | _ended(cohort, ReturnEnd.LIMBO)], percent)


@once
def _limbo(cohort: Cohort) -> tuple[Integers, Integers, Integers, Mask]:
    """Of everything that came back in the run: us of the window in limbo, units, cost in cents, whether it still was at
    the end of the window.
    """
    rows = cohort.whole("returns", "t_received")
    received, ends = rows["t_received"], rows["t_end"]
    until = np.where(ends == NONE, cohort.horizon_us, ends)
    inside = np.minimum(until, cohort.end_us) - np.maximum(received, cohort.start_us)
    still = np.asarray((received < cohort.end_us) & (until >= cohort.end_us))
    units = rows["quantity"].astype(np.int64)
    return np.maximum(inside, 0), units, cohort.worth_cents(rows, "cost_cents"), still


def _mean_units(cohort: Cohort) -> float:
    spans, units, _, _ = _limbo(cohort)
    return int((spans * units).sum()) / (cohort.end_us - cohort.start_us)


def _mean_usd(cohort: Cohort) -> float:
    spans, _, cents, _ = _limbo(cohort)
    return float((spans.astype(np.float64) * cents).sum()) / (cohort.end_us - cohort.start_us) / _CENTS_PER_USD


def _left_units(cohort: Cohort) -> int:
    _, units, _, still = _limbo(cohort)
    return int(units[still].sum())


def _left_usd(cohort: Cohort) -> float:
    _, _, cents, still = _limbo(cohort)
    return int(cents[still].sum()) / _CENTS_PER_USD


def _written_off_usd(cohort: Cohort) -> float:
    cents = cohort.worth_cents(cohort.returns, "cost_cents")
    return int(cents[_ended(cohort, ReturnEnd.WRITTEN_OFF)].sum()) / _CENTS_PER_USD


def _to_shelf_kpi(percent: int) -> Kpi:
    return Kpi(
        name=f"return_to_shelf_p{percent}_s",
        unit="s",
        direction="lower",
        formula=f"p{percent} of handed in to on a shelf again; what was written off or rejected is left out",
        meaning="how long goods that can be sold are not for sale",
        function=lambda cohort: _to_shelf(cohort, percent),
    )


RETURNS: Final = (
    Kpi(
        name="return_count",
        unit="returns",
        direction="none",
        formula="returns handed in",
        meaning="what there is to handle; equal in every arm that inspects",
        function=lambda c: c.returns.size,
    ),
    Kpi(
        name="return_recovered_units",
        unit="units",
        direction="higher",
        formula="units of them that were on a shelf again when the run ended",
        meaning="goods won back for sale",
        function=_recovered,
    ),
    Kpi(
        name="return_recovered_share",
        unit="share",
        direction="higher",
        formula="return_recovered_units / units handed in",
        meaning="the same, whatever came back",
        function=lambda c: ratio(_recovered(c), _units(c)),
    ),
    *(_to_shelf_kpi(percent) for percent in (50, 95)),
    Kpi(
        name="return_limbo_units",
        unit="units",
        direction="lower",
        formula="time-weighted mean over the window of units handed in and neither on a shelf nor given up",
        meaning="stock that the retailer has and nobody can buy",
        function=_mean_units,
    ),
    Kpi(
        name="return_limbo_end_units",
        unit="units",
        direction="lower",
        formula="the same at the end of the window",
        meaning="whether a backlog was growing",
        function=_left_units,
    ),
    Kpi(
        name="return_limbo_usd",
        unit="USD",
        direction="lower",
        formula="return_limbo_units at cost",
        meaning="working capital in limbo",
        function=_mean_usd,
    ),
    Kpi(
        name="return_limbo_end_usd",
        unit="USD",
        direction="lower",
        formula="return_limbo_end_units at cost",
        meaning="the same at the end of the window",
        function=_left_usd,
    ),
    Kpi(
        name="return_inspection_hours",
        unit="hours",
        direction="lower",
        formula="time that people inspected what was handed in",
        meaning="labour",
        function=lambda c: int(c.returns["labour"].sum(dtype=np.int64)) / HOUR,
    ),
    Kpi(
        name="return_written_off_usd",
        unit="USD",
        direction="lower",
        formula="cost of what was written off",
        meaning="goods that nobody can sell any more",
        function=_written_off_usd,
    ),
)
