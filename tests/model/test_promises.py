"""What it means to set units aside early or late, and to hold units back: shapes on scarce estates."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.model.runs import INSTANT, PERFECT, Columns, lines, oversell_rate, scarce, systems, table
from tests.world.make import channel, cluster
from twin.journal.orders import Refusal, Status
from twin.scenario.scenario import Scenario

AT_ONCE: dict[str, Any] = {"movements": INSTANT, "orders": INSTANT, "posting": INSTANT}


def browsing(**changes: Any) -> Scenario:
    """Own channels only; two carts of three are left, and those that are not take half an hour."""
    web = {"weekly_checkouts": 6000.0, "cart": "30m", "cart_abandonment": 0.66}
    return scarce(demand__channels={"web": channel(**web)}, **PERFECT, **changes)


def walked_into() -> Scenario:
    """Orders are picked up in stores whose last units walk-ins take; nothing is replenished."""
    web = channel(weekly_checkouts=3000.0, pickup_share=1.0)
    stores = {"count": 6, "clusters": [cluster(weekly_lines=4000, ships=1.0)]}
    return scarce(demand__channels={"web": web}, estate__stores=stores, **PERFECT)


def share(rows: Columns, status: Status, refusal: Refusal | None = None) -> float:
    """Among the lines of customers who did not leave their carts."""
    meant = rows["status"] != Status.LEFT
    found = (rows["status"] == status) & (True if refusal is None else rows["refusal"] == refusal)
    return float(np.count_nonzero(found & meant) / np.count_nonzero(meant))


def held(point: str, ttl: str = "15m", **more: Any) -> Columns:
    return lines(browsing(), systems(reserving={"point": point, "ttl": ttl, **more}, **AT_ONCE))


def test_the_longer_carts_are_held_the_more_buyers_are_turned_away_by_them() -> None:
    turned_away = [share(held("cart", ttl), Status.REFUSED, Refusal.HOLD) for ttl in ("1m", "40m", "4h")]
    assert turned_away[0] < turned_away[1] < turned_away[2]
    assert turned_away[2] > 0.02


def test_carts_that_are_left_are_the_same_in_every_arm_and_refused_to_nobody() -> None:
    at_cart, at_order = held("cart", "4h"), held("order")
    left = at_cart["status"] == Status.LEFT
    assert np.array_equal(left, at_order["status"] == Status.LEFT)
    assert 0.6 < left.mean() < 0.72
    assert not at_cart["refusal"][left].any()
    assert not at_cart["false_oos"][left].any()


def test_an_extended_hold_outlives_a_customer_who_dawdles() -> None:
    """Carts of half an hour, checkouts of minutes, holds of 31 minutes: without extension payments come too late."""
    lapsed = {}
    for extends in (False, True):
        reserving = {"point": "cart", "ttl": "31m", "expiry_lag": "0s", "extends": extends}
        flows = table(browsing(), systems(reserving=reserving, **AT_ONCE), "flows")
        lapsed[extends] = dict(zip(flows["name"].tolist(), flows["value"].tolist(), strict=True))["lapsed_holds"]
    paid = np.count_nonzero(held("cart", "31m", expiry_lag="0s")["status"] == Status.SUPPLIED)
    assert paid > 2000
    assert lapsed[False] - lapsed[True] > 0.7 * paid


def test_who_never_reserves_sells_units_twice() -> None:
    rates = [
        oversell_rate(lines(scarce(**PERFECT), systems(reserving={"point": point}, buffers={"store": 0}, **AT_ONCE)))
        for point in ("none", "fulfilment")
    ]
    assert rates[0] > 2 * rates[1] > 0


def test_a_larger_buffer_of_any_kind_lets_through_less_and_oversells_less() -> None:
    late: dict[str, Any] = {"movements": {"mode": "batch", "interval": "4h", "job": "0", "per_row": "0"}}
    for weak, strong in (
        ({"store": 0}, {"rule": "percent", "store_share": 0.1}),
        ({"rule": "last_units", "store": 1}, {"rule": "last_units", "store": 4}),
        ({"rule": "newsvendor", "exposure": "1h"}, {"rule": "newsvendor", "exposure": "2d"}),
        ({"store": 0, "staleness": 0.3}, {"store": 0, "staleness": 0.95}),
    ):
        runs = [lines(walked_into(), systems(buffers=buffers, **late)) for buffers in (weak, strong)]
        assert oversell_rate(runs[1]) < oversell_rate(runs[0])
        refused = [share(run, Status.REFUSED, Refusal.BUFFER) for run in runs]
        assert refused[0] < refused[1]


def test_a_fresh_view_is_not_buffered_for_its_age() -> None:
    kept = lines(scarce(**PERFECT), systems(buffers={"store": 0, "staleness": 0.99}, publications=QUERY, **AT_ONCE))
    bare = lines(scarce(**PERFECT), systems(buffers={"store": 0}, publications=QUERY, **AT_ONCE))
    own = kept["channel"] < 2  # the marketplace sells from listings, which are never fresh
    assert np.count_nonzero(kept["refusal"][own] == Refusal.BUFFER) == 0
    assert np.count_nonzero(own & (kept["status"] == Status.SUPPLIED)) > 1000
    assert np.count_nonzero(kept["refusal"][~own] == Refusal.BUFFER) > 0
    assert np.count_nonzero(bare["refusal"] == Refusal.BUFFER) == 0


QUERY: dict[str, Any] = {"own": {"mode": "query"}}


def test_what_is_protected_goes_to_the_channel_of_higher_value() -> None:
    def sold(values: dict[str, float]) -> tuple[int, int]:
        rows = lines(
            scarce(**PERFECT), systems(buffers={"store": 0, "protection": {"values": values, "horizon": "2d"}})
        )
        supplied = rows["status"] == Status.SUPPLIED
        return int(np.count_nonzero(supplied & (rows["channel"] == 0))), int(
            np.count_nonzero(supplied & (rows["channel"] == 1))
        )

    web_first, app_first = sold({"web": 9, "app": 3, "market": 1}), sold({"web": 3, "app": 9, "market": 1})
    assert web_first[0] > app_first[0]
    assert web_first[1] < app_first[1]


def test_an_allotment_of_nothing_closes_a_channel_and_one_of_all_changes_nothing() -> None:
    def supplied(**shares: float) -> list[int]:
        buffers: dict[str, Any] = {"store": 0, "allotment": {"shares": shares, "interval": "1h"}}
        rows = lines(scarce(**PERFECT), systems(buffers=buffers))
        limited = np.count_nonzero(rows["refusal"] == Refusal.LIMITED)
        by_channel = [np.count_nonzero((rows["status"] == Status.SUPPLIED) & (rows["channel"] == c)) for c in range(3)]
        return [*map(int, by_channel), int(limited)]

    closed = supplied(market=0.0)
    assert closed[2] == 0
    assert closed[3] > 100
    assert supplied(market=1.0)[2] > 500


@pytest.mark.slow
def test_the_cost_of_a_threshold_has_one_valley() -> None:
    """Jia, Karp, Ravi & Tayur 2022: units kept from online sale cost oversells when few, and sales when many."""
    late: dict[str, Any] = {"movements": {"mode": "batch", "interval": "12h", "job": "0", "per_row": "0"}}
    costs = []
    for threshold in (0, 1, 2, 3, 6, 13, 21):
        arm = systems(buffers={"rule": "last_units", "store": threshold}, **late)
        runs = [lines(walked_into(), arm, replication) for replication in range(6)]
        oversold = sum(np.count_nonzero(run["status"] == Status.OVERSOLD) for run in runs)
        lost = sum(np.count_nonzero(run["false_oos"]) for run in runs)
        costs.append(25.0 * oversold + 4.8 * lost)
    best = int(np.argmin(costs))
    assert 0 < best < len(costs) - 1, costs
    assert all(a > b for a, b in pairwise(costs[: best + 1])), costs
    assert all(a < b for a, b in pairwise(costs[best:])), costs
