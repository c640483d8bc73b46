"""The initial state: near the steady state, with the configured record errors."""

from __future__ import annotations

import numpy as np
import pytest

from tests.world.make import cluster, scenario
from twin.core.clock import DAY, HOUR
from twin.scenario.estate import Skus
from twin.scenario.scenario import Scenario
from twin.world.estate import RealisedEstate, realise
from twin.world.start import draw_start
from twin.world.streams import Streams
from twin.world.tables import WorldStart


def _many(**changes: object) -> Scenario:
    return scenario(
        estate__stores={"count": 60, "clusters": [cluster(assortment=400)]}, estate__skus={"count": 800}, **changes
    )


@pytest.fixture(scope="module")
def estate() -> RealisedEstate:
    return realise(_many())


@pytest.fixture(scope="module")
def start(estate: RealisedEstate) -> WorldStart:
    return draw_start(_many(), estate, Streams(11, 0))


def test_the_share_of_wrong_records_is_as_configured(estate: RealisedEstate, start: WorldStart) -> None:
    is_dc = estate.nodes["is_dc"][estate.pair_node] == 1
    for chosen, share in ((~is_dc, 0.60), (is_dc, 0.08)):
        wrong = (start.pairs["error"][chosen] != 0).mean()
        assert abs(wrong - share) < 4 * np.sqrt(share * (1 - share) / chosen.sum())


def test_errors_are_fair_in_sign_and_geometric_in_size(start: WorldStart) -> None:
    stocked = start.pairs[(start.pairs["on_hand"] >= 12) & (start.pairs["error"] != 0)]
    assert stocked.size > 2000
    assert abs((stocked["error"] > 0).mean() - 0.5) < 4 * 0.5 / np.sqrt(stocked.size)
    assert np.abs(stocked["error"]).mean() == pytest.approx(2.0, abs=4 * np.sqrt(2 / stocked.size))


def test_errors_of_empty_shelves_keep_the_share_of_wrong_records() -> None:
    made = _many(demand__tills={"scale": 0.0}, estate__record_error={"wrong_share": 0.5})
    scarce = made.model_copy(update={"estate": made.estate.model_copy(update={"skus": _all_ending(made)})})
    estate = realise(scarce)
    pairs = draw_start(scarce, estate, Streams(11, 0)).pairs
    empty = pairs[(pairs["on_hand"] == 0) & (estate.nodes["is_dc"][estate.pair_node] == 0)]
    assert empty.size > 5000
    assert abs((empty["error"] > 0).mean() - 0.5) < 4 * 0.5 / np.sqrt(empty.size)


def _all_ending(made: Scenario) -> Skus:
    return made.estate.skus.model_copy(update={"ending_share": 1.0})


def test_no_record_is_below_zero(start: WorldStart) -> None:
    assert (start.pairs["on_hand"] + start.pairs["error"]).min() >= 0
    assert start.pairs["on_hand"].min() >= 0


def test_ending_skus_near_their_end_at_every_node_alike_and_are_not_replenished(
    estate: RealisedEstate, start: WorldStart
) -> None:
    ending = estate.skus["ending"][estate.pair_sku] == 1
    pairs = start.pairs[ending]
    assert (pairs["reorder"] == -1).all()
    assert (start.pairs["reorder"][~ending] >= 0).all()
    units = np.bincount(pairs["sku"], pairs["on_hand"], estate.skus.size)
    full = np.bincount(pairs["sku"], pairs["up_to"], estate.skus.size)
    season = (units / np.maximum(full, 1))[estate.skus["ending"] == 1]
    assert season.mean() == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / season.size))
    assert season.min() < 0.1
    assert season.max() > 0.9
    expected = (units / np.maximum(full, 1))[pairs["sku"]] * pairs["up_to"]
    large = expected > 25
    assert np.abs((pairs["on_hand"] - expected)[large] / np.sqrt(expected[large])).max() < 5
    assert not np.isin(start.receipts["pair"], np.flatnonzero(ending)).any()


def test_store_stock_lies_within_its_cycle(estate: RealisedEstate, start: WorldStart) -> None:
    chosen = (estate.nodes["is_dc"][estate.pair_node] == 0) & (estate.skus["ending"][estate.pair_sku] == 0)
    pairs, mean = start.pairs[chosen], estate.mean_daily[chosen]
    assert (pairs["on_hand"] <= pairs["up_to"]).all()
    expected = (pairs["reorder"] + 1 + pairs["up_to"]) / 2 - 22 / 24 * mean
    assert pairs["on_hand"].mean() == pytest.approx(expected.mean(), rel=0.02)


def test_what_is_on_its_way_to_a_dc_is_missing_on_its_rack(estate: RealisedEstate, start: WorldStart) -> None:
    chosen = (estate.nodes["is_dc"][estate.pair_node] == 1) & (estate.skus["ending"][estate.pair_sku] == 0)
    coming = np.bincount(start.receipts["pair"], start.receipts["quantity"], start.pairs.size)
    pairs, mean = start.pairs[chosen], estate.mean_daily[chosen]
    # On hand and on order together lie between s and S, on average half way; on order is about lead time demand.
    assert (pairs["on_hand"] + coming[chosen]).mean() == pytest.approx(
        ((pairs["reorder"] + pairs["up_to"]) / 2).mean(), rel=0.03
    )
    assert coming.sum() == pytest.approx(5 * mean.sum(), rel=0.25)
    assert (pairs["on_hand"] > 0).mean() > 0.95


def test_receipts_fall_on_whole_hours_in_order(start: WorldStart) -> None:
    t = start.receipts["t"]
    assert t.min() > 0
    assert (t % HOUR == 0).all()
    assert (np.lexsort((start.receipts["pair"], t)) == np.arange(t.size)).all()
    assert t.max() < 30 * DAY


def test_a_lead_time_of_many_cycles_has_many_orders_on_their_way() -> None:
    made = _many(estate__stock={"dc_cover": "1d", "dc_lead": "20d"})
    estate = realise(made)
    start = draw_start(made, estate, Streams(1, 0))
    assert np.bincount(start.receipts["pair"]).max() >= 15
