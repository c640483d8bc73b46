"""Which arm is the cheapest, against intervals worked out by hand."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import pytest
from scipy.stats import t as student

from twin.core.clock import WEEK
from twin.experiment.benefit import NET_BENEFIT
from twin.experiment.comparison import Design
from twin.experiment.ranking import Ranked, rank
from twin.experiment.tables import read_rows, write_rows

YEARLY = {"base": (0.0, 0.0, 0.0), "good": (520.0, 624.0, 572.0), "better": (624.0, 780.0, 624.0)}
"""USD a year by world; a week's window is a 52nd of it."""


def ranked(yearly: dict[str, tuple[float | None, ...]], confidence: float = 0.95) -> list[Ranked]:
    worlds = range(len(next(iter(yearly.values()))))
    values = {(arm, world): {NET_BENEFIT: series[world]} for arm, series in yearly.items() for world in worlds}
    return rank(values, Design(tuple(yearly), "base", worlds, confidence), window=WEEK)


def test_the_best_comes_first_and_money_is_that_of_the_window() -> None:
    rows = ranked(YEARLY)
    assert [(row.arm, row.benefit) for row in rows] == [("better", 13.0), ("good", 11.0), ("base", 0.0)]
    assert rows[0].behind is None
    assert [row.behind for row in rows[1:]] == pytest.approx([2.0, 13.0])


def test_an_interval_holds_for_all_pairs_together() -> None:
    second = ranked(YEARLY)[1]
    behind = (2.0, 3.0, 1.0)  # 104, 156 and 52 a year
    quantile = student.ppf(1 - 0.05 / 3 / 2, 2)  # three pairs of three arms
    half = quantile * 1.0 / sqrt(3)
    assert (second.behind_low, second.behind_high) == pytest.approx((2 - half, 2 + half))
    assert sum(behind) / 3 == second.behind


def test_arms_that_are_the_same_in_every_world_keep_their_order_and_have_no_interval() -> None:
    rows = ranked({"base": (0.0, 0.0), "twin": (0.0, 0.0)})
    assert rows == [Ranked("base", 2, 0.0), Ranked("twin", 2, 0.0, 0.0)]


def test_an_arm_whose_money_cannot_be_told_is_left_out_and_nobody_is_ranked_alone() -> None:
    assert [row.arm for row in ranked({**YEARLY, "dark": (None, None, None)})] == ["better", "good", "base"]
    assert ranked({"base": (0.0, 0.0), "dark": (None, None)}) == []


def test_a_ranking_is_read_back_to_the_bit(tmp_path: Path) -> None:
    rows = ranked(YEARLY)
    write_rows(tmp_path / "ranking.csv", rows, Ranked)
    assert read_rows(tmp_path / "ranking.csv", Ranked) == rows
