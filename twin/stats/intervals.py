"""Confidence interval of a mean over independent replications.

What cannot be known is ``None``, never NaN: one replication has no interval, and values without spread have none
either, because "it never varied in ten worlds" is no proof that it cannot vary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit


@dataclass(frozen=True)
class Interval:
    """Mean of ``n`` values and the bounds of its interval, in the unit of the values."""

    mean: float | None
    low: float | None
    high: float | None
    n: int


def finite(values: Sequence[float | None]) -> NDArray[np.float64]:
    """The values that exist, in order; ``ValueError`` for NaN and infinities, which are defects."""
    present = np.array([value for value in values if value is not None], np.float64)
    if not np.isfinite(present).all():
        raise ValueError("values must be finite; a value that does not exist is None")
    return present


def standard_deviation(values: NDArray[np.float64]) -> float:
    """Sample standard deviation (n - 1); exactly 0 when all values are equal, whatever rounding the mean suffers."""
    if values.size < 2 or values.min() == values.max():
        return 0.0
    return float(values.std(ddof=1))


def half_width(values: NDArray[np.float64], confidence: float) -> float | None:
    """Half-width of the Student t interval; ``None`` for fewer than two values or values without spread.

    s t(n - 1, (1 + confidence) / 2) / sqrt(n), Law (2015), Simulation Modeling and Analysis, equation 4.12.
    """
    deviation = standard_deviation(values)
    if deviation == 0.0:
        return None
    return float(stdtrit(values.size - 1, (1 + confidence) / 2)) * deviation / math.sqrt(values.size)


def mean_interval(values: Sequence[float | None], *, confidence: float) -> Interval:
    """Student t interval of the mean of the values that exist; a ratio is one value per replication like any other."""
    present = finite(values)
    if present.size == 0:
        return Interval(None, None, None, 0)
    mean = math.fsum(present) / present.size
    width = half_width(present, confidence)
    if width is None:
        return Interval(mean, None, None, present.size)
    return Interval(mean, mean - width, mean + width, present.size)


def mean_intervals(values: NDArray[np.float64], *, confidence: float) -> tuple[NDArray[np.float64], ...]:
    """:func:`mean_interval` of every column of ``values[replication, column]``, where NaN is no value.

    Mean, low, high (NaN where they do not exist) and n, an array each.
    """
    exists = ~np.isnan(values)
    n = exists.sum(axis=0).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(n > 0, np.where(exists, values, 0.0).sum(axis=0) / n, np.nan)
        squares = np.where(exists, (values - mean) ** 2, 0.0).sum(axis=0)
        varies = (n > 1) & (_or(values, -np.inf).max(axis=0) > _or(values, np.inf).min(axis=0))
        half = stdtrit(np.maximum(n - 1, 1), (1 + confidence) / 2) * np.sqrt(squares / np.maximum(n - 1, 1) / n)
    half = np.where(varies, half, np.nan)
    return mean, mean - half, mean + half, n


def _or(values: NDArray[np.float64], missing: float) -> NDArray[np.float64]:
    return np.where(np.isnan(values), missing, values)
