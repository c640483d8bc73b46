"""Members that are lost, failovers, and trouble with messages: the tables that the model reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.world.make import scenario
from twin.core.clock import DAY, HOUR, MINUTE
from twin.core.hashing import bits
from twin.world.estate import realise
from twin.world.faults.durations import duration_tables
from twin.world.faults.members import united
from twin.world.faults.realised import Faults, realise_faults
from twin.world.streams import Streams
from twin.world.tables import CRASH, FAILOVER, SYSTEMS, TROUBLE, TroubleKind
from twin.world.world import World


def realised(*faults: dict[str, Any], replication: int = 0) -> Faults:
    description = scenario(faults=list(faults))
    return realise_faults(description, Streams(11, replication), realise(description), duration_tables(description))


def test_without_faults_the_tables_are_empty_and_have_their_types() -> None:
    made = realised()
    assert (made.crashes.dtype, made.failovers.dtype, made.troubles.dtype) == (CRASH, FAILOVER, TROUBLE)
    assert made.crashes.size == made.failovers.size == made.troubles.size == 0


def test_members_crash_and_hang_by_feed_and_member() -> None:
    made = realised(
        {"kind": "stuck", "feed": "posting", "member": 1, "at": "3h", "duration": "1h"},
        {"kind": "crash", "feed": "movements", "at": "1h", "duration": "30m", "every": "4d"},
        {"kind": "crash", "feed": "orders", "member": 2, "at": "191h", "duration": "2d"},
    ).crashes
    assert made.tolist() == [
        (0, 0, HOUR, HOUR + 30 * MINUTE, 0),
        (0, 0, 4 * DAY + HOUR, 4 * DAY + HOUR + 30 * MINUTE, 0),
        (1, 2, 191 * HOUR, 8 * DAY, 0),
        (2, 1, 3 * HOUR, 4 * HOUR, 1),
    ]


def test_absences_of_one_member_that_touch_or_overlap_are_one_of_the_kind_that_began_first() -> None:
    assert united([(5, 0, 7), (1, 1, 3), (3, 0, 4), (10, 1, 20), (10, 0, 12)]) == [(1, 1, 4), (5, 0, 7), (10, 0, 20)]
    made = realised(
        {"kind": "crash", "feed": "posting", "at": "2h", "duration": "2h"},
        {"kind": "stuck", "feed": "posting", "at": "1h", "duration": "90m"},
        {"kind": "stuck", "feed": "posting", "member": 1, "at": "1h", "duration": "90m"},
    ).crashes
    assert made[["member", "start", "end", "stuck"]].tolist() == [
        (0, HOUR, 4 * HOUR, 1),
        (1, HOUR, HOUR + 90 * MINUTE, 1),
    ]


def test_absences_are_sorted_and_apart_at_random() -> None:
    faults = [
        {"kind": kind, "feed": feed, "member": member, "mtbf": "5h", "duration": {"law": "exponential", "mean": "3h"}}
        for kind in ("crash", "stuck")
        for feed in ("posting", "movements", "orders")
        for member in (1, 0)
    ]
    made = realised(*faults).crashes
    key = (made["feed"].astype(np.int64) * 64 + made["member"]) * 2**45 + made["start"]
    assert (np.diff(key) > 0).all()
    same = (np.diff(made["feed"]) == 0) & (np.diff(made["member"]) == 0)
    assert (made["start"][1:] > made["end"][:-1])[same].all()
    assert (made["end"] > made["start"]).all()
    assert made["end"].max() <= 8 * DAY


def test_failovers_are_instants_each_once() -> None:
    made = realised(
        {"kind": "failover", "system": "hub", "at": "3h", "duration": "1m"},
        {"kind": "failover", "system": "broker", "at": "5h", "duration": "1m", "every": "3d"},
        {"kind": "failover", "system": "broker", "at": "5h", "duration": "2m"},
    ).failovers
    hub, broker = SYSTEMS.index("hub"), SYSTEMS.index("broker")
    assert made.tolist() == [(hub, 3 * HOUR), *((broker, 5 * HOUR + k * 3 * DAY) for k in range(3))]


def test_each_kind_of_trouble_says_what_it_does_to_which_messages() -> None:
    span = {"at": "1h", "duration": "2h"}
    made = realised(
        span | {"kind": "poison", "share": 0.25},
        span | {"kind": "schema", "feeds": ["posting"], "of": ["sale", "return"]},
        span | {"kind": "duplicates", "topic": "orders", "share": 0.1, "copies": 3},
        span | {"kind": "late", "share": 0.000001, "by": "30s", "of": ["dispatch", "receipt"]},
        span | {"kind": "lost", "topic": "orders", "share": 1.0, "of": ["release"]},
    ).troubles
    posting, movements = 0b100, 0b101
    assert made[["kind", "feeds", "parts", "share", "value"]].tolist() == [
        (TroubleKind.POISON, movements, 0b1110011111, 250_000, 0),
        (TroubleKind.POISON, posting, 0b10001, 1_000_000, 0),
        (TroubleKind.COPIES, 0b010, 0b1100000, 100_000, 3),
        (TroubleKind.LATE, movements, 0b01100, 1, 30_000_000),
        (TroubleKind.LOST, 0b010, 0b1000000, 1_000_000, 0),
    ]
    assert (made["start"] == HOUR).all()
    assert (made["end"] == 3 * HOUR).all()
    assert np.unique(made["key"]).size == 5


def test_troubles_are_in_the_order_of_the_faults_then_of_time_and_clipped() -> None:
    made = realised(
        {"kind": "lost", "share": 0.5, "at": "7d", "duration": "3d"},
        {"kind": "late", "share": 0.5, "at": "1h", "duration": "1h", "every": "3d"},
    ).troubles
    assert made["kind"].tolist() == [TroubleKind.LOST, *[TroubleKind.LATE] * 3]
    assert made["start"].tolist() == [7 * DAY, *(HOUR + k * 3 * DAY for k in range(3))]
    assert made["end"].max() == 8 * DAY
    assert np.unique(made["key"][1:]).size == 1, "occurrences of one fault ask one stream"


def test_a_trouble_hits_its_share_of_the_messages() -> None:
    share, count = 0.2, 20_000
    row = realised({"kind": "poison", "share": share, "at": "1h", "duration": "1h"}).troubles[0]
    struck = sum(int(bits(row["key"], entity, 0)) % 1_000_000 < row["share"] for entity in range(count))
    assert struck / count == pytest.approx(share, abs=2.576 * np.sqrt(share * (1 - share) / count))


def test_new_faults_elsewhere_move_no_luck() -> None:
    law = {"law": "exponential", "mean": "1h"}
    own = [
        {"kind": "lost", "share": 0.5, "mtbf": "6h", "duration": law},
        {"kind": "crash", "feed": "posting", "mtbf": "6h", "duration": law},
        {"kind": "failover", "system": "broker", "mtbf": "6h", "duration": law},
    ]
    others = [
        {"kind": "late", "share": 0.5, "mtbf": "6h", "duration": law},
        {"kind": "lost", "topic": "orders", "share": 0.5, "mtbf": "6h", "duration": law},
        {"kind": "stuck", "feed": "posting", "member": 1, "mtbf": "6h", "duration": law},
        {"kind": "failover", "system": "hub", "mtbf": "6h", "duration": law},
        {"system": "broker", "mtbf": "6h", "duration": law},
    ]
    alone, among = realised(*own), realised(*others, *own)
    lost = among.troubles[(among.troubles["kind"] == TroubleKind.LOST) & (among.troubles["feeds"] == 0b101)]
    assert lost.tolist() == alone.troubles.tolist()
    assert among.crashes[among.crashes["member"] == 0].tolist() == alone.crashes.tolist()
    broker = among.failovers[among.failovers["system"] == SYSTEMS.index("broker")]
    assert broker.tolist() == alone.failovers.tolist()
    assert alone.troubles.size > 10
    assert realised(*own, replication=1).troubles.tolist() != alone.troubles.tolist()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "crash", "feed": "orders"},
        {"kind": "failover", "system": "broker"},
        {"kind": "late", "share": 0.1},
        {"system": "link", "stores": 0.5},
        {"kind": "slow", "system": "erp", "factor": 2.0},
    ],
    ids=lambda fault: fault.get("kind", "outage"),
)
def test_every_kind_of_fault_is_in_the_fingerprint(fault: dict[str, Any]) -> None:
    small = {"calendar__window": "1d", "calendar__warm_up": "0s", "estate__stores__count": 4}
    one = World(scenario(faults=[fault | {"at": "1h", "duration": "1h"}], **small), 0)
    two = World(scenario(faults=[fault | {"at": "2h", "duration": "1h"}], **small), 0)
    assert one.fingerprint() != two.fingerprint() != World(scenario(**small), 0).fingerprint()
