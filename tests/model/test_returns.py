"""Returns and refunds in whole runs: known answers of inspection, files, calls and queues; what keys and inspections
prevent; where goods are sold again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.model.journals import Journal, by_status, flows, journal
from twin.core.clock import DAY, HOUR, MINUTE, SECOND
from twin.journal.observability import Signal
from twin.journal.orders import Status
from twin.journal.returns import Claim, Condition, RefundEnd, ReturnEnd
from twin.journal.tables import NONE
from twin.scenario.scenario import Scenario
from twin.selfcheck.estate import estate, stocked, systems

PLENTY = 10**6
ALWAYS = {"at": "0s", "duration": "60d"}
AT_ONCE: dict[str, Any] = {
    "mode": "inspected",
    "inspection": {"store": "0s", "dc": "0s", "dc_opens": "0h", "dc_closes": "24h"},
    "put_away": "0s",
    "to_dc": "10h",
}
"""Nothing takes time but the way to the DC."""

QUICK: dict[str, Any] = {"event": "0s", "posting": "0s", "payment": {"service": "0s"}}
POSTED: dict[str, Any] = {
    "share": 1.0,
    "to_store": 0.0,
    "open_box": 0.0,
    "damaged": 0.0,
    "fraud": 0.0,
    "post_profile": "flat",
}
BROUGHT = POSTED | {"to_store": 1.0, "store_profile": "flat", "registered_twice": 0.0}


def described(
    demand: dict[str, Any], *, days: int, weekly: float, faults: list[dict[str, Any]] | None = None
) -> Scenario:
    """One SKU in one DC and two stores; what comes back, and nobody who buys."""
    one = estate(3, weekly_checkouts=weekly / 0.776, days=days, faults=faults or [])
    demand_part = one.demand.model_dump(mode="json") | {"returns": demand}
    return Scenario.model_validate(one.model_dump(mode="json") | {"demand": demand_part})


def run(
    demand: dict[str, Any],
    returns: dict[str, Any] | None = None,
    refunds: dict[str, Any] | None = None,
    *,
    days: int = 3,
    weekly: float = 2000.0,
    faults: list[dict[str, Any]] | None = None,
    in_stores: int = 0,
    reorder: int = -1,
    **arm: Any,
) -> Journal:
    """A run in which nothing takes time but what is named."""
    description = described(demand, days=days, weekly=weekly, faults=faults)
    told = AT_ONCE | (returns or {}) | {"refunds": QUICK | (refunds or {})}
    world = stocked(description, PLENTY, in_stores=in_stores)
    world.start.pairs["reorder"], world.start.pairs["up_to"] = reorder, max(0, reorder)
    return journal(description, systems(reserving={"point": "none"}, returns=told, **arm), world)


def spans(rows: dict[str, np.ndarray[Any, Any]], start: str, end: str) -> np.ndarray[Any, Any]:
    """Of the rows that have an end: how long it took, s."""
    over = rows[end] != NONE
    return np.asarray((rows[end][over] - rows[start][over]) / SECOND)


def test_what_nothing_holds_up_is_on_the_shelf_and_refunded_at_once() -> None:
    told = run(POSTED)
    goods, refunds = told["returns"], told["refunds"]
    assert goods["entity"].size > 500
    assert (goods["t_end"] == goods["t_received"]).all()
    assert (refunds["t_end"] == refunds["t_due"]).all()
    assert (refunds["outcome"] == RefundEnd.POSTED).all()
    assert refunds["cents"].sum() == (refunds["cents"] * refunds["paid"]).sum()
    assert flows(told)["returned_units"] == goods["quantity"].sum()


def test_inspectors_queue_like_any_servers() -> None:
    """M/M/1 at 60 % of its capacity: time in the system is the service over 1 - load (Erlang 1917)."""
    days, mean = 60, 3 * MINUTE
    inspection = AT_ONCE["inspection"] | {"dc_staff": 1, "dc": {"law": "exponential", "mean": "3m"}}
    goods = run(POSTED, {"inspection": inspection}, days=days, weekly=7 * DAY / (5 * MINUTE))["returns"]
    load = goods["entity"].size * mean / (days * DAY)
    waits = spans(goods, "t_received", "t_graded")
    assert 0.55 < load < 0.65
    assert waits.mean() == pytest.approx(mean / SECOND / (1 - load), rel=0.05)
    assert goods["labour"][goods["t_graded"] != NONE].mean() == pytest.approx(mean, rel=0.03)


def test_nobody_inspects_at_night() -> None:
    hours = AT_ONCE["inspection"] | {"dc_opens": "6h", "dc_closes": "14h"}
    goods = run(POSTED, {"inspection": hours})["returns"]
    graded = (goods["t_graded"][goods["t_graded"] != NONE] + 5 * HOUR) % DAY  # its DC is five hours ahead
    assert graded.min() == 6 * HOUR
    assert graded.max() < 14 * HOUR
    assert (goods["t_graded"] == NONE).any()


def test_a_file_is_waited_for_half_its_interval_on_average() -> None:
    by_file = {"unified": False, "interval": "4h", "phase": "1h"}
    refunds = run(POSTED, refunds=by_file, days=14)["refunds"]
    waits = spans(refunds, "t_due", "t_end")
    assert waits.mean() == pytest.approx(2 * 3600, rel=0.05)
    assert waits.max() <= 4 * 3600
    assert set((refunds["t_start"][refunds["t_start"] != NONE] % (4 * HOUR)).tolist()) == {HOUR}


def test_files_that_cannot_be_sent_go_with_the_next() -> None:
    down = [{"system": "files", "at": "59m", "duration": "2m"}]
    refunds = run(POSTED, refunds={"unified": False, "interval": "4h", "phase": "1h"}, faults=down)["refunds"]
    assert refunds["t_start"][refunds["t_start"] != NONE].min() == 5 * HOUR


@pytest.mark.parametrize(("failure", "most", "known"), [(0.1, 3, 1.11), (0.3, 5, 1.4251)])
def test_the_provider_is_called_as_often_as_the_geometric_law_says(failure: float, most: int, known: float) -> None:
    errors = [{"kind": "errors", "system": "payment", "share": failure, **ALWAYS}]
    retry = {"attempts": most, "wait": "0s", "jitter": "none"}
    payment = {"service": "0s", "retry": retry, "human": {"agents": 100, "handling": "1h"}}
    refunds = run(POSTED, refunds={"payment": payment}, faults=errors, days=28)["refunds"]
    calls = refunds["calls"]
    assert calls.mean() == pytest.approx(known, abs=4 * calls.std() / np.sqrt(calls.size))
    by_hand = (refunds["cases"] > 0).mean()
    assert by_hand == pytest.approx(failure**most, abs=4 * np.sqrt(failure**most / calls.size))
    assert set(spans(refunds, "t_start", "t_paid").tolist()) == {0.0, 3600.0}


def test_a_call_that_came_too_late_paid_all_the_same_and_keys_pay_once() -> None:
    late = {"service": "2m", "timeout": "1m", "servers": 0, "retry": {"attempts": 3, "wait": "0s", "jitter": "none"}}
    for keys, paid in ((False, 3), (True, 1)):
        refunds = run(POSTED, refunds={"keys": keys, "payment": late})["refunds"]
        over = refunds["outcome"] == RefundEnd.POSTED
        assert over.sum() > 500
        assert set(refunds["calls"][over].tolist()) == {3}
        assert set(refunds["paid"][over].tolist()) == {paid}  # people see that it was paid, and do not pay again


@pytest.mark.parametrize(("unified", "keys", "paid"), [(True, True, 1), (False, True, 1), (False, False, 2)])
def test_two_cases_of_a_return_are_paid_twice_where_nothing_joins_them(unified: bool, keys: bool, paid: int) -> None:
    twice = BROUGHT | {"registered_twice": 1.0, "second_case": "2h"}
    told = run(twice, refunds={"unified": unified, "keys": keys, "across": "file", "interval": "1h", "phase": "0s"})
    refunds = told["refunds"]
    assert (refunds["kind"] == Claim.SECOND).sum() * 2 == refunds["kind"].size
    first = refunds["kind"] == Claim.RETURN
    known = set(refunds["entity"][~first & (refunds["outcome"] != RefundEnd.OPEN)].tolist())
    both = np.isin(refunds["entity"], list(known))
    assert len(known) > 500
    assert refunds["paid"][both].sum() == paid * len(known)
    ends = {RefundEnd.RECOGNISED} if paid == 1 else {RefundEnd.POSTED}
    assert set(refunds["outcome"][~first & both].tolist()) == ends


def test_fraud_is_denied_by_an_inspection_and_paid_before_one() -> None:
    fraud = POSTED | {"fraud": 1.0}
    for at, outcome, paid in (("inspection", RefundEnd.DENIED, 0), ("receipt", RefundEnd.POSTED, 1)):
        told = run(fraud, refunds={"at": at})
        assert set(told["refunds"]["outcome"].tolist()) == {outcome}
        assert set(told["refunds"]["paid"].tolist()) == {paid}
        assert set(told["returns"]["outcome"].tolist()) == {ReturnEnd.REJECTED}
        assert flows(told)["returned_units"] == 0


@pytest.mark.parametrize(
    ("open_box", "outcome"), [("shelf", ReturnEnd.RESTOCKED), ("write_off", ReturnEnd.WRITTEN_OFF)]
)
def test_what_becomes_of_goods_follows_from_their_condition(open_box: str, outcome: ReturnEnd) -> None:
    goods = run(POSTED | {"open_box": 0.5, "damaged": 0.5}, {"open_box": open_box})["returns"]
    ends = {Condition(each): set(goods["outcome"][goods["condition"] == each].tolist()) for each in (1, 2)}
    assert ends == {Condition.OPEN_BOX: {outcome}, Condition.DAMAGED: {ReturnEnd.WRITTEN_OFF}}


@pytest.mark.parametrize(
    ("policy", "reorder", "stays"),
    [("where_it_is", -1, True), ("dc", 5000, False), ("best", 5000, True), ("best", 3, False)],
)
def test_goods_are_sold_again_where_the_policy_says(policy: str, reorder: int, stays: bool) -> None:
    goods = run(BROUGHT, {"restock": policy}, days=2, weekly=6000, in_stores=50, reorder=reorder)["returns"]
    early = (goods["t_received"] < 20 * HOUR) & (goods["outcome"] == ReturnEnd.RESTOCKED)  # before a store orders
    assert early.sum() > 500
    assert ((goods["node"][early] == goods["origin"][early]) == stays).all()
    took = (goods["t_end"] - goods["t_received"])[early]
    assert set(took.tolist()) == {0 if stays else 10 * HOUR}


def test_a_store_that_cannot_see_the_order_sends_the_goods_to_the_dc_first() -> None:
    told = run(BROUGHT, refunds={"unified": False, "across": "dc", "at": "receipt", "interval": "1h", "phase": "0s"})
    goods, refunds = told["returns"], told["refunds"]
    assert (goods["node"] == 0).all()
    assert set(spans(goods, "t_received", "t_graded").tolist()) == {36_000.0}
    waits = spans(refunds, "t_due", "t_end")
    assert waits.min() >= 36_000
    assert waits.max() <= 36_000 + 3600


def test_a_credit_waits_for_the_erp_and_the_money_does_not() -> None:
    refunds = run(POSTED, faults=[{"system": "erp", "at": "0s", "duration": "12h"}])["refunds"]
    early = refunds["t_due"] < 12 * HOUR
    assert early.sum() > 50
    assert (refunds["t_paid"] == refunds["t_due"]).all()
    assert set(refunds["t_end"][early].tolist()) == {12 * HOUR}


def test_lines_that_were_let_down_are_paid_back_once_each() -> None:
    description = described({}, days=2, weekly=4000)
    told = journal(
        description,
        systems(
            reserving={"point": "none"},
            returns=AT_ONCE | {"refunds": QUICK},
            publications={"own": {"mode": "cache", "interval": "6h"}},
        ),
        stocked(description, 300),
    )
    lines, refunds = told["lines"], told["refunds"]
    lost = by_status(lines, Status.OVERSOLD)
    assert lost.sum() > 50
    owed = dict(zip(zip(lines["order"][lost], lines["line"][lost], strict=True), lines["t_end"][lost], strict=True))
    paid = dict(zip(zip(refunds["entity"], refunds["line"], strict=True), refunds["t_end"], strict=True))
    assert owed == paid
    assert set(refunds["kind"].tolist()) == {Claim.CANCELLED}


def test_an_alert_sees_refunds_that_wait() -> None:
    down = [{"system": "payment", "at": "20h", "duration": "4h"}]
    human = {"agents": 1, "handling": "1h"}
    watch = {"interval": "10m", "hold": "0s", "alerts": [{"signal": "refund_time", "longest": "2h"}]}
    quiet = run(POSTED, refunds={"payment": {"service": "0s"}}, observability=watch)
    assert quiet["alerts"]["raised"].size == 0
    payment = {"service": "0s", "retry": {"attempts": 1}, "human": human}
    alerts = run(POSTED, refunds={"payment": payment}, faults=down, observability=watch)["alerts"]
    assert alerts["signal"].tolist()[0] == Signal.REFUND_TIME
    assert 22 * HOUR < alerts["raised"][0] < 23 * HOUR


def test_goods_at_once_leave_no_rows() -> None:
    told = run(POSTED, {"mode": "at_once"})
    assert told["returns"]["entity"].size == told["refunds"]["refund"].size == 0
    assert flows(told)["returned_units"] > 500
