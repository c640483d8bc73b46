"""Orders for today, against what the scenario says of customers, nodes and couriers."""

from __future__ import annotations

from functools import cache
from math import sqrt
from typing import Any

import numpy as np
import pytest

from tests.model.runs import Columns, scarce, systems, table
from tests.world.make import channel, cluster
from twin.core.clock import DAY, HOUR, MINUTE
from twin.journal.orders import Mode, Refusal, Status
from twin.journal.same_day import Offer
from twin.journal.tables import NONE
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.world import World

SHARE, ONLY, RADIUS = 0.3, 0.4, 60
CUT_OFF, BY = 15, 21
DOWN = (30 * HOUR, 34 * HOUR)


@cache
def _estate(**changes: object) -> Scenario:
    """Stores that never close, and many who want their orders today."""
    web = channel(weekly_checkouts=9000.0, same_day_share=SHARE, same_day_only=ONLY)
    outage = {"system": "courier", "at": "30h", "duration": "4h"}
    return scarce(
        demand__channels={"web": web},
        estate__stores={"count": 12, "clusters": [cluster(weekly_lines=500, opens="0s", closes="24h", assortment=50)]},
        faults=[outage],
        **changes,
    )


def _arm(**changes: Any) -> Systems:
    today = {"on": True, "cut_off": f"{CUT_OFF}h", "by": f"{BY}h", "radius_km": RADIUS, "couriers": 1}
    return systems(same_day=today | changes, buffers={"store": 0})


@cache
def _run(name: str, **changes: Any) -> Columns:
    return table(_estate(), _arm(**changes), name)


def _hours(rows: Columns) -> np.ndarray[Any, Any]:
    """Local time of day at which customers asked."""
    asked = rows["t_asked"]
    regions = dict(zip(_run("orders")["order"].tolist(), _run("orders")["region"].tolist(), strict=True))
    region = np.array([regions[order] for order in rows["order"].tolist()])
    shifts = World(_estate(), 0).estate.zone_shift
    return np.asarray((asked + shifts[region, asked // DAY]) % DAY)


def _answered(rows: Columns) -> Columns:
    return {name: column[rows["answer"] != Offer.NOT_ASKED] for name, column in rows.items()}


def test_as_many_want_it_as_the_scenario_says_and_as_many_nothing_else() -> None:
    rows, customers = _run("same_day"), _run("orders")["order"].size
    assert customers > 4000
    assert abs(rows["order"].size / customers - SHARE) < 4 * sqrt(SHARE * (1 - SHARE) / customers)
    wanted = rows["only"].size
    assert abs(rows["only"].mean() - ONLY) < 4 * sqrt(ONLY * (1 - ONLY) / wanted)


def test_the_same_customers_want_it_whatever_the_arm() -> None:
    with_it, without = _run("same_day"), _run("same_day", on=False)
    for rows in (with_it, without):
        assert len(set(rows["order"].tolist())) == rows["order"].size
    wishes = [set(zip(rows["order"].tolist(), rows["only"].tolist(), strict=True)) for rows in (with_it, without)]
    assert wishes[0] == wishes[1]
    assert set(without["answer"].tolist()) == {Offer.OFF}
    assert _run("drops", on=False)["order"].size == 0


def test_it_is_offered_before_the_cut_off_by_the_customers_clock_and_due_at_the_promised_hour() -> None:
    rows = _answered(_run("same_day"))
    hours, offered = _hours(rows), rows["answer"] == Offer.OFFERED
    assert np.count_nonzero(offered) > 100
    assert np.array_equal(rows["answer"] == Offer.LATE, hours >= CUT_OFF * HOUR)
    assert (rows["t_due"] - rows["t_asked"])[offered].tolist() == (BY * HOUR - hours[offered]).tolist()


def test_it_comes_from_a_store_near_enough_and_else_is_not_offered() -> None:
    rows, world = _run("same_day"), World(_estate(), 0)
    checkouts = np.concatenate([world.day(day).checkouts for day in range(world.days)])
    at = dict(zip(checkouts["order"].tolist(), checkouts[["x_km", "y_km"]].tolist(), strict=True))
    nodes = world.estate.nodes
    stores = nodes[nodes["is_dc"] == 0]
    for order, answer, node in zip(rows["order"].tolist(), rows["answer"].tolist(), rows["node"].tolist(), strict=True):
        x, y = at[order]
        near = (stores["x_km"] - x) ** 2 + (stores["y_km"] - y) ** 2 <= RADIUS**2
        if answer == Offer.OFFERED:
            assert not nodes["is_dc"][node]
            assert (nodes["x_km"][node] - x) ** 2 + (nodes["y_km"][node] - y) ** 2 <= RADIUS**2
        elif answer == Offer.NO_NODE:
            assert not near.any()
        elif answer == Offer.NO_STOCK:
            assert near.any()
    assert {Offer.OFFERED, Offer.NO_NODE, Offer.NO_STOCK} <= set(rows["answer"].tolist())


def test_who_cannot_have_it_and_wants_nothing_else_leaves_and_others_take_the_ordinary_way() -> None:
    rows, lines = _run("same_day"), _run("lines")
    told_no = (rows["answer"] != Offer.OFFERED) & (rows["answer"] != Offer.NOT_ASKED)
    gone = np.isin(lines["order"], rows["order"][told_no & (rows["only"] != 0)])
    assert gone.sum() > 100
    assert set(lines["refusal"][gone].tolist()) == {Refusal.NOT_TODAY}
    assert not (lines["refusal"][~gone] == Refusal.NOT_TODAY).any()
    backed = np.isin(lines["order"], rows["order"][rows["backed"] != 0])
    assert np.array_equal(lines["false_oos"][gone] != 0, backed[gone])
    stays = np.isin(lines["order"], rows["order"][told_no & (rows["only"] == 0)])
    assert set(lines["mode"][stays].tolist()) == {Mode.SHIP}
    assert (lines["status"][stays] == Status.SUPPLIED).sum() > 100


def _away(rows: Columns) -> list[tuple[int, int, int]]:
    """Node of each courier's trip, and when it began and ended."""
    left = rows["t_left"] != NONE
    start, there = rows["t_left"][left], rows["t_delivered"][left]
    trips = zip(rows["node"][left].tolist(), start.tolist(), (2 * there - start).tolist(), strict=True)
    return sorted(trips, key=lambda trip: trip[1])


@pytest.mark.parametrize("couriers", [1, 2])
def test_no_more_couriers_are_away_than_there_are_and_none_waits_while_one_is_there(couriers: int) -> None:
    rows = _run("drops", couriers=couriers, drive="2h")
    back: dict[int, list[int]] = {}
    for node, start, end in _away(rows):
        away = [t for t in back.get(node, []) if t > start]
        assert len(away) < couriers
        back[node] = [*away, end]
    waited = (rows["t_left"] > rows["t_booked"]) & (rows["t_left"] != NONE)
    returns = {(node, end) for node, _, end in _away(rows)}
    assert waited.sum() > 20
    left = set(zip(rows["node"][waited].tolist(), rows["t_left"][waited].tolist(), strict=True))
    assert left <= returns  # who had to wait leaves when a courier is back


def test_runs_leave_by_the_clock_where_the_arm_has_such() -> None:
    rows = _run("drops", dispatch="90m", couriers=10_000)
    left = rows["t_left"][rows["t_left"] != NONE]
    assert left.size > 100
    assert not (left % (90 * MINUTE)).any()
    assert (rows["t_left"] - rows["t_booked"])[rows["t_left"] != NONE].max() < 90 * MINUTE


@pytest.mark.parametrize("quote", [True, False])
def test_while_the_couriers_system_is_down_nothing_is_booked_nor_with_quotes_promised(quote: bool) -> None:
    rows, drops = _run("same_day", quote=quote), _run("drops", quote=quote)
    booked = drops["t_booked"][drops["t_booked"] != NONE]
    assert not ((booked >= DOWN[0]) & (booked < DOWN[1])).any()
    held_up = (drops["t_ready"] >= DOWN[0]) & (drops["t_ready"] < DOWN[1])
    assert held_up.any()
    assert set(drops["t_booked"][held_up].tolist()) == {DOWN[1]}
    meanwhile = (rows["t_asked"] >= DOWN[0]) & (rows["t_asked"] < DOWN[1])
    early = meanwhile & (rows["answer"] != Offer.LATE)
    assert early.sum() > 20
    assert ((rows["answer"][early] == Offer.DOWN) == quote).all()
    assert not (rows["answer"][~meanwhile] == Offer.DOWN).any()


def test_driving_takes_as_long_as_the_scenario_says() -> None:
    law = {"law": "exponential", "mean": "30m"}
    alone, longer = (
        table(_estate(), _arm(per_km=per_km, drive=law, couriers=10_000), "drops") for per_km in ("0s", "10s")
    )
    left = alone["t_left"] != NONE
    drives = (alone["t_delivered"] - alone["t_left"])[left]
    assert drives.size > 200
    assert abs(drives.mean() / (30 * MINUTE) - 1) < 4 / sqrt(drives.size)
    both = (longer["t_left"] != NONE) & (alone["t_left"] != NONE)
    added = (longer["t_delivered"] - alone["t_delivered"])[both]
    assert added.min() >= 0
    assert 0 < added.max() <= RADIUS * 10_000_000


def test_where_nobody_wants_it_an_arm_that_has_it_does_what_one_without_does() -> None:
    estate = scarce(calendar__window="1d")
    lines = [table(estate, arm, "lines") for arm in (_arm(), _arm(on=False))]
    for name in lines[0]:
        assert np.array_equal(lines[0][name], lines[1][name])
