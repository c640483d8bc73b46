"""Queues against arithmetic done by hand: both feeds of movements are queues, 10 s a message; instants in seconds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reference.bench import Bench, crash, outage, trouble
from tests.reference.worlds import Tree
from twin.journal.totals import Fate, FeedName, Flow
from twin.world.tables import TroubleKind

BAD_AT_FIRST = [trouble(TroubleKind.POISON, 0, 1)]
REPAIRED_AT_100: Tree = {"operations": {"detect": "60s", "repair": "40s"}}


def _queue(*changes: Tree, **consumers: Any) -> Tree:
    """Settings of both feeds; one member, unless ``consumers`` says otherwise."""
    feed: Tree = {"mode": "queue", "consumers": {"members": 1, "session_timeout": "60s", **consumers}}
    for change in changes:
        feed |= change
    return {"feed": feed}


def test_members_compete_for_messages() -> None:
    bench = Bench(_queue(members=2))
    bench.make(0, 0, 0, 5)
    assert bench.run() == [10, 10, 20, 20]
    assert bench.fates() == {Fate.APPLIED: 4} == bench.fates(FeedName.POSTING)


def test_a_link_delays_the_handling_and_a_rate_keeps_beginnings_apart() -> None:
    bench = Bench(_queue({"dc_link": "5s"}))
    bench.make(0, 1)
    assert bench.run() == [15, 25]
    bench = Bench(_queue({"service": "0s"}, members=2, rate=1))
    bench.make(0, 0, 0, 0)
    assert bench.run() == [0, 1, 0, 1]  # the second goes to the first member again, which holds nothing


@pytest.mark.parametrize(("prefetch", "seen"), [(100, [75, 10, 85, 20]), (1, [75, 10, 20, 30])])
def test_what_a_dead_member_holds_waits_until_it_is_noticed(prefetch: int, seen: list[int]) -> None:
    bench = Bench(_queue(members=2, prefetch=prefetch), crashes=[crash(0, 5, 1000)])
    bench.make(0, 0, 0, 0)
    assert bench.run() == seen


def test_a_member_that_is_back_before_it_is_noticed_begins_anew() -> None:
    bench = Bench(_queue(members=2), crashes=[crash(0, 5, 30)])
    bench.make(0)
    assert bench.run() == [40]
    assert bench.flow(Flow.HANDED_AGAIN) == 0


def test_a_member_that_was_given_up_takes_part_again() -> None:
    bench = Bench(_queue(members=2), crashes=[crash(0, 5, 100)])
    bench.make(70, 71, 99, 100)  # one member works until 100; then the fourth goes to the other, which holds nothing
    assert bench.run() == [80, 90, 109, 110]


# Held for too long


@pytest.mark.parametrize("idempotent", [True, False])
def test_what_is_held_for_too_long_is_handled_twice(idempotent: bool) -> None:
    """At 15 both others are taken back, the second under way; at 30 it is acknowledged, and the third taken back."""
    crashes = [crash(5, 1, 2)]  # of a member that the queue does not have
    bench = Bench(_queue(visibility="15s", idempotent=idempotent), crashes=crashes)
    bench.make(0, 0, 0)
    assert bench.run() == [10, 20, 40]
    assert bench.changes() == ([10, 20, 40] if idempotent else [10, 20, 30, 40])
    assert bench.dc.extra == (0 if idempotent else 1)
    assert bench.flow(Flow.HANDED_AGAIN) == 6
    assert bench.fates() == {Fate.APPLIED: 3}


def test_what_takes_longer_than_it_may_is_handed_out_until_it_is_dead() -> None:
    bench = Bench(_queue(visibility="4s", delivery_limit=2))
    bench.make(0)  # taken back at 4, under way until 10; taken back at 8
    bench.run(until=9)
    assert bench.fates() == {Fate.DEAD_LETTER: 1}
    assert bench.run() == [None]
    assert (bench.dc.lost, bench.dc.record_drift) == (-1, -1)


def test_nothing_is_handed_out_or_taken_back_while_the_queue_is_down() -> None:
    bench = Bench(_queue(visibility="30s"), windows=[outage("broker", 5, 100)])
    bench.make(0, 0, 20)  # at 100 the third is handed out; then the second is taken back, and handed out behind it
    assert bench.run() == [10, 120, 110]
    assert bench.flow(Flow.HANDED_AGAIN) == 2


# Handlings that fail


@pytest.mark.parametrize(("returned", "seen", "again"), [("0s", 110, 10), ("5s", 115, 7)])
def test_a_bad_message_comes_back_until_it_is_repaired(returned: str, seen: int, again: int) -> None:
    bench = Bench(_queue(returned=returned), REPAIRED_AT_100, troubles=BAD_AT_FIRST)
    bench.make(0)
    assert bench.run() == [seen]
    assert bench.flow(Flow.HANDED_AGAIN) == 2 * again


def test_a_bad_message_lets_those_pass_that_its_member_holds() -> None:
    bench = Bench(_queue(), REPAIRED_AT_100, troubles=BAD_AT_FIRST)
    bench.make(0, 1)
    assert bench.run() == [110, 20]


def test_a_bad_message_is_ready_before_the_others() -> None:
    bench = Bench(_queue(prefetch=1, delivery_limit=3), REPAIRED_AT_100, troubles=BAD_AT_FIRST)
    bench.make(0, 1)  # fails at 10, 20 and 30
    assert bench.run(until=41) == [None, 40]
    assert bench.fates() == {Fate.DEAD_LETTER: 1, Fate.APPLIED: 1}


def test_a_dead_letter_is_redriven() -> None:
    failing = {"redrive_delay": "20s", "attempts": 3}
    bench = Bench(_queue({"failing": failing}, delivery_limit=1), REPAIRED_AT_100, troubles=BAD_AT_FIRST)
    bench.make(0)
    bench.run(until=11)
    assert bench.dc.lost == -1
    assert bench.run() == [130]
    assert (bench.dc.lost, bench.flow(Flow.DEAD_LETTERED), bench.flow(Flow.REDRIVEN)) == (0, 2, 2)


def test_a_skipped_message_is_acknowledged_and_lost() -> None:
    bench = Bench(_queue({"failing": {"policy": "skip"}}), REPAIRED_AT_100, troubles=BAD_AT_FIRST)
    bench.make(0, 1)
    assert bench.run() == [None, 20]
    assert bench.fates() == {Fate.LOST: 1, Fate.APPLIED: 1}


def test_copies_are_handled_before_the_message_is_acknowledged() -> None:
    copies = [trouble(TroubleKind.COPIES, 0, 1, value=2)]
    bench = Bench(_queue(idempotent=False), troubles=copies)
    bench.make(0, 1)
    assert bench.run() == [10, 40]
    assert (bench.dc.extra, bench.flow(Flow.APPLIED_AGAIN)) == (2, 4)


@pytest.mark.parametrize(("versioned", "off"), [(True, 0), (False, -1)])
def test_a_level_that_comes_back_late_overwrites_a_newer_one(versioned: bool, off: int) -> None:
    bench = Bench(_queue({"content": "level"}, versioned=versioned), REPAIRED_AT_100, troubles=BAD_AT_FIRST)
    bench.make(0, 1)
    bench.run()
    assert bench.dc.view - bench.dc.on_hand - bench.dc.err == off == bench.dc.extra


# Limits


@pytest.mark.parametrize(("overflow", "seen"), [("reject", [10, 20, 30, None]), ("drop_oldest", [10, None, 20, 30])])
def test_a_full_queue_turns_away_or_drops_what_is_first(overflow: str, seen: list[int | None]) -> None:
    bench = Bench(_queue({"topic": {"backlog_limit": 2, "overflow": overflow}}, prefetch=1))
    bench.make(0, 1, 2, 3)
    assert bench.run() == seen
    assert bench.fates() == {Fate.APPLIED: 3, Fate.LOST: 1}


def test_a_message_whose_turn_comes_too_late_has_expired() -> None:
    bench = Bench(_queue({"topic": {"retention": "15s"}}))
    bench.make(0, 0, 0, 1, 15)
    assert bench.run() == [10, 20, None, None, 30]
    assert bench.fates() == {Fate.APPLIED: 3, Fate.EXPIRED: 2}
