"""Distances against scipy and values worked by hand; fits against samples of laws that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from twin.stats.dispersion import dispersion, excess_by_chance, excess_spread, expected_counts
from twin.stats.distances import gap_by_chance, law_gap, total_variation, uniform_gap, variation_by_chance
from twin.stats.lognormal import Lognormal, fit_lognormal
from twin.stats.popularity import (
    ZipfMandelbrot,
    concentration,
    concentration_gap,
    fit_zipf_mandelbrot,
    observed_concentration,
)

LUCK = np.random.default_rng(20251128)


def test_gaps_of_laws_and_samples_are_those_of_kolmogorov_and_smirnov() -> None:
    sample = LUCK.random(200)
    assert uniform_gap(sample) == pytest.approx(stats.kstest(sample, "uniform").statistic, rel=1e-12)
    values, shares = np.array([1.0, 2.0, 5.0]), np.array([0.5, 0.3, 0.2])
    assert law_gap(values, shares, np.array([1.0, 1.0, 2.0, 5.0])) == pytest.approx(0.05)  # 0.75 against 0.8 at 2
    assert law_gap(values, shares, np.array([3.0, 3.0])) == pytest.approx(0.8)  # none against 0.8 below 3
    assert law_gap(values[::-1], shares[::-1], np.array([3.0, 3.0])) == pytest.approx(0.8)


def test_total_variation_is_the_share_that_lies_elsewhere() -> None:
    assert total_variation(np.array([1.0, 1.0, 2.0]), np.array([2.0, 1.0, 1.0])) == pytest.approx(0.25)
    assert total_variation(np.array([1.0, 0.0]), np.array([0.0, 7.0])) == 1


def test_what_chance_makes_of_distances_is_what_it_makes_of_samples() -> None:
    shares = np.array([0.1, 0.2, 0.3, 0.4])
    pairs = [(LUCK.multinomial(500, shares), LUCK.multinomial(300, shares)) for _ in range(400)]
    far = np.mean([total_variation(first.astype(float), then.astype(float)) for first, then in pairs])
    assert variation_by_chance(shares, 500, 300) == pytest.approx(far, rel=0.08)
    gaps = np.mean([uniform_gap(LUCK.random(400)) for _ in range(400)])
    assert gap_by_chance(400) == pytest.approx(gaps, rel=0.06)


def test_expected_counts_keep_the_sums_of_rows_and_columns() -> None:
    row, column = np.repeat(np.arange(5), 7), np.tile(np.arange(7), 5)
    counts = LUCK.poisson(30, 35).astype(float)
    expected = expected_counts(counts, row, column)
    assert np.bincount(row, expected) == pytest.approx(np.bincount(row, counts))
    assert np.bincount(column, expected) == pytest.approx(np.bincount(column, counts))


@pytest.mark.parametrize("cv", [0.0, 0.15, 0.5])
def test_the_dispersion_of_days_comes_back_within_its_error(cv: float) -> None:
    weeks = 60
    row, column = np.repeat(np.arange(weeks), 7), np.tile(np.arange(7), weeks)
    mean = 50 * (1 + 0.5 * np.sin(row)) * (1 + 0.1 * column)
    factor = LUCK.gamma(1 / cv**2, cv**2, mean.size) if cv else 1.0
    counts = LUCK.poisson(mean * factor).astype(float)
    expected, fitted = expected_counts(counts, row, column), weeks + 7 - 1
    found = dispersion(counts, expected, fitted, row)
    assert found.cv == pytest.approx(cv, abs=3 * found.error)
    assert found.error < (0.12 if cv == 0 else 0.05)
    assert abs(excess_spread(counts, expected, found.cv, fitted)) < 4 * excess_by_chance(counts.size - fitted)
    if cv:
        assert excess_spread(counts, expected, 0.0, fitted) > 4 * excess_by_chance(counts.size - fitted)


def test_a_lognormal_law_comes_back() -> None:
    law = Lognormal(10, 0.5)
    sigma = math.sqrt(math.log1p(0.25))
    sample = LUCK.lognormal(math.log(10) - sigma**2 / 2, sigma, 4000)
    found = fit_lognormal(sample)
    assert (found.mean, found.cv) == pytest.approx((10, 0.5), rel=0.05)
    assert uniform_gap(law.below(sample)) < 2 * gap_by_chance(sample.size)
    assert law.below(np.array([10 * math.exp(-(sigma**2) / 2)])) == pytest.approx(0.5)  # the median
    for values in ([3.0, 3.0], [1.0, 0.0], [2.0]):
        with pytest.raises(ValueError, match="two different values"):
            fit_lognormal(np.array(values))


@pytest.mark.parametrize("law", [ZipfMandelbrot(1.0, 8.0, 3000), ZipfMandelbrot(0.6, 0.5, 800)])
def test_popularity_comes_back_although_some_articles_are_never_sold(law: ZipfMandelbrot) -> None:
    lines = law.size * 3
    counts = LUCK.multinomial(lines, law.shares())
    assert 0.1 < (counts == 0).mean() < 0.5
    found = fit_zipf_mandelbrot(counts)
    assert found.size == pytest.approx(law.size, rel=0.15)
    assert found.exponent == pytest.approx(law.exponent, abs=0.12)
    assert found.top(0.1) == pytest.approx(law.top(0.1), abs=0.02)
    assert found.size > 1.1 * (counts > 0).sum()  # so the articles that nobody has seen are there


def test_the_expected_concentration_is_the_mean_of_samples() -> None:
    law = ZipfMandelbrot(0.9, 3.0, 400)
    samples = [observed_concentration(LUCK.multinomial(900, law.shares()), law.size) for _ in range(200)]
    at = np.arange(0, 401, 20.0)
    mean = np.mean([np.interp(at, *sample) for sample in samples], axis=0)
    assert np.interp(at, *concentration(law, 900, 60)) == pytest.approx(mean, abs=0.006)


def test_a_gap_of_concentrations_is_the_largest_difference() -> None:
    first = (np.array([0.0, 1.0, 3.0]), np.array([0.0, 0.5, 1.0]))
    second = (np.array([0.0, 2.0, 3.0]), np.array([0.0, 0.6, 1.0]))
    assert concentration_gap(first, second) == pytest.approx(0.2)  # at one article 0.5 against 0.3


def test_shares_of_a_law_are_those_of_the_drawn_catalogue() -> None:
    shares = ZipfMandelbrot(0.9, 20.0, 100).shares()
    assert shares.sum() == pytest.approx(1)
    assert shares[0] / shares[99] == pytest.approx((120 / 21) ** 0.9)
    with pytest.raises(ValueError, match="at least 10 articles, there are 3"):
        fit_zipf_mandelbrot(np.array([1, 0, 5, 2]))
