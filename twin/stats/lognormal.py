"""The lognormal law by its mean and coefficient of variation, as scenarios write it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Lognormal:
    """Mean and coefficient of variation, both above 0."""

    mean: float
    cv: float

    def below(self, values: Values) -> Values:
        """Distribution function at values above 0."""
        variance = np.log1p(self.cv**2)
        below: Values = ndtr((np.log(values / self.mean) + variance / 2) / np.sqrt(variance))
        return below


def fit_lognormal(values: Values) -> Lognormal:
    """Maximum likelihood; ``ValueError`` unless there are two different values, all above 0."""
    if np.unique(values).size < 2 or values.min() <= 0:
        raise ValueError("needs two different values, all above 0")
    logs = np.log(values)
    return Lognormal(float(np.exp(logs.mean() + logs.var() / 2)), float(np.sqrt(np.expm1(logs.var()))))
