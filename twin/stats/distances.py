"""How far a law is from a sample: distances that stay readable however many rows there are.

With a hundred thousand rows every p-value is 0. What counts is the size of a distance, and what chance alone would
make of it in a sample of that size.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

KOLMOGOROV_MEAN: Final = math.sqrt(math.pi / 2) * math.log(2)
"""Mean of the Kolmogorov distribution: sqrt(n) D of a sample from the law itself."""


def law_gap(values: Values, shares: Values, sample: Values) -> float:
    """Kolmogorov-Smirnov distance between a law of numbers and a sample: the largest gap of their distribution
    functions.
    """
    points = np.union1d(values, sample)
    order = np.argsort(values)
    upto = np.concatenate([[0.0], np.cumsum(shares[order])])
    law = upto[np.searchsorted(values[order], points, side="right")]
    seen = np.searchsorted(np.sort(sample), points, side="right") / sample.size
    return float(np.abs(law - seen).max())


def uniform_gap(sample: Values) -> float:
    """Kolmogorov-Smirnov distance between the uniform law on (0, 1) and a sample, such as distribution functions of a
    law at what was observed.
    """
    ordered, n = np.sort(sample), sample.size
    ranks = np.arange(n)
    return float(max((ordered - ranks / n).max(), ((ranks + 1) / n - ordered).max()))


def gap_by_chance(n: float) -> float:
    """Mean Kolmogorov-Smirnov distance of ``n`` values that do come from the law (an upper bound where values tie)."""
    return KOLMOGOROV_MEAN / math.sqrt(n)


def total_variation(first: Values, second: Values) -> float:
    """Half the sum of absolute differences of two sets of shares: how much of one lies elsewhere in the other."""
    return float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)


def variation_by_chance(shares: Values, *sizes: float) -> float:
    """Mean total variation between samples of these sizes from the same shares (normal approximation, cell by cell).

    One size: between the shares themselves and one sample.
    """
    p = shares / shares.sum()
    spread = np.sqrt(p * (1 - p) * sum(1 / n for n in sizes))
    return float(spread.sum() * math.sqrt(2 / math.pi) / 2)
