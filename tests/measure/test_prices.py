"""Prices: what was sold at another price than the list's, and how late outlets learn of changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.measure.make import END, HORIZON, START, Row, cohort, line, mispriced, priced, shown, till_gap
from twin.core.clock import DAY, HOUR
from twin.journal.orders import Status
from twin.journal.prices import Settled
from twin.measure.kpis import measure_cohort

TILLS, WEB, MARKET = 0, 1, 2
AT_START: list[Row] = [priced(-1, 0, 0, 1000), priced(-1, 0, 1, 2000)]


def test_lines_at_another_price_than_list_or_till_are_told_apart(tmp_path: Path) -> None:
    lines = [line(Status.SUPPLIED, order=n, channel=n % 2) for n in range(1, 9)]
    rows = [
        mispriced(900, 900, 1000, 1000, order=1, channel=1),
        mispriced(1000, 1000, 1000, 900, order=2),
        mispriced(1200, 1000, 1000, 1000, order=4, settled=Settled.LOWERED),
        mispriced(900, 1000, 1000, 1000, order=9, settled=Settled.WALKED_AWAY, status=Status.ABANDONED),
        mispriced(900, 900, 1000, 1000, order=10, t_demand=START - 1),
    ]
    kpis = measure_cohort(cohort(tmp_path, lines=lines, mispriced=rows))
    assert kpis["price_mismatch_rate"] == 1 / 8
    assert kpis["price_mismatch_till_rate"] == 2 / 8
    assert kpis["price_shown_wrong_rate"] == 2 / 8
    assert (kpis["price_mismatch_rate.channel.web"], kpis["price_mismatch_rate.channel.market"]) == (0, 1 / 4)
    assert (kpis["customers_lost_to_prices"], kpis["margin_lost_to_prices_usd"]) == (1, 4)


def test_what_is_given_away_and_overcharged_is_that_of_lines_supplied(tmp_path: Path) -> None:
    rows = [
        mispriced(900, 900, 1000, 1000, order=1, quantity=3),
        mispriced(1250, 1250, 1000, 1000, order=2, quantity=2),
        mispriced(500, 500, 1000, 1000, order=3, status=Status.OVERSOLD),
        mispriced(1500, 1500, 1000, 1000, order=4, status=Status.ACCEPTED),
    ]
    kpis = measure_cohort(cohort(tmp_path, mispriced=rows))
    assert (kpis["margin_given_away_usd"], kpis["overcharged_usd"], kpis["overcharged_lines"]) == (3, 5, 1)


def test_the_margin_kept_is_that_of_the_prices_charged(tmp_path: Path) -> None:
    lines = [line(Status.SUPPLIED, price_cents=900, quantity=2), line(Status.SUPPLIED, order=2)]
    kpis = measure_cohort(cohort(tmp_path, lines=lines))
    assert (kpis["revenue_kept_usd"], kpis["margin_kept_usd"]) == (28, 10)


def test_tills_give_away_and_overcharge_by_the_units_that_they_sold(tmp_path: Path) -> None:
    rows = [till_gap(1000, 800, 5), till_gap(1000, 1100, 7, sku=1), till_gap(1000, 1, 100, t_from=START - HOUR)]
    kpis = measure_cohort(cohort(tmp_path, till_gaps=rows))
    assert (kpis["till_given_away_usd"], kpis["till_overcharged_usd"]) == (10, 7)
    assert (kpis["till_mispriced_units"], kpis["till_overcharged_units"]) == (12, 7)


def test_a_price_is_late_until_it_or_a_later_one_is_shown(tmp_path: Path) -> None:
    listed = [*AT_START, priced(0, START, 0, 900), priced(1, START + HOUR, 0, 950), priced(2, START + HOUR, 1, 1800)]
    told = [
        shown(TILLS, 0, START, 0, 900),
        shown(TILLS, 1, START + 2 * HOUR, 0, 950),
        shown(TILLS, 0, START + 3 * HOUR, 0, 900),  # an old price that was taken for a new one
        shown(TILLS, 2, START + 5 * HOUR, 1, 1800),
        shown(WEB, 1, START + 2 * HOUR, 0, 950),  # change 0 was overtaken
    ]
    kpis = measure_cohort(cohort(tmp_path, list_prices=listed, shown_prices=told))
    assert (kpis["price_latency_tills_p50_s"], kpis["price_latency_tills_p95_s"]) == (3600, 4 * 3600)
    assert (kpis["price_latency_own_p50_s"], kpis["price_latency_own_p95_s"]) == (2 * 3600, None)
    assert kpis["price_latency_marketplace_p50_s"] is None


def test_outlets_are_apart_as_long_as_they_show_another_price(tmp_path: Path) -> None:
    listed = [*AT_START, priced(0, START - DAY // 2, 0, 900), priced(1, END - HOUR, 1, 1800), priced(2, END, 0, 1000)]
    told = [
        shown(TILLS, 0, START + 12 * HOUR, 0, 900),
        shown(WEB, 0, START - 1, 0, 900),
        shown(WEB, 1, HORIZON - 1, 1, 1800),
    ]
    kpis = measure_cohort(cohort(tmp_path, list_prices=listed, shown_prices=told))
    sku_hours = 2 * 48
    assert kpis["price_apart_share.tills"] == pytest.approx((12 + 1) / sku_hours)
    assert kpis["price_apart_share.own"] == pytest.approx(1 / sku_hours)
    assert kpis["price_apart_share.marketplace"] == pytest.approx((48 + 1) / sku_hours)


def test_where_prices_never_change_nothing_is_late_and_nothing_lost(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path, lines=[line(Status.SUPPLIED)]))
    assert (kpis["price_latency_tills_p50_s"], kpis["price_apart_share.own"]) == (None, None)
    assert (kpis["price_mismatch_rate"], kpis["margin_given_away_usd"], kpis["till_given_away_usd"]) == (0, 0, 0)


def test_lost_events_are_counted_over_all_outlets(tmp_path: Path) -> None:
    rows = [{"outlet": n, "sent": 5, "lost": n, "overtaken": 0, "under_way": 0} for n in (TILLS, WEB, MARKET)]
    assert measure_cohort(cohort(tmp_path, price_events=rows))["price_events_lost"] == WEB + MARKET
