"""What an arm is worth in a year: first ROI, an extrapolation of the window. Its net benefit is the paired difference
of this value to the baseline's in the same world.

Three cases, each the same in both arms of a comparison: **low** is the case against spending on integration (what goes
wrong is cheap, platforms are dear), **high** the case for it, **base** takes the best single values. They are cases,
not bounds: an arm that does more harm, or costs less to run, than the baseline may have its cases in the other order.

A line that was refused or cancelled earns nothing, so its margin is missing from the margin kept already. Subtracting
the lost margin of false out-of-stocks as well would count it twice; what is added is the part of it that customers buy
elsewhere with us.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Final

from twin.economics.costs import (
    Level,
    Responses,
    false_oos_margin_lost_usd,
    harm_usd,
    platform_usd,
    unmeasured,
    year_of,
)
from twin.scenario.scenario import Scenario


@dataclass(frozen=True)
class Case:
    """Levels that go together."""

    harm: Level
    platform: Level


CASES: Final[dict[Level, Case]] = {
    "low": Case(harm="low", platform="high"),
    "base": Case(harm="base", platform="base"),
    "high": Case(harm="high", platform="low"),
}


def breakdown(kpis: Responses, scenario: Scenario, arm: str) -> dict[Level, dict[str, float]]:
    """For each case the signed items, USD/year, that sum to the yearly value: earnings positive, costs negative.

    Raises ``ValueError`` if a KPI that money is put on had nothing to measure.
    """
    if missing := unmeasured(kpis):
        raise ValueError(f"no yearly value without {', '.join(missing)}")
    return {name: _items(kpis, scenario, arm, case) for name, case in CASES.items()}


def yearly_value_usd(kpis: Responses, scenario: Scenario, arm: str) -> dict[str, float]:
    """Yearly value, USD, of an arm in the low, base and high case: margin less costs. Empty where it cannot be told."""
    if unmeasured(kpis):
        return {}
    return {case: fsum(items.values()) for case, items in breakdown(kpis, scenario, arm).items()}


def _items(kpis: Responses, scenario: Scenario, arm: str, case: Case) -> dict[str, float]:
    year = year_of(kpis, scenario)
    lost = false_oos_margin_lost_usd(kpis, scenario, level=case.harm)
    costs = {
        **harm_usd(kpis, scenario, level=case.harm),
        **platform_usd(kpis, scenario, arm, level=case.platform),
    }
    return {
        "margin_kept": year.from_window("margin_kept_usd"),
        "margin_bought_elsewhere": year.from_window("margin_lost_refused_usd") - lost,
        **{item: -cost for item, cost in costs.items()},
    }
