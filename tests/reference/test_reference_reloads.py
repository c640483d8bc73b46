"""Snapshots against arithmetic done by hand: a message takes 10 s and joins one lane; instants in seconds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reference.bench import Bench, crash, outage, trouble
from tests.reference.clock import after_reloads
from tests.reference.worlds import Tree
from twin.journal.tables import NONE
from twin.journal.totals import Fate, FeedName, Flow
from twin.world.tables import TroubleKind

UNCONFIRMED: Tree = {"outbox": {"confirmed": False}}


def _reload(**settings: Any) -> Tree:
    """A snapshot of the nodes' own counts is taken at 100, and live at 120; the next would follow after a day."""
    plain = {"mode": "load", "source": "stores", "phase": "100s", "job": "20s", "per_row": "0s"}
    return {"reload": {**plain, **settings}}


def _drift(bench: Bench) -> tuple[int, int]:
    """After checking that the law holds of what nobody waits for any more."""
    pair = bench.dc
    assert pair.view == pair.on_hand + pair.err + pair.lost + pair.extra
    return pair.lost, pair.extra


# At the extract one movement has been applied, one is on its way until 105; of two made later one is applied at 115.


def _busy(bench: Bench) -> Bench:
    bench.make(50)
    bench.make(95, delta=2)
    bench.make(101, delta=4)  # applied at 115
    bench.make(118, delta=8)  # applied at 128
    return bench


def test_overwriting_loses_what_was_applied_since_the_extract() -> None:
    bench = _busy(Bench(_reload(rule="overwrite")))
    bench.run(until=121)
    assert bench.dc.view == bench.dc.on_hand + bench.dc.err - 4 - 8
    assert (bench.dc.lost, bench.dc.extra) == (-4, 0)
    bench.run()
    assert _drift(bench) == (-4, 0)


def test_younger_leaves_a_pair_alone_that_has_moved_since_the_extract() -> None:
    bench = _busy(Bench(_reload(rule="younger")))
    bench.run()
    assert _drift(bench) == (0, 0)
    assert bench.flow(Flow.CORRECTIONS) == 0


def test_replay_puts_what_was_applied_since_on_top() -> None:
    bench = _busy(Bench(_reload(rule="replay"), UNCONFIRMED, troubles=[trouble(TroubleKind.LOST, 0, 1)]))
    bench.make(0, delta=16)  # lost, and healed
    bench.run(until=119)
    assert bench.dc.lost == -16
    bench.run()
    assert _drift(bench) == (0, 0)
    assert (bench.flow(Flow.CORRECTIONS), bench.flow(Flow.CORRECTED_UNITS)) == (1, 16)


# What is made waits until the broker is up at 200; the snapshot comes from elsewhere.


def _behind(rule: str, **feed: Any) -> Bench:
    return Bench(_reload(rule=rule), {"feed": feed}, windows=[outage("broker", 10, 200)])


def test_overwriting_applies_twice_what_the_snapshot_holds_and_was_on_its_way() -> None:
    bench = _behind("overwrite")
    bench.make(50, 60, delta=3)
    bench.make(110, delta=5)
    bench.run(until=150)
    assert bench.dc.view == bench.dc.on_hand + bench.dc.err - 5
    assert (bench.dc.lost, bench.dc.extra) == (0, 0)
    assert bench.run() == [210, 220, 230]
    assert _drift(bench) == (0, 6)
    assert bench.fates() == {Fate.APPLIED: 3}


@pytest.mark.parametrize("rule", ["younger", "replay"])
def test_what_the_snapshot_holds_is_superseded_when_it_arrives(rule: str) -> None:
    bench = _behind(rule)
    bench.make(50, 60, delta=3)
    bench.make(110, delta=5)
    bench.run()
    assert _drift(bench) == (0, 0)
    assert bench.fates() == {Fate.APPLIED: 1, Fate.SUPERSEDED: 2}
    assert bench.fates(FeedName.POSTING) == {Fate.APPLIED: 3}
    assert bench.changes() == [120, 230]


def test_the_view_waits_for_nothing_that_a_snapshot_holds() -> None:
    bench = _behind("younger")
    bench.make(50, 60, 110)
    bench.run(until=150)
    oldest = bench.dc.trail.oldest(-1, after_reloads(119_000_000))
    assert oldest is not None
    assert oldest.t == 50_000_000
    oldest = bench.dc.trail.oldest(-1, after_reloads(120_000_000))
    assert oldest is not None
    assert oldest.t == 110_000_000


def test_a_covered_message_that_goes_missing_is_not_missed() -> None:
    bench = _behind("younger", topic={"retention": "60s"})
    bench.make(50, delta=3)  # expires at 200
    bench.make(110, delta=5)  # expires too, and no snapshot has it
    bench.run()
    assert bench.fates() == {Fate.EXPIRED: 2}
    assert _drift(bench) == (-5, 0)


@pytest.mark.parametrize(("rule", "extra", "fate"), [("overwrite", 3, Fate.APPLIED), ("replay", 0, Fate.SUPERSEDED)])
def test_a_dead_letter_that_a_snapshot_covers_is_redriven(rule: str, extra: int, fate: Fate) -> None:
    failing = {"attempts": 1, "redrive_delay": "0s"}
    repaired = {"operations": {"detect": "300s", "repair": "100s"}}
    bench = Bench(
        _reload(rule=rule), repaired, {"feed": {"failing": failing}}, troubles=[trouble(TroubleKind.POISON, 0, 9)]
    )
    bench.make(0, delta=3)
    bench.run(until=110)
    assert _drift(bench) == (-3, 0)
    bench.run(until=130)
    assert _drift(bench) == (0, 0)
    bench.run()
    assert _drift(bench) == (0, extra)
    assert bench.fates() == {fate: 1}


@pytest.mark.parametrize(("rule", "extra", "again"), [("overwrite", 6, 4), ("replay", 0, 2)])
def test_what_is_handed_out_again_after_a_snapshot(rule: str, extra: int, again: int) -> None:
    consumers = {"members": 1, "session_timeout": "1000s", "commit_interval": "1h", "idempotent": False}
    crashes = [crash(0, 150, 160)]
    copies = [trouble(TroubleKind.COPIES, 0, 1, value=1)]
    bench = Bench(_reload(rule=rule), {"feed": {"consumers": consumers}}, crashes=crashes, troubles=copies)
    bench.make(0, delta=3)  # applied at 10 and 20; the snapshot heals it; handed out again and handled twice more
    bench.run(until=119)
    assert _drift(bench) == (0, 3)
    bench.run()
    assert _drift(bench) == (0, extra)
    assert bench.flow(Flow.APPLIED_AGAIN) == again  # the record applies its copy too


# Sources


def test_the_record_is_behind_and_hands_that_on() -> None:
    bench = Bench(_reload(source="record", rule="younger"), windows=[outage("erp", 10, 90)])
    bench.make(20, delta=3)  # in the view at 30, in the record at 100
    bench.make(81, delta=5)  # in the view at 91, in the record at 110
    bench.run(until=125)
    assert bench.dc.view == bench.dc.on_hand + bench.dc.err - 5
    assert _drift(bench) == (-5, 0)


def test_a_source_that_has_netted_open_orders_takes_them_off_twice() -> None:
    bench = Bench(_reload(nets="promised", rule="replay"))
    bench.dc.promised = 2
    bench.run()
    assert _drift(bench) == (0, -2)


def test_a_store_that_is_cut_off_is_not_asked() -> None:
    node = Bench().store.node.number
    lost = [trouble(TroubleKind.LOST, 0, 1)]
    bench = Bench(_reload(), UNCONFIRMED, windows=[outage("link", 95, 300, node=node)], troubles=lost)
    bench.make(0, pair=bench.store)
    bench.make(0)
    bench.run()
    assert (bench.store.lost, bench.dc.lost) == (-1, 0)
    rows = [row for row in bench.shop.jobs if row[0] == FeedName.RELOAD]
    asked = sum(pair.node.number != node for pair in bench.shop.pairs)
    assert rows == [(FeedName.RELOAD, NONE, 100_000_000, 100_000_000, 120_000_000, asked, False)]


# Comparing


@pytest.mark.parametrize(
    ("threshold", "made", "corrected"), [(3, 50, True), (4, 50, False), (3, 70, True), (3, 71, False)]
)
def test_only_large_differences_of_quiet_pairs_are_corrected(threshold: int, made: int, corrected: bool) -> None:
    """A movement is seen that was made 30 s before the extract, or later."""
    bench = Bench(
        _reload(mode="compare", threshold=threshold, age="30s"),
        UNCONFIRMED,
        troubles=[trouble(TroubleKind.LOST, 0, 1)],
    )
    bench.make(0, delta=3)
    bench.make(made)
    bench.run()
    assert _drift(bench) == ((0, 0) if corrected else (-3, 0))
    assert bench.flow(Flow.CORRECTIONS) == corrected


def test_a_difference_that_is_only_delay_is_corrected_like_any_other() -> None:
    bench = Bench(_reload(mode="compare", rule="overwrite", age="1h"), windows=[outage("broker", 10, 200)])
    bench.make(50, delta=3)
    bench.run()
    assert _drift(bench) == (0, 3)


# Levels


@pytest.mark.parametrize(("rule", "view"), [("overwrite", -5), ("younger", 0), ("replay", 0)])
def test_a_level_made_after_the_extract_says_more_than_the_snapshot(rule: str, view: int) -> None:
    bench = Bench(_reload(rule=rule), {"feed": {"content": "level"}})
    bench.make(101, delta=5)
    bench.run()
    assert bench.dc.view - bench.dc.on_hand - bench.dc.err == view


def test_a_level_that_the_snapshot_covers_takes_the_view_back_only_if_it_overwrites() -> None:
    for rule, off in (("overwrite", -5), ("younger", 0)):
        bench = Bench(_reload(rule=rule), {"feed": {"content": "level"}}, windows=[outage("broker", 10, 200)])
        bench.make(50, delta=3)
        bench.make(60, delta=5)
        bench.run(until=215)
        assert bench.dc.view - bench.dc.on_hand - bench.dc.err == off
        bench.run()
        assert _drift(bench) == (0, 0)
