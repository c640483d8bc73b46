"""The one table of KPIs, and the function that applies it to a run."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from twin.measure.books import BOOKS
from twin.measure.clienteling import CLIENTELING
from twin.measure.cohort import Cohort, cohort_of
from twin.measure.counting import COUNTING
from twin.measure.declines import DECLINES
from twin.measure.degradation import DEGRADATION, DEGRADATION_BY_CHANNEL
from twin.measure.errands import ERRANDS
from twin.measure.faults import FAULTS, FAULTS_BY_CHANNEL
from twin.measure.gateway import GATEWAY
from twin.measure.kpi import ChannelKpi, Description, Kpi
from twin.measure.ledgers import LEDGERS, TRAFFIC
from twin.measure.marketplaces import MARKETPLACES
from twin.measure.messages import MESSAGES
from twin.measure.money import MONEY
from twin.measure.notices import NOTICES
from twin.measure.observability import OBSERVABILITY
from twin.measure.pickup import PICKUP
from twin.measure.prices import PRICES, PRICES_BY_CHANNEL
from twin.measure.promises import PROMISES, PROMISES_BY_CHANNEL
from twin.measure.refunds import REFUNDS
from twin.measure.release import RELEASE, RELEASE_BY_CHANNEL
from twin.measure.returns import RETURNS
from twin.measure.sagas import SAGAS
from twin.measure.same_day import SAME_DAY
from twin.measure.shipping import SHIPPING
from twin.measure.shortages import SHORTAGES
from twin.measure.suppliers import STAFF, SUPPLIERS
from twin.measure.timing import TIMING, TIMING_BY_CHANNEL
from twin.scenario.scenario import Scenario

SECTIONS: Final = {
    "Promises": PROMISES,
    "Time": TIMING,
    "Errands of a checkout": ERRANDS,
    "Release": RELEASE,
    "Shipping": SHIPPING,
    "Declines": DECLINES,
    "Shortages": SHORTAGES,
    "Marketplaces": MARKETPLACES,
    "Pickup": PICKUP,
    "Same day": SAME_DAY,
    "Clienteling": CLIENTELING,
    "Telling customers": NOTICES,
    "Staff of stores": STAFF,
    "Sagas": SAGAS,
    "Returns": RETURNS,
    "Refunds": REFUNDS,
    "Ledgers": LEDGERS,
    "Counting": COUNTING,
    "Suppliers": SUPPLIERS,
    "Books": BOOKS,
    "Traffic": TRAFFIC,
    "Messages": MESSAGES,
    "Gateway": GATEWAY,
    "Degradation": DEGRADATION,
    "Faults": FAULTS,
    "Observability": OBSERVABILITY,
    "Prices": PRICES,
    "Money": MONEY,
}
"""The table in the order of the documentation."""

KPIS: Final[dict[str, Kpi]] = {kpi.name: kpi for section in SECTIONS.values() for kpi in section}

_BY_CHANNEL: Final = (
    *PROMISES_BY_CHANNEL,
    *TIMING_BY_CHANNEL,
    *RELEASE_BY_CHANNEL,
    *DEGRADATION_BY_CHANNEL,
    *FAULTS_BY_CHANNEL,
    *PRICES_BY_CHANNEL,
)

CHANNEL_KPIS: Final[dict[str, ChannelKpi]] = {kpi.name: kpi for kpi in _BY_CHANNEL}

_CASES: Final = {
    "net_benefit_low_usd_per_year": "the same in the cautious case: low harm avoided, high platform cost",
    "net_benefit_usd_per_year": "an extrapolation of the window to 52 weeks, until year mixes exist",
    "net_benefit_high_usd_per_year": "the same in the hopeful case: high harm avoided, low platform cost",
}

DERIVED: Final[dict[str, Description]] = {
    name: Description(
        name=name,
        unit="USD/year",
        direction="higher",
        formula="yearly value of the arm - yearly value of the baseline in the same world (twin.economics.roi)",
        meaning=meaning,
    )
    for name, meaning in _CASES.items()
}
"""Responses that compare two arms, and so are computed after measuring."""


def measure(folder: Path, scenario: Scenario, arm: str) -> dict[str, float | None]:
    """Every KPI of the run of ``arm`` whose journal lies in ``folder``; ``None`` where there is nothing to measure.

    Raises :class:`ResultsError` if the folder holds no such journal, :class:`InvariantError` if it contradicts itself.
    """
    return measure_cohort(cohort_of(folder, scenario, arm))


def measure_cohort(cohort: Cohort) -> dict[str, float | None]:
    """Every KPI of a cohort, in the order of :func:`kpi_names`."""
    values: dict[str, float | None] = {name: kpi.function(cohort) for name, kpi in KPIS.items()}
    for template, kpi in CHANNEL_KPIS.items():
        for number, channel in enumerate(cohort.channels):
            values[_named(template, channel)] = kpi.function(cohort, number)
    return {name: None if value is None else float(value) for name, value in values.items()}


def kpi_names(scenario: Scenario) -> tuple[str, ...]:
    """Names of all KPIs that :func:`measure` gives for a scenario."""
    templates = CHANNEL_KPIS
    return (*KPIS, *(_named(template, channel) for template in templates for channel in scenario.demand.channels))


def describe(name: str) -> Description:
    """What a KPI means, by its name; channels' and derived ones too. Raises ``KeyError`` for an unknown name."""
    for template, kpi in CHANNEL_KPIS.items():
        if name.startswith(template.removesuffix("<channel>")):
            return kpi
    return KPIS[name] if name in KPIS else DERIVED[name]


def _named(template: str, channel: str) -> str:
    return template.replace("<channel>", channel)
