"""Shapes that the literature found where records go wrong unseen, and what counting does about it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.model.journals import Journal, flows, journal
from tests.model.runs import systems
from tests.world.make import channel, cluster, scenario
from twin.core.clock import DAY, HOUR
from twin.policies.counting import Why
from twin.scenario.scenario import Scenario
from twin.world.world import World

NOBODY, MONTHLY, SELDOM, WHEN_SILENT = "nobody", "monthly", "seldom", "when silent"
ARMS = {
    NOBODY: systems(),
    MONTHLY: systems(counting={"calendar": dict.fromkeys(("a", "b", "c"), "30d")}),
    SELDOM: systems(counting={"calendar": dict.fromkeys(("a", "b", "c"), "240d")}),
    WHEN_SILENT: systems(counting={"discrepancy": {"silence": 8.0}}),
}


def _year(loss: float, **changes: Any) -> Scenario:
    """Twenty stores that are seldom out of stock, for a year; ``loss`` is what vanishes of each unit sold."""
    return scenario(
        **{
            "calendar__window": "365d",
            "calendar__warm_up": "0s",
            "calendar__follow_up": "0s",
            "estate__stores": {"count": 20, "clusters": [cluster(weekly_lines=400, assortment=20, ships=0.0)]},
            "estate__skus": {"count": 20, "ending_share": 0.0, "popularity_exponent": 0.3, "pack": 1},
            "estate__stock": {"store_cover": "7d", "store_service_z": 2.3, "dc_cover": "60d", "dc_service_z": 4.0},
            "estate__record_error": {"wrong_share": 0.0, "dc_wrong_share": 0.0, "shrink_per_sale": loss},
            "demand__channels": {"web": channel(weekly_checkouts=10.0)},
            "demand__tills": {"dispersion": 0.0, "units": {"values": [1], "shares": [1.0]}},
            "experiment__scrape": "1d",
            "experiment__frozen_days": 7,
        }
        | changes
    )


@cache
def _run(loss: float, arm: str) -> Journal:
    return journal(_year(loss), ARMS[arm])


def _unmet(loss: float, arm: str = NOBODY) -> float:
    """Share of the units wanted at tills that were not there."""
    total = flows(_run(loss, arm))
    return total["till_units_lost"] / (total["till_units_lost"] + total["till_units"])


def test_undetected_loss_costs_far_more_sales_than_it_takes_and_more_than_in_proportion() -> None:
    """Kang and Gershwin 2005, "Information inaccuracy in inventory systems: stock loss and stockout"."""
    none, half, one, two = (_unmet(loss) for loss in (0.0, 0.005, 0.01, 0.02))
    assert none < 0.002
    assert one - none > 5 * 0.01
    assert one - none > 2 * 1.5 * (half - none)
    assert two - none > 2 * 1.5 * (one - none)


def test_a_count_a_month_gives_the_sales_back() -> None:
    assert _unmet(0.01, MONTHLY) - _unmet(0.0) < (_unmet(0.01) - _unmet(0.0)) / 10


def test_without_counting_records_freeze_and_never_recover_by_themselves() -> None:
    """DeHoratius, Mersereau and Schrage 2008, "Retail inventory management when records are inaccurate"."""
    frozen = _run(0.02, NOBODY)["censuses"]["frozen"]
    assert (np.diff(frozen) >= 0).all()
    assert frozen[-1] > 0.5 * _run(0.02, NOBODY)["censuses"]["shelves"][-1]


def test_with_counting_frozen_records_recover() -> None:
    for arm in (MONTHLY, WHEN_SILENT):
        frozen = _run(0.02, arm)["censuses"]["frozen"]
        assert frozen[-1] < 0.05 * _run(0.02, NOBODY)["censuses"]["frozen"][-1]
    seldom = _run(0.02, SELDOM)["censuses"]["frozen"]
    assert np.diff(seldom).min() <= -5
    assert seldom[-1] < _run(0.02, NOBODY)["censuses"]["frozen"][-1] / 5


def test_counting_where_nothing_sells_finds_more_for_the_same_labour_than_counting_in_turn() -> None:
    """A count of what is suspicious is seldom in vain."""
    found = {arm: _run(0.02, arm)["counts"] for arm in (MONTHLY, WHEN_SILENT)}
    share = {arm: float(np.mean(rows["counted"] != rows["expected"])) for arm, rows in found.items()}
    phantom = {arm: float(np.mean((rows["on_hand"] == 0) & (rows["expected"] > 0))) for arm, rows in found.items()}
    assert found[WHEN_SILENT]["number"].size < found[MONTHLY]["number"].size
    assert share[WHEN_SILENT] > 0.9
    assert phantom[WHEN_SILENT] > 5 * phantom[MONTHLY]


def _western(description: Scenario) -> NDArray[np.int64]:
    """Nodes whose clocks are three hours behind those of the simulation."""
    return np.flatnonzero(World(description, 0).estate.nodes["region"] == 1)


def test_every_pair_has_its_turn_and_people_keep_their_hours() -> None:
    counting = {"calendar": {"a": "5d", "b": "10d", "c": "20d"}, "opens": "5h", "closes": "8h"}
    description = _year(0.02, calendar__window="41d", calendar__start="2025-05-05")
    run = journal(description, systems(counting=counting))
    rows, shelves = run["counts"], run["censuses"]["shelves"][0]
    assert set(rows["why"].tolist()) == {Why.CALENDAR}
    stores = rows["node"] >= 2
    times = np.unique(np.stack([rows["node"], rows["sku"]])[:, stores], axis=1, return_counts=True)[1]
    assert times.size == shelves
    assert set(times.tolist()) <= {2, 3, 4, 5, 8, 9}
    west = np.isin(rows["node"], _western(description))
    local = (rows["t_begin"] - np.where(west, 3 * HOUR, 0)) % DAY
    assert west.any()
    assert not west.all()
    assert ((local >= 5 * HOUR) & (local < 8 * HOUR)).all()
    assert (rows["t_end"] > rows["t_begin"]).all()
    assert (rows["t_begin"] >= rows["t_listed"]).all()
