"""Paired comparison against scipy, worked examples and its own algebra."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from twin.stats.paired import holm, paired


def test_difference_interval_and_p_agree_with_scipy() -> None:
    rng = np.random.default_rng(3)
    world = rng.normal(0, 5, 10)
    a, b = world + rng.normal(1, 1, 10), world + rng.normal(0, 1, 10)
    expected = stats.ttest_rel(a, b)
    bounds = expected.confidence_interval(0.9)
    result = paired(a.tolist(), b.tolist(), confidence=0.9)
    assert result.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert (result.low, result.high) == pytest.approx((bounds.low, bounds.high), rel=1e-9)
    assert result.correlation == pytest.approx(stats.pearsonr(a, b).statistic, rel=1e-9)


def test_variance_reduction_is_the_one_worked_by_hand() -> None:
    # var(a) = 1, var(b) = 4, a - b = -(0, 1, 2) with variance 1: 1 - 1 / 5
    assert paired([1, 2, 3], [1, 3, 5], confidence=0.95).variance_reduction == pytest.approx(0.8)


def test_opposed_arms_show_that_sharing_hurts() -> None:
    result = paired([1, 2, 3], [3, 2, 1], confidence=0.95)
    assert result.variance_reduction == pytest.approx(-1.0)
    assert result.correlation == pytest.approx(-1.0)


def test_a_difference_without_variance_is_null() -> None:
    result = paired([2, 3, 4], [1, 2, 3], confidence=0.95)
    assert (result.mean, result.low, result.high, result.p) == (1.0, None, None, None)
    assert result.variance_reduction == 1.0


def test_rounding_is_no_variance() -> None:
    baseline = [step / 10 for step in range(8)]
    arm = [value + 0.3 for value in baseline]
    assert len({a - b for a, b in zip(arm, baseline, strict=True)}) > 1
    result = paired(arm, baseline, confidence=0.95)
    assert (result.low, result.p) == (None, None)


def test_one_replication_has_a_difference_only() -> None:
    result = paired([2.0], [1.5], confidence=0.95)
    assert (result.mean, result.low, result.p, result.variance_reduction, result.correlation) == (
        0.5,
        None,
        None,
        None,
        None,
    )


def test_a_replication_counts_only_where_both_arms_have_a_value() -> None:
    result = paired([1.0, None, 3.0, 5.0], [0.0, 9.0, None, 1.0], confidence=0.95)
    assert (result.n, result.mean) == (2, 2.5)


def test_arms_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        paired([1.0], [1.0, 2.0], confidence=0.95)


def test_holm_is_the_worked_example() -> None:
    # sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, made monotone
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_leaves_tests_that_do_not_exist_out_of_the_family() -> None:
    assert holm([None, 0.02, None]) == [None, 0.02, None]


def test_holm_never_exceeds_one() -> None:
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_keeps_the_order_and_never_lowers_a_p_value(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(a is not None and a >= p for a, p in zip(adjusted, p_values, strict=True))
    ranked = [adjusted[i] for i in np.argsort(p_values, kind="stable")]
    assert ranked == sorted(ranked)  # type: ignore[type-var]  # no None: every p exists


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=12))
def test_no_input_ever_gives_nan(pairs: list[tuple[float, float]]) -> None:
    result = paired([a for a, _ in pairs], [b for _, b in pairs], confidence=0.95)
    numbers = (result.mean, result.low, result.high, result.p, result.variance_reduction, result.correlation)
    assert all(number is None or math.isfinite(number) for number in numbers)
