"""Inputs first: what comes back follows the configured means, profiles, hours and shares."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tests.world.make import channel, scenario
from twin.core.clock import DAY, HOUR
from twin.journal.returns import Condition
from twin.world.profiles import weekly_rates
from twin.world.tables import RETURN
from twin.world.world import World

LEVEL = 1e-3
ONE_ZONE: dict[str, Any] = {
    "estate__regions": [{"name": "east", "time_zone": "America/New_York", "share": 1.0}],
    "estate__dcs": [{"name": "dc", "region": "east"}],
}
SHARES: dict[str, Any] = {
    "share": 0.2,
    "shares": {"market": 0.4},
    "till_share": 0.1,
    "to_store": 0.25,
    "open_box": 0.3,
    "damaged": 0.1,
    "fraud": 0.05,
    "registered_twice": 0.2,
}
CHANNELS = {"web": channel(weekly_checkouts=20_000.0), "market": channel(weekly_checkouts=5_000.0)}


def _world(**changes: Any) -> World:
    usual = {"demand__returns": SHARES, "demand__channels": CHANNELS, "calendar__start": "2025-02-03"}
    return World(scenario(**(usual | {"calendar__window": "7d", "calendar__follow_up": "0s"} | changes)), 0)


@cache
def _week() -> tuple[World, NDArray[np.void]]:
    """One week in one time zone."""
    world = _world(**ONE_ZONE)
    return world, np.concatenate([world.day(day).returns for day in range(7)])


def _is_near(observed: int, mean: float) -> bool:
    """Poisson: within four standard deviations."""
    return bool(abs(observed - mean) < 4 * np.sqrt(mean))


def test_each_channel_gets_back_its_share_of_what_it_sells() -> None:
    world, rows = _week()
    store = world.estate.nodes["is_dc"][rows["node"]] == 0
    law = scenario(demand__channels=CHANNELS).demand.channels["web"]
    lines = 0.8 * 0.97 * law.lines.mean
    for number, mean in ((0, 20_000 * lines * 0.2), (1, 5_000 * lines * 0.4)):
        mine = rows["channel"] == number
        assert _is_near(int((mine & ~store).sum()), 0.75 * mean)
        assert _is_near(int((mine & store).sum()), 0.25 * mean)
    assert _is_near(int((rows["channel"] == -1).sum()), 10 * 3000 * 0.1)
    assert store[rows["channel"] == -1].all()


def test_parcels_come_on_working_days_and_customers_in_opening_hours() -> None:
    world, rows = _week()
    store = world.estate.nodes["is_dc"][rows["node"]] == 0
    hour = np.arange(168) % 24
    for mine, profile, opened in (
        (rows["t"][~store], "working_days", hour >= 0),
        (rows["t"][store], "high_street", (hour >= 8) & (hour < 21)),
    ):
        rates = weekly_rates(profile, {}) * opened
        seen = np.bincount(mine // HOUR, minlength=168)
        assert seen[rates == 0].sum() == 0
        expected = rates[rates > 0] / rates.sum() * seen.sum()
        assert stats.chisquare(seen[rates > 0], expected).pvalue > LEVEL


def test_what_an_inspection_will_find_has_the_configured_shares() -> None:
    _, rows = _week()
    seen = np.bincount(rows["condition"], minlength=len(Condition))
    assert stats.chisquare(seen, np.array([0.55, 0.3, 0.1, 0.05]) * rows.size).pvalue > LEVEL


def test_two_cases_are_of_online_purchases_that_a_store_took_back() -> None:
    world, rows = _week()
    brought = (world.estate.nodes["is_dc"][rows["node"]] == 0) & (rows["channel"] >= 0)
    assert not rows["twice"][~brought].any()
    number = int(brought.sum())
    assert abs(int(rows["twice"].sum()) - 0.2 * number) < 4 * np.sqrt(number * 0.2 * 0.8)


def test_what_was_bought_at_a_till_is_on_the_shelves_of_its_store_and_was_paid_for() -> None:
    world, rows = _week()
    estate = world.estate
    stocked = set(zip(estate.pair_sku.tolist(), estate.pair_node.tolist(), strict=True))
    tills = rows[rows["channel"] == -1]
    assert set(zip(tills["sku"].tolist(), tills["node"].tolist(), strict=True)) <= stocked
    online = rows[rows["channel"] >= 0]
    assert not set(zip(online["sku"].tolist(), online["node"].tolist(), strict=True)) <= stocked
    assert (rows["cents"] == estate.skus["price_cents"][rows["sku"]].astype(np.int64) * rows["quantity"]).all()


def test_popular_skus_come_back_more_often() -> None:
    world, rows = _week()
    seen = np.bincount(rows["sku"][rows["channel"] == 0], minlength=100)
    expected = world.estate.popularity * seen.sum()
    assert stats.chisquare(seen, expected).pvalue > LEVEL


def test_parcels_come_to_the_dc_of_their_region_and_stores_get_them_by_their_traffic() -> None:
    world = _world()
    rows = np.concatenate([world.day(day).returns for day in range(7)])
    nodes, online = world.estate.nodes, rows["channel"] >= 0
    by_dc = np.bincount(rows["node"][nodes["is_dc"][rows["node"]] != 0], minlength=2)
    assert stats.chisquare(by_dc, np.array([0.6, 0.4]) * by_dc.sum()).pvalue > LEVEL
    stores = np.flatnonzero(nodes["is_dc"] == 0)
    seen = np.bincount(rows["node"][online], minlength=nodes.size)[stores]
    traffic = world.estate.weekly_lines[stores]
    assert stats.chisquare(seen, traffic / traffic.sum() * seen.sum()).pvalue > LEVEL


def test_days_are_sorted_and_drawn_again_the_same() -> None:
    world = _world()
    for day in range(3):
        rows = world.day(day).returns
        assert (np.diff(rows["t"]) >= 0).all()
        assert rows["t"].min() >= day * DAY
        assert rows["t"].max() < (day + 1) * DAY
        assert rows.tobytes() == world.day(day).returns.tobytes()


def test_returns_are_off_unless_asked_for_and_move_nothing_else() -> None:
    without, with_them = _world(demand__returns={}).day(1), _world().day(1)
    assert without.returns.size == 0
    assert without.returns.dtype == RETURN
    for table in ("physical", "checkouts", "lines", "sessions"):
        assert getattr(without, table).tobytes() == getattr(with_them, table).tobytes()


def test_a_region_without_a_dc_sends_its_parcels_to_the_first() -> None:
    world = _world(estate__dcs=[{"name": "only", "region": "west"}])
    rows = world.day(0).returns
    posted = rows["node"] == 0
    assert posted.sum() > 100
    regions = {int(shift) for shift in world.estate.zone_shift[:, 0]}
    assert len(regions) == 2
    assert rows["t"][posted].min() < 10 * HOUR < rows["t"][posted].max()
