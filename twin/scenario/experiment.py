"""How arms are compared, and what must hold."""

from __future__ import annotations

from typing import Literal

from twin.scenario.base import Duration, Model, Positive, par


class Experiment(Model):
    """Replications over shared worlds."""

    replications: Positive = par(10, unit="replications", meaning="worlds; every arm meets each of them")
    confidence: float = par(0.95, unit="probability", meaning="confidence of intervals", gt=0.5, lt=1)
    baseline: str | None = par(None, unit="arm", meaning="arm the others are compared with; empty means the first")
    scrape: Duration = par(
        "1m",
        unit="duration",
        meaning="mean time between two observations of the ledgers; each falls at a random instant of its interval",
        source="Prometheus scrape_interval 1m; costs less than can be measured beside a run",
    )
    frozen_days: Positive = par(
        3,
        unit="days",
        meaning="a record is frozen when it says that there is stock, the shelf is empty and nothing was sold for so many days",
    )
    release_target: Duration = par(
        "15m", unit="duration", meaning="an order is released on time if it was accepted at most this long before"
    )
    refund_target: Duration = par(
        "3d", unit="duration", meaning="a refund is on time if its credit is posted at most this long after it was due"
    )
    ready_target: Duration = par(
        "2h",
        unit="duration",
        meaning="an order for pickup is ready on time if it was accepted at most this long before",
        source="assumption: two hours are a usual promise",
    )


class Threshold(Model):
    """A statement about a KPI that passes, fails or stays open."""

    kpi: str = par(unit="KPI", meaning="name of the KPI")
    arm: str = par(unit="arm", meaning="name of the arm")
    statistic: Literal["mean", "difference"] = par(
        "mean", unit="name", meaning="the KPI itself, or its paired difference to the baseline"
    )
    operator: Literal["<=", ">="] = par(unit="operator", meaning="direction of the statement")
    value: float = par(unit="unit of the KPI", meaning="bound")
    confidence: float = par(0.95, unit="probability", meaning="confidence with which it must hold", gt=0.5, lt=1)
