"""KPIs of orders to suppliers and of pickers who are missing. Orders through a portal alone have rows; those of the
window were ordered in it, absences of the window began in it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.core.clock import HOUR, NEVER
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers
from twin.measure.kpi import Kpi, quantile_s, ratio


def _lead(cohort: Cohort, percent: int) -> float | None:
    rows = cohort.supplies
    arrived = rows["t_arrived"]
    spans: Integers = np.where(arrived == NONE, NEVER, arrived - rows["t_ordered"])
    return quantile_s(spans, percent)


def _held_up(cohort: Cohort) -> float:
    """Those that nobody had taken by the end of the run, too."""
    rows = cohort.supplies
    return int(np.count_nonzero(rows["t_placed"] != rows["t_ordered"]))


def _short(cohort: Cohort) -> float | None:
    rows = cohort.supplies
    return ratio(int(rows["short"].sum(dtype=np.int64)), int(rows["units"].sum(dtype=np.int64)))


def _hours(cohort: Cohort, *, stood_in: bool) -> float:
    """Pickers times the time that they were missing (or that somebody stood in for them), up to the end of the run."""
    rows = cohort.absences
    horizon = cohort.horizon_us
    backs: Integers = np.where(rows["t_back"] == NONE, horizon, rows["t_back"])
    begins, ends = (backs, np.minimum(rows["t_end"], horizon)) if stood_in else (rows["t"], backs)
    return int(((ends - begins) * rows["pickers"].astype(np.int64)).sum()) / HOUR


SUPPLIERS: Final = (
    Kpi(
        name="supplier_lead_p95_s",
        unit="s",
        direction="lower",
        formula="p95 of ordered to arrived, over a DC's orders through the portal",
        meaning="lead time as the DC feels it: waiting for the portal and the acknowledgement are in it",
        function=lambda cohort: _lead(cohort, 95),
    ),
    Kpi(
        name="supplier_held_up_orders",
        unit="orders",
        direction="lower",
        formula="orders that the portal did not take when they were made",
        meaning="they wait, and everything behind them does",
        function=_held_up,
    ),
    Kpi(
        name="supplier_short_share",
        unit="share",
        direction="lower",
        formula="units that suppliers did not send / units ordered",
        meaning="the world's; what an arm does about it is whether the next review knows",
        function=_short,
    ),
)

STAFF: Final = (
    Kpi(
        name="picker_hours_missing",
        unit="hours",
        direction="lower",
        formula="pickers of stores who are missing, times how long nobody stands in for them",
        meaning="picks that wait",
        function=lambda cohort: _hours(cohort, stood_in=False),
    ),
    Kpi(
        name="picker_hours_substituted",
        unit="hours",
        direction="none",
        formula="pickers who are missing, times how long somebody stands in for them",
        meaning="what a roster that is told in time gives back; their wages take the place of those who are absent",
        function=lambda cohort: _hours(cohort, stood_in=True),
    ),
)
