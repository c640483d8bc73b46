"""A run as time series: what piled up, how old beliefs were, what was accepted, released, oversold and refused, when.

A bin without anything to measure holds NaN; nothing that happened is left out but the part of a bin at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import HOUR, MINUTE, NEVER, SECOND
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers, cohort_of
from twin.measure.events import lines_of, orders_of, oversold_at
from twin.measure.timing import decisions
from twin.scenario.scenario import Scenario

Floats = NDArray[np.float64]

WIDTHS: Final = (15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR)
_STALENESS_PERCENT: Final = 95


@dataclass(frozen=True)
class Series:
    """One line of a timeline; ``rate`` marks counts per bin, which a figure shows per hour."""

    unit: str
    meaning: str
    rate: bool = False


SERIES: Final = {
    "backlog": Series("messages", "movements and reservation messages not yet in the view, at most at a scrape"),
    "posting_backlog": Series("messages", "movements not yet in the record, at most at a scrape"),
    "lag_s": Series("s", "age of the oldest movement not yet in the view, at most at a scrape"),
    "staleness_p95_s": Series("s", "p95 of the staleness of decisions made in the bin"),
    "accepted": Series("orders", "orders accepted", rate=True),
    "released": Series("orders", "orders released", rate=True),
    "waiting": Series("orders", "orders accepted and not yet released, at the end of the bin"),
    "oversold": Series("lines", "lines accepted in the bin that were oversold in the end", rate=True),
    "wrongly_refused": Series("lines", "lines refused although the truth could back them", rate=True),
}
"""Columns of a timeline after ``t``, the start of the bin."""


def bin_width(scenario: Scenario) -> int:
    """The narrowest width that puts a scrape into every bin, wherever in its interval it falls, and no fewer release
    jobs into one bin than into the next; the same for all arms.
    """
    jobs = [arm.release.interval for arm in scenario.arms.values() if arm.release.mode == "batch"]
    wanted = max(2 * scenario.experiment.scrape, *(min(job, HOUR) for job in jobs), 0)
    return next((width for width in WIDTHS if width >= wanted), WIDTHS[-1])


def timeline_of(folder: Path, scenario: Scenario, arm: str) -> dict[str, NDArray[Any]]:
    """The time series of the run of ``arm`` whose journal lies in ``folder``: ``t`` and :data:`SERIES`."""
    starts, series = timeline(cohort_of(folder, scenario, arm), bin_width(scenario))
    return {"t": starts, **series}


def timeline(cohort: Cohort, width: int) -> tuple[Integers, dict[str, Floats]]:
    """Starts of the bins, us, and a value per bin of each of :data:`SERIES`."""
    edges = np.arange(0, max(cohort.horizon_us // width, 1) + 1, dtype=np.int64) * width
    series = {**_ledgers(cohort, edges), **_orders(cohort, edges), **_lines(cohort, edges)}
    series["staleness_p95_s"] = _staleness(cohort, edges)
    return edges[:-1], {name: series[name] for name in SERIES}


def _ledgers(cohort: Cohort, edges: Integers) -> dict[str, Floats]:
    scrapes = cohort.whole("scrapes", "t")
    t = scrapes["t"]
    return {
        "backlog": _largest(t, scrapes["unseen"] + scrapes["unheard"], edges),
        "posting_backlog": _largest(t, scrapes["unposted"], edges),
        "lag_s": _largest(t, scrapes["oldest_unseen"], edges) / SECOND,
    }


def _orders(cohort: Cohort, edges: Integers) -> dict[str, Floats]:
    orders = orders_of(cohort)
    accepted, left = orders.accepted[orders.accepted != NONE], orders.left[orders.left != NONE]
    return {
        "accepted": count(accepted, edges),
        "released": count(orders.released, edges),
        "waiting": (before(accepted, edges[1:]) - before(left, edges[1:])).astype(float),
    }


def _lines(cohort: Cohort, edges: Integers) -> dict[str, Floats]:
    return {
        "oversold": count(oversold_at(cohort), edges),
        "wrongly_refused": count(lines_of(cohort).refused_at, edges),
    }


def _staleness(cohort: Cohort, edges: Integers) -> Floats:
    t, staleness = decisions(cohort.whole("lines", "t_demand"))
    return quantiles(t, staleness, edges, _STALENESS_PERCENT) / SECOND


def before(instants: Integers, edges: Integers) -> Integers:
    """How many of the instants lie before each edge."""
    numbers: Integers = np.searchsorted(np.sort(instants), edges, side="left")
    return numbers


def count(instants: Integers, edges: Integers) -> Floats:
    """How many of the instants lie in each bin; NONE lies in none."""
    counts: Floats = np.diff(before(instants, edges)).astype(float)
    return counts


def _largest(instants: Integers, values: Integers, edges: Integers) -> Floats:
    """The largest value of each bin: a mean would hide a peak that the KPIs tell of."""
    return quantiles(instants, values, edges, 100)


def quantiles(instants: Integers, values: Integers, edges: Integers, percent: int) -> Floats:
    """Smallest value of each bin that at least ``percent`` % of its values do not exceed; inf for :data:`NEVER`."""
    inside = (instants >= edges[0]) & (instants < edges[-1])
    places = np.searchsorted(edges, instants[inside], side="right") - 1
    ranked = values[inside][np.lexsort((values[inside], places))]
    counts = np.bincount(places, minlength=edges.size - 1)
    ranks = np.cumsum(counts) - counts + np.maximum(-(-counts * percent // 100), 1) - 1
    some = counts > 0
    out = np.full(counts.size, np.nan)
    found = ranked[ranks[some]]
    out[some] = np.where(found >= NEVER, np.inf, found)
    return out
