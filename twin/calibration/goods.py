"""What is bought: popularity of articles and their prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from twin.calibration.finding import Finding
from twin.calibration.sales import Logged, Numbers, Sales
from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.estate import Skus
from twin.scenario.fields import parameters
from twin.stats.distances import gap_by_chance, uniform_gap
from twin.stats.lognormal import Lognormal, fit_lognormal
from twin.stats.popularity import (
    ARTICLES_MIN,
    ZipfMandelbrot,
    concentration,
    concentration_gap,
    fit_zipf_mandelbrot,
    observed_concentration,
)

_TOP: Final = 100


@dataclass(frozen=True)
class Goods:
    """Lines and median price per article of the log, and the laws of both."""

    fitted: Numbers  # lines per article
    tested: Numbers
    popularity: ZipfMandelbrot
    price: NDArray[np.float64]  # USD, NaN for an article without one
    price_tested: NDArray[np.float64]
    price_law: Lognormal | None  # None if the log has no two different prices


def fit_goods(logged: Logged) -> Goods:
    """Fit both laws to the articles of the days of the fit. Raises :class:`ScenarioError` for too few of them."""
    size = int(max(logged.fit.sku.max(), logged.test.sku.max())) + 1
    lines = [np.bincount(part.sku, minlength=size) for part in (logged.fit, logged.test)]
    if (sold := int((lines[0] > 0).sum())) < ARTICLES_MIN:
        declared = logged.declared
        message = f"needs at least {ARTICLES_MIN} articles before {declared.fit_until}, there are {sold}"
        raise ScenarioError([Problem(declared.log, 1, 1, declared.columns.sku, message)])
    price, later = (_prices(part, size) for part in (logged.fit, logged.test))
    known = price[np.isfinite(price)]
    law = fit_lognormal(known) if np.unique(known).size > 1 else None
    return Goods(lines[0], lines[1], fit_zipf_mandelbrot(lines[0]), price, later, law)


def _prices(sales: Sales, size: int) -> NDArray[np.float64]:
    """Median price per article, over its lines."""
    priced = sales.price > 0
    sku, price = sales.sku[priced], sales.price[priced]
    order = np.lexsort((price, sku))
    found, first, count = np.unique(sku[order], return_index=True, return_counts=True)
    prices = np.full(size, np.nan)
    prices[found] = price[order][first + (count - 1) // 2]
    return prices


def judge_popularity(goods: Goods) -> Finding:
    """Distances: the largest difference of the share of lines that the most sold articles have, whatever their
    number.
    """
    law = goods.popularity
    most = int(max(goods.fitted.max(), goods.tested.max()))
    gaps = [
        concentration_gap(concentration(law, int(lines.sum()), most), observed_concentration(lines, law.size))
        for lines in (goods.fitted, goods.tested)
    ]
    default = default_popularity()
    return Finding(
        "popularity",
        f"exponent {law.exponent:.3f}, shift {law.shift:.1f}, {law.size:,} articles",
        int(goods.fitted.sum()),
        "top share",
        gaps[0],
        gaps[1],
        None,
        f"{_overlap(goods):.0%} of the top {_TOP} stay",
        f"exponent {default.exponent:g}, shift {default.shift:g}, {default.size:,} articles; {_tops(default)} of lines "
        f"by the top 1 / 10 / 20 %, fitted {_tops(law)}",
        concentration_gap(curve(default), curve(law)),
    )


def default_popularity() -> ZipfMandelbrot:
    """The law of a catalogue that says nothing of its own."""
    known = parameters(Skus)
    return ZipfMandelbrot(
        known["popularity_exponent"].default, known["popularity_shift"].default, known["count"].default
    )


def curve(law: ZipfMandelbrot) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(share of the catalogue, share of lines), the most popular first."""
    upto = np.concatenate([[0.0], np.cumsum(law.shares())])
    return np.arange(law.size + 1) / law.size, upto


def _tops(law: ZipfMandelbrot) -> str:
    return " / ".join(f"{law.top(part):.0%}" for part in (0.01, 0.1, 0.2))


def _overlap(goods: Goods) -> float:
    """Share of the most sold articles of the days kept apart that were among the most sold before."""
    first, then = (set(np.argsort(-lines, kind="stable")[:_TOP].tolist()) for lines in (goods.fitted, goods.tested))
    return len(first & then) / _TOP


def judge_price(goods: Goods, law: Lognormal) -> Finding:
    """Distances are Kolmogorov-Smirnov between median prices and the lognormal law."""
    first, then = (item[np.isfinite(item)] for item in (goods.price, goods.price_tested))
    both = np.isfinite(goods.price)
    follows = float(spearmanr(goods.price[both], goods.fitted[both]).statistic)
    known = parameters(Skus)
    default = Lognormal(known["price_mean_usd"].default, known["price_cv"].default)
    return Finding(
        "price of an article",
        f"mean {law.mean:.2f} USD, cv {law.cv:.2f}",
        first.size,
        "KS",
        uniform_gap(law.below(first)),
        uniform_gap(law.below(then)),
        gap_by_chance(then.size),
        f"median {np.median(first):.2f} → {np.median(then):.2f}; rank correlation with lines {follows:+.2f}",
        f"mean {default.mean:g}, cv {default.cv:g}",
        uniform_gap(default.below(first)),
    )
