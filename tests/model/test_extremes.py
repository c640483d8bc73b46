"""Degenerate estates and systems: each behaves as someone who knows the trade would expect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.model.journals import (
    MARKET,
    NO_MARKET,
    PROMISED,
    WEB,
    arm_of,
    brief,
    by_status,
    flows,
    journal,
    order_column,
)
from tests.model.runs import INSTANT, PERFECT, systems
from tests.world.make import channel, cluster
from twin.core.clock import HOUR, SECOND
from twin.journal.orders import Cause, Mode, Refusal, Status
from twin.journal.tables import NONE
from twin.journal.totals import FeedName
from twin.scenario.arms import PRESETS
from twin.scenario.scenario import Scenario
from twin.world.world import World

NO_ONLINE = {f"demand__channels__{name}__weekly_checkouts": 0.0 for name in ("web", "app", "market")}
FOREVER: dict[str, Any] = {"mode": "batch", "interval": "60d", "phase": "30d"}
"""A feed whose first file is due after the end."""


def stocked(on_hand: int | None = None, error: int = 0, *, only_dcs: bool = False) -> tuple[Scenario, World]:
    """A world whose shelves (or only racks of DCs) hold ``on_hand`` units, and whose record is wrong by ``error``."""
    description = brief()
    world = World(description, 0)
    pairs = world.start.pairs
    chosen = (world.estate.nodes["is_dc"][pairs["node"]] == 1) | (not only_dcs)
    pairs["on_hand"][chosen] = pairs["on_hand"][chosen] if on_hand is None else on_hand
    pairs["error"][chosen] = np.maximum(error, -pairs["on_hand"][chosen])
    return description, world


# ---- Demand ----------------------------------------------------------------------------------------------------------


def test_where_nobody_wants_anything_nothing_happens_and_the_ledgers_are_observed_all_the_same() -> None:
    run = journal(brief(**NO_ONLINE, demand__tills__scale=0.0), systems())
    assert run["lines"]["order"].size == run["orders"]["order"].size == run["latency"]["count"].size == 0
    assert sum(value for name, value in flows(run).items() if name != "pairs") == 0
    assert run["scrapes"]["t"].size == 48 * 60  # one a minute
    assert not run["scrapes"]["promised"].any()


def test_without_online_customers_the_tills_sell_the_same_whatever_the_systems_are() -> None:
    description = brief(**NO_ONLINE)
    sold = [flows(journal(description, arm_of(name))) for name in PRESETS]
    assert sold[0]["till_units"] > 1000
    for name in ("till_lines", "till_units", "till_units_lost", "shrink_units", "movements"):
        assert len({each[name] for each in sold}) == 1


def test_a_till_line_is_sold_or_lost_to_the_unit() -> None:
    description = brief()
    world = World(description, 0)
    wanted = sum(
        int(day["quantity"][(day["kind"] == 0) & (day["t"] < world.horizon_us)].sum())
        for day in (world.day(day).physical for day in range(world.days))
    )
    total = flows(journal(description, systems(), world))
    assert total["till_units"] + total["till_units_lost"] == wanted


def test_when_all_pick_up_nothing_is_shipped_and_no_line_leaves_its_store() -> None:
    description = brief(demand__channels={"web": channel(weekly_checkouts=6000.0, pickup_share=1.0)})
    world = World(description, 0)
    store = {
        order: node
        for day in (world.day(day).checkouts for day in range(world.days))
        for order, node in zip(day["order"].tolist(), day["pickup"].tolist(), strict=True)
    }
    for name in ("point_to_point", "hybrid"):
        run = journal(description, arm_of(name), world)
        rows, orders = run["lines"], run["orders"]
        assert np.count_nonzero(by_status(rows, Status.SUPPLIED)) > 500
        assert rows["node"].tolist() == [store[order] for order in rows["order"].tolist()]
        assert (orders["t_done"] == orders["t_ready"]).all()
        assert orders["parcels"].max() == 1


def test_a_marketplace_alone_calls_nobody_never_pays_and_decides_when_the_customer_does() -> None:
    market = channel(
        kind="marketplace", weekly_checkouts=4000.0, pickup_share=0.3, abandonment=0, decline=0, checkout="0"
    )
    for name in PRESETS:
        run = journal(brief(demand__channels={"market": market}), arm_of(name))
        rows = run["lines"]
        assert set(rows["status"].tolist()) <= {Status.REFUSED, *PROMISED}
        assert np.array_equal(rows["t_decision"], rows["t_demand"])
        assert not run["orders"]["call"].any()
        assert flows(run)["service_calls"] == 0
        assert not rows["degraded"].any()


# ---- Stock and estate ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_with_empty_shelves_and_right_records_everybody_is_told_so_and_nobody_wrongly(name: str) -> None:
    description, world = stocked(0)
    run = journal(description, arm_of(name), world)
    rows, total = run["lines"], flows(run)
    assert rows["order"].size > 5000
    assert (rows["refusal"] == Refusal.NO_STOCK).all()
    assert not rows["false_oos"].any()
    assert not rows["truth"].any()
    assert total["till_units"] == total["movements"] == total["picks"] == 0


def test_with_empty_shelves_and_records_that_say_otherwise_every_pick_is_short() -> None:
    description, world = stocked(0, 50)
    run = journal(description, systems(), world)
    rows, total = run["lines"], flows(run)
    assert not by_status(rows, Status.SUPPLIED).any()
    assert total["picks"] == total["short_picks"] == rows["short_picks"].sum() > 1000
    causes = rows["cause"][by_status(rows, Status.OVERSOLD)]
    assert np.mean(causes == Cause.RECORD_ERROR) > 0.9
    assert not np.isin(causes, (Cause.WALK_IN, Cause.DAMAGE, Cause.OTHER_LATER)).any()  # nothing was there to be taken


def test_full_shelves_that_no_record_knows_refuse_everybody_for_the_record() -> None:
    description, world = stocked(40, -40)
    rows = journal(description, arm_of("hybrid", buffers={"store": 0}), world)["lines"]
    early = rows["t_demand"] < 6 * HOUR
    assert np.count_nonzero(early) > 300
    assert rows["false_oos"][early].all()
    assert (rows["refusal"][early] == Refusal.RECORD).all()


def test_without_stock_in_the_dcs_the_stores_ship() -> None:
    description, world = stocked(0, only_dcs=True)
    rows = journal(description, systems(), world)["lines"]
    shipped = by_status(rows, Status.SUPPLIED) & (rows["mode"] == Mode.SHIP)
    assert np.count_nonzero(shipped) > 300
    assert not world.estate.nodes["is_dc"][rows["node"][shipped]].any()


def test_stores_that_do_not_ship_pick_for_their_own_customers_only() -> None:
    description = brief(estate__stores={"count": 6, "clusters": [cluster(weekly_lines=2000, ships=0.0)]})
    world = World(description, 0)
    rows = journal(description, systems(), world)["lines"]
    supplied = by_status(rows, Status.SUPPLIED)
    from_dc = world.estate.nodes["is_dc"][rows["node"][supplied]] == 1
    assert np.array_equal(from_dc, rows["mode"][supplied] == Mode.SHIP)


@pytest.mark.parametrize(
    "estate",
    [
        {"estate__skus": {"count": 1, "ending_share": 1.0}, "estate__stores__clusters": [cluster(assortment=1)]},
        {"estate__stores__count": 1},
        {"estate__stores__count": 0, "demand__channels": {"web": channel(weekly_checkouts=9000.0)}},
    ],
    ids=["one SKU", "one store", "no store"],
)
def test_the_smallest_estates_hand_out_no_more_than_they_have(estate: dict[str, Any]) -> None:
    description = brief(**{"estate__stock": {"store_cover": "1d", "dc_cover": "1d"}} | estate)
    world = World(description, 0)
    run = journal(description, systems(), world)
    rows, total = run["lines"], flows(run)
    supplied = int(rows["quantity"][by_status(rows, Status.SUPPLIED)].sum())
    had = int(world.start.pairs["on_hand"].sum())  # seasonal SKUs: nothing comes in
    assert 0.3 * had < supplied + total["till_units"] + total["shrink_units"] <= had
    assert supplied == total["picked_units"]
    assert np.count_nonzero(rows["refusal"] == Refusal.NO_STOCK) > 50


# ---- Systems ---------------------------------------------------------------------------------------------------------


def test_without_any_latency_no_belief_is_stale_and_an_order_is_done_when_it_is_placed() -> None:
    steps = dict.fromkeys(("store_pick", "dc_pick", "pack", "transit"), "0s")
    arm = systems(
        movements=INSTANT,
        orders=INSTANT,
        posting=INSTANT,
        service={"service": "0s"},
        publications={"own": {"mode": "query"}},
        release={"step": "0s"},
        sourcing=steps,
    )
    run = journal(brief(**NO_MARKET), arm)
    orders = run["orders"]
    shipped = (orders["mode"] == Mode.SHIP) & (orders["parcels"] == 1) & (orders["t_done"] != NONE)
    assert not run["lines"]["staleness"].any()
    assert not run["scrapes"]["unseen"].any()
    assert np.count_nonzero(orders["t_done"][shipped] == orders["t_accept"][shipped]) > 1500
    assert not orders["call"].any()


def test_buffers_beyond_any_shelf_close_the_channels_and_are_what_customers_are_refused_for() -> None:
    rows = journal(brief(**PERFECT), systems(buffers={"store": 10_000, "dc": 10_000}, movements=INSTANT))["lines"]
    assert not np.isin(rows["status"], PROMISED).any()
    assert set(rows["refusal"].tolist()) == {Refusal.BUFFER, Refusal.NO_STOCK}
    assert np.count_nonzero(rows["refusal"] == Refusal.BUFFER) > 4000


def test_a_pooled_buffer_beyond_all_stock_closes_that_channel_for_what_is_shipped_and_no_other() -> None:
    rows = journal(brief(), systems(buffers={"pooled": {"web": 1_000_000}}))["lines"]
    sold = np.isin(rows["status"], PROMISED)
    web, ship = rows["channel"] == WEB, rows["mode"] == Mode.SHIP
    assert by_status(rows, Status.REFUSED)[web & ship].all()  # at the check already: nobody is left to abandon
    assert sold[web & ~ship].any()
    assert sold[~web].any()


def test_a_hold_that_outlives_the_run_never_lapses_and_keeps_what_was_left_behind_from_others() -> None:
    arm = systems(reserving={"point": "checkout", "ttl": "90d"}, buffers={"store": 0})
    run = journal(brief(estate__skus={"count": 20, "ending_share": 1.0}), arm)
    assert flows(run)["lapsed_holds"] == 0
    assert np.count_nonzero(run["lines"]["refusal"] == Refusal.HOLD) > 50


def test_a_hold_without_life_lapses_for_everyone_who_takes_any_time_to_pay() -> None:
    reserving = {"point": "checkout", "ttl": "0s", "expiry_lag": "0s"}
    run = journal(brief(**NO_MARKET), systems(reserving=reserving, service={"service": "0s"}))
    rows = run["lines"]
    held = rows["status"] != Status.REFUSED
    assert flows(run)["lapsed_holds"] == np.count_nonzero(held) > 3000


def test_files_that_come_after_the_end_leave_view_and_record_as_they_were_at_the_start() -> None:
    run = journal(brief(**NO_MARKET), systems(movements=FOREVER, posting=FOREVER))
    rows, total = run["lines"], flows(run)
    assert total["movements"] > 4000
    assert total["seen"] == total["posted"] == 0
    assert run["scrapes"]["books_gap"].max() == 0  # both know nothing
    assert set(run["jobs"]["feed"].tolist()) <= {FeedName.PUBLICATION}
    believed = rows["t_decision"] != NONE
    assert rows["staleness"][believed].max() > 40 * HOUR


def test_orders_exported_after_the_end_stay_accepted() -> None:
    run = journal(brief(), systems(release=FOREVER))
    rows, last = run["lines"], int(np.argmax(run["scrapes"]["t"]))
    accepted = by_status(rows, Status.ACCEPTED) & (order_column(run, "t_accept") <= run["scrapes"]["t"][last])
    assert not np.isin(rows["status"], (Status.SUPPLIED, Status.OVERSOLD)).any()
    assert run["scrapes"]["promised"][last] == rows["quantity"][accepted].sum() > 4000
    assert (run["orders"]["t_release"] == NONE).all()


def test_one_slow_server_loses_customers_to_time_outs_and_nobody_waits_longer_than_that() -> None:
    arm = systems(
        service={"servers": 1, "service": "20s", "timeout": "30s"},
        publications={"own": {"mode": "query"}},
        reserving={"point": "none"},
    )
    run = journal(brief(), arm)
    lost = np.unique(run["lines"]["order"][run["lines"]["refusal"] == Refusal.TIME_OUT])
    assert flows(run)["service_time_outs"] == lost.size > 500
    waited = dict(zip(run["orders"]["order"].tolist(), run["orders"]["call"].tolist(), strict=True))
    assert {waited[order] for order in lost.tolist()} == {30 * SECOND}
    own = run["orders"]["channel"] != MARKET
    assert run["orders"]["call"][own].min() >= 0
    assert run["orders"]["call"][own].max() <= 30 * SECOND


@pytest.mark.parametrize("rebroker", [0, 15])
def test_a_line_is_tried_at_one_node_more_than_it_is_brokered_again(rebroker: int) -> None:
    wrong = {"wrong_share": 1.0, "dc_wrong_share": 1.0, "mean_units": 8.0, "shrink_per_sale": 0.2}
    stores = {"count": 30, "pickers": 9, "clusters": [cluster(weekly_lines=500, ships=1.0, opens="0h", closes="24h")]}
    description = brief(
        estate__record_error=wrong, estate__stores=stores, estate__stock={"store_cover": "1d", "dc_cover": "1d"}
    )
    sourcing = {"rebroker": rebroker, "strategy": "nearest", "store_pick": "1m"}
    run = journal(description, systems(sourcing=sourcing, release={"step": "1s"}, buffers={"store": 0}))
    rows = run["lines"]
    after_pick = by_status(rows, Status.OVERSOLD) & (rows["short_picks"] > 0)
    if rebroker == 0:
        assert rows["short_picks"].max() == 1
        assert np.array_equal(rows["short_picks"] == 1, after_pick)
    else:
        assert 4 <= rows["short_picks"].max() <= 16
        assert np.count_nonzero(by_status(rows, Status.SUPPLIED) & (rows["short_picks"] > 0)) > 20
    assert flows(run)["short_picks"] == rows["short_picks"].sum()
