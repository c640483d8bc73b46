"""Suppliers' portal, finance, order management and rosters: what waits while they are down, and for how long."""

from __future__ import annotations

import numpy as np

from tests.model.journals import brief, flows, journal
from tests.model.runs import systems, table
from twin.core.clock import DAY, HOUR
from twin.journal.orders import Status
from twin.journal.tables import NONE
from twin.world.world import World

REPLENISHED = {"count": 60, "ending_share": 0.0}
PORTAL = {"on": True, "acknowledgement": "2h"}


def test_an_order_waits_for_the_portal_and_its_lead_time_counts_from_the_acknowledgement() -> None:
    down = [{"system": "supplier_portal", "at": "3h", "duration": "4h"}]
    free, held = (
        table(brief(faults=faults, estate__skus=REPLENISHED), systems(supplier_portal=PORTAL), "supplies")
        for faults in ([], down)
    )
    assert (free["t_placed"] == free["t_ordered"]).all()
    assert (free["t_acknowledged"] == free["t_ordered"] + 2 * HOUR).all()
    first = held["t_ordered"] == 4 * HOUR
    assert first.sum() > 0
    assert (held["t_placed"][first] == 7 * HOUR).all()
    assert (held["t_acknowledged"][first] == 9 * HOUR).all()


def test_a_short_acknowledgement_makes_the_next_review_order_again_what_will_not_come() -> None:
    stock = {"store_cover": "3d", "dc_cover": "2d", "short_shipment": 1.0, "dc_review": "6h"}
    description = brief(estate__stock=stock, estate__skus=REPLENISHED)
    told, silent = (
        table(description, systems(supplier_portal={**PORTAL, "tells_short": tells}), "supplies")
        for tells in (True, False)
    )
    assert told["units"].sum() > silent["units"].sum()
    assert (told["short"] > 0).any()


def test_the_release_waits_for_the_order_management_system() -> None:
    down = brief(faults=[{"system": "oms", "at": "13h", "duration": "5h"}])
    rows = journal(down, systems(release={"system": "oms", "mode": "stream"}))["orders"]
    waits = (rows["t_accept"] >= 13 * HOUR) & (rows["t_accept"] < 18 * HOUR) & (rows["t_release"] != NONE)
    assert waits.sum() > 100
    assert (rows["t_release"][waits] >= 18 * HOUR).all()


def test_without_its_finance_system_an_arm_neither_closes_its_books_nor_clears_them() -> None:
    books = {"on": True, "interval": "6h", "phase": "1h", "opens": "0s", "closes": "24h"}
    books |= {"system": "finance", "orders": {"interval": "1h", "phase": "0s", "rejected": 0.2}}
    run = journal(brief(faults=[{"system": "finance", "at": "12h", "duration": "8h"}]), systems(books=books))
    closes, exceptions = run["closes"], run["exceptions"]
    assert closes["t"][closes["t_due"] == 13 * HOUR].tolist() == [20 * HOUR]
    begun = exceptions["t_begin"][exceptions["t_begin"] >= 0]
    assert begun.size > 20
    assert not ((begun >= 12 * HOUR) & (begun < 20 * HOUR)).any()


def test_the_share_of_a_stores_pickers_is_missing_and_at_least_one() -> None:
    faults = [{"kind": "absent", "at": "1d", "duration": "4h", "share": 0.3}]
    world = World(brief(faults=faults, estate__stores__pickers=5), 0)
    stores = np.flatnonzero(world.estate.nodes["is_dc"] == 0)
    assert world.absences["node"].tolist() == stores.tolist()
    assert (world.absences["pickers"] == 2).all()
    assert (world.absences["start"] == DAY).all()


def test_a_larger_share_of_stores_hits_the_same_stores_and_more() -> None:
    few, many = (
        set(World(brief(faults=[{"kind": "absent", "at": "1d", "duration": "4h", "share": 1.0, "stores": share}]), 0)
            .absences["node"].tolist())
        for share in (0.3, 0.8)
    )  # fmt: skip
    assert few < many


def test_while_all_pickers_are_missing_nobody_picks_until_they_or_substitutes_are_there() -> None:
    faults = [{"kind": "absent", "at": "14h", "duration": "20h", "share": 1.0}]
    arms = (systems(workforce={"on": on, "substitute": "3h"}) for on in (False, True))
    alone, helped = (journal(brief(faults=faults), arm) for arm in arms)
    assert (alone["absences"]["t_back"] == 34 * HOUR).all()
    assert (helped["absences"]["t_back"] == 17 * HOUR).all()
    for run, back in ((alone, 34 * HOUR), (helped, 17 * HOUR)):
        picks = run["orders"]["t_pick"][(run["orders"]["mode"] == 1) & (run["orders"]["t_pick"] >= 0)]
        assert not ((picks > 16 * HOUR) & (picks < back)).any()
        assert (picks >= back).any()
    assert (alone["lines"]["status"] == Status.SUPPLIED).sum() > 500


def test_tills_without_their_system_sell_as_much_and_tell_of_it_afterwards() -> None:
    calm = journal(brief(), systems())
    faults = [{"system": "pos", "at": "14h", "duration": "6h"}]
    down = journal(brief(faults=faults), systems())
    hand = [flows(run)["till_units_by_hand"] for run in (calm, down)]
    assert hand[0] == 0
    assert hand[1] > 200
    assert flows(down)["till_units_keyed_in"] == hand[1]
    units = [flows(run)["till_units"] for run in (calm, down)]
    assert abs(units[1] / units[0] - 1) < 0.02
    behind = down["scrapes"]["t"] - 14 * HOUR
    during = (behind > 5 * HOUR) & (behind < 6 * HOUR)
    assert down["scrapes"]["view_gap"][during].mean() > 1.5 * calm["scrapes"]["view_gap"][during].mean()
    assert down["scrapes"]["unseen"][during].max() < 50
    after = down["scrapes"]["t"] >= 22 * HOUR
    assert down["scrapes"]["view_gap"][after].mean() < 1.2 * calm["scrapes"]["view_gap"][after].mean()
