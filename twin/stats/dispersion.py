"""How much days differ beyond luck: the spread of a factor that multiplies a Poisson mean.

A day's count is Poisson with mean ``expected * factor``, the factor gamma with mean 1; its coefficient of variation
is the dispersion, and the count is negative binomial.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Dispersion:
    """A coefficient of variation and its standard error; 0 where days differ less than by luck alone."""

    cv: float
    error: float


def expected_counts(counts: Values, row: Places, column: Places) -> Values:
    """Expected counts with a factor per row and one per column: maximum likelihood for Poisson counts (iterative
    proportional fitting).
    """
    rows, columns = int(row.max()) + 1, int(column.max()) + 1
    by_row, by_column = np.ones(rows), np.ones(columns)
    of_rows, of_columns = _sums(row, counts, rows), _sums(column, counts, columns)
    for _ in range(100):
        by_row = _ratio(of_rows, _sums(row, by_column[column], rows))
        by_column = _ratio(of_columns, _sums(column, by_row[row], columns))
    return by_row[row] * by_column[column]


def _sums(place: Places, values: Values, size: int) -> Values:
    return np.bincount(place, values, size).astype(np.float64)


def _ratio(above: Values, below: Values) -> Values:
    return np.divide(above, below, out=np.zeros(above.size), where=below > 0)


def dispersion(counts: Values, expected: Values, fitted: int, block: Places) -> Dispersion:
    """Moment estimate: mean square around ``expected``, less that of Poisson counts.

    ``fitted``: how many factors were fitted to the same counts to get ``expected``. ``block``: groups of counts (such
    as weeks) that are left out in turn for the standard error (jackknife).
    """
    blocks = int(block.max()) + 1
    freedom = counts.size / (counts.size - fitted)
    excess = np.bincount(block, freedom * (counts - expected) ** 2 - expected, blocks)
    squares = np.bincount(block, expected**2, blocks)
    variance = excess.sum() / squares.sum()
    left_out = (excess.sum() - excess) / (squares.sum() - squares)
    error = math.sqrt((blocks - 1) / blocks * float(((left_out - left_out.mean()) ** 2).sum()))
    cv = math.sqrt(max(variance, 0.0))
    return Dispersion(cv, error / (2 * cv) if cv > 0 else math.sqrt(error))


def excess_spread(counts: Values, expected: Values, cv: float, fitted: int) -> float:
    """Chi-square per degree of freedom, less 1, of counts under a dispersion: by how much days differ more (or less)
    than the law says. ``fitted`` as in :func:`dispersion`.
    """
    squares = (counts - expected) ** 2 / (expected + (cv * expected) ** 2)
    return float(squares.sum() / (counts.size - fitted) - 1)


def excess_by_chance(freedom: int) -> float:
    """Mean size of :func:`excess_spread` if the law is right (normal approximation)."""
    return math.sqrt(2 / freedom) * math.sqrt(2 / math.pi)
