"""What became of lines that nobody could supply, and of marketplaces' orders that were late."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.measure.make import HORIZON, START, Row, cohort, cohort_with, line, order, scenario
from twin.core.clock import DAY, HOUR
from twin.journal.orders import Cause, Mode, Status
from twin.journal.tables import NONE
from twin.measure.kpis import measure_cohort


def short(status: Status, **changes: int) -> Row:
    """A line that was short at the start of the window."""
    return line(status, **{"cause": Cause.WALK_IN, "t_short": START, "t_end": NONE} | changes)


LATE = (
    short(Status.SUPPLIED, t_end=START + 10 * HOUR),
    short(Status.SUPPLIED, order=2, t_end=START + 30 * HOUR),
    short(Status.BACKORDERED, order=3),
    short(Status.ACCEPTED, order=4, t_short=HORIZON - HOUR),
)
IN_VAIN = short(Status.OVERSOLD, order=5, t_end=START + 40 * HOUR)
AT_ONCE = short(Status.OVERSOLD, order=6, t_end=START)
INSTEAD = (
    short(Status.SUPPLIED, order=7, substitute=1, t_end=START + HOUR),
    short(Status.OVERSOLD, order=8, substitute=1, t_end=START + HOUR),
)
KEPT = (line(Status.SUPPLIED, order=9), line(Status.SUPPLIED, order=10))
EVERYTHING = (*LATE, IN_VAIN, AT_ONCE, *INSTEAD, *KEPT)


def measured(folder: Path, *rows: Row, **flows: int) -> dict[str, float | None]:
    arm = {"preset": "hybrid", "sourcing": {"shortage": {"offer": "substitute_or_backorder", "promise": "24h"}}}
    made = scenario(arms={"files": arm})
    return measure_cohort(cohort_with(made, folder, lines=rows, flows=flows))


def test_a_short_line_is_oversold_whatever_becomes_of_it_and_outcomes_sum_to_the_total(tmp_path: Path) -> None:
    kpis = measured(tmp_path, *EVERYTHING)
    assert kpis["oversold_lines"] == 8
    assert kpis["oversell_rate"] == 0.8
    outcomes = [kpis[f"oversold_{name}_lines"] for name in ("cancelled", "late", "substituted")]
    assert outcomes == [3, 4, 1]
    assert kpis["oversell_rate.walk_in"] == kpis["oversell_rate"]
    assert kpis["oversold_cancelled_orders"] == 3
    assert kpis["oversold_orders"] == 8


def test_backorders_are_counted_by_what_they_came_to(tmp_path: Path) -> None:
    kpis = measured(tmp_path, *EVERYTHING)
    assert kpis["backordered_lines"] == 5
    assert kpis["backorder_open_lines"] == 2
    assert kpis["backorder_filled_share"] == 2 / 3
    assert kpis["backorder_wait_p50_s"] == 10 * 3600
    assert kpis["backorder_wait_p95_s"] == 30 * 3600
    assert kpis["backorder_on_promise_share"] == 1 / 4  # of the date of the fourth nobody knows yet


def test_what_is_late_is_neither_open_nor_lost(tmp_path: Path) -> None:
    kpis = measured(tmp_path, *EVERYTHING)
    assert kpis["open_share"] == 0
    assert kpis["margin_kept_usd"] == pytest.approx(4 * 4 + (10 - 5))
    assert kpis["margin_lost_oversold_usd"] == pytest.approx(2 * 4 + (10 - 5))
    assert kpis["revenue_kept_usd"] == 50


def test_a_substitute_is_sold_at_the_price_of_what_was_ordered(tmp_path: Path) -> None:
    kpis = measured(tmp_path, *INSTEAD, substitutes_offered=8, substitutes_taken=6)
    assert kpis["substituted_lines"] == 2
    assert kpis["oversold_substituted_lines"] == 1
    assert kpis["substitutes_taken_share"] == 0.75
    assert kpis["substitution_margin_change_usd"] == 6 - 5
    assert kpis["backordered_lines"] == 0


def test_without_a_short_line_there_is_nothing_to_measure(tmp_path: Path) -> None:
    kpis = measured(tmp_path, *KEPT)
    assert kpis["oversold_lines"] == kpis["backordered_lines"] == kpis["substituted_lines"] == 0
    unknown = (
        "backorder_filled_share",
        "backorder_wait_p95_s",
        "backorder_on_promise_share",
        "substitutes_taken_share",
    )
    assert all(kpis[name] is None for name in unknown)


ORDERS = (
    order(channel=1, t_accept=START, t_ready=START + HOUR),
    order(order=2, channel=1, t_accept=START, t_ready=START + 26 * HOUR),
    order(order=3, channel=1, t_accept=START),
    order(order=4, channel=1, t_accept=START),
    order(order=5, channel=1, t_accept=START),
    order(order=6, channel=1, t_accept=HORIZON - DAY, t_demand=HORIZON - 2 * DAY),
    order(order=7, channel=0, t_accept=START, mode=Mode.SHIP),
    order(order=8, channel=1),
)
MARKET_LINES = (
    line(Status.SUPPLIED, channel=1),
    line(Status.SUPPLIED, channel=1, order=2),
    line(Status.NOT_CONFIRMED, channel=1, order=3),
    line(Status.NOT_SHIPPED, channel=1, order=4),
    line(Status.OVERSOLD, channel=1, order=5),
    line(Status.ACCEPTED, channel=1, order=6),
    line(Status.OVERSOLD, order=7),
    line(Status.REFUSED, channel=1, order=8),
)


def test_deadlines_are_of_marketplaces_orders_that_were_accepted(tmp_path: Path) -> None:
    market = {"kind": "marketplace", "weekly_checkouts": 7.0, "confirm_within": "2h", "ship_within": "24h"}
    made = scenario(demand={"channels": {"web": {"kind": "web", "weekly_checkouts": 7.0}, "market": market}})
    kpis = measure_cohort(cohort_with(made, tmp_path, lines=MARKET_LINES, orders=ORDERS))
    assert kpis["marketplace_late_confirmations"] == 1
    assert kpis["marketplace_deadline_orders"] == 2
    assert kpis["marketplace_cancelled_share"] == 3 / 6
    assert kpis["late_shipment_rate"] == 3 / 5  # the deadline of the sixth is when the run ends


def test_where_nobody_sets_a_deadline_nothing_is_late(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path, lines=MARKET_LINES[:2], orders=ORDERS[:2]))
    assert kpis["late_shipment_rate"] is None
    assert kpis["marketplace_cancelled_share"] == 0
