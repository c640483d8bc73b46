"""Each system down from the first instant to the last, in each preset: who closes, who sells on, who does not care."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tests.model.journals import MARKET, PROMISED, Journal, arm_of, brief, by_status, journal
from twin.core.clock import MINUTE
from twin.journal.orders import Refusal, Status
from twin.journal.tables import NONE
from twin.scenario.arms import PRESETS
from twin.world.world import World

USES: dict[str, tuple[str, ...]] = {
    "point_to_point": ("erp", "files", "wms"),
    "hub": ("erp", "files", "hub", "wms"),
    "event_driven": ("files", "broker", "wms"),
    "hybrid": ("files", "broker", "service", "wms"),
}
"""Systems whose failure an order can feel, by preset; all list on marketplaces by file. Seasonal stock is not ordered
again, so that an ERP which is only posted to is not felt."""

NEEDED = {("point_to_point", "erp"), ("hub", "hub"), ("hybrid", "service")}
"""Systems that a checkout calls."""

CARRIES = {"point_to_point": "files", "hub": "hub", "event_driven": "broker", "hybrid": "broker"}


@cache
def _down(name: str, system: str | None) -> Journal:
    faults = [{"system": system, "at": "0s", "duration": "90d"}] if system else []
    return journal(brief(faults=faults, calendar__window="12h"), arm_of(name))


@pytest.mark.parametrize("name", PRESETS)
def test_a_system_that_an_arm_does_not_use_may_be_down_for_ever(name: str) -> None:
    usual = _down(name, None)["lines"]
    for system in ("erp", "files", "hub", "broker", "service", "wms"):
        rows = _down(name, system)["lines"]
        same = all(np.array_equal(rows[column], usual[column]) for column in usual)
        assert same == (system not in USES[name]), system


@pytest.mark.parametrize("name", PRESETS)
def test_a_system_that_never_works_closes_who_calls_it_at_once_and_who_learns_by_it_after_the_agreed_age(
    name: str,
) -> None:
    for system in USES[name]:
        rows = _down(name, system)["lines"]
        closed, own = rows["refusal"] == Refusal.CLOSED, rows["channel"] != MARKET
        late = rows["t_demand"] > 30 * MINUTE
        assert np.isin(rows["status"][own], PROMISED).any() == ((name, system) not in NEEDED)
        assert closed[own & late].all() == ((name, system) in NEEDED or system == CARRIES[name])
        assert closed[~own & late].all() == (system == CARRIES[name] != "files")
        assert not closed[~own & ~late].any()


@pytest.mark.parametrize("name", PRESETS)
def test_who_sells_on_while_everything_is_down_is_marked_degraded_only_if_he_needed_it(name: str) -> None:
    stale = {"strategy": "serve_stale", "max_age": "90d"}
    for system in sorted({CARRIES[name], *(system for who, system in NEEDED if who == name)}):
        faults = [{"system": system, "at": "0s", "duration": "90d"}]
        description = brief(faults=faults, calendar__window="12h", calendar__follow_up="0s")
        rows = journal(description, arm_of(name, degradation=stale))["lines"]
        sold = np.isin(rows["status"], PROMISED)
        assert not np.any(rows["refusal"] == Refusal.CLOSED)
        own = rows["channel"] != MARKET
        assert np.count_nonzero(sold & own) > 1000
        assert rows["degraded"][sold & own].all() == ((name, system) in NEEDED)
        assert not rows["degraded"][~own].any()


def test_while_warehouse_systems_are_down_no_dc_supplies() -> None:
    rows = _down("hybrid", "wms")["lines"]
    dcs = np.flatnonzero(World(brief(), 0).estate.nodes["is_dc"])
    supplied = by_status(rows, Status.SUPPLIED)
    assert supplied.any()
    assert not np.isin(rows["node"][supplied], dcs).any()


def test_an_erp_that_never_answers_keeps_accepted_orders_of_the_hub_from_their_release() -> None:
    orders = _down("hub", "erp")["orders"]
    assert np.count_nonzero(orders["t_accept"] != NONE) > 1000
    assert (orders["t_release"] == NONE).all()
