"""Levels of protection against brute force and against each other."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, stats

from twin.core.clock import DAY, HOUR, SECOND
from twin.policies.availability import free_units, last_units_buffer, share_buffer, sourceable_units
from twin.policies.protection import (
    AT_RISK_MAX,
    newsvendor,
    newsvendor_units,
    protection_levels,
    rates,
    risk_table,
    units_at_risk,
)


def expected_cost(level: float, overage: float, underage: float, mean: float, deviation: float) -> float:
    def cost(demand: float) -> float:
        return (overage * max(level - demand, 0) + underage * max(demand - level, 0)) * stats.norm.pdf(
            demand, mean, deviation
        )

    return float(integrate.quad(cost, mean - 8 * deviation, mean + 8 * deviation, points=[level])[0])


def test_no_level_is_cheaper_than_the_newsvendors() -> None:
    level, cost = newsvendor(1.5, 6.0, 40.0, 9.0)
    assert expected_cost(level, 1.5, 6.0, 40.0, 9.0) == pytest.approx(cost, rel=1e-7)
    for other in (level - 0.5, level + 0.5):
        assert expected_cost(other, 1.5, 6.0, 40.0, 9.0) > cost + 1e-3


def test_whole_levels_are_the_smallest_that_are_enough() -> None:
    means, ratios = np.array([0.0, 0.2, 1.0, 3.5, 60.0]), np.array([0.9, 0.5, 0.9, 0.99, 0.75])
    for mean, ratio, level in zip(means, ratios, newsvendor_units(means, ratios).tolist(), strict=True):
        assert stats.poisson.cdf(level, mean) >= ratio
        assert level == 0 or stats.poisson.cdf(level - 1, mean) < ratio


def revenue(kept: int, low: float, demand: NDArray[np.float64], capacity: int) -> float:
    """Mean revenue when the cheap class, of which there is plenty, may have all but ``kept`` units (high value 1)."""
    return float((low * (capacity - kept) + np.minimum(demand, kept)).mean())


def test_two_classes_are_protected_where_revenue_is_highest() -> None:
    demand = np.random.default_rng(20261102).normal(30.0, 6.0, 400_000)
    level = protection_levels([1.0, 0.3], np.array([30.0, 0.0]), np.array([36.0, 0.0]))[0]
    best = max(range(15, 46), key=lambda kept: revenue(kept, 0.3, demand, 60))
    assert abs(best - level) <= 1


def test_levels_are_nested_and_nothing_is_kept_for_equals() -> None:
    means = np.array([[4.0, 0.0], [6.0, 1.0], [3.0, 2.0], [9.0, 5.0]])
    levels = protection_levels([9.0, 9.0, 5.0, 1.0], means, means)
    assert levels.shape == (3, 2)
    assert levels[0].tolist() == [0.0, 0.0]  # a class of the same value
    assert (np.diff(levels, axis=0) >= 0).all()
    assert levels[1, 0] > 0


def test_units_at_risk_are_the_quantile_of_what_is_sold_in_the_age() -> None:
    table = risk_table(0.9)
    assert units_at_risk(0, DAY, table) == 0
    assert units_at_risk(5_000_000, 0, table) == 0
    for daily, age in ((0.3, HOUR), (2.0, 6 * HOUR), (40.0, DAY), (500.0, 2 * DAY)):
        rate = int(rates(np.array([daily]))[0])
        assert units_at_risk(rate, age, table) == stats.poisson.ppf(0.9, daily * age / DAY)
    assert units_at_risk(10**10, 400 * DAY, table) == AT_RISK_MAX
    assert units_at_risk(86_400_000_000, SECOND - 1, table) == 0, "ages are whole seconds"


@pytest.mark.parametrize(
    ("buffer", "offered"),
    [
        (0, [0, 1, 2, 3, 10]),
        (2, [0, 0, 0, 1, 8]),
        (share_buffer(0.25), [0, 0, 1, 2, 7]),
        (share_buffer(1.0), [0, 0, 0, 0, 0]),
        (share_buffer(0.0), [0, 1, 2, 3, 10]),
        (last_units_buffer(2), [0, 0, 0, 3, 10]),
        (last_units_buffer(0), [0, 1, 2, 3, 10]),
        (last_units_buffer(20_000), [0, 0, 0, 0, 0]),
    ],
)
def test_what_a_node_offers_under_each_rule(buffer: int, offered: list[int]) -> None:
    assert [free_units(left + 4, 4, buffer, 0) for left in (0, 1, 2, 3, 10)] == offered
    assert [free_units(left, 0, buffer, 1) for left in (0, 1, 10)] == [0, 0, 0]
    assert free_units(1, 3, buffer, 0) == 0
    assert sourceable_units(9, 4, 0) == 5
