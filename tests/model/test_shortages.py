"""What arms offer for lines that nobody can supply, and what their customers do, against what the scenario says."""

from __future__ import annotations

from functools import cache
from math import sqrt

import numpy as np
import pytest

from tests.model.journals import Journal, journal
from tests.model.runs import Columns, scarce, systems
from tests.world.make import channel
from twin.core.clock import HOUR
from twin.journal.orders import LET_DOWN, Mode, Status
from twin.journal.tables import NONE
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.world import World

WRONG = {"wrong_share": 0.8, "dc_wrong_share": 0.5, "mean_units": 3.0, "shrink_per_sale": 0.05}
REVIEW, GIVE_UP = 2 * HOUR, 20 * HOUR
CONFIRM, SHIP = 45, 200  # minutes


def _estate(*, waits: float = 0.6, takes: float = 0.5, substitutes: float = 1.0, hurried: bool = False) -> Scenario:
    willing = {"waits": waits, "takes_substitute": takes}
    market = channel(kind="marketplace", weekly_checkouts=3000.0, abandonment=0, decline=0, checkout="0", **willing)
    deadlines = {"confirm_within": f"{CONFIRM}m", "ship_within": f"{SHIP}m"} if hurried else {}
    return scarce(
        calendar__follow_up="30h",
        estate__record_error=WRONG,
        estate__stock={"store_cover": "1d", "dc_cover": "1d", "dc_review": "12h", "dc_lead": "12h"},
        estate__skus={"count": 60, "ending_share": 0.5, "substitutes": substitutes},
        demand__channels={
            "web": channel(weekly_checkouts=9000.0, pickup_share=0.1, **willing),
            "market": market | deadlines,
        },
    )


def _arm(offer: str, *, ending: bool = True, release: str = "5m") -> Systems:
    shortage = {"offer": offer, "ending": ending, "review": "2h", "promise": "6h", "give_up": "20h"}
    return systems(
        buffers={"store": 0},
        sourcing={"strategy": "nearest", "rebroker": 0, "store_pick": "20m", "shortage": shortage},
        release={"mode": "batch", "interval": release},
        returns={"mode": "inspected"},
    )


@cache
def _journal(offer: str, ending: bool, hurried: bool, waits: float) -> Journal:
    description = _estate(hurried=hurried, waits=waits)
    return journal(description, _arm(offer, ending=ending, release="90m" if hurried else "5m"), World(description, 0))


def _run(name: str, offer: str, *, ending: bool = True, hurried: bool = False, waits: float = 0.6) -> Columns:
    return _journal(offer, ending, hurried, waits)[name]


def _flow(rows: Columns, name: str) -> int:
    return int(rows["value"][rows["name"] == name][0])


def _near(count: int, of: int, share: float) -> bool:
    """Within four standard errors."""
    return abs(count / of - share) < 4 * sqrt(share * (1 - share) / of)


def _waited(lines: Columns) -> np.ndarray:
    kept = np.isin(lines["status"], (Status.SUPPLIED, Status.BACKORDERED, Status.ACCEPTED))
    return (lines["t_short"] != NONE) & (lines["substitute"] == NONE) & (kept | (lines["t_end"] > lines["t_short"]))


def test_an_arm_that_cancels_lets_nobody_wait_and_offers_nothing() -> None:
    lines, flows = _run("lines", "cancel"), _run("flows", "cancel")
    short = lines["t_short"] != NONE
    assert np.count_nonzero(short) > 300
    assert (lines["status"][short] == Status.OVERSOLD).all()
    assert (lines["t_end"][short] == lines["t_short"][short]).all()
    assert (lines["substitute"] == NONE).all()
    assert _flow(flows, "backordered") == _flow(flows, "substitutes_offered") == 0


def test_as_many_customers_wait_as_the_scenario_says_and_no_pickup_does() -> None:
    lines = _run("lines", "backorder")
    asked = (lines["t_short"] != NONE) & (lines["mode"] == Mode.SHIP) & (lines["short_picks"] <= 15)
    waited = _waited(lines)
    assert np.count_nonzero(asked) > 300
    assert not (waited & ~asked).any()
    orders = np.unique(lines["order"][asked])  # one luck for each
    assert _near(np.unique(lines["order"][waited]).size, orders.size, 0.6)
    assert _flow(_run("flows", "backorder"), "backordered") == np.count_nonzero(waited)


def test_a_backorder_is_placed_or_given_up_at_a_review_and_never_waits_longer() -> None:
    lines = _run("lines", "backorder")
    waited = _waited(lines)
    filled, in_vain = waited & (lines["status"] == Status.SUPPLIED), waited & (lines["status"] == Status.OVERSOLD)
    assert min(map(np.count_nonzero, (filled, in_vain))) > 20
    assert (lines["t_end"][filled] > lines["t_short"][filled]).all()
    in_vain &= lines["t_end"] % REVIEW == 0
    waits = (lines["t_end"] - lines["t_short"])[in_vain]
    assert waits.size > 20
    assert (waits >= GIVE_UP).all()
    tried = lines["short_picks"][in_vain] > 1  # it was at a node when its time was over
    assert np.count_nonzero(~tried) > 20
    assert (waits[~tried] < GIVE_UP + REVIEW).all()


def test_what_is_not_bought_any_more_is_not_waited_for_unless_the_arm_says_so() -> None:
    ending = World(_estate(), 0).estate.skus["ending"] != 0
    every, bought = (_run("lines", "backorder", ending=flag) for flag in (True, False))
    assert ending[every["sku"][_waited(every)]].any()
    assert np.count_nonzero(_waited(bought)) > 5
    assert not ending[bought["sku"][_waited(bought)]].any()


def test_as_many_take_a_substitute_as_the_scenario_says_and_it_is_the_next_dearer_item() -> None:
    flows, lines = _run("flows", "substitute"), _run("lines", "substitute")
    offered, taken = (_flow(flows, f"substitutes_{what}") for what in ("offered", "taken"))
    assert offered > 150
    assert _near(taken, offered, 0.5)
    instead = lines["substitute"] != NONE
    assert np.count_nonzero(instead) == taken
    prices = World(_estate(), 0).estate.skus["price_cents"]
    assert (prices[lines["substitute"][instead]] >= prices[lines["sku"][instead]]).all()
    assert (lines["substitute"][instead] != lines["sku"][instead]).all()
    assert np.count_nonzero(lines["status"][instead] == Status.SUPPLIED) > 50


@pytest.mark.parametrize("offer", ["backorder", "substitute", "substitute_or_backorder"])
def test_whoever_does_not_get_what_was_paid_is_paid_back_once_and_the_price_is_that_of_what_was_ordered(
    offer: str,
) -> None:
    lines, refunds = _run("lines", offer), _run("refunds", offer)
    lost = np.isin(lines["status"], LET_DOWN)
    prices = World(_estate(), 0).estate.skus["price_cents"].astype(np.int64)
    owed = dict(
        zip(
            zip(lines["order"][lost].tolist(), lines["line"][lost].tolist(), strict=True),
            (prices[lines["sku"][lost]] * lines["quantity"][lost]).tolist(),
            strict=True,
        )
    )
    mine = refunds["line"] != NONE
    claims = list(zip(refunds["entity"][mine].tolist(), refunds["line"][mine].tolist(), strict=True))
    assert len(claims) == len(set(claims)) == len(owed) > 100
    assert dict(zip(claims, refunds["cents"][mine].tolist(), strict=True)) == owed


def test_a_marketplace_cancels_what_is_late_at_its_deadlines_and_nothing_else() -> None:
    lines, orders = (_run(name, "backorder", hurried=True) for name in ("lines", "orders"))
    accepted = dict(zip(orders["order"].tolist(), orders["t_accept"].tolist(), strict=True))
    since = lines["t_end"] - np.array([accepted[order] for order in lines["order"].tolist()])
    for status, minutes in ((Status.NOT_CONFIRMED, CONFIRM), (Status.NOT_SHIPPED, SHIP)):
        late = lines["status"] == status
        assert np.count_nonzero(late) > 20
        assert set(lines["channel"][late].tolist()) == {1}
        assert set(since[late].tolist()) == {minutes * HOUR // 60}
    market = lines["channel"] == 1
    supplied = market & (lines["status"] == Status.SUPPLIED)
    assert np.count_nonzero(supplied) > 100
    assert (since[supplied] <= SHIP * HOUR // 60).all()
    released = orders["t_release"] - orders["t_accept"]
    sourced = (orders["channel"] == 1) & (orders["t_release"] != NONE)
    assert (released[sourced] <= CONFIRM * HOUR // 60).all()


def test_nobody_waits_where_nobody_wants_to() -> None:
    lines = _run("lines", "backorder", waits=0.0)
    assert not _waited(lines).any()
    assert (lines["status"][lines["t_short"] != NONE] == Status.OVERSOLD).all()


def test_luck_of_customers_is_the_same_in_every_arm() -> None:
    """Of the lines that are short for the first time at the same instant in two arms, the same customers wait."""
    one, both = _run("lines", "backorder"), _run("lines", "substitute_or_backorder")
    waited, taken = _waited(one), both["substitute"] != NONE
    asked = (one["t_short"] != NONE) & (one["t_short"] == both["t_short"]) & ~taken & (one["mode"] == Mode.SHIP)
    assert np.count_nonzero(asked) > 50
    assert np.array_equal(waited[asked], _waited(both)[asked])
