"""Associates in stores: the shelf first, then other nodes and never the own."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from tests.model.runs import Columns, scarce, systems, table
from tests.world.make import channel, cluster
from twin.core.clock import DAY
from twin.journal.orders import Mode, Status
from twin.journal.tables import NONE
from twin.scenario.scenario import Scenario
from twin.world.world import World


@cache
def _estate() -> Scenario:
    advice = channel(kind="clienteling", weekly_checkouts=6000.0, pickup_share=0.3, decline=0.05)
    return scarce(
        demand__channels={"web": channel(weekly_checkouts=2000.0), "advice": advice},
        estate__stores={"count": 6, "clusters": [cluster(weekly_lines=1500, ships=1.0, assortment=40)]},
    )


@cache
def _run(name: str, on: bool = True) -> Columns:
    return table(_estate(), systems(clienteling={"on": on}, buffers={"store": 0}), name)


def _keys(rows: Columns) -> np.ndarray[Any, Any]:
    return np.asarray(rows["order"] << 10 | rows["line"])


def test_what_is_on_the_shelf_is_sold_there_and_then() -> None:
    asked, lines = _run("assisted"), _run("lines")
    quantity = dict(zip(_keys(lines).tolist(), lines["quantity"].tolist(), strict=True))
    wanted = np.array([quantity[key] for key in _keys(asked).tolist()])
    sold = asked["sold"] != 0
    assert min(sold.sum(), (~sold).sum()) > 200
    assert np.array_equal(sold, asked["on_hand"] >= wanted)
    mine = np.isin(_keys(lines), _keys(asked)[sold])
    assert np.array_equal(mine, lines["mode"] == Mode.TILL)
    assert set(lines["status"][mine].tolist()) == {Status.SUPPLIED}
    assert set(lines["t_decision"][mine].tolist()) == {NONE}


def test_the_rest_is_sent_home_from_any_other_node() -> None:
    asked, lines = _run("assisted"), _run("lines")
    store = dict(zip(_keys(asked).tolist(), asked["node"].tolist(), strict=True))
    rest = np.isin(_keys(lines), _keys(asked)[asked["sold"] == 0])
    assert set(lines["mode"][rest].tolist()) == {Mode.SHIP}
    there = np.array([store[key] for key in _keys(lines)[rest].tolist()])
    assert (lines["status"][rest] == Status.SUPPLIED).sum() > 200
    assert not (lines["node"][rest] == there).any()


def test_customers_stand_in_the_nearest_store_and_are_served_while_it_is_open() -> None:
    asked, world = _run("assisted"), World(_estate(), 0)
    nodes, shifts = world.estate.nodes, world.estate.zone_shift
    checkouts = np.concatenate([world.day(day).checkouts for day in range(world.days)])
    at = {row["order"]: row for row in checkouts}
    stores = np.flatnonzero(nodes["is_dc"] == 0)
    for order, node in set(zip(asked["order"].tolist(), asked["node"].tolist(), strict=True)):
        x, y = (int(at[order][name]) for name in ("x_km", "y_km"))
        distances = (nodes["x_km"][stores] - x) ** 2 + (nodes["y_km"][stores] - y) ** 2
        assert node == stores[np.argmin(distances)]
        t = int(at[order]["t"])
        local = (t + int(shifts[nodes["region"][node], t // DAY])) % DAY
        assert nodes["opens"][node] <= local < nodes["closes"][node]
        assert at[order]["channel"] == 1
        assert not at[order]["declined"]


def test_what_is_sold_at_the_till_moves_like_any_sale_and_no_arm_without_associates_does_so() -> None:
    flows = dict(zip(_run("flows")["name"].tolist(), _run("flows")["value"].tolist(), strict=True))
    lines = _run("lines")
    assert flows["assisted_units"] == lines["quantity"][lines["mode"] == Mode.TILL].sum()
    assert _run("assisted", on=False)["order"].size == 0
    assert not (_run("lines", on=False)["mode"] == Mode.TILL).any()
