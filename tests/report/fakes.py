"""Results made by hand, of the size and shape of a real run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from twin.core.clock import DAY
from twin.experiment.comparison import Design, compare
from twin.experiment.ranking import rank
from twin.experiment.results import Result
from twin.experiment.thresholds import Judged

ARMS = ("point_to_point", "hub", "event_driven", "hybrid")
LEVELS: dict[str, tuple[str, tuple[float, ...], float]] = {
    "oversell_rate": ("share", (0.0412, 0.0187, 0.0093, 0.0061), 0.0015),
    "oversell_rate.batch_age": ("share", (0.031, 0.009, 0.0, 0.0), 0.0012),
    "oversell_rate.race": ("share", (0.0002, 0.0017, 0.0053, 0.0021), 0.0005),
    "oversell_rate.walk_in": ("share", (0.01, 0.008, 0.004, 0.004), 0.0005),
    "false_oos_rate": ("share", (0.0821, 0.0512, 0.0402, 0.0377), 0.002),
    "sync_latency_p50_s": ("s", (7_200.0, 160.0, 0.7, 0.31), 0.0),
    "sync_latency_p95_s": ("s", (14_400.0, 1_730.0, 3.4, 0.42), 0.0),
    "sync_latency_own_p95_s": ("s", (14_300.0, 520.0, 3.1, 0.41), 0.0),
    "staleness_p95_s": ("s", (11_900.0, 1_510.0, 61.0, 2.2), 0.05),
    "open_share": ("share", (0.0021, 0.0017, 0.0012, 0.0011), 0.0001),
    "stock_accuracy": ("share", (0.8812, 0.9021, 0.9144, 0.9146), 0.001),
    "order_release_p95_s": ("s", (5_400.0, 960.0, 8.1, 7.9), 0.02),
    "orders_accepted": ("orders", (78_123.0, 80_341.0, 81_002.0, 81_377.0), 240.0),
    "net_benefit_usd_per_year": ("USD/year", (0.0, 1_204_433.0, 2_318_840.0, 2_466_012.0), 80_000.0),
}


def result(arms: tuple[str, ...] = ARMS, replications: int = 10, thresholds: tuple[Judged, ...] = ()) -> Result:
    """A comparison of ``arms`` over worlds whose noise is partly shared."""
    rng = np.random.default_rng(5)
    design = Design(arms, arms[0], range(replications), 0.95)
    values: dict[tuple[str, int], dict[str, float | None]] = {}
    for replication in design.replications:
        shared = rng.normal(size=len(LEVELS))
        for place, arm in enumerate(arms):
            values[arm, replication] = {
                kpi: _value(
                    levels[place % 4],
                    spread,
                    shared[n] + 0.3 * rng.normal(),
                    fixed=kpi.startswith("net") and place == 0,
                )
                for n, (kpi, (_, levels, spread)) in enumerate(LEVELS.items())
            }
    rows = compare(values, design, {kpi: unit for kpi, (unit, _, _) in LEVELS.items()})
    manifest: dict[str, Any] = {
        "scenario": "quickstart",
        "description": "four integration styles for a retailer of 300 stores, two days",
        "seed": 42,
        "replications": replications,
        "confidence": 0.95,
        "arms": list(arms),
        "baseline": arms[0],
        "fingerprint": "9f2c1d6a70b3e4588f1e2d3c4b5a6978",
        "estate": {"stores": 300, "dcs": 4, "skus": 800, "channels": ["web", "app", "amazon", "ebay", "clienteling"]},
        "calendar": {
            "start": "2026-03-02",
            "time_zone": "America/New_York",
            "warm_up": "1d",
            "window": "2d",
            "follow_up": "1d",
        },
    }
    folder = Path("results/quickstart/20260302T101500Z-5d1f9a3c")
    ranking = tuple(rank(values, design, window=2 * DAY))
    return Result(folder, manifest, {(row.arm, row.kpi): row for row in rows}, thresholds, ranking)


def _value(level: float, spread: float, noise: float, *, fixed: bool) -> float:
    if fixed or level == 0:
        return 0.0
    return level * (1 + spread * noise) if spread < 0.06 and level > 1 else level + spread * noise
