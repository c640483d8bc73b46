"""The comparison: KPI values of all (arm, replication) in, one row per arm and KPI out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twin.experiment.instruments import Kpis
from twin.stats.intervals import Interval, mean_interval
from twin.stats.paired import Paired, holm, paired

Values = Mapping[tuple[str, int], Kpis]
"""KPI values by (arm, replication)."""


@dataclass(frozen=True)
class Row:
    """One arm and KPI: its mean over replications, and its paired difference to the baseline.

    The fields of the difference are ``None`` for the baseline itself, and where a difference has no variance.
    """

    arm: str
    kpi: str
    unit: str
    n: int
    mean: float | None
    low: float | None
    high: float | None
    pairs: int | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    variance_reduction: float | None = None
    correlation: float | None = None


@dataclass(frozen=True)
class Design:
    """Who is compared with whom, over which worlds."""

    arms: Sequence[str]
    baseline: str
    replications: Sequence[int]
    confidence: float


def kpi_names(values: Values, design: Design) -> list[str]:
    """Names of all KPIs in the order in which they first appear, arms and replications in order."""
    ordered = (values[arm, replication] for arm in design.arms for replication in design.replications)
    return list(dict.fromkeys(name for kpis in ordered for name in kpis))


def series(values: Values, design: Design, arm: str, kpi: str) -> list[float | None]:
    """An arm's values of one KPI, replication by replication."""
    return [values[arm, replication].get(kpi) for replication in design.replications]


def compare(values: Values, design: Design, units: Mapping[str, str]) -> list[Row]:
    """Rows by arm, then KPI; p-values are Holm-adjusted over the arms of each KPI."""
    rows = [row for kpi in kpi_names(values, design) for row in _compare_kpi(values, design, kpi, units[kpi])]
    return sorted(rows, key=lambda row: design.arms.index(row.arm))


def _compare_kpi(values: Values, design: Design, kpi: str, unit: str) -> list[Row]:
    base = series(values, design, design.baseline, kpi)
    others = [arm for arm in design.arms if arm != design.baseline]
    differences = [paired(series(values, design, arm, kpi), base, confidence=design.confidence) for arm in others]
    adjusted = holm([difference.p for difference in differences])
    rows = [_row(design.baseline, kpi, unit, mean_interval(base, confidence=design.confidence))]
    for arm, difference, p_holm in zip(others, differences, adjusted, strict=True):
        interval = mean_interval(series(values, design, arm, kpi), confidence=design.confidence)
        rows.append(_row(arm, kpi, unit, interval, difference, p_holm))
    return rows


def _row(
    arm: str, kpi: str, unit: str, interval: Interval, difference: Paired | None = None, p_holm: float | None = None
) -> Row:
    own = Row(arm, kpi, unit, interval.n, interval.mean, interval.low, interval.high)
    if difference is None:
        return own
    return Row(
        arm, kpi, unit, interval.n, interval.mean, interval.low, interval.high,
        pairs=difference.n,
        difference=difference.mean,
        difference_low=difference.low,
        difference_high=difference.high,
        p=difference.p,
        p_holm=p_holm,
        variance_reduction=difference.variance_reduction,
        correlation=difference.correlation,
    )  # fmt: skip
