"""The small estate in which known answers are measured: one flat web channel, two stores, tills without customers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from twin.journal.totals import Fate, FeedName
from twin.model.run import run_in
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.world import World

_ONE: Final[dict[str, Any]] = {"values": (1,), "shares": (1.0,)}
INSTANT: Final[dict[str, Any]] = {"mode": "stream", "store_link": "0", "dc_link": "0", "service": "0"}
_STORES: Final[dict[str, Any]] = {"name": "shop", "share": 1.0, "weekly_lines": 100, "assortment": 1, "ships": 0.0}


def estate(
    seed: int,
    *,
    weekly_checkouts: float,
    days: int,
    weekly_sales: float = 0.0,
    channels: tuple[str, ...] = ("web",),
    **changes: Any,
) -> Scenario:
    """One SKU; Poisson customers of each channel at an even rate want a unit of it. ``web`` changes all channels, the
    rest sections.
    """
    channel = {
        "kind": "web", "weekly_checkouts": weekly_checkouts, "profile": "flat", "dispersion": 0.0, "lines": _ONE,
        "units": _ONE,
    } | changes.pop("web", {})  # fmt: skip
    return Scenario.model_validate(
        {
            "twin": 1,
            "name": "selfcheck",
            "seed": seed,
            "calendar": {"start": "2026-03-02", "warm_up": "0s", "window": f"{days}d", "follow_up": "0s"},
            "estate": {
                "regions": [{"name": "here", "time_zone": "UTC", "share": 1.0}],
                "dcs": [{"name": "dc", "region": "here"}],
                "stores": {"count": 2, "clusters": [_STORES | {"profile": "flat"}]},
                "skus": {"count": 1},
                "record_error": {"wrong_share": 0.0, "dc_wrong_share": 0.0, "shrink_per_sale": 0.0},
            },
            "demand": {
                "channels": dict.fromkeys(channels, channel),
                "profiles": {"flat": [1.0] * 24},
                "tills": {"scale": weekly_sales / _STORES["weekly_lines"]},
            },
            "arms": {"only": {}},
        }
        | changes
    )


def systems(**changes: Any) -> Systems:
    """Systems without any delay; the channel asks the service, which answers at once."""
    return Systems.model_validate(
        {
            "movements": INSTANT,
            "orders": INSTANT,
            "posting": INSTANT,
            "service": {"service": "0s"},
            "publications": {"own": {"mode": "query"}},
        }
        | changes
    )


def stocked(description: Scenario, units: int, *, in_stores: int = 0) -> World:
    """A world in which the DC holds ``units``, each store ``in_stores``, and nothing is ever replenished."""
    world = World(description, 0)
    pairs = world.start.pairs
    pairs["on_hand"], pairs["reorder"] = in_stores, -1
    pairs["on_hand"][world.estate.nodes["is_dc"][pairs["node"]] != 0] = units
    world.start.receipts["quantity"] = 0
    return world


def journal(
    description: Scenario,
    arm: Systems,
    world: World,
    *,
    table: str = "lines",
    names: tuple[str, ...] = ("order", "refusal", "status", "t_demand"),
) -> tuple[dict[str, NDArray[Any]], dict[str, int]]:
    """Columns of a run's lines (or orders) in the order of demand, and its totals by name."""
    tables = _tables(description, arm, world, table, "flows")
    rows, flows = tables[table], tables["flows"].to_pydict()
    order = np.argsort(rows["t_demand"].to_numpy(), kind="stable")
    columns = {name: rows[name].to_numpy()[order] for name in names}
    return columns, dict(zip(flows["name"], flows["value"], strict=True))


def fates(description: Scenario, arm: Systems, world: World) -> tuple[dict[Fate, int], int]:
    """What became of a run's movements, to the view, and how many times one was applied again."""
    tables = _tables(description, arm, world, "fates", "flows")
    rows, flows = tables["fates"].to_pylist(), tables["flows"].to_pydict()
    counts = {Fate(row["fate"]): int(row["messages"]) for row in rows if row["feed"] == FeedName.MOVEMENTS}
    return counts, dict(zip(flows["name"], flows["value"], strict=True))["applied_again"]


def _tables(description: Scenario, arm: Systems, world: World, *names: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        run_in(world, description, arm, Path(folder))
        return {name: pq.read_table(Path(folder) / f"{name}.parquet") for name in names}
