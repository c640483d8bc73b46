"""MSER-5 on series whose transient is known."""

import numpy as np
import pytest

from twin.stats.warmup import mser5


def test_a_step_is_cut_where_it_ends() -> None:
    assert mser5([100.0] * 20 + [1.0] * 180) == 20


def test_a_settled_series_is_not_cut() -> None:
    assert mser5([3.0] * 100) == 0


def test_a_decaying_transient_is_cut_and_most_of_the_series_kept() -> None:
    t = np.arange(500)
    noise = np.random.default_rng(1).normal(0, 0.5, 500)
    cut = mser5((10 * np.exp(-t / 20) + 5 + noise).tolist())
    assert cut is not None
    assert 40 <= cut <= 150


def test_a_series_that_never_settles_is_refused() -> None:
    assert mser5([float(t) for t in range(200)]) is None


def test_a_short_series_cannot_tell() -> None:
    assert mser5([1.0] * 19) is None


def test_a_series_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        mser5([1.0, float("nan")] * 20)
