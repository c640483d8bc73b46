"""Intervals against values worked by hand and by scipy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from twin.stats.intervals import Interval, mean_interval, mean_intervals


def test_the_interval_of_three_values_is_the_one_worked_by_hand() -> None:
    interval = mean_interval([1.0, 2.0, 3.0], confidence=0.95)
    # s = 1, t(2, 0.975) = 4.302652729749464 (Student's table), half-width = t / sqrt(3)
    assert interval.mean == 2.0
    assert interval.low == pytest.approx(2.0 - 4.302652729749464 / math.sqrt(3), rel=1e-12)
    assert interval.high == pytest.approx(2.0 + 4.302652729749464 / math.sqrt(3), rel=1e-12)
    assert interval.n == 3


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_the_interval_agrees_with_scipy(confidence: float) -> None:
    values = np.random.default_rng(7).normal(3, 2, 12)
    low, high = stats.t.interval(confidence, 11, loc=values.mean(), scale=stats.sem(values))
    interval = mean_interval(values.tolist(), confidence=confidence)
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-10)


def test_no_value_has_no_mean() -> None:
    assert mean_interval([None, None], confidence=0.95) == Interval(None, None, None, 0)


def test_one_value_has_a_mean_and_no_interval() -> None:
    assert mean_interval([4.5], confidence=0.95) == Interval(4.5, None, None, 1)


def test_values_without_spread_have_no_interval() -> None:
    assert mean_interval([0.1, 0.1, 0.1], confidence=0.95) == Interval(pytest.approx(0.1), None, None, 3)


def test_missing_values_are_left_out_of_the_count() -> None:
    assert mean_interval([1.0, None, 3.0], confidence=0.95).n == 2


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_a_defect(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        mean_interval([1.0, bad], confidence=0.95)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(-1e12, 1e12)), max_size=20))
def test_no_input_ever_gives_nan(values: list[float | None]) -> None:
    interval = mean_interval(values, confidence=0.95)
    assert all(bound is None or math.isfinite(bound) for bound in (interval.mean, interval.low, interval.high))


def test_intervals_of_many_columns_are_those_of_each() -> None:
    values = np.random.default_rng(2).normal(size=(5, 40))
    values[np.random.default_rng(3).random(values.shape) < 0.4] = np.nan
    values[:, 0], values[:, 1], values[:, 2] = np.nan, 0.1, [7, np.nan, np.nan, np.nan, np.nan]
    mean, low, high, n = mean_intervals(values, confidence=0.9)
    for place in range(values.shape[1]):
        column = [None if math.isnan(value) else float(value) for value in values[:, place]]
        one = mean_interval(column, confidence=0.9)
        told = [None if math.isnan(bound[place]) else float(bound[place]) for bound in (mean, low, high)]
        assert told == [bound if bound is None else pytest.approx(bound) for bound in (one.mean, one.low, one.high)]
        assert n[place] == one.n
