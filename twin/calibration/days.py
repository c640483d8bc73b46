"""How much days differ: the spread of the daily factor, of a channel or of each store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.calibration.declared import Calibration
from twin.calibration.finding import Finding
from twin.calibration.hours import open_days, starts
from twin.calibration.sales import Numbers, Sales, shown_day, weekday
from twin.scenario.errors import Problem, ScenarioError
from twin.stats.dispersion import Dispersion, dispersion, excess_by_chance, excess_spread, expected_counts

STORE_VISITS_MIN: Final = 100
"""A store with fewer visits in the log says too little."""

_FREEDOM_MIN: Final = 7
"""Days beyond the factors that are fitted to them."""


@dataclass(frozen=True)
class Days:
    """Counts of days (of each store) and what they are expected to be without the daily factor."""

    counts: NDArray[np.float64]
    expected: NDArray[np.float64]
    day: Numbers
    factors: int  # levels and factors of weekdays in ``expected``
    dispersion: Dispersion

    def excess(self, cv: float) -> float:
        """How much more the days differ than under a dispersion, as a share of their squared deviations."""
        return excess_spread(self.counts, self.expected, cv, self.factors)


def channel_days(sales: Sales, declared: Calibration) -> Days:
    """Orders a day. Expected: a level per span of ``level_days``, and a factor per weekday."""
    days = sales.days[np.isin(sales.days, sales.day)]
    at = sales.day[starts(sales, whole_orders=True)] - sales.first_day
    counts = np.bincount(at, minlength=sales.days.size)[days - sales.first_day].astype(np.float64)
    return _days(counts, days, (days - sales.first_day) // declared.level_days, sales, declared)


def store_days(sales: Sales, declared: Calibration) -> Days:
    """Visits of each store a day, of stores with enough of them. Expected: a level per store and span, and a factor per
    weekday.

    A visit is a receipt of which the log holds any line: lines of one receipt come together and would look like days
    that differ.
    """
    _, first = np.unique(sales.order, return_index=True)
    store, day = sales.store[first], sales.day[first] - sales.first_day
    stores = np.flatnonzero(np.bincount(store) >= STORE_VISITS_MIN)
    if stores.size == 0:
        raise _too_few(f"no store has {STORE_VISITS_MIN} visits", sales, declared)
    place = np.full(int(store.max()) + 1, -1, np.int64)
    place[stores] = np.arange(stores.size)
    known = place[store] >= 0
    grid = np.bincount(place[store[known]] * sales.days.size + day[known], minlength=stores.size * sales.days.size)
    open_ = np.flatnonzero(open_days(sales))
    counts = grid.reshape(stores.size, sales.days.size)[:, open_].astype(np.float64)
    span = open_ // declared.level_days
    row = (np.arange(stores.size)[:, None] * (int(span.max()) + 1) + span).ravel()
    return _days(counts.ravel(), np.tile(sales.days[open_], stores.size), row, sales, declared)


def _days(counts: NDArray[np.float64], day: Numbers, row: Numbers, sales: Sales, declared: Calibration) -> Days:
    column = weekday(day)
    expected = expected_counts(counts, row, column)
    known = expected > 0  # a store that sold nothing in a span was not there
    factors = np.unique(row[known]).size + np.unique(column).size - 1
    if counts[known].size - factors < _FREEDOM_MIN:
        raise _too_few("too few days of trade to say how much days differ", sales, declared)
    block = (day - sales.first_day) // 7
    spread = dispersion(counts[known], expected[known], factors, block[known])
    return Days(counts[known], expected[known], day[known], factors, spread)


def _too_few(what: str, sales: Sales, declared: Calibration) -> ScenarioError:
    message = f"{what}, from {shown_day(sales.first_day)} to {shown_day(sales.end_day - 1)}"
    return ScenarioError([Problem(declared.log, 1, 1, "fit_until", message)])


def judge_days(what: str, fitted: Days, tested: Days, default: float) -> Finding:
    """Distances: by what share the squared deviations from the expected counts differ from those of the law."""
    cv = fitted.dispersion.cv
    then = " → ".join(f"{item.dispersion.cv:.3f} ± {item.dispersion.error:.3f}" for item in (fitted, tested))
    return Finding(
        what,
        f"{cv:.3f}; Poisson is off by {fitted.excess(0.0):.2f}",
        fitted.counts.size,
        "spread",
        abs(fitted.excess(cv)),
        abs(tested.excess(cv)),
        excess_by_chance(tested.counts.size - tested.factors),
        then,
        f"{default:g}",
        abs(fitted.excess(default)),
    )
