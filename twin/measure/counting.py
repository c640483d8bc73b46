"""KPIs of counting stock, of how far records have drifted from the shelves, and of transfers. Counts of the window are
those that ended in it; censuses are taken at the beginning of each day.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from twin.core.clock import HOUR, NEVER, WEEK
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers
from twin.measure.kpi import Kpi, quantile_s, ratio

Function = Callable[[Cohort], float | None]


def _differences(cohort: Cohort) -> Integers:
    """Units by which each count changed what its source system said."""
    counts = cohort.counts
    return np.asarray(counts["counted"].astype(np.int64) - counts["expected"])


def _changed(cohort: Cohort) -> float | None:
    return ratio(int(np.count_nonzero(_differences(cohort))), cohort.counts.size)


def _miscounted(cohort: Cohort) -> float | None:
    counts = cohort.counts
    return ratio(int(np.count_nonzero(counts["counted"] != counts["on_hand"])), counts.size)


def _hours(cohort: Cohort) -> float:
    return float((cohort.counts["t_end"] - cohort.counts["t_begin"]).sum() / HOUR)


def _per_shelf(column: str) -> Function:
    """Mean over the window's censuses of a share of the stores' pairs."""
    return lambda cohort: ratio(int(cohort.censuses[column].sum()), int(cohort.censuses["shelves"].sum()))


def _mean(column: str) -> Function:
    return lambda cohort: ratio(int(cohort.censuses[column].sum()), cohort.censuses.size)


def _accuracy(cohort: Cohort) -> float | None:
    wrong = _per_shelf("record_wrong")(cohort)
    return None if wrong is None else 1 - wrong


def _drift(cohort: Cohort) -> float | None:
    """Change of the accuracy from the first census of the window to the last, per week."""
    t, wrong, shelves = (cohort.censuses[name] for name in ("t", "record_wrong", "shelves"))
    if t.size < 2 or not shelves.all():
        return None
    first, last = (1 - wrong[at] / shelves[at] for at in (0, -1))
    return float((last - first) * WEEK / (t[-1] - t[0]))


def _on_the_way(cohort: Cohort) -> float | None:
    sent, arrived = cohort.transfers["t_sent"], cohort.transfers["t_arrived"]
    return quantile_s(np.where(arrived == NONE, NEVER, arrived - sent), 95)


COUNTING: Final = (
    Kpi(
        name="stock_counts",
        unit="counts",
        direction="none",
        formula="counts of a pair that ended in the window",
        meaning="what people were set to count, and had the time to",
        function=lambda cohort: cohort.counts.size,
    ),
    Kpi(
        name="count_hours",
        unit="hours",
        direction="lower",
        formula="sum over the window's counts of end - beginning",
        meaning="labour of counting",
        function=_hours,
    ),
    Kpi(
        name="counts_changed_rate",
        unit="share",
        direction="higher",
        formula="counts that changed what the source system said / counts",
        meaning="how well a programme finds what is wrong",
        function=_changed,
    ),
    Kpi(
        name="miscounted_rate",
        unit="share",
        direction="lower",
        formula="counts after which the source system did not say what was on the shelf / counts",
        meaning="counts make errors, too",
        function=_miscounted,
    ),
    Kpi(
        name="count_found_units",
        unit="units",
        direction="none",
        formula="sum over the window's counts of max(0, counted - said before)",
        meaning="stock that nobody knew of and that can be sold from now on",
        function=lambda cohort: int(np.maximum(_differences(cohort), 0).sum()),
    ),
    Kpi(
        name="count_lost_units",
        unit="units",
        direction="none",
        formula="sum over the window's counts of max(0, said before - counted)",
        meaning="stock that was not there, and is ordered again from now on",
        function=lambda cohort: int(np.maximum(-_differences(cohort), 0).sum()),
    ),
    Kpi(
        name="count_wait_p95_s",
        unit="s",
        direction="lower",
        formula="p95 over the window's counts of end - instant of the list that named the pair first",
        meaning="how long what is suspected stays wrong",
        function=lambda cohort: quantile_s(cohort.counts["t_end"] - cohort.counts["t_listed"], 95),
    ),
    Kpi(
        name="counts_waiting",
        unit="pairs",
        direction="lower",
        formula="mean over the window's censuses of the pairs that are to be counted",
        meaning="a number that grows says that there are too few people",
        function=_mean("waiting"),
    ),
    Kpi(
        name="shelf_record_accuracy",
        unit="share",
        direction="higher",
        formula="1 - stores' pairs whose record differs from the shelf / stores' pairs, over the window's censuses",
        meaning="what an audit of the stores would find before they open",
        function=_accuracy,
    ),
    Kpi(
        name="shelf_record_accuracy_change",
        unit="share/week",
        direction="higher",
        formula="(that of the window's last census - that of its first) / weeks between them",
        meaning="whether counting keeps up with what makes records wrong",
        function=_drift,
    ),
    Kpi(
        name="phantom_share",
        unit="share",
        direction="lower",
        formula="stores' pairs with a record above 0 and an empty shelf / stores' pairs, over the window's censuses",
        meaning="stock that is promised and not there",
        function=_per_shelf("phantom"),
    ),
    Kpi(
        name="frozen_share",
        unit="share",
        direction="lower",
        formula="phantom pairs that were so at every census of the last frozen_days, without a sale / stores' pairs",
        meaning="nothing is sold for nothing is there, and nothing is ordered for the record says that it is",
        function=_per_shelf("frozen"),
    ),
    Kpi(
        name="hidden_share",
        unit="share",
        direction="lower",
        formula="stores' pairs with a record of 0 or less and units on the shelf / stores' pairs",
        meaning="stock that is there and that nobody can be promised",
        function=_per_shelf("hidden"),
    ),
    Kpi(
        name="misplaced_stock_units",
        unit="units",
        direction="lower",
        formula="mean over the window's censuses of units in the wrong place",
        meaning="stock that is paid for and cannot be sold",
        function=_mean("misplaced"),
    ),
    Kpi(
        name="unbooked_stock_units",
        unit="units",
        direction="lower",
        formula="mean over the window's censuses of units on the shelf whose receipt is not booked",
        meaning="stock that is there and that nobody knows of yet",
        function=_mean("unbooked"),
    ),
    Kpi(
        name="transferred_units",
        unit="units",
        direction="none",
        formula="units that stores sent each other in the window",
        meaning="stock that was moved to where it is missing",
        function=lambda cohort: int(cohort.transfers["units"].sum(dtype=np.int64)),
    ),
    Kpi(
        name="transfer_p95_s",
        unit="s",
        direction="lower",
        formula="p95 over the window's transfers of arrival - dispatch; later than all others if still under way",
        meaning="how long stock is between two stores, where nobody can buy it",
        function=_on_the_way,
    ),
)
