"""Receipts that are booked late or wrong, misplaced stock, and stock that stores send each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.model.journals import Journal, flows, journal
from tests.model.runs import PERFECT, systems
from tests.world.make import channel, cluster, scenario
from twin.journal.tables import NONE
from twin.scenario.scenario import Scenario
from twin.world.tables import Physical
from twin.world.world import World

LATE = {"late_share": 1.0, "late": {"law": "exponential", "mean": "12h"}}


def _month(**changes: Any) -> Scenario:
    """Eight stores that are filled every night, for four weeks."""
    return scenario(
        **{
            "calendar__window": "26d",
            "calendar__warm_up": "1d",
            "calendar__follow_up": "1d",
            "estate__stores": {"count": 8, "clusters": [cluster(weekly_lines=1000, assortment=40, ships=0.5)]},
            "estate__skus": {"count": 40, "ending_share": 0.0},
            "demand__channels": {"web": channel(weekly_checkouts=200.0)},
            "experiment__scrape": "1h",
        }
        | PERFECT
        | changes
    )


def _wrong(run: Journal) -> float:
    """Mean share of the stores' records that are wrong before they open."""
    return float(run["censuses"]["record_wrong"].sum() / run["censuses"]["shelves"].sum())


def test_records_that_are_right_stay_right_if_receipts_are_booked_at_once() -> None:
    run = journal(_month(), systems())
    assert run["censuses"]["unbooked"].sum() == 0
    assert _wrong(run) < 0.02  # what is on its way to the record at midnight


def test_a_late_receipt_is_sold_before_it_is_booked_and_booked_in_the_end() -> None:
    prompt, late = journal(_month(), systems()), journal(_month(estate__receiving=LATE), systems())
    days = len(late["censuses"]["t"])
    received = flows(late)["received_units"]
    unbooked = late["censuses"]["unbooked"].mean()
    assert unbooked == pytest.approx(received / days * 0.5, rel=0.5)  # Little's law: half a day of what comes in
    assert _wrong(late) > _wrong(prompt) + 0.02
    assert np.abs(late["scrapes"]["record_gap"]).mean() > 2 * np.abs(prompt["scrapes"]["record_gap"]).mean()


def test_what_is_booked_wrong_stays_wrong_until_somebody_counts() -> None:
    described = _month(estate__receiving={"error_share": 0.1, "error_units": 2.0})
    alone = journal(described, systems())
    weekly = dict.fromkeys(("a", "b", "c"), "7d")
    counted = journal(described, systems(counting={"calendar": weekly}))
    gaps = [run["censuses"]["record_wrong"] for run in (alone, counted)]
    assert gaps[0][-1] > 2 * gaps[0][7] > 0
    assert gaps[1][-1] < gaps[0][-1] / 2


def test_units_are_misplaced_and_found_as_often_as_configured() -> None:
    errors = {**PERFECT["estate__record_error"], "misplaced_per_sale": 0.05, "tidied_every": "5d"}
    described = _month(estate__record_error=errors)
    world = World(described, 0)
    kinds = np.concatenate([world.day(day).physical["kind"] for day in range(28)])
    units = world.estate.till_daily.sum() * 28
    pairs = np.count_nonzero(world.estate.till_daily > 0)
    for kind, mean in ((Physical.MISPLACED, 0.05 * units), (Physical.FOUND, pairs * 28 / 5)):
        assert abs(np.count_nonzero(kinds == kind) - mean) < 4 * np.sqrt(mean)
    run = journal(described, systems(), world)
    total = flows(run)
    assert total["misplaced_units"] - total["found_units"] >= 0
    assert total["found_units"] > 0.6 * total["misplaced_units"] > 100
    rate = total["misplaced_units"] / 28
    assert run["censuses"]["misplaced"][-14:].mean() == pytest.approx(5 * rate, rel=0.25)  # Little's law


def test_a_count_finds_what_was_misplaced() -> None:
    errors = {"misplaced_per_sale": 0.05, "tidied_every": "365d", "shrink_per_sale": 0.0, "found_by_count": 1.0}
    described = _month(estate__record_error={**errors, "wrong_share": 0.0, "dc_wrong_share": 0.0})
    alone = journal(described, systems())
    counted = journal(described, systems(counting={"calendar": dict.fromkeys(("a", "b", "c"), "3d")}))
    assert counted["censuses"]["misplaced"][-1] < alone["censuses"]["misplaced"][-1] / 3


def test_stores_with_too_much_send_to_those_with_too_little_and_nothing_is_lost_on_the_way() -> None:
    ending = {"estate__skus__ending_share": 1.0, "estate__stock": {"store_cover": "10d"}, "calendar__window": "7d"}
    arm = {"interval": "2d", "above": 0.6, "below": 0.3, "least": 2, "lead": "30h"}
    alone, shared = (journal(_month(**ending), systems(**more)) for more in ({}, {"transfers": arm}))
    rows = shared["transfers"]
    assert rows["units"].size > 20
    assert rows["units"].min() >= 1
    assert (rows["source"] != rows["target"]).all()
    region = World(_month(**ending), 0).estate.nodes["region"]
    assert (region[rows["source"]] == region[rows["target"]]).all()
    arrived = rows["t_arrived"] != NONE
    assert ((rows["t_arrived"] - rows["t_sent"])[arrived] == 30 * 3_600_000_000).all()
    sent, received = (flows(shared)[name] - flows(alone)[name] for name in ("dispatched_units", "received_units"))
    assert sent == rows["units"].sum()
    assert received == rows["units"][arrived].sum()
    assert flows(shared)["till_units_lost"] < flows(alone)["till_units_lost"]


def test_units_on_the_shelf_never_go_below_nothing_and_are_conserved_whatever_goes_wrong() -> None:
    """The laws of conservation are checked at the end of every run: all mechanisms at once keep them."""
    errors = {"misplaced_per_sale": 0.1, "tidied_every": "2d", "shrink_per_sale": 0.05, "miscount_share": 0.3}
    receiving = {**LATE, "late_share": 0.5, "error_share": 0.3}
    counting = {
        "calendar": {"a": "1d", "b": "2d", "c": "3d"},
        "zero_balance": {"on": True, "belief": "view", "threshold": 2},
        "discrepancy": {"short_picks": True, "silence": 1.0},
    }
    transfers = {"interval": "1d", "above": 0.3, "below": 0.3, "least": 1}
    described = _month(estate__record_error=errors, estate__receiving=receiving, calendar__window="6d")
    run = journal(described, systems(counting=counting, transfers=transfers))
    assert len(set(run["counts"]["why"].tolist())) == 4
    assert flows(run)["movements"] > 10_000
