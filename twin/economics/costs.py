"""What an arm costs in a year, item by item, at the low, base or high value of every economic parameter.

Counts of the observation window are scaled to 52 weeks. That is an extrapolation: a window is no year, and holds no
peak season unless the scenario says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from twin.core.clock import WEEK
from twin.economics.platforms import platform_of
from twin.scenario.economics import Range
from twin.scenario.scenario import Scenario

Level = Literal["low", "base", "high"]
LEVELS: Final[tuple[Level, ...]] = ("low", "base", "high")

WEEKS_PER_YEAR: Final = 52

Responses = Mapping[str, float | None]
"""KPIs of one run, by name."""


NEEDED: Final = (
    "close_hours",
    "closes",
    "count_hours",
    "courier_drops",
    "customer_contacts",
    "margin_kept_usd",
    "margin_lost_refused_usd",
    "marketplace_deadline_orders",
    "messages_per_week",
    "overcharged_lines",
    "overcharged_usd",
    "oversold_cancelled_lines",
    "oversold_cancelled_orders",
    "oversold_late_lines",
    "pickup_not_collected_orders",
    "reconciliation_gap_units",
    "refund_human_hours",
    "refunds_for_nothing_usd",
    "refunds_paid_twice_usd",
    "return_count",
    "return_inspection_hours",
    "return_limbo_usd",
    "return_written_off_usd",
    "saga_duplicates",
    "saga_human_hours",
    "saga_orphans",
    "same_day_late_orders",
    "shipping_usd",
    "short_picks",
    "tax_estimated_orders",
    "till_given_away_usd",
    "till_overcharged_units",
    "till_units_lost_per_week",
    "transferred_units",
    "unit_margin_usd",
)
"""KPIs that money is put on."""


@dataclass(frozen=True)
class Year:
    """KPIs of one run scaled to a year."""

    kpis: Responses
    window_us: int

    def level(self, kpi: str) -> float:
        """A KPI that does not grow with time. Raises ``ValueError`` where there was nothing to measure."""
        value = self.kpis[kpi]
        if value is None:
            raise ValueError(f"{kpi} had nothing to measure")
        return value

    def from_window(self, kpi: str) -> float:
        """A sum over the window, per year."""
        return self.level(kpi) * WEEKS_PER_YEAR * WEEK / self.window_us

    def from_weekly(self, kpi: str) -> float:
        """A weekly rate, per year."""
        return self.level(kpi) * WEEKS_PER_YEAR


def year_of(kpis: Responses, scenario: Scenario) -> Year:
    """The year that a run's window stands for."""
    return Year(kpis, scenario.calendar.window)


def unmeasured(kpis: Responses) -> tuple[str, ...]:
    """KPIs that money is put on and that had nothing to measure, such as a gap between books that nobody looked at."""
    return tuple(kpi for kpi in NEEDED if kpis[kpi] is None)


def harm_usd(kpis: Responses, scenario: Scenario, *, level: Level) -> dict[str, float]:
    """Yearly cost, USD, of what goes wrong, and of carriage. Online margin that was not earned is no cost: the margin
    kept lacks it.
    """
    economics, year = scenario.economics, year_of(kpis, scenario)
    future = at(economics.oversell_future_margin_share, level) * at(economics.customer_margin_usd_per_year, level)
    lost_tills_usd = year.from_weekly("till_units_lost_per_week") * year.level("unit_margin_usd")
    wrong_effects = year.from_window("saga_duplicates") + year.from_window("saga_orphans")
    handling = year.from_window("return_inspection_hours") * at(economics.return_labour_usd_per_hour, level)
    not_owed = year.from_window("refunds_paid_twice_usd") + year.from_window("refunds_for_nothing_usd")
    exceptions = year.from_window("saga_human_hours") + year.from_window("refund_human_hours")
    return {
        "oversell_direct": year.from_window("oversold_cancelled_lines") * at(economics.oversell_cost_usd, level),
        "oversell_future_margin": year.from_window("oversold_cancelled_orders") * future,
        "marketplace_deadlines": year.from_window("marketplace_deadline_orders")
        * at(economics.marketplace_cancel_usd, level),
        "late_backorders": year.from_window("oversold_late_lines") * at(economics.late_backorder_usd, level),
        "shipping": year.from_window("shipping_usd") * at(economics.shipping_factor, level),
        "short_picks": year.from_window("short_picks") * at(economics.short_pick_usd, level),
        "not_collected": year.from_window("pickup_not_collected_orders") * at(economics.not_collected_usd, level),
        "couriers": year.from_window("courier_drops") * at(economics.courier_usd_per_drop, level),
        "late_same_day": year.from_window("same_day_late_orders") * at(economics.late_same_day_usd, level),
        "contacts": year.from_window("customer_contacts") * at(economics.contact_usd, level),
        "estimated_tax": year.from_window("tax_estimated_orders") * at(economics.estimated_tax_usd, level),
        "exceptions": exceptions * at(economics.exception_usd_per_hour, level),
        "counting": year.from_window("count_hours") * at(economics.counting_usd_per_hour, level),
        "transfers": year.from_window("transferred_units") * at(economics.transfer_usd_per_unit, level),
        "wrong_effects": wrong_effects * at(economics.wrong_effect_usd, level),
        "reconciliation": _reconciliation_usd(year, scenario, level=level),
        "return_handling": handling + year.from_window("return_count") * at(economics.return_handling_usd, level),
        "return_write_offs": year.from_window("return_written_off_usd") * at(economics.written_off_share, level),
        "refunds_not_owed": not_owed * at(economics.refund_loss_share, level),
        "stock_in_limbo": year.level("return_limbo_usd") * at(economics.holding_rate_per_year, level),
        "price_complaints": _complaints_usd(year, scenario, level=level),
        "till_given_away": year.from_window("till_given_away_usd") * at(economics.till_list_price_share, level),
        "till_margin_lost": lost_tills_usd * at(economics.lost_sale_share, level),
    }


def _reconciliation_usd(year: Year, scenario: Scenario, *, level: Level) -> float:
    """What it costs to make the ledgers agree: the hours, where people are simulated who do it, and else so much for a
    unit of the gap; never both.
    """
    economics = scenario.economics
    if year.level("closes"):
        return year.from_window("close_hours") * at(economics.exception_usd_per_hour, level)
    usd_per_unit_year = at(economics.reconciliation_usd_per_unit_gap, level) * WEEKS_PER_YEAR
    return year.level("reconciliation_gap_units") * usd_per_unit_year


def _complaints_usd(year: Year, scenario: Scenario, *, level: Level) -> float:
    """What customers get back who notice that they paid more than the list price, and what it costs to hear them.

    What was given away online needs no item: the margin kept is that of the prices charged. What they were overcharged
    is in it, online; at tills it is not, and so only the hearing costs there.
    """
    economics = scenario.economics
    cases = year.from_window("overcharged_lines") + year.from_window("till_overcharged_units")
    paid_back = year.from_window("overcharged_usd")
    return at(economics.overcharge_noticed_share, level) * (
        paid_back + cases * at(economics.price_complaint_usd, level)
    )


def false_oos_margin_lost_usd(kpis: Responses, scenario: Scenario, *, level: Level) -> float:
    """Yearly margin, USD, of false out-of-stocks that customers did not buy elsewhere with us."""
    share = at(scenario.economics.lost_sale_share, level)
    return year_of(kpis, scenario).from_window("margin_lost_refused_usd") * share


def platform_usd(kpis: Responses, scenario: Scenario, arm: str, *, level: Level) -> dict[str, float]:
    """Yearly cost, USD, of running the arm's integration style, its build spread evenly over the amortisation time."""
    platform = platform_of(scenario, arm)
    millions = year_of(kpis, scenario).from_weekly("messages_per_week") / 1e6
    return {
        "platform_licence": at(platform.licence_usd_per_year, level),
        "platform_messages": millions * at(platform.usd_per_million_messages, level),
        "platform_integrations": platform.integrations * at(platform.usd_per_integration_year, level),
        "platform_build": at(platform.build_usd, level) / scenario.economics.amortisation_years,
    }


def yearly_cost_usd(kpis: Responses, scenario: Scenario, arm: str, *, level: Level) -> dict[str, float]:
    """All yearly costs, USD, with every parameter at one level; includes the margin lost to false out-of-stocks."""
    return {
        **harm_usd(kpis, scenario, level=level),
        "false_oos_margin_lost": false_oos_margin_lost_usd(kpis, scenario, level=level),
        **platform_usd(kpis, scenario, arm, level=level),
    }


def at(value: Range, level: Level) -> float:
    """A range's value at a level."""
    return {"low": value.low, "base": value.base, "high": value.high}[level]
