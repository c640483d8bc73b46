"""List prices: how often and by how much they change, what promotions take off, and that no arm changes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.world.make import scenario
from twin.core.clock import DAY, HOUR
from twin.world.prices import by_instant
from twin.world.world import World

MANY = {
    "estate__skus": {"count": 4000},
    "calendar__warm_up": "0s",
    "calendar__window": "6d",
    "calendar__follow_up": "0s",
}


def _promotion(start: str, duration: str, discount: float, **more: Any) -> dict[str, Any]:
    return {"start": start, "duration": duration, "multiplier": 1.0, "top_skus": 5, "discount": discount, **more}


def _world(**changes: Any) -> World:
    return World(scenario(**changes), 0)


def _price(world: World, sku: int, t: int) -> int:
    return int(world.prices.at(np.array([sku], np.int32), np.array([t]))[0])


def test_without_changes_every_sku_costs_what_the_catalogue_says() -> None:
    world = _world(demand__promotions=[{"start": "0s", "duration": "1d", "multiplier": 2.0, "top_skus": 5}])
    assert world.prices.changes.size == 0
    assert (world.prices.start == world.estate.skus["price_cents"]).all()


def test_as_many_skus_as_configured_are_priced_anew_each_night_within_the_spread() -> None:
    world = _world(**MANY, estate__prices={"changed": 0.2, "spread": 0.1, "at": "3h"})
    changes, base = world.prices.changes, world.estate.skus["price_cents"]
    assert np.unique(changes["t"]).tolist() == [day * DAY + 3 * HOUR for day in range(6)]
    dear = base >= 1000  # of others some are priced as they were, for want of smaller coins
    drawn = np.count_nonzero(dear[changes["sku"]]) / 6
    assert drawn == pytest.approx(0.2 * dear.sum(), rel=0.06)
    ratio = (changes["price_cents"] / base[changes["sku"]])[dear[changes["sku"]]]
    assert 0.9 - 1e-3 <= ratio.min() < 0.905
    assert 1.095 < ratio.max() <= 1.1 + 1e-3
    assert ratio.mean() == pytest.approx(1, abs=0.005)
    assert (changes["promotion"] == 0).all()


def test_prices_do_not_drift_away_from_the_catalogue() -> None:
    world = _world(**MANY, estate__prices={"changed": 1.0, "spread": 0.2})
    last = world.prices.at(np.arange(4000, dtype=np.int32), np.full(4000, 6 * DAY - 1))
    assert (np.abs(last - world.estate.skus["price_cents"]) <= 0.2 * world.estate.skus["price_cents"] + 1).all()


def test_a_promotion_cuts_the_price_of_its_skus_while_it_lasts_and_the_deepest_cut_counts() -> None:
    promotions = [_promotion("2h", "10h", 0.25), _promotion("4h", "4h", 0.5, top_skus=2)]
    world = _world(demand__promotions=promotions)
    ranked = np.argsort(-world.estate.popularity, kind="stable")
    best, fifth, sixth = (int(ranked[place]) for place in (0, 4, 5))
    base = world.estate.skus["price_cents"].astype(int)
    assert _price(world, best, 2 * HOUR - 1) == base[best]
    for t, left in ((2, 0.75), (4, 0.5), (8, 0.75)):
        assert _price(world, best, t * HOUR) == pytest.approx(left * base[best], abs=0.5)
    assert _price(world, fifth, 5 * HOUR) == pytest.approx(0.75 * base[fifth], abs=0.5)
    assert _price(world, sixth, 5 * HOUR) == base[sixth]
    assert _price(world, best, 12 * HOUR) == base[best]
    assert (world.prices.changes["promotion"] == 1).all()


def test_a_promotion_takes_its_part_of_the_price_of_the_night() -> None:
    everyday = {"changed": 1.0, "spread": 0.5, "at": "5h"}
    plain, cut = (
        _world(estate__prices=everyday, demand__promotions=promotions)
        for promotions in ([], [_promotion("1h", "9h", 0.2, top_skus=100)])
    )
    skus = np.arange(plain.estate.skus.size, dtype=np.int32)
    night = np.full(skus.size, 6 * HOUR)
    assert np.abs(cut.prices.at(skus, night) - 0.8 * plain.prices.at(skus, night))[:100].max() <= 0.5
    after = np.full(skus.size, 10 * HOUR)
    assert (cut.prices.at(skus, after) == plain.prices.at(skus, after)).all()


def test_what_runs_at_the_start_is_in_the_first_prices_and_what_comes_later_is_a_change() -> None:
    world = _world(demand__promotions=[_promotion("0s", "3h", 0.5)], estate__prices={"changed": 0.5, "at": "0s"})
    assert (world.prices.changes["t"] > 0).all()
    assert (world.prices.start != world.estate.skus["price_cents"]).sum() > 5


def test_the_price_at_an_instant_is_that_of_the_last_change() -> None:
    world = _world(
        estate__prices={"changed": 0.7, "spread": 0.3, "at": "1h"}, demand__promotions=[_promotion("20h", "9h", 0.3)]
    )
    rng = np.random.default_rng(1)
    skus = rng.integers(0, world.estate.skus.size, 300).astype(np.int32)
    instants = rng.integers(0, world.horizon_us, 300)
    instants[:50] = rng.choice(world.prices.changes["t"], 50)
    found = world.prices.at(skus, instants)
    for sku, t, cents in zip(skus.tolist(), instants.tolist(), found.tolist(), strict=True):
        rows = [row for row in world.prices.changes if row["sku"] == sku and row["t"] <= t]
        assert cents == (rows[-1]["price_cents"] if rows else world.prices.start[sku])


def test_changes_are_told_together_that_come_together() -> None:
    changes = _world(estate__prices={"changed": 0.5}).prices.changes
    groups = list(by_instant(changes))
    assert [t for t, _ in groups] == np.unique(changes["t"]).tolist()
    assert all((rows["t"] == t).all() and (np.diff(rows["sku"]) > 0).all() for t, rows in groups)


def test_changes_belong_to_the_replication_and_to_its_fingerprint() -> None:
    law = {"changed": 0.3}
    one, other = (World(scenario(estate__prices=law), replication) for replication in (0, 1))
    assert one.prices.changes.tolist() != other.prices.changes.tolist()
    flat, moved = (_world(estate__prices={"changed": 0.3, "spread": spread}) for spread in (0.1, 0.2))
    assert flat.fingerprint() != moved.fingerprint()
