"""The lognormal law by its mean and coefficient of variation, as scenarios write it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Values = NDArray[np.float64]


def fit_lognormal(values: Values) -> tuple[float, float]:
    """Mean and coefficient of variation by maximum likelihood; values must be above 0."""
    logs = np.log(values)
    return float(np.exp(logs.mean() + logs.var() / 2)), float(np.sqrt(np.expm1(logs.var())))


def lognormal_below(values: Values, mean: float, cv: float) -> Values:
    """Distribution function at values; ``cv`` above 0."""
    variance = np.log1p(cv**2)
    below: Values = ndtr((np.log(values / mean) + variance / 2) / np.sqrt(variance))
    return below
