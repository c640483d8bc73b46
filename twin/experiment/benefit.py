"""The seam to the money: yearly net benefit as the paired difference of an arm's yearly value to the baseline's."""

from __future__ import annotations

from typing import Final

from twin.experiment.comparison import Design, Values
from twin.experiment.instruments import YearlyValue
from twin.scenario.scenario import Scenario

NET_BENEFIT: Final = "net_benefit_usd_per_year"
"""An extrapolation of the observation window to a year, until years are mixed from scenarios."""

NAMES: Final = {
    "low": "net_benefit_low_usd_per_year",
    "base": NET_BENEFIT,
    "high": "net_benefit_high_usd_per_year",
}


def with_net_benefit(values: Values, design: Design, scenario: Scenario, yearly_value: YearlyValue) -> Values:
    """The values with the three KPIs of :data:`NAMES`, at the levels of the economic values.

    The baseline's is 0 by definition. An arm's is ``None`` where its yearly value, or the baseline's, cannot be told.
    """
    yearly = {key: yearly_value(kpis, scenario, key[0]) for key, kpis in values.items()}
    extended: dict[tuple[str, int], dict[str, float | None]] = {}
    for (arm, replication), kpis in values.items():
        own, base = yearly[arm, replication], yearly[design.baseline, replication]
        benefit = {name: _difference(own.get(level), base.get(level)) for level, name in NAMES.items()}
        extended[arm, replication] = {**kpis, **benefit}
    return extended


def _difference(own: float | None, base: float | None) -> float | None:
    return None if own is None or base is None else own - base
