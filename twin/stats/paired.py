"""Comparison of two arms over the same worlds: paired differences, p-values, and what sharing the worlds bought."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from twin.stats.intervals import finite, mean_interval, standard_deviation

_ROUNDING: Final = 1e-13
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Paired:
    """Paired difference ``arm - baseline``; bounds and ``p`` are ``None`` where the difference has no variance.

    ``variance_reduction`` is 1 - var(difference) / (var(arm) + var(baseline)): the part of the variance that sharing
    the worlds removed, 0 for independent worlds and negative where sharing hurt. ``correlation`` is Pearson's.
    """

    mean: float | None
    low: float | None
    high: float | None
    p: float | None
    n: int
    variance_reduction: float | None
    correlation: float | None


def paired(arm: Sequence[float | None], baseline: Sequence[float | None], *, confidence: float) -> Paired:
    """Two-sided paired t test and interval over the replications in which both values exist.

    ``ValueError`` when the two sequences do not belong to the same replications (their lengths differ).
    """
    both = [(a, b) for a, b in zip(arm, baseline, strict=True) if a is not None and b is not None]
    a, b = finite([pair[0] for pair in both]), finite([pair[1] for pair in both])
    difference = _difference(a, b)
    interval = mean_interval(difference.tolist(), confidence=confidence)
    return Paired(
        mean=interval.mean,
        low=interval.low,
        high=interval.high,
        p=_p_value(difference),
        n=interval.n,
        variance_reduction=_variance_reduction(a, b, difference),
        correlation=_correlation(a, b),
    )


def _difference(a: FloatArray, b: FloatArray) -> FloatArray:
    """``a - b``; where it varies by rounding only it is made constant, or noise of 1e-16 would look significant."""
    difference = a - b
    size = max(float(np.abs(a).max(initial=0.0)), float(np.abs(b).max(initial=0.0)))
    if difference.size and float(np.ptp(difference)) <= _ROUNDING * size:
        return np.full_like(difference, difference[0])
    return difference


def _p_value(difference: FloatArray) -> float | None:
    """Two-sided p of a mean difference of 0 under Student's t; ``None`` without variance."""
    deviation = standard_deviation(difference)
    if deviation == 0.0:
        return None
    t = abs(float(difference.mean())) / (deviation / math.sqrt(difference.size))
    return float(2 * stdtr(difference.size - 1, -t))


def _variance_reduction(a: FloatArray, b: FloatArray, difference: FloatArray) -> float | None:
    """Variance that common random numbers removed, against independent sampling (Law 2015, section 11.2)."""
    independent = standard_deviation(a) ** 2 + standard_deviation(b) ** 2
    if independent == 0.0:
        return None
    return float(1 - standard_deviation(difference) ** 2 / independent)


def _correlation(a: FloatArray, b: FloatArray) -> float | None:
    if standard_deviation(a) == 0.0 or standard_deviation(b) == 0.0:
        return None
    return float(np.clip(np.corrcoef(a, b)[0, 1], -1.0, 1.0))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down adjustment over one family of tests, in the order given (Holm 1979).

    The i-th smallest of m p-values is multiplied by m - i + 1, made monotone and capped at 1. A test that does not
    exist (``None``) stays ``None`` and does not count into m.
    """
    ranked = sorted((p, position) for position, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, position) in enumerate(ranked):
        largest = max(largest, min(1.0, p * (len(ranked) - rank)))
        adjusted[position] = largest
    return adjusted
