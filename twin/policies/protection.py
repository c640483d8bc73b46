"""How many units to keep back for demand that is still to come: newsvendor, nested protection, and what a belief of
some age has probably missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, pi, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.core.clock import DAY, SECOND
from twin.core.jit import kernel
from twin.core.shares import MILLION

Floats = NDArray[np.float64]

AT_RISK_MAX: Final = 4_096
"""A buffer for staleness holds back no more units than this."""

_UNITS_MAX: Final = 32_767
_DAY_SECONDS: Final = DAY // SECOND


def newsvendor(overage: float, underage: float, mean: float, deviation: float) -> tuple[float, float]:
    """Best level against normal demand when a unit too many costs ``overage`` and one too few ``underage``, and the
    expected cost of that level (Arrow, Harris & Marschak 1951).
    """
    ratio = underage / (underage + overage)
    z = float(special.ndtri(ratio))
    return mean + z * deviation, (overage + underage) * deviation * exp(-z * z / 2) / sqrt(2 * pi)


def newsvendor_units(mean: Floats, ratio: Floats) -> NDArray[np.int64]:
    """Smallest whole levels that Poisson demand of a ``mean`` does not exceed with probability ``ratio`` or more."""
    some = np.maximum(mean, np.finfo(float).tiny)
    level = np.ceil(special.pdtrik(ratio, some))
    below = np.maximum(level - 1, 0)
    level = np.where(special.pdtr(below, some) >= ratio, below, level)  # the inverse is not exact to the last bit
    return np.where(mean > 0, np.minimum(level, _UNITS_MAX), 0).astype(np.int64)


def protection_levels(values: Sequence[float], means: Floats, variances: Floats) -> Floats:
    """EMSR-b (Belobaba 1989; Talluri & van Ryzin 2004, ch. 2): units kept for class 1 against class 2, for classes 1
    and 2 against class 3, and so on.

    ``values`` fall from class to class; demands are normal, ``means`` and ``variances`` have the classes as their first
    axis. Two classes are Littlewood's rule. Levels are never below 0; the result has one row less than ``means``.
    """
    total = np.cumsum(means, axis=0)
    worth = np.cumsum(np.asarray(values)[:, None] * means.reshape(len(values), -1), axis=0).reshape(total.shape)
    deviation = np.sqrt(np.cumsum(variances, axis=0))
    levels = np.zeros(total[:-1].shape)
    for j, value in enumerate(values[1:]):
        mean_value = np.divide(worth[j], total[j], out=np.full_like(total[j], value), where=total[j] > 0)
        ratio = np.clip(1 - value / mean_value, 0, 1)
        z = special.ndtri(np.where(ratio > 0, ratio, 0.5))
        levels[j] = np.where(ratio > 0, np.maximum(0, total[j] + z * deviation[j]), 0)
    return levels


def risk_table(probability: float) -> NDArray[np.int64]:
    """Mean demands, in millionths of a unit: up to the k-th one, k units are enough with this probability.

    With demand Poisson, P(N <= k) falls in the mean and is the probability that a gamma variable of shape k + 1 exceeds
    it, so the k-th bound is that variable's quantile.
    """
    bounds = special.gammaincinv(np.arange(1, AT_RISK_MAX + 1), 1 - probability)
    return np.asarray(np.floor(bounds * MILLION), np.int64)


@kernel
def units_at_risk(rate: int, age: int, table: Any) -> int:
    """Units that are likely to have gone in ``age`` us, at ``rate`` millionths of a unit a day, by a
    :func:`risk_table`.
    """
    mean = age // SECOND * rate // _DAY_SECONDS
    return int(np.searchsorted(table, mean))


def rates(daily: Floats) -> NDArray[np.int64]:
    """Units a day as whole millionths."""
    return np.asarray(np.rint(daily * MILLION), np.int64)
