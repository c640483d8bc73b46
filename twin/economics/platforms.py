"""Built-in yearly cost of the four integration styles; a scenario's ``economics.platforms`` replaces any of them.

Public prices of integration platforms are few and secondary. Every number below that no source backs is an assumption,
meant to be swept, and none was chosen to favour a style.
"""

from __future__ import annotations

from typing import Final

from twin.scenario.economics import PlatformCost, Range
from twin.scenario.scenario import Scenario
from twin.scenario.systems import PresetName

BACK_OFFICE: Final = (
    "ERP",
    "warehouse management",
    "order management",
    "CRM",
    "payment gateway",
    "fraud service",
    "tax engine",
    "courier",
    "customer messaging",
    "supplier portal",
    "finance",
)
"""Systems behind the channels that every channel of a retailer touches (design, section 3, "Systems")."""

TILLS: Final = 1
"""The tills integrate once more, beside the online channels."""

SOURCES: Final = {
    "licence_usd_per_year": "hub: MuleSoft base 50-80 k, enterprise 300-500 k USD/year "
    "[S: redresscompliance, salesforcenegotiations]; hybrid: the hub's range plus a broker; "
    "event_driven and point_to_point: assumption",
    "usd_per_million_messages": "assumption, around the list prices of managed queues and the overage of platforms",
    "integrations": "counted: n x m point to point, n + m by a centre; n = channels and tills, m = systems behind",
    "usd_per_integration_year": "assumption: half a week to three weeks of upkeep a year",
    "build_usd": "assumption; point_to_point is what a retailer already has",
}
"""Where each field comes from."""

_LICENCE: Final[dict[PresetName, Range]] = {
    "point_to_point": Range(low=10_000, base=20_000, high=50_000),
    "hub": Range(low=80_000, base=300_000, high=500_000),
    "event_driven": Range(low=60_000, base=180_000, high=400_000),
    "hybrid": Range(low=100_000, base=350_000, high=600_000),
}

_BUILD: Final[dict[PresetName, Range]] = {
    "point_to_point": Range(low=0, base=0, high=0),
    "hub": Range(low=300_000, base=600_000, high=1_200_000),
    "event_driven": Range(low=400_000, base=900_000, high=1_800_000),
    "hybrid": Range(low=500_000, base=1_000_000, high=2_000_000),
}

_USD_PER_MILLION: Final = Range(low=0.5, base=5, high=20)
_USD_PER_INTEGRATION: Final = Range(low=2_000, base=5_000, high=12_000)


def platform_of(scenario: Scenario, arm: str) -> PlatformCost:
    """Platform cost of an arm: the scenario's for its preset, else the built-in one."""
    preset = scenario.arms[arm].preset
    return scenario.economics.platforms.get(preset) or built_in(preset, channels=len(scenario.demand.channels))


def built_in(preset: PresetName, *, channels: int) -> PlatformCost:
    """Built-in cost of an integration style for a retailer with so many online channels."""
    return PlatformCost(
        licence_usd_per_year=_LICENCE[preset],
        usd_per_million_messages=_USD_PER_MILLION,
        integrations=float(integrations(preset, channels=channels)),
        usd_per_integration_year=_USD_PER_INTEGRATION,
        build_usd=_BUILD[preset],
    )


def integrations(preset: PresetName, *, channels: int) -> int:
    """Interfaces to keep: every touchpoint with every back-office system, or each of them once with the centre."""
    touchpoints, systems = channels + TILLS, len(BACK_OFFICE)
    return touchpoints * systems if preset == "point_to_point" else touchpoints + systems
