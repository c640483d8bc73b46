"""Who sends stock to whom."""

from __future__ import annotations

import numpy as np

from twin.policies.transfers import Transfer, matched, units_of_cover


def test_cover_is_whole_units_rounded_up() -> None:
    assert units_of_cover(2.0, np.array([0.0, 0.01, 1.0])).tolist() == [0, 1, 14]


def test_the_neediest_gets_from_the_one_with_most_to_spare() -> None:
    assert matched([9, 4, 0, 0], [0, 0, 3, 7], 1) == [Transfer(0, 3, 7), Transfer(1, 2, 3)]


def test_of_equals_the_first_gives_and_gets() -> None:
    assert matched([5, 5, 0, 0], [0, 0, 2, 2], 1) == [Transfer(0, 2, 2), Transfer(1, 3, 2)]


def test_what_is_left_is_sent_if_it_is_worth_the_way() -> None:
    assert matched([3, 0, 0], [0, 5, 4], 1) == [Transfer(0, 1, 3)]
    assert matched([3, 0], [0, 5], 4) == []


def test_nobody_sends_what_nobody_has_or_needs() -> None:
    assert matched([0, 0], [2, 0], 1) == []
    assert matched([8, 0], [0, 0], 1) == []
    assert matched([], [], 1) == []
