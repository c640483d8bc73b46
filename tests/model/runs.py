"""Runs of small scarce estates, for tests of what the model means."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from tests.world.make import channel, cluster, scenario
from twin.journal.orders import Status
from twin.model.run import run_in
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.world import World

Columns = dict[str, np.ndarray[Any, Any]]

INSTANT: dict[str, Any] = {"mode": "stream", "store_link": "0", "dc_link": "0", "service": "0"}
"""A feed without any delay."""

PERFECT: dict[str, Any] = {
    "estate__record_error": {"wrong_share": 0.0, "dc_wrong_share": 0.0, "shrink_per_sale": 0.0},
}
"""Records that are right and stay right."""


def scarce(**changes: Any) -> Scenario:
    """An estate that sells out: every SKU is seasonal, online demand is high, stores ship."""
    return scenario(
        **{
            "calendar__window": "3d",
            "calendar__warm_up": "12h",
            "calendar__follow_up": "1d",
            "estate__stores": {"count": 6, "clusters": [cluster(weekly_lines=2000, ships=1.0)]},
            "estate__skus": {"count": 60, "ending_share": 1.0},
            "estate__stock": {"store_cover": "3d", "dc_cover": "4d"},
            "demand__channels": {
                "web": channel(weekly_checkouts=6000.0, pickup_share=0.15),
                "app": channel(kind="app", weekly_checkouts=4000.0),
                "market": channel(kind="marketplace", weekly_checkouts=3000.0, abandonment=0, decline=0, checkout="0"),
            },
        }
        | changes
    )


def systems(**changes: Any) -> Systems:
    """Systems and policies of an arm; anything not named is the model's default."""
    return Systems.model_validate(changes)


def lines(description: Scenario, arm: Systems, replication: int = 0) -> Columns:
    """The lines of one run's journal."""
    return table(description, arm, "lines", replication)


def table(description: Scenario, arm: Systems, name: str, replication: int = 0) -> Columns:
    """A table of one run's journal, by column."""
    with tempfile.TemporaryDirectory() as folder:
        run_in(World(description, replication), description, arm, Path(folder))
        rows = pq.read_table(Path(folder) / f"{name}.parquet")
    return {column: rows[column].to_numpy() for column in rows.column_names}


def oversell_rate(rows: Mapping[str, np.ndarray[Any, Any]]) -> float:
    """Oversold over accepted lines, all channels."""
    accepted = np.isin(rows["status"], (Status.ACCEPTED, Status.SUPPLIED, Status.OVERSOLD))
    return float(np.count_nonzero(rows["status"] == Status.OVERSOLD) / np.count_nonzero(accepted))


def rates(description: Scenario, arm: Systems, replications: int) -> Iterator[float]:
    """Oversell rate of each replication."""
    for replication in range(replications):
        yield oversell_rate(lines(description, arm, replication))
