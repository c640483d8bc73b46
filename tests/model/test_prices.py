"""What the publishing of prices means: late by as much as its file, never where told ahead, and paid for as settled."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.model.journals import Journal, flows, journal
from tests.model.runs import scarce, systems
from twin.core.clock import DAY, HOUR, MINUTE
from twin.journal.orders import PROMISED, Status
from twin.journal.prices import PRICE_TABLES, Settled
from twin.journal.tables import TABLES
from twin.scenario.scenario import Scenario
from twin.world.tables import Physical
from twin.world.world import World

GROUPS = ("tills", "own", "marketplace")
SALE = {"start": "1d", "duration": "1d", "multiplier": 1.0, "top_skus": 60, "discount": 0.5}
"""Everything at half the price on the second day."""

NIGHTLY = {"mode": "file", "interval": "24h", "phase": "4h", "job": "1h"}


def _plain(**changes: Any) -> Scenario:
    return scarce(demand__promotions=[SALE], **changes)


@cache
def _run(mismatch: str = "honour", *, ahead: bool = False, walks_away: float = 0.0) -> Journal:
    """A week whose nightly files are five hours late for a sale."""
    description = _plain()
    channels = {
        name: channel.model_copy(update={"walks_away": walks_away})
        for name, channel in description.demand.channels.items()
    }
    demand = description.demand.model_copy(update={"channels": channels})
    routes = {group: {**NIGHTLY, "ahead": ahead} for group in GROUPS}
    arm = systems(prices={**routes, "mismatch": mismatch})
    return journal(description.model_copy(update={"demand": demand}), arm)


def test_where_prices_never_change_what_an_arm_says_of_them_changes_nothing() -> None:
    quiet = scarce()
    at_once, by_file = (
        journal(quiet, systems(prices=prices)) for prices in ({}, {"own": NIGHTLY, "mismatch": "correct"})
    )
    for table in TABLES:
        for name, column in at_once[table].items():
            assert np.array_equal(column, by_file[table][name]), (table, name)
    assert all(column.size == 0 for table in PRICE_TABLES for column in at_once[table].values())


def test_nothing_is_mispriced_where_all_are_told_at_once() -> None:
    run = journal(_plain(), systems())
    assert run["list_prices"]["t"].size > 100
    assert run["mispriced"]["t"].size == run["till_gaps"]["units"].size == 0
    accepted = np.isin(run["lines"]["status"], PROMISED)
    prices = World(_plain(), 0).prices
    order = np.argsort(run["orders"]["order"])
    t_accept = run["orders"]["t_accept"][order][np.searchsorted(run["orders"]["order"][order], run["lines"]["order"])]
    listed = prices.at(run["lines"]["sku"], t_accept)
    assert np.array_equal(run["lines"]["price_cents"][accepted], listed[accepted])
    assert len(set((run["lines"]["price_cents"] / prices.start[run["lines"]["sku"]]).round(1))) == 2


def test_a_nightly_file_is_late_by_the_hours_from_the_change_to_its_end() -> None:
    shown = _run()["shown_prices"]
    assert set(shown["t"].tolist()) == {DAY + 5 * HOUR, 2 * DAY + 5 * HOUR}
    assert set(shown["outlet"].tolist()) == {0, 1, 2, 3}
    assert shown["t"].size == 2 * 4 * 60


def test_what_is_told_ahead_is_never_late() -> None:
    run = _run(ahead=True)
    assert set(run["shown_prices"]["t"].tolist()) == {DAY, 2 * DAY}
    assert run["mispriced"]["t"].size == run["till_gaps"]["units"].size == 0
    assert (run["price_jobs"]["rows"] == 0).all()


def test_a_line_is_charged_what_its_channel_shows_and_keeps_its_price() -> None:
    run = _run()
    rows = run["mispriced"]
    late = (rows["t"] >= DAY) & (rows["t"] < DAY + 5 * HOUR)
    over = (rows["t"] >= 2 * DAY) & (rows["t"] < 2 * DAY + 5 * HOUR)
    assert (late | over).all()
    assert np.count_nonzero(late) > 20
    assert np.count_nonzero(over) > 20
    assert (rows["charged_cents"] == rows["shown_cents"]).all()
    assert (rows["till_cents"] == rows["shown_cents"]).all()
    assert np.abs(rows["charged_cents"][late] - 2 * rows["list_cents"][late]).max() <= 1
    assert np.abs(rows["list_cents"][over] - 2 * rows["charged_cents"][over]).max() <= 1


def test_the_lower_of_both_is_charged_where_the_arm_says_so() -> None:
    rows = _run("lower")["mispriced"]
    lowered = rows["settled"] == Settled.LOWERED
    assert np.array_equal(lowered, rows["shown_cents"] > rows["list_cents"])
    assert (rows["charged_cents"] == np.minimum(rows["shown_cents"], rows["list_cents"])).all()
    assert len(set(lowered.tolist())) == 2


def test_a_corrected_customer_pays_the_list_price_and_leaves_only_over_a_higher_one() -> None:
    run = _run("correct", walks_away=1.0)
    rows = run["mispriced"]
    own = rows["channel"] < 2
    away = rows["settled"] == Settled.WALKED_AWAY
    assert (rows["settled"][~own] == Settled.HONOURED).all()
    assert (rows["charged_cents"] == rows["list_cents"])[rows["settled"] == Settled.CORRECTED].all()
    assert np.count_nonzero(away) > 20
    assert (rows["status"] == Status.ABANDONED)[away].all()
    cheaper = rows["shown_cents"] > rows["list_cents"]
    assert not (cheaper & away).any()
    assert np.count_nonzero(cheaper & own) > 20
    patient = _run("correct")["mispriced"]
    assert not (patient["settled"] == Settled.WALKED_AWAY).any()


def test_some_of_those_who_are_told_a_higher_price_leave() -> None:
    run = _run("correct", walks_away=0.4)
    rows, calm = run["mispriced"], _run("correct")["mispriced"]
    gone = np.unique(rows["order"][rows["settled"] == Settled.WALKED_AWAY]).size
    told = calm["settled"] == Settled.CORRECTED
    dearer = np.unique(calm["order"][told & (calm["shown_cents"] < calm["charged_cents"])]).size
    payments_declined = 0.03  # of those who stay some are not accepted
    share = gone / (dearer / (1 - payments_declined))
    assert share == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / dearer))


def test_units_sold_at_tills_between_the_change_and_the_file_are_those_of_the_walk_ins() -> None:
    full = {"store_cover": "60d", "dc_cover": "60d"}
    description = _plain(estate__stock=full, estate__skus={"count": 60, "ending_share": 0.0})
    run = journal(description, systems(prices={"tills": {**NIGHTLY, "phase": "14h"}}))
    gaps, world = run["till_gaps"], World(description, 0)
    assert set(gaps["t_from"].tolist()) == {DAY, 2 * DAY}
    assert (gaps["t_to"] - gaps["t_from"] == 15 * HOUR).all()
    assert flows(run)["till_units_lost"] == 0
    wanted = 0
    for day in (1, 2):
        sales = world.day(day).physical[world.day(day).physical["kind"] == Physical.SALE]
        wanted += int(sales["quantity"][sales["t"] <= day * DAY + 15 * HOUR].sum())
    assert gaps["units"].sum() == wanted > 0


def test_gaps_are_cut_where_the_window_begins_and_ends() -> None:
    sale = {**SALE, "start": "6h", "duration": "4d"}
    never = {"mode": "file", "interval": "30d", "phase": "20d"}
    run = journal(scarce(demand__promotions=[sale]), systems(prices={"tills": never}))
    gaps = run["till_gaps"]
    cuts = [6 * HOUR, 12 * HOUR, 12 * HOUR + 3 * DAY, 12 * HOUR + 4 * DAY]
    for sku in np.unique(gaps["sku"]).tolist():
        mine = gaps["sku"] == sku
        assert sorted(gaps["t_from"][mine].tolist()) == [*cuts[:3], 6 * HOUR + 4 * DAY][: np.count_nonzero(mine)]
    assert gaps["units"].sum() > 100


def test_a_file_says_what_held_when_it_was_made() -> None:
    prices = {"tills": {"mode": "file", "interval": "24h", "phase": "23h", "job": "2h"}}
    shown = journal(_plain(), systems(prices=prices))["shown_prices"]
    tills = shown["outlet"] == 0
    assert set(shown["t"][tills].tolist()) == {DAY + 25 * HOUR, 2 * DAY + 25 * HOUR}


def test_events_come_after_their_delay_and_lost_ones_with_the_next_load() -> None:
    event = {"mode": "event", "delay": "7m", "lost": 0.3, "interval": "12h", "phase": "11h", "job": "1h"}
    run = journal(_plain(), systems(prices={"own": event}))
    shown, fates = run["shown_prices"], run["price_events"]
    web = shown["outlet"] == 1
    times, counts = np.unique(shown["t"][web], return_counts=True)
    assert times.tolist() == [DAY + 7 * MINUTE, DAY + 12 * HOUR, 2 * DAY + 7 * MINUTE, 2 * DAY + 12 * HOUR]
    assert counts[0] + counts[1] == counts[2] + counts[3] == 60
    assert fates["outlet"].tolist() == [1, 2]
    assert (fates["sent"] == 120).all()
    assert fates["lost"][0] == counts[1] + counts[3]
    assert fates["lost"].sum() / 240 == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 240))


def test_claims_and_closes_are_made_of_what_was_charged() -> None:
    returns = {"mode": "inspected"}
    books = {"on": True, "interval": "6h", "phase": "1h", "orders": {"interval": "1m", "phase": "0s"}}
    routes = dict.fromkeys(GROUPS, NIGHTLY)
    run = journal(_plain(), systems(prices=routes, returns=returns, books=books))
    lines = run["lines"]
    cents = lines["price_cents"].astype(np.int64) * lines["quantity"]
    oversold = lines["status"] == Status.OVERSOLD
    claims = run["refunds"]["line"] >= 0
    assert np.count_nonzero(oversold) > 20
    assert run["refunds"]["cents"][claims].sum() == cents[oversold].sum()
    catalogue = World(_plain(), 0).prices.start[lines["sku"]] * lines["quantity"]
    assert cents[oversold].sum() != catalogue[oversold].sum()
    accepted = np.isin(lines["status"], PROMISED)
    order = np.argsort(run["orders"]["order"])
    t_accept = run["orders"]["t_accept"][order][np.searchsorted(run["orders"]["order"][order], lines["order"])]
    last = run["closes"]["t"][-1]
    assert run["closes"]["accepted_cents"][-1] == cents[accepted & (t_accept < last)].sum()
