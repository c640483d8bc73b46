"""The steady state before a fault, and when a run is back in it.

Two signals tell, both free of the hours' different numbers of customers: how long orders wait for their release (p95 by
instant of acceptance) and the share of lines that are wrongly refused. Each has an upper limit made from the bins
before the fault; back is where all bins of an hour keep both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from twin.core.clock import DAY, HOUR, MINUTE, NEVER, SECOND
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers, Mask
from twin.measure.events import Orders, lines_of, orders_of
from twin.measure.timeline import Floats, count, quantiles

BIN: Final = 15 * MINUTE
BEFORE: Final = DAY
"""What is looked at before a fault, at most: all hours of a day."""
HOLD: Final = HOUR
"""How long the run must be back before it counts as back; faults less than this apart are one disturbance."""
BINS_MIN: Final = 8

_SIGMAS: Final = 3.0
_BAND: Final = 0.1
"""Less than a tenth above the mean before is no deviation that matters, however regular the bins before were."""
_TREND_Z: Final = 2.576
"""Two-sided 1 % of the normal distribution."""
_WAIT_PERCENT: Final = 95
_HUNG: Final = 2
"""An order that waits so many times the limit has been held up; a twentieth of the usual ones exceed the p95 too."""


@dataclass(frozen=True)
class Signals:
    """Both signals by bin; NaN where a bin has no order, or no line."""

    wait_us: Floats
    wrongly: Floats
    lines: Floats

    @property
    def size(self) -> int:
        """Number of bins."""
        return int(self.wait_us.size)

    def where(self, mask: Mask) -> Signals:
        """Some of the bins."""
        return Signals(self.wait_us[mask], self.wrongly[mask], self.lines[mask])


def signals(cohort: Cohort, edges: Integers) -> Signals:
    """The signals of a run in bins between ``edges``."""
    orders, lines = orders_of(cohort), lines_of(cohort)
    return Signals(
        quantiles(orders.accepted[orders.by_acceptance], orders.waits, edges, _WAIT_PERCENT),
        count(lines.wrongly_refused, edges),
        count(lines.demanded, edges),
    )


@dataclass(frozen=True)
class Limits:
    """What the bins before a fault say about the bins after it."""

    wait_us: float
    share: float
    spread: float
    """How much more the share varies between bins than chance within them does, at least 1 (Laney 2002)."""
    steady: bool

    def kept(self, after: Signals) -> Mask:
        """Which bins are as those before. A bin without orders or lines contradicts nothing."""
        waits = np.isnan(after.wait_us) | (after.wait_us <= self.wait_us)
        return np.asarray(waits & (after.wrongly <= after.lines * self.share + self._band(after.lines)))

    def _band(self, lines: Floats) -> Floats:
        """Control limit of a share, times the lines: 3 standard deviations of a binomial, widened by the spread."""
        chance = _SIGMAS * self.spread * np.sqrt(lines * self.share * (1 - self.share))
        return np.maximum(chance, _BAND * lines * self.share)


def limits(before: Signals) -> Limits | None:
    """Limits from the bins before a fault; ``None`` if they are too few to tell, or orders hung even then."""
    waits = before.wait_us[~np.isnan(before.wait_us)]
    if waits.size < BINS_MIN or not np.isfinite(waits).all():
        return None
    share = (before.wrongly.sum() + 0.5) / (before.lines.sum() + 1)
    return Limits(
        wait_us=float(waits.mean() + max(_SIGMAS * waits.std(), _BAND * waits.mean(), SECOND)),
        share=float(share),
        spread=_spread(before, float(share)),
        steady=not drifts(waits),
    )


def _spread(before: Signals, share: float) -> float:
    some = before.lines > 0
    lines = before.lines[some]
    scores = (before.wrongly[some] - lines * share) / np.sqrt(lines * share * (1 - share))
    return max(1.0, float(scores.std())) if scores.size else 1.0


def drifts(values: Floats) -> bool:
    """Whether a series has a trend: significant by Mann and Kendall's test at 1 %, and large enough to matter.

    Large enough: the medians of its first and last third differ by more than a tenth of the mean, and by a second.
    """
    third = values.size // 3
    change = abs(float(np.median(values[-third:]) - np.median(values[:third])))
    return change > max(_BAND * float(values.mean()), SECOND) and abs(kendall_z(values)) > _TREND_Z


def kendall_z(values: Floats) -> float:
    """Mann-Kendall statistic over its standard deviation, corrected for ties (Kendall 1975)."""
    n = values.size
    s = float(np.sign(values[None, :] - values[:, None])[np.triu_indices(n, 1)].sum())
    _, ties = np.unique(values, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    return (s - math.copysign(1, s)) / math.sqrt(variance) if s and variance else 0.0


def edges_before(start: int, since: int) -> Integers:
    """Edges of the bins that end at ``start`` and go back to ``since``, or a day."""
    bins = max(start - max(since, start - BEFORE), 0) // BIN
    return start - BIN * np.arange(bins, -1, -1, dtype=np.int64)


def back_at(cohort: Cohort, limit: Limits, end: int) -> int | None:
    """When the run was back after ``end``; ``None`` if it never was.

    It is at the first quarter of an hour from which on a whole hour keeps the limits, but not before the orders that
    were accepted earlier and hung are released.
    """
    edges = np.arange(end, cohort.horizon_us + 1, BIN, dtype=np.int64)
    if edges.size <= HOLD // BIN:
        return None
    kept = limit.kept(signals(cohort, edges))
    runs = np.lib.stride_tricks.sliding_window_view(kept, HOLD // BIN).all(axis=1)
    worked_off = _worked_off(orders_of(cohort), limit, end)
    if not runs.any() or worked_off == NEVER:
        return None
    return max(int(edges[np.argmax(runs)]), worked_off)


def _worked_off(orders: Orders, limit: Limits, end: int) -> int:
    """When the last order accepted before ``end`` that waited twice as long as the limit was released; else ``end``."""
    accepted = orders.accepted != NONE
    since, left = orders.accepted[accepted], orders.left[accepted]
    hung = (since < end) & (left > end) & (left - since > _HUNG * limit.wait_us)
    return int(left[hung].max(initial=end))
