"""Whole journals of small scarce estates, and what the tests of extremes have in common."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from tests.model.runs import Columns, scarce
from twin.journal.orders import Status
from twin.journal.tables import TABLES
from twin.model.run import run_in
from twin.scenario.arms import preset
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.world import World

Journal = dict[str, Columns]

WEB, APP, MARKET = range(3)
PROMISED = (Status.ACCEPTED, Status.SUPPLIED, Status.OVERSOLD)
NO_MARKET = {"demand__channels__market__weekly_checkouts": 0.0}


def brief(**changes: Any) -> Scenario:
    """A scarce estate for two days, of which one is observed."""
    return scarce(**{"calendar__window": "1d", "calendar__follow_up": "12h"} | changes)


def arm_of(name: str, **changes: Any) -> Systems:
    """A preset, as an arm has it, with settings replaced."""
    return Systems.model_validate(preset(name).plain() | changes)


def journal(description: Scenario, arm: Systems, world: World | None = None) -> Journal:
    """All tables of one run; ``flows`` by name."""
    with tempfile.TemporaryDirectory() as folder:
        run_in(world or World(description, 0), description, arm, Path(folder))
        tables = {name: pq.read_table(Path(folder) / f"{name}.parquet") for name in TABLES}
    return {name: {column: rows[column].to_numpy() for column in rows.column_names} for name, rows in tables.items()}


def flows(run: Journal) -> dict[str, int]:
    """Totals of a run by name."""
    return dict(zip(run["flows"]["name"].tolist(), run["flows"]["value"].tolist(), strict=True))


def by_status(rows: Columns, status: Status) -> np.ndarray[Any, Any]:
    """Which lines have a status."""
    return np.asarray(rows["status"] == status)


def order_column(run: Journal, name: str) -> np.ndarray[Any, Any]:
    """A column of the orders, per line."""
    order = np.argsort(run["orders"]["order"])
    return run["orders"][name][order[np.searchsorted(run["orders"]["order"], run["lines"]["order"], sorter=order)]]
