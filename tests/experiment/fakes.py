"""A model, measures and money that take no time: every number follows from (seed, arm, replication) by arithmetic."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from twin.core.errors import InvariantError
from twin.experiment.instruments import Instruments
from twin.scenario.scenario import Scenario


@dataclass(frozen=True)
class FakeKpi:
    """A line of the KPI table."""

    name: str
    unit: str
    direction: str = "lower"
    formula: str = "lines oversold / lines accepted"
    meaning: str = "promises that were not kept"


def describe(name: str) -> FakeKpi:
    """Rates are shares, money is money, and the rest is counted."""
    units = {"oversell_rate": "share", "net": "USD/year", "sync_latency_p95_s": "s"}
    return FakeKpi(name, next((unit for start, unit in units.items() if name.startswith(start)), "orders"))


def prepare(worker: int) -> None:
    """There is nothing to compile."""


def simulate(
    scenario: Scenario, arm: str, replication: int, *, folder: Path, base: Path, data_dir: Path | None
) -> None:
    """Write a table of lines whose outcome depends on the world (seed, replication) and the arm's place."""
    place = list(scenario.arms).index(arm)
    outcome = [(scenario.seed + replication * 7 + line * (place + 3)) % 5 == 0 for line in range(40 + replication)]
    table = pa.table(
        {"order": list(range(len(outcome))), "oversold": outcome, "wait": [0.5 * n for n in range(len(outcome))]}
    )
    pq.write_table(table, folder / "lines.parquet")


def measure(folder: Path, scenario: Scenario, arm: str) -> dict[str, float | None]:
    """Two KPIs, a blame and one that never exists."""
    lines = pq.read_table(folder / "lines.parquet")
    share = sum(lines.column("oversold").to_pylist()) / lines.num_rows
    return {
        "oversell_rate": share,
        "oversell_rate.race": share / 2,
        "orders_accepted": float(lines.num_rows),
        "sync_latency_p95_s": None,
    }


def yearly_value(kpis: Mapping[str, float | None], scenario: Scenario, arm: str) -> dict[str, float]:
    """Fewer oversells are worth more."""
    rate = kpis["oversell_rate"] or 0.0
    return {"low": -1e5 * rate, "base": -2e5 * rate, "high": -4e5 * rate}


FAKES = Instruments(prepare, simulate, measure, yearly_value, describe)


def die_once(
    scenario: Scenario, arm: str, replication: int, *, folder: Path, base: Path, data_dir: Path | None
) -> None:
    """As :func:`simulate`, but the worker that first runs replication 1 of the first arm is killed."""
    marker = base / "died"
    if replication == 1 and arm == next(iter(scenario.arms)) and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    simulate(scenario, arm, replication, folder=folder, base=base, data_dir=data_dir)


def see_ctrl_c(
    scenario: Scenario, arm: str, replication: int, *, folder: Path, base: Path, data_dir: Path | None
) -> None:
    """As :func:`simulate`, and leave a file if Ctrl-C would reach this process."""
    if signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        (base / f"hears-{os.getpid()}").touch()
    simulate(scenario, arm, replication, folder=folder, base=base, data_dir=data_dir)


def die_always(
    scenario: Scenario, arm: str, replication: int, *, folder: Path, base: Path, data_dir: Path | None
) -> None:
    """Kill every worker."""
    os.kill(os.getpid(), signal.SIGKILL)


def interrupt_third(
    scenario: Scenario, arm: str, replication: int, *, folder: Path, base: Path, data_dir: Path | None
) -> None:
    """As :func:`simulate`, but Ctrl-C is pressed in replication 1 of the first arm unless ``calm`` is there."""
    simulate(scenario, arm, replication, folder=folder, base=base, data_dir=data_dir)
    if replication == 1 and arm == next(iter(scenario.arms)) and not (base / "calm").exists():
        raise KeyboardInterrupt


def hang_after_first(
    scenario: Scenario, arm: str, replication: int, *, folder: Path, base: Path, data_dir: Path | None
) -> None:
    """As :func:`simulate`, but replications after the first never end unless the file ``calm`` is there."""
    simulate(scenario, arm, replication, folder=folder, base=base, data_dir=data_dir)
    while replication > 0 and not (base / "calm").exists():
        time.sleep(0.05)


def break_invariant(
    scenario: Scenario, arm: str, replication: int, *, folder: Path, base: Path, data_dir: Path | None
) -> None:
    """A model that notices that it is wrong."""
    raise InvariantError(f"stock of SKU 3 is -1 in {arm}")


def with_simulate(simulate_instead: Any) -> Instruments:
    """The fakes with another model."""
    return Instruments(prepare, simulate_instead, measure, yearly_value, describe)


SCENARIO: dict[str, Any] = {
    "twin": 1,
    "name": "tiny",
    "description": "three arms, no time",
    "seed": 11,
    "calendar": {"start": "2026-03-02", "window": "2d"},
    "estate": {
        "regions": [{"name": "east", "time_zone": "America/New_York", "share": 1.0}],
        "dcs": [{"name": "dc_east", "region": "east"}],
        "stores": {
            "count": 5,
            "clusters": [{"name": "high", "share": 1.0, "weekly_lines": 100, "assortment": 20, "ships": 0.5}],
        },
        "skus": {"count": 50},
    },
    "demand": {"channels": {"web": {"kind": "web", "weekly_checkouts": 100.0}}},
    "arms": {"batch": {"preset": "point_to_point"}, "hub": {"preset": "hub"}, "events": {"preset": "event_driven"}},
    "experiment": {"replications": 3},
}


def tiny(**changes: Any) -> Scenario:
    """A valid scenario of three arms and three replications, with top-level changes."""
    return Scenario.model_validate({**SCENARIO, **changes})
