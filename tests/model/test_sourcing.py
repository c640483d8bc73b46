"""What ways to choose nodes do to orders, to stores and to the bill of the carrier."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from tests.model.runs import INSTANT, PERFECT, Columns, scarce, systems, table
from tests.world.make import channel, cluster
from twin.core.clock import DAY, HOUR, MINUTE
from twin.journal.orders import Cause, Mode, Status
from twin.scenario.scenario import Scenario

DC, STORE, FAR = 600, 750, 100
"""Cents of a parcel from each, and on top where the customer is 300 km away."""
LARGE = {"values": [1, 2, 4], "shares": [0.2, 0.4, 0.4]}
PRICES = {"dc_usd": 6.0, "store_usd": 7.5, "zones": [{"from_km": 300, "usd": 1.0}]}


def _estate(**changes: object) -> Scenario:
    stores = {"count": 6, "pickers": 3, "clusters": [cluster(weekly_lines=500, ships=1.0)]}
    web = channel(weekly_checkouts=6000.0, pickup_share=0.1, lines=LARGE)
    return scarce(
        **{
            "estate__regions": [{"name": "east", "time_zone": "America/New_York", "share": 1.0}],
            "estate__dcs": [{"name": "one", "region": "east"}, {"name": "other", "region": "east"}],
            "estate__stores": stores,
            "estate__carriage": PRICES,
            "demand__channels": {"web": web},
            **PERFECT,
            **changes,
        }
    )


def _scattered() -> Scenario:
    """Large orders, and stock of which every store has another part."""
    stores = {"count": 6, "pickers": 3, "clusters": [cluster(weekly_lines=300, ships=1.0, assortment=25)]}
    web = channel(weekly_checkouts=3000.0, lines={"values": [1, 4, 8], "shares": [0.2, 0.4, 0.4]})
    stock = {"store_cover": "6d", "dc_cover": "1h"}
    return _estate(estate__stores=stores, estate__stock=stock, demand__channels={"web": web})


@cache
def _run(name: str, *, scattered: bool = False, **sourcing: object) -> Columns:
    arm = systems(
        movements=INSTANT,
        posting=INSTANT,
        buffers={"store": 0},
        sourcing={"store_pick": "5m", "dc_pick": "1m", **sourcing},
    )
    return table(_scattered() if scattered else _estate(), arm, name)


def _flow(name: str, **sourcing: object) -> int:
    rows = _run("flows", **sourcing)
    return int(rows["value"][rows["name"] == name][0])


def _most_parcels(**limit: object) -> int:
    rows = _run("parcels", scattered=True, strategy="nearest", **limit)
    return max(Counter(rows["order"].tolist()).values())


def _cents_per_parcel(**sourcing: object) -> float:
    rows = _run("parcels", **sourcing)
    return float(rows["cents"][rows["mode"] == Mode.SHIP].mean())


def test_a_parcel_costs_what_the_carrier_asks_and_a_pickup_nothing() -> None:
    rows = _run("parcels", strategy="nearest")
    shipped = rows["mode"] == Mode.SHIP
    assert not rows["cents"][~shipped].any()
    assert set(rows["cents"][shipped & (rows["from_store"] == 0)].tolist()) == {DC, DC + FAR}
    assert set(rows["cents"][shipped & (rows["from_store"] != 0)].tolist()) == {STORE, STORE + FAR}


def test_all_that_picks_found_left_in_a_parcel() -> None:
    lines, parcels = _run("lines", strategy="nearest"), _run("parcels", strategy="nearest")
    supplied = lines["status"] == Status.SUPPLIED
    assert parcels["units"].sum() == lines["quantity"][supplied].sum() == _flow("picked_units", strategy="nearest")
    assert parcels["lines"].sum() == np.count_nonzero(supplied)


def test_the_cheapest_way_is_cheaper_than_the_nearest_and_no_dearer_than_dcs_first() -> None:
    cheapest, dc_first, nearest = (_cents_per_parcel(strategy=name) for name in ("cheapest", "dc_first", "nearest"))
    assert cheapest <= dc_first < nearest


def test_who_has_time_first_is_asked_first() -> None:
    """With one picker to a store who takes an hour for a parcel, the nearest store is a long wait."""
    spans = {}
    for name in ("nearest", "least_loaded"):
        orders = _run("orders", strategy=name, store_pick="60m")
        picked = (orders["t_pick"] >= 0) & (orders["mode"] == Mode.SHIP)
        spans[name] = float(np.mean((orders["t_pick"] - orders["t_release"])[picked]))
    assert spans["least_loaded"] < spans["nearest"] / 2


def test_orders_that_are_sent_complete_come_in_one_parcel_and_others_in_several() -> None:
    assert _most_parcels() > 2
    assert _most_parcels(most_parcels=2) == 2
    assert _most_parcels(most_parcels=1) == _most_parcels(split="never") == 1


def test_the_fewer_parcels_an_order_may_come_in_the_more_lines_are_given_up_as_fragmented() -> None:
    given_up = [
        np.count_nonzero(_run("lines", scattered=True, strategy="nearest", **limit)["cause"] == Cause.FRAGMENTED)
        for limit in ({}, {"most_parcels": 2}, {"most_parcels": 1}, {"split": "never"})
    ]
    assert given_up[0] < given_up[1] < given_up[2] < given_up[3]


def test_an_order_that_is_to_be_complete_and_of_which_nothing_is_sent_is_given_up_whole() -> None:
    lines = _run("lines", scattered=True, strategy="nearest", split="never")
    let_down, supplied = (
        set(lines["order"][lines["status"] == status].tolist()) for status in (Status.OVERSOLD, Status.SUPPLIED)
    )
    assert len(let_down) > 50
    # with right records only a walk-in can leave a part of an order behind
    assert len(let_down & supplied) < len(let_down) / 10


def test_no_store_is_asked_for_more_than_its_cap_in_its_own_day() -> None:
    """Parcels are counted when they are sourced; with picks of no time in a store's hours that day is the pick's, but
    for what was sourced at night.
    """
    capped = {"strategy": "nearest", "store_cap": 5, "store_pick": "0s"}
    rows = _run("parcels", **capped)
    free = _run("parcels", **{**capped, "store_cap": 0})
    assert max(_by_store_and_day(free).values()) > 20
    assert 5 <= max(_by_store_and_day(rows).values()) <= 10
    assert np.count_nonzero(rows["from_store"] * (rows["mode"] == Mode.SHIP)) < np.count_nonzero(free["from_store"]) / 2


def _by_store_and_day(rows: Columns) -> Counter[tuple[int, int]]:
    shipped = (rows["from_store"] != 0) & (rows["mode"] == Mode.SHIP)
    days = rows["t_pick"][shipped] // DAY
    return Counter(zip(rows["node"][shipped].tolist(), days.tolist(), strict=True))


def test_caps_are_met_only_where_there_are_any() -> None:
    assert _flow("capped_sourcings", strategy="nearest") == 0
    met, sourced = (
        _flow(name, strategy="nearest", store_cap=5, store_pick="0s") for name in ("capped_sourcings", "sourcings")
    )
    assert 0 < met < sourced


@pytest.mark.parametrize("interval", [2 * HOUR, 30 * HOUR])
def test_pickers_of_stores_begin_with_a_list(interval: int) -> None:
    """With picks of no time every pick ends at a list: every so often from the opening at 8:00."""
    rows = _run("parcels", strategy="nearest", store_waves=f"{interval // HOUR}h", store_pick="0s")
    clock = rows["t_pick"][rows["from_store"] != 0] % DAY
    assert set(((clock - 8 * HOUR) % interval).tolist()) == {0}
    assert clock.min() == 8 * HOUR
    assert clock.max() < 21 * HOUR


def test_lists_make_parcels_of_stores_wait_and_dcs_have_none() -> None:
    dcs, stores = ([_wait(waves, of_stores=of_stores) for waves in ("0s", "4h")] for of_stores in (False, True))
    assert max(dcs) < 2 * MINUTE
    assert stores[0] + HOUR < stores[1]


def _wait(waves: str, *, of_stores: bool) -> float:
    """Median time from release to the end of the pick, of first parcels."""
    rows, orders = (_run(name, strategy="nearest", store_waves=waves) for name in ("parcels", "orders"))
    released = dict(zip(orders["order"].tolist(), orders["t_release"].tolist(), strict=True))
    first = (rows["parcel"] == 0) & (rows["from_store"] == of_stores)
    return float(np.median(rows["t_pick"][first] - [released[order] for order in rows["order"][first].tolist()]))


def test_prices_are_rounded_to_whole_cents_each() -> None:
    description = _estate(
        estate__carriage={"dc_usd": 5.004, "store_usd": 5.006, "zones": [{"from_km": 1, "usd": 0.004}]}
    )
    rows = table(description, systems(sourcing={"strategy": "nearest"}), "parcels")
    shipped = rows["mode"] == Mode.SHIP
    assert set(rows["cents"][shipped & (rows["from_store"] == 0)].tolist()) == {500}
    assert set(rows["cents"][shipped & (rows["from_store"] != 0)].tolist()) == {501}
