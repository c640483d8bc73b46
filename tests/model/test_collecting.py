"""What customers do about orders that are ready in a store, against what the scenario says of them."""

from __future__ import annotations

from functools import cache
from math import sqrt

import numpy as np

from tests.model.runs import Columns, scarce, systems, table
from tests.world.make import channel, cluster
from twin.core.clock import DAY, HOUR
from twin.journal.orders import CollectionEnd, Status
from twin.journal.tables import NONE
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.world import World

NO_SHOW = 0.2
MEAN = 6 * HOUR


def _estate(**changes: object) -> Scenario:
    """Stores that never close, and many who pick up."""
    comes = {"law": "exponential", "mean": "6h"}
    web = channel(weekly_checkouts=6000.0, pickup_share=0.8, no_show=NO_SHOW, collects=comes, **changes)
    return scarce(
        demand__channels={"web": web},
        estate__stores={"count": 6, "clusters": [cluster(weekly_lines=500, opens="0s", closes="24h", assortment=30)]},
        calendar__follow_up="4d",
    )


def _arm(kept_for: str = "3d") -> Systems:
    return systems(pickup={"kept_for": kept_for, "restock": "10m"}, buffers={"store": 0})


@cache
def _run(name: str, kept_for: str = "3d") -> Columns:
    return table(_estate(), _arm(kept_for), name)


def test_customers_come_as_the_scenario_says() -> None:
    rows = _run("collections")
    known = rows["outcome"] != CollectionEnd.WAITING
    never = rows["outcome"][known] == CollectionEnd.NEVER_CAME
    assert never.size > 900
    assert abs(never.mean() - NO_SHOW) < 4 * sqrt(NO_SHOW * (1 - NO_SHOW) / never.size)
    waited = (rows["t_collected"] - rows["t_ready"])[rows["outcome"] == CollectionEnd.COLLECTED]
    assert abs(waited.mean() / MEAN - 1) < 4 / sqrt(waited.size)


def test_an_order_is_kept_for_as_long_as_the_arm_says_and_then_put_back() -> None:
    rows = _run("collections", "5h")
    given_up = rows["t_given_up"] != NONE
    assert np.count_nonzero(rows["outcome"] == CollectionEnd.TOO_LATE) > 300
    assert (rows["t_given_up"] - rows["t_ready"])[given_up].tolist() == [5 * HOUR] * int(given_up.sum())
    back = given_up & (rows["t_back"] != NONE)
    assert ((rows["t_back"] - rows["t_given_up"])[back] >= HOUR // 6).all()
    collected = rows["outcome"] == CollectionEnd.COLLECTED
    assert (rows["t_collected"] - rows["t_ready"])[collected].max() <= 5 * HOUR


def test_the_same_customers_come_whatever_the_arm() -> None:
    short, long = _run("collections", "5h"), _run("collections", "3d")
    never = [set(rows["order"][rows["outcome"] == CollectionEnd.NEVER_CAME].tolist()) for rows in (short, long)]
    came = set(long["order"][long["outcome"] == CollectionEnd.COLLECTED].tolist())
    assert len(never[0]) > 100
    assert not never[0] & came


def test_lines_follow_their_orders() -> None:
    rows, lines = _run("collections"), _run("lines")
    ends = {
        CollectionEnd.COLLECTED: Status.SUPPLIED,
        CollectionEnd.NEVER_CAME: Status.NOT_COLLECTED,
        CollectionEnd.TOO_LATE: Status.NOT_COLLECTED,
        CollectionEnd.WAITING: Status.READY,
    }
    for outcome, status in ends.items():
        here = np.isin(lines["order"], rows["order"][rows["outcome"] == outcome])
        assert set(lines["status"][here].tolist()) <= {status, Status.OVERSOLD, Status.REFUSED}
    units = lines["quantity"][np.isin(lines["status"], (Status.READY, Status.NOT_COLLECTED))].sum()
    assert units == rows["units"][rows["outcome"] != CollectionEnd.COLLECTED].sum() > 100


def test_stores_that_are_closed_hand_over_nothing() -> None:
    opens, closes = 9 * HOUR, 17 * HOUR
    estate = scarce(
        demand__channels={"web": channel(weekly_checkouts=6000.0, pickup_share=0.8, collects="6h")},
        estate__stores={"count": 6, "clusters": [cluster(weekly_lines=500, opens="9h", closes="17h", assortment=30)]},
    )
    rows, world = table(estate, _arm("2d"), "collections"), World(estate, 0)
    collected = rows["t_collected"][rows["t_collected"] != NONE]
    region = world.estate.nodes["region"][rows["node"][rows["t_collected"] != NONE]]
    local = (collected + world.estate.zone_shift[region, collected // DAY]) % DAY
    assert collected.size > 300
    assert ((local >= opens) & (local < closes)).all()
