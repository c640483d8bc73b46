"""What picks that find too little do to beliefs, and to other orders."""

from __future__ import annotations

from functools import cache
from math import sqrt

import numpy as np
import pytest

from tests.model.runs import INSTANT, Columns, scarce, systems, table
from twin.journal.orders import Decline, Status
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems

ERRORS = {"wrong_share": 0.8, "dc_wrong_share": 0.0, "mean_units": 3.0, "shrink_per_sale": 0.05}


def _estate(**errors: float) -> Scenario:
    return scarce(estate__record_error={**ERRORS, **errors})


def _arm(**sourcing: object) -> Systems:
    return systems(
        movements=INSTANT,
        posting=INSTANT,
        buffers={"store": 0},
        sourcing={"strategy": "nearest", "rebroker": 4, "store_pick": "40m", **sourcing},
    )


@cache
def _run(name: str, declines: str = "correct", *, cascade: bool = False, damaged: float = 0.0) -> Columns:
    return table(_estate(damaged=damaged), _arm(declines=declines, cascade=cascade), name)


def _flow(rows: Columns, name: str) -> int:
    return int(rows["value"][rows["name"] == name][0])


def test_counts_that_picks_set_right_make_records_better() -> None:
    blocked, corrected = _run("scrapes", "block_only"), _run("scrapes")
    assert _flow(_run("flows", "block_only"), "pick_corrections") == 0
    assert _flow(_run("flows"), "pick_corrections") > 50
    assert corrected["record_gap"][-1] < blocked["record_gap"][-1]
    assert corrected["record_wrong"][-1] < blocked["record_wrong"][-1]


def test_orders_are_rejected_only_in_a_cascade_and_only_brokered_lines_come_back() -> None:
    alone, together = _run("lines"), _run("lines", cascade=True)
    assert not (alone["decline"] == Decline.REJECTED).any()
    assert not alone["rejections"].any()
    rejected = together["rejections"] > 0
    assert np.count_nonzero(rejected) > 20
    assert np.count_nonzero(rejected & (together["status"] == Status.SUPPLIED)) > 5
    assert _flow(_run("flows", cascade=True), "rejected_lines") == together["rejections"].sum()
    assert (together["short_picks"] >= together["rejections"]).all()


def test_a_short_pick_says_what_was_missing() -> None:
    lines = _run("lines", "block_only")
    reasons = lines["decline"]
    assert set(reasons.tolist()) == {Decline.NONE, Decline.NOT_IN_STOCK, Decline.MISMATCH}
    assert ((lines["short_picks"] > 0) == (reasons != Decline.NONE)).all()
    assert (lines["quantity"][reasons == Decline.MISMATCH] > 1).all()


def test_last_units_are_damaged_as_often_as_the_world_says() -> None:
    share = 0.3
    flows, lines = _run("flows", damaged=share), _run("lines", damaged=share)
    damaged = int(np.count_nonzero(lines["decline"] == Decline.DAMAGED))
    assert damaged > 10
    assert _flow(flows, "damaged_units") >= lines["quantity"][lines["decline"] == Decline.DAMAGED].sum()
    everything = _run("lines", damaged=1.0)
    supplied = np.count_nonzero(everything["status"] == Status.SUPPLIED)
    assert 0 < supplied < np.count_nonzero(lines["status"] == Status.SUPPLIED)


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_the_luck_of_damage_is_the_configured_share(share: float) -> None:
    """Of the same picks of last units that all find damage at share 1, so many do at a smaller share."""
    first = {}
    for chosen in (1.0, share):
        lines = _run("lines", damaged=chosen)
        key = lines["order"] << 4 | lines["line"]
        first[chosen] = set(key[(lines["decline"] == Decline.DAMAGED) & (lines["short_picks"] == 1)].tolist())
    all_last, hit = first[1.0], first[1.0] & first[share]
    assert len(all_last) > 50
    assert abs(len(hit) / len(all_last) - share) < 4 * sqrt(share * (1 - share) / len(all_last)) + 0.15
