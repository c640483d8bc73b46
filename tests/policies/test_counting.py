"""Who is counted when, and how wrong counts are."""

from __future__ import annotations

import numpy as np
import pytest

from twin.core.clock import DAY, NEVER
from twin.core.hashing import bits, stream_key
from twin.policies.counting import abc_classes, in_turn, miscount, miscount_limits, rounds_of, silence_limits


def test_pairs_that_sell_for_most_are_class_a() -> None:
    value = np.array([5.0, 60.0, 20.0, 10.0, 5.0])
    assert abc_classes(value, 0.8, 0.95).tolist() == [1, 0, 0, 1, 2]


def test_the_pair_that_crosses_a_border_belongs_to_the_class_before_it() -> None:
    assert abc_classes(np.array([50.0, 50.0]), 0.6, 0.6).tolist() == [0, 0]
    assert abc_classes(np.array([1.0]), 0.0, 0.0).tolist() == [2]


def test_pairs_are_named_in_turn_and_each_once_an_interval() -> None:
    first = in_turn(4, 8)
    assert first.tolist() == [0, 2, 4, 6]
    every = np.full(4, 8)
    assert rounds_of(first, every, -1).tolist() == [0, 0, 0, 0]
    assert rounds_of(first, every, 2).tolist() == [1, 1, 0, 0]
    assert rounds_of(first, every, 8).tolist() == [2, 1, 1, 1]


def test_without_a_calendar_no_turn_comes() -> None:
    first = in_turn(2, 0)
    assert (first == NEVER).all()
    assert rounds_of(first, np.zeros(2, np.int64), 100 * DAY).tolist() == [0, 0]


def test_silence_is_suspicious_when_what_should_have_sold_has_not() -> None:
    assert silence_limits(3.0, np.array([2.0, 0.5, 0.0])).tolist() == [1.5 * DAY, 6 * DAY, NEVER]
    assert silence_limits(0.0, np.array([2.0])).tolist() == [NEVER]


def test_counts_are_as_wrong_as_they_should_be() -> None:
    limits, key, counts = miscount_limits(0.2, 2.0), stream_key("miscounts"), 200_000
    drawn = np.array([miscount(int(bits(key, entity, 0)), limits) for entity in range(counts)])
    wrong = drawn != 0
    assert wrong.mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.2 * 0.8 / counts))
    sizes = np.abs(drawn[wrong])
    assert sizes.mean() == pytest.approx(2.0, abs=4 * sizes.std() / np.sqrt(sizes.size))
    assert np.mean(drawn[wrong] > 0) == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(sizes.size))


def test_nobody_miscounts_if_nobody_can() -> None:
    assert miscount(0, miscount_limits(0.0, 1.0)) == 0
    assert {miscount(luck, miscount_limits(1.0, 1.0)) for luck in range(100)} == {1, -1}
