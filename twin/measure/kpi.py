"""What a KPI is, and the few estimators that all of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import NEVER, SECOND
from twin.measure.cohort import Cohort

Direction = Literal["lower", "higher", "none"]
"""Which way is better; ``none`` where neither is."""

CENTS_PER_USD = 100

PERCENTS = (50, 95, 99)
"""Quantiles that are reported, besides the largest value."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """What a reader must know about a KPI: the unit is the last word of the name where it is not a share."""

    name: str
    unit: str
    direction: Direction
    formula: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Kpi(Description):
    """A KPI of one run: a pure function of its cohort; ``None`` where there is nothing to measure, never NaN."""

    function: Callable[[Cohort], float | None]


@dataclass(frozen=True, kw_only=True)
class ChannelKpi(Description):
    """A KPI of each channel: ``<channel>`` in its name stands for its name; the function takes its number."""

    function: Callable[[Cohort, int], float | None]


def ratio(part: float, whole: float) -> float | None:
    """``part / whole``; ``None`` if there is no whole."""
    return part / whole if whole else None


def quantile_s(values_us: NDArray[np.int64], percent: int) -> float | None:
    """Smallest value, s, that at least ``percent`` % of the values do not exceed: the inverse empirical distribution.

    ``None`` without values, and where it falls among values that are not known yet (:data:`NEVER`).
    """
    if values_us.size == 0:
        return None
    rank = max(-(-values_us.size * percent // 100), 1) - 1
    value = int(np.partition(values_us, rank)[rank])
    return None if value >= NEVER else value / SECOND


def histogram_quantile_s(counts: NDArray[np.int64], percent: int) -> float | None:
    """The same from a latency histogram, s, to the width of its bins (at most 0.8 %)."""
    from twin.core.bins import quantile  # imported late: it brings numba, which the KPI table does not need

    value = quantile(counts, percent / 100)
    return None if value is None else value / SECOND


def suffix(percent: int) -> str:
    """How a quantile is named: p50, p95, p99, max."""
    return "max" if percent == 100 else f"p{percent}"
