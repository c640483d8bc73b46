"""The Zipf-Mandelbrot law of popularity, fitted to how often articles were sold.

Ranks in a sample are those of luck as well: the article that comes first does so because it is popular and because it
was lucky. So the law is not held against the ranks themselves but through the sample that it would give: the expected
number of articles sold once, twice, m times (Baayen 2001, Word Frequency Distributions), cumulated from the most sold
on, against the same of the log. How many articles there are, sold or not, follows from how many were sold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln

Counts = NDArray[np.int64]
Values = NDArray[np.float64]

_ALONE: Final = 100
"""Ranks that stand for themselves; those behind are taken together in groups 2 % wide."""

_EXPONENT_MAX: Final = 3.0
_POINTS: Final = 200
_UNSOLD_MAX: Final = 20
"""Articles at most, as a multiple of those that were sold."""

ARTICLES_MIN: Final = 10
"""Fewer say nothing of a law."""


@dataclass(frozen=True)
class ZipfMandelbrot:
    """Popularity of rank ``i`` of ``size`` articles is proportional to ``(i + shift) ** -exponent``."""

    exponent: float
    shift: float  # ranks
    size: int  # articles, those that were never sold included

    def shares(self) -> Values:
        """Share of lines of each rank."""
        weight = (np.arange(1.0, self.size + 1) + self.shift) ** -self.exponent
        share: Values = weight / weight.sum()
        return share

    def top(self, part: float) -> float:
        """Share of lines of the most popular ``part`` of the articles."""
        return float(self.shares()[: max(round(part * self.size), 1)].sum())


def fit_zipf_mandelbrot(counts: Counts) -> ZipfMandelbrot:
    """Least squares between the shares of lines that the most sold articles have: expected, and in ``counts`` (lines
    per article), at numbers of articles in geometric steps. ``ValueError`` for fewer than 10 articles.
    """
    sold = counts[counts > 0]
    if sold.size < ARTICLES_MIN:
        raise ValueError(f"needs at least {ARTICLES_MIN} articles, there are {sold.size}")
    seen = observed_concentration(sold, sold.size)
    at = np.geomspace(1, sold.size, _POINTS)
    wanted = np.interp(at, *seen)

    def far(law: Values) -> float:
        if not 0 <= law[0] <= _EXPONENT_MAX:
            return np.inf
        expected = concentration(_sized(law, sold), int(sold.sum()), int(sold.max()))
        return float(((np.interp(at, *expected) - wanted) ** 2).sum())

    start = [1.0, float(np.log(0.01 * sold.size))]
    found = minimize(far, start, method="Nelder-Mead", options={"maxiter": 300, "xatol": 1e-3, "fatol": 1e-7})
    return _sized(found.x, sold)


def _sized(law: Values, sold: Counts) -> ZipfMandelbrot:
    """The law of (exponent, log of the shift) with so many articles that as many as in the log are expected to be
    sold.
    """
    exponent, shift = float(law[0]), float(np.exp(law[1]))
    few, many = sold.size, sold.size * _UNSOLD_MAX
    while many - few > max(few // 1000, 1):
        middle = (few + many) // 2
        share, ranks = _groups(ZipfMandelbrot(exponent, shift, middle))
        enough = -(ranks * np.expm1(-share * float(sold.sum()))).sum() >= sold.size
        few, many = (few, middle) if enough else (middle, many)
    return ZipfMandelbrot(exponent, shift, few)


def _groups(law: ZipfMandelbrot) -> tuple[Values, Values]:
    """(share of a rank, number of ranks) of groups of ranks that are nearly equally popular."""
    edges = np.ceil(_ALONE * 1.02 ** np.arange(1, 1 + max(int(np.log(law.size / _ALONE + 1) / np.log(1.02)), 1)))
    edges = np.unique(np.concatenate([np.arange(min(_ALONE, law.size) + 1.0), edges[edges < law.size], [law.size]]))
    ranks = np.diff(edges)
    weight = ((edges[:-1] + 1 + edges[1:]) / 2 + law.shift) ** -law.exponent
    return weight / (weight * ranks).sum(), ranks


def concentration(law: ZipfMandelbrot, lines: int, most: int) -> tuple[Values, Values]:
    """(articles, share of lines), cumulated from the most sold on: what ``lines`` lines of the law are expected to
    show.

    ``most``: the largest count that is looked at. Articles that are never sold come last and are part of the first
    array.
    """
    share, ranks = _groups(law)
    expected = share * lines
    often = np.arange(max(most, int(expected.max() + 10 * np.sqrt(expected.max()) + 10)), -1.0, -1.0)
    each = np.exp(often[:, None] * np.log(expected) - expected - gammaln(often[:, None] + 1.0)) @ ranks
    return _cumulated(often, each)


def observed_concentration(counts: Counts, size: int) -> tuple[Values, Values]:
    """:func:`concentration` of a sample; ``size`` articles in all."""
    often, articles = np.unique(counts[counts > 0], return_counts=True)
    never = max(size - int(articles.sum()), 0)
    return _cumulated(np.append(often[::-1], 0.0), np.append(articles[::-1], never).astype(np.float64))


def _cumulated(often: Values, articles: Values) -> tuple[Values, Values]:
    lines = np.cumsum(often * articles)
    return np.concatenate([[0.0], np.cumsum(articles)]), np.concatenate([[0.0], lines / lines[-1]])


def concentration_gap(first: tuple[Values, Values], second: tuple[Values, Values]) -> float:
    """Largest difference of the shares of lines of the same number of most sold articles."""
    at = np.union1d(first[0], second[0])
    return float(np.abs(np.interp(at, *first) - np.interp(at, *second)).max())
