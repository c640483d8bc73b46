"""Money by hand: every item, its level, and that nothing is counted twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.measure.make import scenario
from twin.economics.costs import LEVELS, NEEDED, Responses, yearly_cost_usd
from twin.economics.roi import CASES, breakdown, yearly_value_usd
from twin.measure.kpis import KPIS
from twin.scenario.scenario import Scenario

YEARS_WINDOWS = 52 * 7 / 2  # windows of two days in 52 weeks


def fixed(low: float, base: float, high: float) -> dict[str, float]:
    return {"low": low, "base": base, "high": high}


ECONOMICS: dict[str, Any] = {
    "oversell_cost_usd": fixed(1.0, 2.0, 3.0),
    "marketplace_cancel_usd": fixed(2.0, 5.0, 9.0),
    "late_backorder_usd": fixed(0.5, 1.5, 2.5),
    "oversell_future_margin_share": fixed(0.0, 0.1, 0.2),
    "customer_margin_usd_per_year": fixed(10.0, 20.0, 30.0),
    "lost_sale_share": fixed(0.25, 0.5, 1.0),
    "short_pick_usd": fixed(1.0, 4.0, 5.0),
    "not_collected_usd": fixed(2.0, 6.0, 7.0),
    "courier_usd_per_drop": fixed(4.0, 9.0, 11.0),
    "late_same_day_usd": fixed(2.0, 3.0, 5.0),
    "estimated_tax_usd": fixed(0.5, 1.5, 2.5),
    "shipping_factor": fixed(0.5, 1.0, 2.0),
    "exception_usd_per_hour": fixed(10.0, 20.0, 30.0),
    "contact_usd": fixed(1.0, 2.5, 6.0),
    "counting_usd_per_hour": fixed(10.0, 16.0, 30.0),
    "transfer_usd_per_unit": fixed(0.25, 0.5, 1.0),
    "wrong_effect_usd": fixed(1.0, 3.0, 9.0),
    "reconciliation_usd_per_unit_gap": fixed(0.1, 0.2, 0.3),
    "return_handling_usd": fixed(1.0, 5.0, 9.0),
    "return_labour_usd_per_hour": fixed(4.0, 8.0, 9.0),
    "written_off_share": fixed(0.25, 0.5, 1.0),
    "refund_loss_share": fixed(0.2, 0.4, 0.8),
    "overcharge_noticed_share": fixed(0.1, 0.25, 0.5),
    "till_list_price_share": fixed(0.25, 0.5, 1.0),
    "price_complaint_usd": fixed(2.0, 4.0, 8.0),
    "holding_rate_per_year": fixed(0.1, 0.2, 0.3),
    "amortisation_years": 4.0,
    "platforms": {
        "point_to_point": {
            "licence_usd_per_year": fixed(100.0, 200.0, 300.0),
            "usd_per_million_messages": fixed(1.0, 2.0, 3.0),
            "integrations": 7.0,
            "usd_per_integration_year": fixed(10.0, 20.0, 30.0),
            "build_usd": fixed(40.0, 80.0, 120.0),
        }
    },
}

TINY: Scenario = scenario(economics=ECONOMICS)

RUN: Responses = {
    "close_hours": 6.0,
    "closes": 0.0,
    "count_hours": 2.5,
    "courier_drops": 12.0,
    "customer_contacts": 14.0,
    "margin_kept_usd": 1000.0,
    "margin_lost_refused_usd": 40.0,
    "marketplace_deadline_orders": 6.0,
    "messages_per_week": 5e5,
    "overcharged_lines": 6.0,
    "overcharged_usd": 12.0,
    "oversold_cancelled_lines": 3.0,
    "oversold_cancelled_orders": 2.0,
    "oversold_late_lines": 7.0,
    "pickup_not_collected_orders": 4.0,
    "reconciliation_gap_units": 10.0,
    "refund_human_hours": 0.5,
    "refunds_for_nothing_usd": 20.0,
    "refunds_paid_twice_usd": 30.0,
    "return_count": 8.0,
    "return_inspection_hours": 2.0,
    "return_limbo_usd": 900.0,
    "return_written_off_usd": 70.0,
    "saga_duplicates": 2.0,
    "saga_human_hours": 1.5,
    "saga_orphans": 1.0,
    "same_day_late_orders": 7.0,
    "shipping_usd": 25.0,
    "short_picks": 5.0,
    "tax_estimated_orders": 12.0,
    "till_given_away_usd": 50.0,
    "till_overcharged_units": 10.0,
    "till_units_lost_per_week": 6.0,
    "transferred_units": 4.0,
    "unit_margin_usd": 7.0,
}


def test_base_costs_are_those_worked_out_by_hand() -> None:
    assert yearly_cost_usd(RUN, TINY, "files", level="base") == pytest.approx(
        {
            "oversell_direct": 3 * YEARS_WINDOWS * 2,
            "oversell_future_margin": 2 * YEARS_WINDOWS * 0.1 * 20,
            "marketplace_deadlines": 6 * YEARS_WINDOWS * 5,
            "late_backorders": 7 * YEARS_WINDOWS * 1.5,
            "shipping": 25 * YEARS_WINDOWS * 1,
            "short_picks": 5 * YEARS_WINDOWS * 4,
            "not_collected": 4 * YEARS_WINDOWS * 6,
            "couriers": 12 * YEARS_WINDOWS * 9,
            "late_same_day": 7 * YEARS_WINDOWS * 3,
            "estimated_tax": 12 * YEARS_WINDOWS * 1.5,
            "exceptions": (1.5 + 0.5) * YEARS_WINDOWS * 20,
            "contacts": 14 * YEARS_WINDOWS * 2.5,
            "counting": 2.5 * YEARS_WINDOWS * 16,
            "transfers": 4 * YEARS_WINDOWS * 0.5,
            "wrong_effects": (2 + 1) * YEARS_WINDOWS * 3,
            "reconciliation": 10 * 52 * 0.2,
            "return_handling": (2 * 8 + 8 * 5) * YEARS_WINDOWS,
            "return_write_offs": 70 * YEARS_WINDOWS * 0.5,
            "refunds_not_owed": (30 + 20) * YEARS_WINDOWS * 0.4,
            "stock_in_limbo": 900 * 0.2,
            "price_complaints": (12 + (6 + 10) * 4) * YEARS_WINDOWS * 0.25,
            "till_given_away": 50 * YEARS_WINDOWS * 0.5,
            "till_margin_lost": 6 * 52 * 7 * 0.5,
            "false_oos_margin_lost": 40 * YEARS_WINDOWS * 0.5,
            "platform_licence": 200,
            "platform_messages": 26 * 2,
            "platform_integrations": 7 * 20,
            "platform_build": 20,
        }
    )


def test_where_books_are_closed_the_hours_of_it_take_the_place_of_so_much_a_unit() -> None:
    costs = [yearly_cost_usd({**RUN, "closes": closes}, TINY, "files", level="base") for closes in (0.0, 2.0)]
    assert costs[1]["reconciliation"] == pytest.approx(6 * YEARS_WINDOWS * 20)
    assert {item for item in costs[0] if costs[0][item] != costs[1][item]} == {"reconciliation"}


def test_every_cost_rises_with_the_level() -> None:
    low, base, high = (yearly_cost_usd(RUN, TINY, "files", level=level) for level in LEVELS)
    assert all(low[item] < base[item] < high[item] for item in base)


def test_the_items_of_a_case_sum_to_its_value() -> None:
    value = yearly_value_usd(RUN, TINY, "files")
    for case, items in breakdown(RUN, TINY, "files").items():
        assert sum(items.values()) == pytest.approx(value[case])


def test_the_base_value_is_margin_less_costs_and_lost_margin_is_not_counted_twice() -> None:
    costs = yearly_cost_usd(RUN, TINY, "files", level="base")
    elsewhere = 40 * YEARS_WINDOWS * 0.5
    expected = 1000 * YEARS_WINDOWS + elsewhere - (sum(costs.values()) - costs["false_oos_margin_lost"])
    assert yearly_value_usd(RUN, TINY, "files")["base"] == pytest.approx(expected)


def test_refusing_a_line_costs_its_lost_share_of_margin_and_no_more() -> None:
    refuses = {**RUN, "margin_kept_usd": 900.0, "margin_lost_refused_usd": 140.0}
    loss = yearly_value_usd(RUN, TINY, "files")["base"] - yearly_value_usd(refuses, TINY, "files")["base"]
    assert loss == pytest.approx(100 * YEARS_WINDOWS * 0.5)


def test_the_low_case_takes_little_harm_and_a_dear_platform_and_the_high_case_the_reverse() -> None:
    cases = breakdown(RUN, TINY, "files")
    assert {case: items["platform_licence"] for case, items in cases.items()} == {
        "low": -300,
        "base": -200,
        "high": -100,
    }
    assert cases["low"]["oversell_direct"] > cases["base"]["oversell_direct"] > cases["high"]["oversell_direct"]
    assert tuple(cases) == tuple(CASES) == LEVELS


def test_an_arm_that_avoids_harm_for_a_dear_platform_gains_more_from_case_to_case() -> None:
    spec = scenario(economics={**ECONOMICS, "platforms": {}})
    better = {**RUN, "oversold_cancelled_lines": 1.0, "oversold_cancelled_orders": 1.0, "short_picks": 0.0}
    value, baseline = yearly_value_usd(better, spec, "mixed"), yearly_value_usd(RUN, spec, "files")
    gain = {case: value[case] - baseline[case] for case in LEVELS}
    assert gain["low"] < gain["base"] < gain["high"]


def test_the_same_kpis_in_a_window_twice_as_long_are_worth_half() -> None:
    calendar = {"start": "2026-03-02", "warm_up": "1d", "window": "4d", "follow_up": "1d"}
    longer = scenario(economics=ECONOMICS, calendar=calendar)
    short, long = (breakdown(RUN, spec, "files")["base"] for spec in (TINY, longer))
    assert long["margin_kept"] == pytest.approx(short["margin_kept"] / 2)
    assert long["oversell_direct"] == pytest.approx(short["oversell_direct"] / 2)
    assert long["platform_licence"] == short["platform_licence"]


@pytest.mark.parametrize("name", NEEDED)
def test_what_was_not_measured_is_not_valued(name: str) -> None:
    blind = {**RUN, name: None}
    assert yearly_value_usd(blind, TINY, "files") == {}
    with pytest.raises(ValueError, match=f"no yearly value without {name}"):
        breakdown(blind, TINY, "files")


def test_money_is_put_on_kpis_that_exist() -> None:
    assert set(NEEDED) <= set(KPIS)
    assert set(NEEDED) == set(RUN)
