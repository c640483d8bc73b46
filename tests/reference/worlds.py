"""Small random estates for twin and plain reference to agree on: scarce stock, wrong records, faults, ties."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import MINUTE
from twin.journal.returns import Condition
from twin.scenario.arms import preset
from twin.scenario.scenario import Scenario
from twin.world.tables import ABSENCE, CRASH, FAILOVER, RETURN, TROUBLE, Physical, WorldDay
from twin.world.world import World

Tree = dict[str, Any]


def merged(base: Tree, *changes: Tree) -> Tree:
    """``base`` with nested changes; later ones win."""
    out = copy.deepcopy(base)
    for change in changes:
        for key, value in change.items():
            out[key] = merged(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


def systems(name: str, *changes: Tree) -> Tree:
    """An arm: a preset with changes."""
    return merged(preset(name).plain(), *changes)


def scenario(seed: int, arms: dict[str, Tree], *changes: Tree) -> Scenario:
    """A small estate with scarce stock."""
    return Scenario.model_validate(merged(_ESTATE, *changes, {"seed": seed, "name": "small", "arms": arms}))


_CLUSTER = {"weekly_lines": 700, "share": 0.5, "profile": "flat"}
_CHANNEL = {
    "conversion": 1.0,
    "profile": "flat",
    "abandonment": 0.1,
    "decline": 0.1,
    "pickup_share": 0.2,
    "lines": {"values": [1, 2, 3], "shares": [0.5, 0.3, 0.2]},
    "units": {"values": [1, 2, 4], "shares": [0.6, 0.3, 0.1]},
}
_ESTATE: Tree = {
    "twin": 1,
    "calendar": {"start": "2026-11-02", "warm_up": "4h", "window": "30h", "follow_up": "8h"},
    "estate": {
        "regions": [
            {"name": "east", "time_zone": "America/New_York", "share": 0.6},
            {"name": "west", "time_zone": "America/Los_Angeles", "share": 0.4},
        ],
        "dcs": [
            {"name": "dc_east", "region": "east", "pickers": 3},
            {"name": "dc_west", "region": "west", "pickers": 2},
        ],
        "stores": {
            "count": 5,
            "clusters": [
                {"name": "ships", "assortment": 15, "ships": 1.0, **_CLUSTER},
                {"name": "sells", "assortment": 10, "ships": 0.3, **_CLUSTER},
            ],
        },
        "skus": {"count": 20, "pack": 2, "popularity_shift": 2.0, "ending_share": 0.4},
        "stock": {
            "store_cover": "1d",
            "store_service_z": 0.5,
            "dc_cover": "1d",
            "dc_service_z": 0.3,
            "suppliers": 2,
            "short_shipment": 0.4,
            "store_lead": {"law": "lognormal", "mean": "5h", "cv": 0.3},
            "dc_lead": {"law": "lognormal", "mean": "9h", "cv": 0.3},
            "dc_review": "6h",
        },
        "record_error": {"wrong_share": 0.4, "dc_wrong_share": 0.3, "mean_units": 2.0, "shrink_per_sale": 0.08},
    },
    "demand": {
        "channels": {
            "web": {"kind": "web", "weekly_checkouts": 1500.0, **_CHANNEL},
            "app": {"kind": "app", "weekly_checkouts": 800.0, **_CHANNEL},
            "market": {"kind": "marketplace", "weekly_checkouts": 900.0, **_CHANNEL, "pickup_share": 0.0},
            "advice": {"kind": "clienteling", "weekly_checkouts": 200.0, **_CHANNEL},
        },
        "returns": {"second_case": {"law": "lognormal", "mean": "4h", "cv": 0.6}},
    },
    "experiment": {"scrape": "1h"},
}


class WithReturns(World):
    """A world in which some of what was sold comes back to a DC, as in a replayed log."""

    def __init__(self, scenario: Scenario, replication: int) -> None:
        super().__init__(scenario, replication)
        for table, dtype in (("crashes", CRASH), ("failovers", FAILOVER), ("troubles", TROUBLE), ("absences", ABSENCE)):
            vars(self).setdefault(table, np.zeros(0, dtype))

    def day(self, day: int) -> WorldDay:
        drawn = super().day(day)
        sold = drawn.physical[drawn.physical["kind"] == Physical.SALE][::9]
        returns = np.zeros(sold.size, RETURN)
        returns["t"], returns["quantity"] = sold["t"], sold["quantity"]
        returns["sku"] = self.estate.pair_sku[sold["pair"]]
        self._describe(returns, self.estate.pair_node[sold["pair"]])
        return dataclasses.replace(drawn, returns=returns)

    def _describe(self, returns: NDArray[np.void], store: NDArray[np.int32]) -> None:
        """In turn: every third bought at the till, every fifth handed in at another store or come to a DC."""
        number, nodes = np.arange(returns.size), self.estate.nodes.size
        returns["channel"] = np.where(number % 3 == 0, -1, number % len(self.estate.channels))
        elsewhere = np.where(number % 2 == 0, (store + number) % nodes, number % 2)
        returns["node"] = np.where((number % 5 == 0) & (returns["channel"] >= 0), elsewhere, store)
        returns["cents"] = self.estate.skus["price_cents"][returns["sku"]] * returns["quantity"]
        returns["condition"] = number * 7 % 11 % len(Condition)
        brought = self.estate.nodes["is_dc"][returns["node"]] == 0
        returns["twice"] = brought & (returns["channel"] >= 0) & (number % 4 < 2)


class ByTheMinute(WithReturns):
    """Its customers come on whole minutes, as in real logs, so that much happens at one instant."""

    def day(self, day: int) -> WorldDay:
        drawn = super().day(day)
        physical, checkouts, returns = drawn.physical.copy(), drawn.checkouts.copy(), drawn.returns.copy()
        for table, column in ((physical, "t"), (checkouts, "t"), (checkouts, "checkout"), (returns, "t")):
            table[column] -= table[column] % MINUTE
        node = self.estate.pair_node[physical["pair"]]
        physical = physical[np.lexsort((physical["kind"], physical["pair"], node, physical["t"]))]
        return dataclasses.replace(drawn, physical=physical, checkouts=checkouts, returns=returns)
