"""Alerts, what they shorten, and traces, in runs of small estates."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.model.journals import Journal, arm_of, brief, journal
from tests.model.runs import INSTANT, PERFECT
from twin.core.clock import HOUR, MINUTE, SECOND
from twin.journal.observability import By, Signal, SpanKind
from twin.journal.orders import Status
from twin.journal.tables import NONE
from twin.journal.totals import Fate, FeedName
from twin.scenario.arms import PRESETS
from twin.world.world import World

START = 10 * HOUR
LOST = {"kind": "lost", "share": 1.0, "at": "10h", "duration": "20h", "ends": "repaired"}
SPOILED = {"kind": "poison", "share": 1.0, "at": "10h", "duration": "1h", "feeds": ["movements"]}
PEOPLE = {"detect": "8h", "repair": "1h"}
FORGETFUL = {"outbox": {"confirmed": False}, "operations": PEOPLE}
MISSING = {"signal": "missing", "feed": "movements", "messages": 0}
DEAD = {"signal": "dead_letters", "feed": "movements", "messages": 0}
AT_ONCE = {**INSTANT, "failing": {"policy": "divert", "attempts": 1}}


def watching(alert: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"observability": {"interval": "10m", "hold": "0s", "alerts": [alert], **settings}}


def run(*changes: dict[str, Any], fault: dict[str, Any]) -> Journal:
    described = brief(faults=[fault], **PERFECT)
    together: dict[str, Any] = {}
    for change in changes:
        together |= change
    return journal(described, arm_of("hybrid", **together))


def incident(of: Journal) -> tuple[int, By, int]:
    """Noticed, by whom, repaired, of the first trouble."""
    rows = of["incidents"]
    return int(rows["noticed"][0]), By(rows["by"][0]), int(rows["repaired"][0])


def lost(of: Journal) -> int:
    fates = of["fates"]
    return int(fates["messages"][(fates["feed"] == FeedName.MOVEMENTS) & (fates["fate"] == Fate.LOST)][0])


def test_an_alert_is_raised_at_the_first_check_after_the_first_dead_letter() -> None:
    """Without any latency a message is dead when it is made: a walk-in's, or that of a pick."""
    of = run(watching(DEAD, hold="20m"), {"movements": AT_ONCE, "operations": PEOPLE}, fault=SPOILED)
    day = World(brief(faults=[SPOILED], **PERFECT), 0).day(0).physical
    assert ((day["t"] >= START) & (day["t"] < START + 10 * MINUTE)).any()
    first = START + 10 * MINUTE
    alerts = of["alerts"]
    assert (alerts["signal"][0], alerts["feed"][0], alerts["alert"][0]) == (Signal.DEAD_LETTERS, FeedName.MOVEMENTS, 0)
    assert (alerts["start"][0], alerts["raised"][0]) == (first, first + 20 * MINUTE)
    assert incident(of) == (first + 20 * MINUTE, By.ALERT, first + 80 * MINUTE)


def test_a_silent_loss_lasts_until_people_notice_where_nobody_looks() -> None:
    alone = run(FORGETFUL, fault=LOST)
    seen = run(FORGETFUL, watching(MISSING), fault=LOST)
    blind = run(FORGETFUL, watching(DEAD), fault=LOST)
    assert incident(alone) == (START + 8 * HOUR, By.PEOPLE, START + 9 * HOUR) == incident(blind)
    noticed, by, repaired = incident(seen)
    assert START < noticed <= START + 20 * MINUTE
    assert (by, repaired) == (By.ALERT, noticed + HOUR)
    assert lost(alone) == lost(blind) > 3 * lost(seen) > 0


def test_a_silent_loss_ends_with_its_time_at_the_latest() -> None:
    short = LOST | {"duration": "2h"}
    assert lost(run(FORGETFUL, fault=short)) == lost(run(FORGETFUL, fault=short | {"ends": "by_itself"}))


def test_a_loss_that_nobody_ends_is_the_loss_until_its_repair() -> None:
    until = LOST | {"duration": "9h", "ends": "by_itself"}
    assert lost(run(FORGETFUL, fault=LOST)) == lost(run(FORGETFUL, fault=until))


ACCURATE = [{"signal": "accuracy", "share": 0.0}, {"signal": "release_time", "longest": "0s"}]


@pytest.mark.parametrize("name", PRESETS)
def test_who_only_looks_and_traces_changes_nothing(name: str) -> None:
    faults = [
        {"system": "broker", "mtbf": "10h", "duration": "45m"},
        {"system": "link", "mtbf": "9h", "duration": "1h"},
    ]
    described = brief(faults=faults)
    plain = journal(described, arm_of(name))
    watched = journal(described, arm_of(name, observability={"alerts": ACCURATE, "hold": "0s", "traces": 0.3}))
    assert watched["alerts"]["alert"].size > 0 < watched["spans"]["span"].size
    for table in plain.keys() - {"alerts", "spans"}:
        for column, values in plain[table].items():
            assert np.array_equal(values, watched[table][column]), (table, column)


SHAKEN = [
    {"system": "broker", "mtbf": "10h", "duration": "1h"},
    {"system": "erp", "mtbf": "10h", "duration": "1h"},
    {"kind": "poison", "of": ["pick"], "share": 0.2, "mtbf": "12h", "duration": "3h"},
]

Spans = dict[tuple[int, int], list[tuple[int, int, int, int]]]


@cache
def traced(name: str, saga: str = "off") -> Journal:
    """Scarce stock and wrong records, so that picks fall short."""
    arm = arm_of(name, observability={"traces": 0.5}, operations=PEOPLE, saga={"mode": saga})
    return journal(brief(faults=SHAKEN), arm)


def spans(of: Journal) -> Spans:
    """(number, start, end, outcome) by order and kind."""
    out: Spans = defaultdict(list)
    columns = (of["spans"][name].tolist() for name in ("order", "span", "number", "start", "end", "outcome"))
    for order, span, *rest in zip(*columns, strict=True):
        out[order, span].append((rest[0], rest[1], rest[2], rest[3]))
    return out


def rows(table: dict[str, np.ndarray[Any, Any]]) -> list[dict[str, int]]:
    return [dict(zip(table, values, strict=True)) for values in zip(*(c.tolist() for c in table.values()), strict=True)]


WAYS = [*((name, "off") for name in PRESETS), ("hybrid", "orchestration"), ("event_driven", "choreography")]


@pytest.mark.parametrize(("name", "saga"), WAYS)
def test_the_steps_of_a_traced_order_join_from_the_channel_to_the_erp(name: str, saga: str) -> None:
    of = traced(name, saga)
    steps, lines = spans(of), defaultdict(list)
    for line in rows(of["lines"]):
        lines[line["order"]].append(line)
    chosen = {order for order, _ in steps}
    assert 0.4 < len(chosen) / of["orders"]["order"].size < 0.6
    again = 0
    for order in rows(of["orders"]):
        if order["order"] not in chosen:
            continue
        one = {kind: steps[order["order"], kind] for kind in SpanKind}
        again += len(one[SpanKind.RELEASE]) > 1
        assert len(one[SpanKind.SAGA]) == (saga != "off" and order["t_accept"] != NONE)
        _begins(order, one)
        _goes_on(order, one)
        _is_told(order, one, lines[order["order"]])
    assert again > 3


Steps = dict[SpanKind, list[tuple[int, int, int, int]]]


def _begins(order: dict[str, int], one: Steps) -> None:
    [(_, start, end, accepted)] = one[SpanKind.CHECKOUT]
    assert start == order["t_demand"]
    assert (order["t_accept"] == NONE) == (accepted == 0)
    assert accepted == 0 or end == order["t_accept"]
    for kind in (SpanKind.CHECK, SpanKind.HOLD, SpanKind.PAYMENT):
        assert all(start <= s and (end == NONE or (e if e != NONE else s) <= end) for _, s, e, _ in one[kind])


def _goes_on(order: dict[str, int], one: Steps) -> None:
    """Each step begins where one before it ended."""
    if order["t_accept"] == NONE:
        assert not any(one[kind] for kind in SpanKind if kind >= SpanKind.RELEASE)
        return
    released = {end for _, _, end, _ in one[SpanKind.RELEASE]}
    created = {end for _, _, end, _ in one[SpanKind.CREATION]}
    ends = {parcel: end for parcel, _, end, _ in one[SpanKind.PICK]}
    waits = {parcel: end for parcel, _, end, _ in one[SpanKind.PICK_WAIT]}
    ready = {parcel: end for parcel, _, end, _ in one[SpanKind.PACK]}
    assert all(start == order["t_accept"] for _, start, _, _ in one[SpanKind.SAGA])
    set_out = [end for _, _, end, _ in one[SpanKind.SAGA]] or [order["t_accept"]]
    for wave, start, _, _ in one[SpanKind.RELEASE]:
        assert start in set_out if wave == 0 else start in ends.values()
    assert all(start in released for _, start, _, _ in one[SpanKind.CREATION])
    assert all(start in released | created for _, start, _, _ in one[SpanKind.PICK_WAIT])
    assert all(start == waits[parcel] for parcel, start, _, _ in one[SpanKind.PICK])
    assert all(start == ends[parcel] for parcel, start, _, _ in one[SpanKind.PACK])
    assert all(start == ready[parcel] for parcel, start, _, _ in one[SpanKind.TRANSIT])
    for kind in (SpanKind.VIEW, SpanKind.POSTING):
        assert all(start in ends.values() for _, start, _, _ in one[kind])


def _is_told(order: dict[str, int], one: Steps, lines: list[dict[str, int]]) -> None:
    """The orders and lines of the journal say the same."""
    found = [(parcel, end) for parcel, _, end, supplied in one[SpanKind.PICK] if supplied]
    assert max((end for _, end in found), default=NONE) == order["t_pick"]
    first = min((start for _, start, _, _ in one[SpanKind.PICK_WAIT]), default=NONE)
    assert first == order["t_release"]
    assert [parcel for parcel, _, _, _ in one[SpanKind.PACK]] == sorted(parcel for parcel, _ in found)
    supplied = sorted(line["line"] for line in lines if line["status"] == Status.SUPPLIED)
    assert sum(count for _, _, _, count in one[SpanKind.PICK]) == len(supplied)
    for kind in (SpanKind.VIEW, SpanKind.POSTING):
        assert sorted(number for number, _, _, _ in one[kind]) == supplied


def test_a_pick_that_was_a_dead_letter_is_posted_when_it_was_redriven() -> None:
    """Of all posting spans the longest is longer than people take to repair what spoiled it."""
    of = traced("hybrid")["spans"]
    posted = (of["span"] == SpanKind.POSTING) & (of["end"] != NONE)
    assert (of["end"] - of["start"])[posted].max() > 8 * HOUR


def test_the_sample_is_the_same_in_every_arm() -> None:
    chosen = [set(traced(name)["spans"]["order"].tolist()) for name in PRESETS]
    assert all(each == chosen[0] for each in chosen)


def test_calls_are_traced_with_their_service() -> None:
    of = journal(brief(), arm_of("point_to_point", observability={"traces": 0.2}))["spans"]
    calls = of["span"] == SpanKind.CALL
    assert (of["end"] - of["start"])[calls & (of["end"] != NONE)].min() > 10 * SECOND // 1000
    assert (of["outcome"][calls & (of["end"] != NONE)] == 1).all()
