"""Time series of hand-made journals, bin by bin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.measure.make import HORIZON, Row, cohort, false_oos, line, order, scenario, scrape
from twin.core.clock import HOUR, MINUTE, SECOND
from twin.core.errors import InvariantError
from twin.journal.orders import Refusal, Status
from twin.journal.tables import NONE
from twin.measure.timeline import SERIES, bin_width, timeline

BIN = 15 * MINUTE


def series(folder: Path, **tables: Any) -> dict[str, list[float]]:
    """The first four bins of every series."""
    starts, values = timeline(cohort(folder, **tables), BIN)
    assert starts.tolist() == list(range(0, HORIZON, BIN))
    assert tuple(values) == tuple(SERIES)
    assert all(column.size == starts.size for column in values.values())
    return {name: column[:4].tolist() for name, column in values.items()}


def test_a_ledger_is_the_largest_of_the_scrapes_of_a_bin_and_nothing_where_none_fell(tmp_path: Path) -> None:
    scrapes = [
        scrape(t=0, unseen=4, unheard=1, unposted=8, oldest_unseen=2 * SECOND),
        scrape(t=BIN - 1, unseen=6, unheard=2, unposted=10, oldest_unseen=4 * SECOND),
        scrape(t=BIN, unseen=100, unheard=0, unposted=0, oldest_unseen=0),
        scrape(t=3 * BIN, unseen=1, unheard=1, unposted=1, oldest_unseen=SECOND),
    ]
    found = series(tmp_path, scrapes=scrapes)
    assert np.array_equal(found["backlog"], [8, 100, np.nan, 2], equal_nan=True)
    assert np.array_equal(found["posting_backlog"], [10, 0, np.nan, 1], equal_nan=True)
    assert np.array_equal(found["lag_s"], [4, 0, np.nan, 1], equal_nan=True)


def test_orders_are_counted_where_they_were_accepted_and_released_and_wait_in_between(tmp_path: Path) -> None:
    orders = [
        order(order=1, t_demand=0, t_accept=1, t_release=BIN),
        order(order=2, t_demand=0, t_accept=BIN - 1, t_release=2 * BIN + 1),
        order(order=3, t_demand=0, t_accept=BIN, t_release=BIN + 1),
        order(order=4, t_demand=0, t_accept=BIN),  # no node had it: cancelled in the third bin
        order(order=5, t_demand=0, t_accept=2 * BIN),  # still waiting at the end
        order(order=6, t_demand=0),  # never accepted
    ]
    lines = [
        line(Status.OVERSOLD, order=4, t_demand=0, t_end=2 * BIN + 5),
        line(Status.OVERSOLD, order=4, line=1, t_demand=0, t_end=2 * BIN),
        line(Status.ACCEPTED, order=5, t_demand=0, t_end=NONE),
        line(Status.SUPPLIED, order=1, t_demand=0, t_end=BIN),
    ]
    found = series(tmp_path, orders=orders, lines=lines)
    assert found["accepted"] == [2, 2, 1, 0]
    assert found["released"] == [0, 2, 1, 0]
    assert found["waiting"] == [2, 2, 1, 1]


def test_an_oversold_line_counts_where_it_was_promised_and_a_refused_one_where_it_was_refused(tmp_path: Path) -> None:
    orders = [order(order=1, t_demand=0, t_accept=BIN + 1), order(order=2, t_demand=0, t_accept=0)]
    lines = [
        line(Status.OVERSOLD, order=1, t_demand=0, t_end=3 * BIN),
        line(Status.OVERSOLD, order=1, line=1, t_demand=0, t_end=3 * BIN),
        line(Status.OVERSOLD, order=2, t_demand=0, t_end=3 * BIN),
        false_oos(Refusal.STALE, order=3, t_demand=0, t_end=2 * BIN),
        line(Status.REFUSED, order=3, line=1, t_demand=0, t_end=2 * BIN),  # the truth had none either
    ]
    found = series(tmp_path, orders=orders, lines=lines)
    assert found["oversold"] == [1, 2, 0, 0]
    assert found["wrongly_refused"] == [0, 0, 1, 0]


def test_staleness_is_the_p95_of_the_decisions_of_a_bin_that_used_a_belief(tmp_path: Path) -> None:
    lines: list[Row] = [
        line(Status.SUPPLIED, order=n, t_demand=0, t_decision=n, staleness=n * SECOND) for n in range(1, 101)
    ]
    lines += [line(Status.REFUSED, refusal=Refusal.CLOSED, t_demand=0, t_decision=2 * BIN, staleness=HOUR)]
    lines += [line(Status.SUPPLIED, t_demand=0, t_decision=3 * BIN, staleness=0)]
    found = series(tmp_path, lines=lines)
    assert np.array_equal(found["staleness_p95_s"], [95, np.nan, np.nan, 0], equal_nan=True)


def test_an_oversold_line_without_its_order_is_a_contradiction(tmp_path: Path) -> None:
    with pytest.raises(InvariantError, match="of no order"):
        timeline(cohort(tmp_path, lines=[line(Status.OVERSOLD, order=9)], orders=[order(order=1)]), BIN)


@pytest.mark.parametrize(
    ("scrape", "interval", "width"),
    [
        ("1m", "15m", 15),
        ("10m", "15m", 30),
        ("1m", "30m", 30),
        ("1m", "4h", 60),
        ("5h", "15m", 720),
        ("3d", "1m", 1440),
    ],
)
def test_a_bin_holds_a_scrape_and_as_many_release_jobs_as_the_next(scrape: str, interval: str, width: int) -> None:
    arms = {"files": {"preset": "hybrid", "release": {"mode": "batch", "interval": interval}}, "mixed": {}}
    assert bin_width(scenario(experiment={"scrape": scrape}, arms=arms)) == width * MINUTE
