"""The reference against arithmetic done by hand: one partition, 10 s a message, instants in seconds."""

from __future__ import annotations

import pytest

from tests.reference.bench import Bench, crash, failover, outage, trouble
from twin.journal.totals import Fate, FeedName, Flow
from twin.world.tables import TroubleKind

ONE_BY_ONE = {"feed": {"consumers": {"poll": 1, "commit_interval": "0s", "members": 1, "session_timeout": "1000s"}}}
REPAIRED_AT_100 = {"operations": {"detect": "60s", "repair": "40s"}}


def test_a_lane_handles_one_message_after_another() -> None:
    bench = Bench()
    bench.make(0, 1, 50)
    assert bench.run() == [10, 20, 60]
    assert bench.fates() == {Fate.APPLIED: 3} == bench.fates(FeedName.POSTING)


def test_a_link_delays_the_first_message_only() -> None:
    bench = Bench({"feed": {"dc_link": "5s"}})
    bench.make(0, 1)
    assert bench.run() == [15, 25]


def test_a_rate_keeps_beginnings_apart() -> None:
    bench = Bench({"feed": {"service": "0s", "consumers": {"rate": 1}}})
    bench.make(0, 0, 0, 10)
    assert bench.run() == [0, 1, 2, 10]


# Retention, limits, order


def test_a_message_whose_turn_comes_too_late_has_expired_and_takes_no_time() -> None:
    bench = Bench({"feed": {"topic": {"retention": "60s"}}}, windows=[outage("broker", 5, 100)])
    bench.make(1, 2, 40, 50)
    assert bench.run() == [11, None, 110, 120]
    assert bench.fates() == {Fate.APPLIED: 3, Fate.EXPIRED: 1}
    assert bench.dc.lost == -1
    assert bench.dc.view == bench.dc.on_hand + bench.dc.err - 1


def test_what_is_held_back_has_not_entered_the_topic_and_cannot_expire() -> None:
    topic = {"retention": "15s", "backlog_limit": 0, "overflow": "hold_back"}
    bench = Bench({"feed": {"topic": topic}})
    bench.make(0, 0, 0, 0)
    assert bench.run() == [10, 20, None, None]
    bench = Bench({"feed": {"topic": {**topic, "backlog_limit": 1}}})
    bench.make(0, 0, 0, 0)
    assert bench.run() == [10, 20, 30, 40]


def test_a_full_partition_drops_the_oldest_that_waits() -> None:
    bench = Bench({"feed": {"topic": {"backlog_limit": 2, "overflow": "drop_oldest"}}})
    bench.make(0, 1, 2, 3, 20)
    assert bench.run() == [10, None, None, 20, 30]
    assert bench.fates() == {Fate.APPLIED: 3, Fate.LOST: 2}


def test_a_full_partition_for_one_message_drops_the_new_one() -> None:
    bench = Bench({"feed": {"topic": {"backlog_limit": 1, "overflow": "drop_oldest"}}})
    bench.make(0, 1, 11)
    assert bench.run() == [10, None, 21]


def test_a_full_partition_rejects_the_new_one() -> None:
    bench = Bench({"feed": {"topic": {"backlog_limit": 2, "overflow": "reject"}}})
    bench.make(0, 1, 2, 3, 20)
    assert bench.run() == [10, 20, None, None, 30]


def test_the_newest_goes_first_but_never_before_the_head() -> None:
    bench = Bench({"feed": {"consumers": {"catch_up": "newest"}}})
    bench.make(0, 1, 2, 3, 15)
    assert bench.run() == [10, 50, 40, 20, 30]


def test_stock_that_is_sold_online_goes_first_in_its_own_order() -> None:
    bench = Bench({"feed": {"consumers": {"catch_up": "pooled_first"}}})
    bench.make(0, 1, pair=bench.store)
    bench.make(2)
    bench.make(3, pair=bench.store)
    bench.make(4)
    assert bench.run() == [10, 40, 20, 50, 30]


# Members and commits


@pytest.mark.parametrize("idempotent", [True, False])
def test_what_was_not_committed_is_handed_out_again(idempotent: bool) -> None:
    consumers = {"members": 1, "session_timeout": "1000s", "commit_interval": "0s", "idempotent": idempotent}
    bench = Bench({"feed": {"consumers": consumers}}, crashes=[crash(0, 35, 100)])
    bench.make(0, 1, 1, 1)  # the first is polled alone at 0, the others at 10, which commits the first
    assert bench.run() == [10, 20, 30, 130]
    assert bench.flow(Flow.HANDED_AGAIN) == 2
    assert bench.flow(Flow.APPLIED_AGAIN) == (0 if idempotent else 2)
    assert bench.dc.extra == (0 if idempotent else 2)
    assert bench.changes() == ([10, 20, 30, 130] if idempotent else [10, 20, 30, 110, 120, 130])


def test_with_a_commit_at_every_poll_only_what_is_under_way_begins_anew() -> None:
    bench = Bench(ONE_BY_ONE, crashes=[crash(0, 25, 100)])
    bench.make(0, 0, 0, 0)
    assert bench.run() == [10, 20, 110, 120]
    assert bench.flow(Flow.HANDED_AGAIN) == 0


@pytest.mark.parametrize(("dies", "again"), [(12, 1), (15, 1), (16, 0), (25, 0)])
def test_an_idle_consumer_commits_when_its_interval_is_over(dies: int, again: int) -> None:
    feed = {"feed": {"consumers": {"commit_interval": "15s"}}}
    bench = Bench(ONE_BY_ONE, feed, crashes=[crash(0, dies, 100)])
    bench.make(0)
    bench.run()
    assert bench.flow(Flow.HANDED_AGAIN) == again


@pytest.mark.parametrize(("dies", "again"), [(15, 1), (25, 0), (33, 1), (45, 0)])
def test_a_busy_consumer_commits_at_the_first_poll_after_its_interval(dies: int, again: int) -> None:
    feed = {"feed": {"consumers": {"commit_interval": "15s"}}}
    bench = Bench(ONE_BY_ONE, feed, crashes=[crash(0, dies, 100)])
    bench.make(0, 0, 0, 0, 0)  # polls at 0, 10, 20 (commits), 30 (not yet again), 40 (commits)
    bench.run()
    assert bench.flow(Flow.HANDED_AGAIN) == again


def test_another_member_takes_over_when_the_dead_one_is_noticed() -> None:
    consumers = {"members": 2, "session_timeout": "30s", "rebalance": "5s"}
    bench = Bench(ONE_BY_ONE, {"feed": {"consumers": consumers}}, crashes=[crash(0, 25, 500)])
    bench.make(0, 0, 0, 0, 501)  # stalled from 25 to 60, and from 500 to 505
    assert bench.run() == [10, 20, 70, 80, 515]


def test_a_stuck_member_is_noticed_later() -> None:
    consumers = {"members": 2, "max_poll_interval": "60s", "rebalance": "5s"}
    bench = Bench(ONE_BY_ONE, {"feed": {"consumers": consumers}}, crashes=[crash(0, 25, 500, stuck=1)])
    bench.make(0, 0, 0)
    assert bench.run() == [10, 20, 100]


def test_a_broker_that_fails_over_loses_its_youngest_messages() -> None:
    bench = Bench({"feed": {"topic": {"unreplicated": "10s"}}}, failovers=[failover(15)])
    bench.make(0, 4, 5, 6, 10)  # the second has begun at 10, those sent after 5 are lost
    assert bench.run() == [10, 20, 30, None, None]
    assert bench.fates() == {Fate.APPLIED: 3, Fate.LOST: 2}


def test_what_is_held_back_is_not_lost_with_the_broker() -> None:
    topic = {"unreplicated": "10s", "backlog_limit": 2, "overflow": "hold_back"}
    bench = Bench({"feed": {"topic": topic}}, failovers=[failover(15)])
    bench.make(0, 1, 2, 3)  # at 10 the second begins and the third enters; the fourth enters when that is lost
    assert bench.run() == [10, 20, None, 30]


def test_a_batch_is_over_when_a_newer_message_goes_first() -> None:
    consumers = {"catch_up": "newest", "poll": 500, "commit_interval": "0s", "members": 1, "session_timeout": "1000s"}
    crashes = [crash(0, 35, 100)]
    bench = Bench({"feed": {"consumers": consumers}}, crashes=crashes, windows=[outage("broker", 0, 10)])
    bench.make(0, 1, 15)  # two are polled at 10; the third at 20, with what is left of them, which commits the first
    assert bench.run() == [20, 120, 30]
    assert bench.flow(Flow.HANDED_AGAIN) == 1


def test_a_head_that_has_not_begun_can_be_lost() -> None:
    bench = Bench(
        {"feed": {"topic": {"unreplicated": "10s"}}}, failovers=[failover(15)], windows=[outage("broker", 0, 30)]
    )
    bench.make(4, 6)
    assert bench.run() == [40, None]


# Messages that cannot be handled


def test_a_bad_message_is_tried_then_diverted_then_redriven() -> None:
    failing = {"attempts": 3, "wait": "1s", "factor": 2.0, "cap": "10s", "redrive_delay": "20s"}
    bench = Bench({"feed": {"failing": failing}}, REPAIRED_AT_100, troubles=[trouble(TroubleKind.POISON, 0, 1)])
    bench.make(0, 1)
    bench.shop.env.run(until=34_000_000)
    assert bench.fates() == {Fate.DEAD_LETTER: 1, Fate.IN_FLIGHT: 1}  # since 3 * 10 + 1 + 2 = 33
    assert bench.dc.lost == -1
    assert bench.run() == [130, 43]
    assert bench.fates() == {Fate.APPLIED: 2}
    assert (bench.dc.lost, bench.flow(Flow.DEAD_LETTERED), bench.flow(Flow.REDRIVEN)) == (0, 2, 2)


@pytest.mark.parametrize(("order", "seen"), [("oldest", [120, 121, 122]), ("newest", [122, 121, 120])])
def test_a_redrive_has_a_rate_and_an_order(order: str, seen: list[int]) -> None:
    failing = {"attempts": 1, "redrive_delay": "20s", "redrive_rate": 1, "redrive_order": order}
    bench = Bench(
        {"feed": {"failing": failing, "service": "0s"}}, REPAIRED_AT_100, troubles=[trouble(TroubleKind.POISON, 0, 9)]
    )
    bench.make(1, 2, 3)
    assert bench.run() == seen


def test_a_dead_letter_that_is_bad_again_dies_again() -> None:
    failing = {"attempts": 1, "redrive_delay": "0s"}
    troubles = [trouble(TroubleKind.POISON, 0, 50), trouble(TroubleKind.POISON, 40, 50)]
    bench = Bench({"feed": {"failing": failing}}, REPAIRED_AT_100, troubles=troubles)
    bench.make(45)  # dead at 55, redriven at 100 and dead at 110, redriven at 140
    assert bench.run() == [150]
    assert bench.flow(Flow.DEAD_LETTERED) == 4


def test_a_bad_message_blocks_its_lane_until_it_is_repaired() -> None:
    bench = Bench(
        {"feed": {"failing": {"policy": "block"}}}, REPAIRED_AT_100, troubles=[trouble(TroubleKind.POISON, 0, 1)]
    )
    bench.make(0, 1)
    assert bench.run() == [110, 120]


def test_a_blocked_message_can_expire() -> None:
    feed = {"failing": {"policy": "block"}, "topic": {"retention": "60s"}}
    bench = Bench({"feed": feed}, REPAIRED_AT_100, troubles=[trouble(TroubleKind.POISON, 0, 1)])
    bench.make(0, 50)
    assert bench.run() == [None, 110]


def test_a_skipped_message_takes_its_time_and_is_lost_for_its_feed_only() -> None:
    only_view = trouble(TroubleKind.POISON, 0, 1, feeds=0b001)
    bench = Bench({"feed": {"failing": {"policy": "skip"}}}, REPAIRED_AT_100, troubles=[only_view])
    bench.make(0, 1)
    assert bench.run() == [None, 20]
    assert bench.fates() == {Fate.APPLIED: 1, Fate.LOST: 1}
    assert bench.fates(FeedName.POSTING) == {Fate.APPLIED: 2}


def test_a_dead_letter_that_is_handed_out_again_only_takes_its_time() -> None:
    failing = {"attempts": 2, "wait": "1s", "redrive": "none"}
    consumers = {"members": 1, "session_timeout": "1000s", "commit_interval": "1h"}
    bench = Bench(
        {"feed": {"failing": failing, "consumers": consumers}},
        {"operations": {"detect": "1h", "repair": "0s"}},
        troubles=[trouble(TroubleKind.POISON, 0, 1, feeds=0b001)],
        crashes=[crash(0, 25, 50)],
    )
    bench.make(0, 1)  # dead at 21; handed out again at 50, over at 71
    assert bench.run() == [None, 81]
    assert (bench.flow(Flow.DEAD_LETTERED), bench.flow(Flow.HANDED_AGAIN)) == (1, 1)


# On the way


def test_an_outbox_keeps_what_a_store_cannot_send_and_loses_the_oldest() -> None:
    bench = Bench({"outbox": {"capacity": 2}})
    node = bench.store.node.number
    bench = Bench({"outbox": {"capacity": 2}}, windows=[outage("link", 10, 100, node=node)])
    bench.make(5, 20, 30, 40, 101, pair=bench.store)
    bench.make(50)
    assert bench.run() == [15, None, 110, 120, 130, 60]
    assert bench.fates() == {Fate.APPLIED: 5, Fate.LOST: 1} == bench.fates(FeedName.POSTING)
    assert bench.store.lost == -1 == bench.store.record_drift


def test_without_an_outbox_a_store_loses_what_it_cannot_send() -> None:
    node = Bench().store.node.number
    bench = Bench({"outbox": {"capacity": 0}}, windows=[outage("link", 10, 100, node=node)])
    bench.make(20, 100, pair=bench.store)
    assert bench.run() == [None, 110]


def test_a_confirmed_message_is_sent_again_and_an_unconfirmed_one_is_lost() -> None:
    lost = [trouble(TroubleKind.LOST, 0, 1)]
    bench = Bench({"outbox": {"resend": "30s"}}, troubles=lost)
    bench.make(0, 1)
    assert bench.run() == [40, 11]
    bench = Bench({"outbox": {"confirmed": False}}, troubles=lost)
    bench.make(0, 1)
    assert bench.run() == [None, 11]


def test_a_late_message_leaves_later() -> None:
    bench = Bench(troubles=[trouble(TroubleKind.LATE, 0, 1, value=50)])
    bench.make(0, 1, 45, 50)  # the late one leaves before what is made at the same instant
    assert bench.run() == [65, 11, 55, 75]


def test_copies_are_handled_before_the_lane_goes_on() -> None:
    bench = Bench({"feed": {"consumers": {"idempotent": False}}}, troubles=[trouble(TroubleKind.COPIES, 0, 1, value=2)])
    bench.make(0, 1)
    assert bench.run() == [10, 40]
    assert bench.changes() == [10, 20, 30, 40]
    assert (bench.dc.extra, bench.dc.record_drift, bench.flow(Flow.APPLIED_AGAIN)) == (2, 2, 4)


# Levels


@pytest.mark.parametrize(("versioned", "fates", "off"), [(True, 2, 0), (False, 3, -1)])
def test_an_older_level_is_superseded_or_overwrites(versioned: bool, fates: int, off: int) -> None:
    consumers = {"catch_up": "newest", "versioned": versioned}
    bench = Bench({"feed": {"content": "level", "consumers": consumers}})
    bench.make(0, 1, 2)
    assert bench.run() == [10, 30, 20]
    assert bench.fates()[Fate.APPLIED] == fates
    assert bench.dc.view - bench.dc.on_hand - bench.dc.err == off == bench.dc.extra


def test_a_later_level_makes_up_for_what_was_lost() -> None:
    lost = [trouble(TroubleKind.LOST, 0, 1)]
    bench = Bench({"feed": {"content": "level"}, "outbox": {"confirmed": False}}, troubles=lost)
    bench.make(0)
    bench.make(1)
    bench.shop.env.run(until=5_000_000)
    assert (bench.dc.lost, bench.dc.record_drift) == (-1, -1)
    bench.run()
    assert (bench.dc.lost, bench.dc.extra, bench.dc.record_drift) == (0, 0, 0)
    assert bench.dc.view == bench.dc.record == bench.dc.on_hand + bench.dc.err


# Files


def test_a_file_carries_copies_and_diverts_what_is_bad() -> None:
    feed = {"mode": "batch", "interval": "1m", "consumers": {"idempotent": False}}
    troubles = [trouble(TroubleKind.POISON, 0, 1), trouble(TroubleKind.COPIES, 1, 2, value=1)]
    failing = {"redrive_delay": "20s"}
    bench = Bench({"feed": {**feed, "failing": failing}}, REPAIRED_AT_100, troubles=troubles)
    bench.make(0, 1)  # the file of 60 s
    assert bench.run() == [130, 60]
    assert bench.dc.extra == 1


def test_a_bad_message_blocks_its_file() -> None:
    feed = {"mode": "batch", "interval": "1m", "failing": {"policy": "block"}}
    bench = Bench({"feed": feed}, REPAIRED_AT_100, troubles=[trouble(TroubleKind.POISON, 0, 1)])
    bench.make(0, 1, 70)
    assert bench.run() == [120, 120, 120]
    failed = [row[-1] for row in bench.shop.jobs if row[0] == FeedName.MOVEMENTS]
    assert failed[:4] == [True, True, False, False]


# Replay

SKIPS: dict[str, object] = {"policy": "skip", "replay": True, "redrive_delay": "5s"}


def test_a_log_is_read_again_from_where_the_fault_began() -> None:
    bench = Bench({"feed": {"failing": SKIPS}}, REPAIRED_AT_100, troubles=[trouble(TroubleKind.POISON, 5, 15)])
    bench.make(0, 10, 20, 30, 115)  # the second is bad, until 105
    assert bench.run() == [10, 120, 30, 40, 150]
    assert bench.fates() == {Fate.APPLIED: 5} == bench.fates(FeedName.POSTING)
    assert bench.flow(Flow.HANDED_AGAIN) == 6
    assert bench.flow(Flow.APPLIED_AGAIN) == 0
    assert bench.dc.lost == bench.dc.extra == 0


def test_who_does_not_recognise_what_it_applied_applies_a_log_twice() -> None:
    twice = {"failing": SKIPS, "consumers": {"idempotent": False}}
    bench = Bench({"feed": twice}, REPAIRED_AT_100, troubles=[trouble(TroubleKind.POISON, 5, 15)])
    bench.make(0, 10, 20)
    bench.run()
    assert bench.flow(Flow.APPLIED_AGAIN) == 2
    assert (bench.dc.lost, bench.dc.extra) == (0, 1)


def test_what_is_not_kept_long_enough_is_not_read_again() -> None:
    short = {"failing": SKIPS, "topic": {"retention": "50s"}}
    bench = Bench({"feed": short}, REPAIRED_AT_100, troubles=[trouble(TroubleKind.POISON, 5, 15)])
    bench.make(0, 10, 20)
    assert bench.run() == [10, None, 30]
    assert bench.fates() == {Fate.APPLIED: 2, Fate.LOST: 1}
    assert bench.dc.lost == -1
