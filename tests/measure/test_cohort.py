"""What belongs to the cohort, and what the cohort refuses to believe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.measure.make import END, START, Row, cohort, false_oos, journal, line, order, scenario, scrape
from twin.core.errors import InvariantError, ResultsError
from twin.journal.orders import Cause, Refusal, Status
from twin.measure.cohort import cohort_of
from twin.measure.counts import by_channel, by_day
from twin.measure.kpis import measure


def test_the_window_includes_its_first_instant_and_excludes_its_last(tmp_path: Path) -> None:
    instants = (START - 1, START, END - 1, END)
    rows = [line(Status.SUPPLIED, t_demand=t) for t in instants]
    made = cohort(
        tmp_path, lines=rows, orders=[order(t_demand=t) for t in instants], scrapes=[scrape(t=t) for t in instants]
    )
    assert list(made.lines["t_demand"]) == [START, END - 1]
    assert list(made.orders["t_demand"]) == [START, END - 1]
    assert list(made.scrapes["t"]) == [START, END - 1]


def test_a_line_belongs_to_the_window_by_its_demand_and_is_followed_beyond_it(tmp_path: Path) -> None:
    late = line(Status.OVERSOLD, t_demand=END - 1, t_end=END + 1)
    assert cohort(tmp_path, lines=[late]).oversold.sum() == 1


def test_an_order_accepted_after_the_window_counts_if_it_was_demanded_in_it(tmp_path: Path) -> None:
    folder = journal(
        tmp_path, orders=[order(t_demand=END - 1, t_accept=END + 1), order(t_demand=START - 1, t_accept=START)]
    )
    assert measure(folder, scenario(), "files")["orders_accepted"] == 1


@pytest.mark.parametrize(
    ("row", "law"),
    [
        (line(Status.OVERSOLD, cause=Cause.NONE), "every oversold line has one cause"),
        (line(Status.OVERSOLD, cause=len(Cause)), "every oversold line has one cause"),
        (line(Status.SUPPLIED, cause=Cause.RACE), "only an oversold line has a cause"),
        (line(Status.SUPPLIED, false_oos=1), "only a refused line is a false out-of-stock"),
        (false_oos(Refusal.NONE), "a false out-of-stock has a reason other than stock"),
        (false_oos(Refusal.NO_STOCK), "a false out-of-stock has a reason other than stock"),
        (line(Status.SUPPLIED, channel=2), "a line's channel is one of the scenario"),
    ],
)
def test_a_journal_whose_parts_would_not_sum_is_refused(tmp_path: Path, row: Row, law: str) -> None:
    with pytest.raises(InvariantError, match=f"journal: {law}: broken by line 0 of order 7 and 1 more"):
        cohort(tmp_path, lines=[line(Status.SUPPLIED), row | {"order": 7}, row])


def test_what_happened_before_the_window_is_not_checked(tmp_path: Path) -> None:
    assert cohort(tmp_path, lines=[line(Status.OVERSOLD, cause=Cause.NONE, t_demand=START - 1)]).lines.size == 0


def test_an_arm_that_the_scenario_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="'other' is not an arm of scenario 'tiny'"):
        cohort_of(journal(tmp_path), scenario(), "other")


def test_a_line_of_a_sku_without_a_price_is_refused(tmp_path: Path) -> None:
    folder = journal(tmp_path, lines=[line(Status.SUPPLIED) | {"sku": 2}])
    with pytest.raises(ResultsError, match="a line wants SKU 2, the table has 2 SKUs"):
        measure(folder, scenario(), "files")


def test_lines_are_counted_by_day_and_by_channel(tmp_path: Path) -> None:
    rows = [
        line(Status.SUPPLIED),
        line(Status.OVERSOLD, channel=1),
        line(Status.REFUSED, t_demand=END - 1),
        false_oos(Refusal.STALE, channel=1, t_demand=END - 1),
    ]
    made = cohort(tmp_path, lines=rows)
    days = {name: list(map(int, column)) for name, column in by_day(made).items()}
    channels = {name: list(map(int, column)) for name, column in by_channel(made).items()}
    assert days == {
        "day": [1, 2],
        "demanded": [2, 2],
        "accepted": [2, 0],
        "oversold": [1, 0],
        "refused": [0, 2],
        "false_oos": [0, 1],
    }
    assert channels["oversold"] == [0, 1]
    assert channels["demanded"] == [2, 2]


def test_counts_by_day_of_nothing_are_zeros(tmp_path: Path) -> None:
    assert np.array_equal(by_day(cohort(tmp_path))["demanded"], [0, 0])
