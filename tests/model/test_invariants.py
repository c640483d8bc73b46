"""Conservation laws: each is seen to fire on ledgers that were tampered with, whatever befell the run's messages, and
honest runs keep them all.
"""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from tests.model.runs import scarce, systems
from tests.world.make import channel, cluster
from twin.journal.orders import SagaEnd, Status
from twin.journal.returns import RefundEnd, ReturnEnd
from twin.journal.totals import Fate, Flow
from twin.kernels.codes import NOTES, RECORD, VIEW, Reserved
from twin.kernels.memory import TABLES
from twin.kernels.state import NIL
from twin.kernels.traffic import Letter
from twin.model import invariants, owed, shipped, short
from twin.model.days import Days
from twin.model.invariants import InvariantError
from twin.model.plane import Plane
from twin.model.run import run_in
from twin.scenario.arms import PRESETS, preset
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.world import World

FEEDS = ("movements", "orders", "posting")
OUTAGES = [
    {"system": system, "mtbf": "8h", "duration": {"law": "exponential", "mean": "45m"}}
    for system in ("erp", "files", "hub", "broker", "service", "wms")
]
SLOW = {"mode": "batch", "interval": "3h", "phase": "1h", "job": "1m"}
"""A feed with messages on their way at any time."""

SLOW_RELEASE = {"mode": "batch", "interval": "3h"}
"""Accepted orders wait for a node."""


def _of_topics(kind: str, duration: str = "1h", **more: Any) -> list[dict[str, Any]]:
    """Messages of both topics are in trouble for a while, again and again; the last time when the run ends."""
    often = {"at": "3h30m", "every": "6h", "duration": duration}
    return [{"kind": kind, "topic": topic, **often, **more} for topic in ("movements", "orders")]


TROUBLES = [
    *_of_topics("lost", share=0.1),
    *_of_topics("duplicates", "5h", share=0.5, copies=2),
    *_of_topics("poison", share=0.2),
    *_of_topics("late", share=0.2, by="40m"),
    *(
        {"kind": "crash", "feed": feed, "member": member, "at": at, "every": "4h", "duration": "30m"}
        for feed in FEEDS
        for member, at in ((0, "1h50m"), (1, "1h55m"))
        if (feed, member) != ("posting", 1)  # the record's other lane goes on repeating messages to the end
    ),
    {"kind": "failover", "system": "broker", "at": "2h", "every": "5h", "duration": "1m"},
    {"system": "link", "stores": 0.5, "at": "3h", "every": "10h", "duration": "2h"},
]


def _estate(**changes: Any) -> Scenario:
    """34 hours of a small estate."""
    return scarce(
        **{
            "calendar__window": "12h",
            "calendar__follow_up": "10h",
            "estate__stores": {"count": 4, "clusters": [cluster(weekly_lines=1000, ships=1.0, assortment=20)]},
            "estate__skus": {"count": 30, "ending_share": 0.5},
        }
        | changes
    )


def _under_way() -> Systems:
    """An arm that ends with messages, promises and holds under way."""
    reserving = {"mode": "events", "point": "checkout", "ttl": "40m"}
    stale = {"strategy": "serve_stale", "max_age": "90d"}
    return systems(
        movements=SLOW, orders=SLOW, posting=SLOW, reserving=reserving, degradation=stale, release=SLOW_RELEASE
    )


def _with_sagas() -> Systems:
    """An arm whose sagas fail, are undone and are under way to the end."""
    step = {
        "system": "payment",
        "service": {"law": "exponential", "mean": "2h"},
        "timeout": "12h",
        "compensation": "5m",
    }
    steps = [{"name": "first", **step}, {"name": "second", **step, "system": "crm", "timeout": "3h"}]
    saga = {"mode": "orchestration", "steps": steps}
    return systems(movements=SLOW, orders=SLOW, reserving={"mode": "events", "point": "checkout"}, saga=saga)


def _with_returns() -> Systems:
    """An arm that handles returns for hours, whose payment provider is slow, and whose sagas fail."""
    refunds = {"event": "1h", "posting": "10m", "payment": {"service": "2m", "servers": 2, "timeout": "5m"}}
    returns = {"mode": "inspected", "put_away": "4h", "to_dc": "10h", "restock": "best", "refunds": refunds}
    return _with_sagas().model_copy(update={"returns": systems(returns=returns).returns})


_DISORDER = {"wrong_share": 0.5, "shrink_per_sale": 0.1, "misplaced_per_sale": 0.2, "miscount_share": 0.3}
"""Much is stolen, misplaced and miscounted."""


def _with_counts() -> Systems:
    """An arm that counts every pair every six hours, and whose corrections are under way at the end."""
    calendar = dict.fromkeys(("a", "b", "c"), "6h")
    counting = {"calendar": calendar, "opens": "0s", "closes": "24h", "store_count": "1m", "dc_count": "1m"}
    return systems(movements=SLOW, orders=SLOW, posting=SLOW, counting=counting)


def _troubled(content: str = "delta") -> Systems:
    """An arm that loses, repeats and overtakes messages, and keeps dead letters and boxes full to the end."""
    stream = {
        "mode": "stream",
        "system": "broker",
        "partitions": 3,
        "service": {"law": "exponential", "mean": "35s"},
        "topic": {"keyed": False, "retention": "2h", "unreplicated": "3m"},
        "consumers": {"members": 2, "commit_interval": "2h", "idempotent": False, "session_timeout": "1h"},
        "failing": {"redrive_delay": "2h", "redrive_rate": 1},
    }
    moves = stream | {"content": content}
    return systems(
        movements=moves,
        posting=moves | {"service": "1m"},
        orders=stream,
        outbox={"capacity": 5, "confirmed": False},
        reserving={"mode": "events", "point": "checkout", "ttl": "40m"},
        degradation={"strategy": "serve_stale", "max_age": "90d"},
        release=SLOW_RELEASE,
    )


def _with_pickups() -> tuple[Scenario, Systems]:
    """Many who pick up and seldom come in time."""
    web = channel(weekly_checkouts=6000.0, pickup_share=0.7, no_show=0.3, collects={"law": "exponential", "mean": "5h"})
    estate = _estate(demand__channels={"web": web}, faults=OUTAGES)
    return estate, systems(movements=SLOW, pickup={"kept_for": "4h", "restock": "1h"})


def _with_couriers() -> tuple[Scenario, Systems]:
    """Many who want their orders today, and few couriers."""
    estate = _estate(demand__channels={"web": channel(weekly_checkouts=6000.0, same_day_share=0.7)})
    today = {"on": True, "cut_off": "23h", "by": "24h", "radius_km": 5000, "couriers": 4, "pool": "region"}
    return estate, systems(same_day=today, buffers={"store": 0}, sourcing={"store_pick": "3m"})


def _with_corrections() -> tuple[Scenario, Systems]:
    """Records so wrong, and shelves so damaged, that picks correct many."""
    errors = {"wrong_share": 0.9, "dc_wrong_share": 0.5, "mean_units": 3.0, "shrink_per_sale": 0.05, "damaged": 1.0}
    sourcing = {"declines": "correct", "cascade": True, "strategy": "nearest", "store_pick": "10m"}
    estate = _estate(
        estate__record_error=errors,
        estate__stock={"store_cover": "12h", "dc_cover": "12h"},
        demand__channels={"web": channel(weekly_checkouts=9000.0)},
    )
    return estate, systems(movements=SLOW, buffers={"store": 0}, sourcing=sourcing)


def _with_shortages() -> tuple[Scenario, Systems]:
    """Much is short, some of it waits, some is something else than was ordered, and a marketplace is in a hurry."""
    market = channel(kind="marketplace", weekly_checkouts=3000.0, abandonment=0, decline=0, checkout="0", waits=1.0)
    estate = _estate(
        estate__record_error={"wrong_share": 0.9, "dc_wrong_share": 0.9, "mean_units": 6.0, "damaged": 1.0},
        estate__stock={"store_cover": "6h", "dc_cover": "6h", "dc_review": "6h", "dc_lead": "6h"},
        estate__skus={"count": 30, "ending_share": 0.5, "substitutes": 0.5},
        demand__channels={
            "web": channel(weekly_checkouts=9000.0, waits=0.8),
            "market": market | {"confirm_within": "80m", "ship_within": "6h"},
        },
    )
    shortage = {"offer": "substitute_or_backorder", "review": "40m", "promise": "3h", "give_up": "6h", "ending": True}
    sourcing = {"strategy": "nearest", "store_pick": "6m", "rebroker": 0, "shortage": shortage}
    release = {"mode": "batch", "interval": "90m"}
    return estate, systems(movements=SLOW, buffers={"store": 0}, sourcing=sourcing, release=release)


def _with_limits() -> tuple[Scenario, Systems]:
    """Orders of several lines that may be split once, and stores that are asked for a few parcels a day."""
    web = channel(weekly_checkouts=6000.0, lines={"values": [1, 2, 4], "shares": [0.3, 0.3, 0.4]})
    sourcing = {"strategy": "nearest", "most_parcels": 2, "store_cap": 12, "store_pick": "5m"}
    estate = _estate(demand__channels={"web": web}, estate__stores__pickers=3)
    return estate, systems(movements=SLOW, buffers={"store": 0}, sourcing=sourcing)


RUNS: dict[str, Callable[[], tuple[Scenario, Systems]]] = {
    "under way": lambda: (_estate(faults=OUTAGES), _under_way()),
    "troubled": lambda: (_estate(faults=TROUBLES), _troubled()),
    "troubled levels": lambda: (_estate(faults=TROUBLES), _troubled("level")),
}
WITH_SAGAS = "with sagas"
WITH_RETURNS = "with returns"
WITH_COUNTS = "with counts"
WITH_PICKUPS = "with pickups"
WITH_CORRECTIONS = "with corrections"
WITH_COURIERS = "with couriers"
WITH_SHORTAGES = "with shortages"
WITH_LIMITS = "with limits"
ALL = tuple(RUNS)
CALM, HARD = ALL[:1], ALL[1:]
"""Runs whose messages all arrive in the end, and runs in which they do not."""


@dataclass
class StillSagas:
    """What is known of a run's sagas at its end."""

    under_way: set[int] = field(default_factory=set)
    begun: int = 0
    ended: Counter[SagaEnd] = field(default_factory=Counter)
    untidy: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, days: Days) -> StillSagas | None:
        sagas = days.shop.sagas
        if sagas is None:
            return None
        return cls(set(sagas.under_way), sagas.begun, Counter(sagas.ended), list(sagas.untidy))


@dataclass
class StillReturns:
    """What is known of what came back, at a run's end."""

    limbo: dict[int, Any]
    received: NDArray[np.int64]
    ended: NDArray[np.int64]

    @classmethod
    def of(cls, days: Days) -> StillReturns | None:
        back = days.returns
        return None if back is None else cls(dict(back.limbo), back.received.copy(), back.ended.copy())


@dataclass
class StillRefunds:
    """What is known of the money that is owed, at a run's end."""

    open: dict[int, Any]
    arisen: int
    of_lines: int
    ended: Counter[RefundEnd]
    wrong: list[str]

    @classmethod
    def of(cls, days: Days) -> StillRefunds | None:
        owed = days.shop.refunds
        if owed is None:
            return None
        return cls(dict(owed.open), owed.arisen, owed.of_lines, Counter(owed.ended), list(owed.wrong))


@dataclass
class StillCounter:
    """What waits for customers at a run's end."""

    units: int
    waiting: set[int]

    @classmethod
    def of(cls, days: Days) -> StillCounter | None:
        counter = days.shop.counter
        return None if counter is None else cls(counter.units, set(counter.waiting))


@dataclass
class StillCouriers:
    """What waits for couriers at a run's end."""

    waiting: dict[tuple[int, int], Any]

    @classmethod
    def of(cls, days: Days) -> StillCouriers | None:
        couriers = days.shop.couriers
        return None if couriers is None else cls(dict(couriers.waiting))


@dataclass
class Still:
    """Ledgers of a run at its end, as the laws read them."""

    memory: dict[str, NDArray[Any]]
    lines: int
    orders: int
    world: World
    sagas: StillSagas | None = None
    returns: StillReturns | None = None
    refunds: StillRefunds | None = None
    counter: StillCounter | None = None
    couriers: StillCouriers | None = None
    picked_units: int = 0

    @property
    def control(self) -> np.void:
        row: np.void = self.memory["control"][0]
        return row

    @property
    def shop(self) -> SimpleNamespace:
        return SimpleNamespace(
            sagas=self.sagas,
            refunds=self.refunds,
            counter=self.counter,
            couriers=self.couriers,
            associates=None,
            prices=None,
        )

    @property
    def fates(self) -> NDArray[np.int64]:
        """Messages per feed and fate."""
        return self.memory["fates"].reshape(3, len(Fate))

    def copy(self) -> Still:
        memory = {name: table.copy() for name, table in self.memory.items()}
        told = (self.sagas, self.returns, self.refunds, self.counter, self.couriers)
        kept = (copy.deepcopy(each) for each in told)
        return Still(memory, self.lines, self.orders, self.world, *kept, self.picked_units)

    def broken(self) -> list[str]:
        return invariants.check(cast(Plane, self), cast(Days, self), self.world)

    def waiting(self, ring: str, flag: str) -> NDArray[np.int64]:
        """Numbers of the messages of a ring that are in flight."""
        numbers = np.arange(self.control[f"{ring}_low"], self.control[f"{ring}_high"])
        marks = self.memory[ring][flag][numbers & self.control[f"{ring}_mask"]]
        return numbers[np.flatnonzero(marks == Fate.IN_FLIGHT)]

    def lanes_of(self, who: int) -> range:
        consumer = self.memory["consumers"][who]
        return range(consumer["first"], consumer["first"] + consumer["lanes"])


_BACK: dict[str, Any] = {"share": 0.5, "till_share": 0.1, "second_case": "2h"}
EVERY: dict[str, Callable[[], tuple[Scenario, Systems]]] = {
    **RUNS,
    WITH_COUNTS: lambda: (_estate(estate__record_error=_DISORDER), _with_counts()),
    WITH_SAGAS: lambda: (_estate(faults=OUTAGES), _with_sagas()),
    WITH_RETURNS: lambda: (_estate(faults=OUTAGES, demand__returns=_BACK), _with_returns()),
    WITH_PICKUPS: _with_pickups,
    WITH_COURIERS: _with_couriers,
    WITH_CORRECTIONS: _with_corrections,
    WITH_SHORTAGES: _with_shortages,
    WITH_LIMITS: _with_limits,
}
"""Descriptions and arms of runs that show what a preset alone does not."""


@cache
def _ended(name: str) -> Still:
    """Ledgers of a run; ``name`` is one of EVERY, or a preset that meets outages."""
    kept: list[Still] = []
    check = invariants.check

    def keep(plane: Plane, days: Days, world: World) -> list[str]:
        memory = {table: plane.memory[table] for table, _ in TABLES}
        told = (kind.of(days) for kind in (StillSagas, StillReturns, StillRefunds, StillCounter, StillCouriers))
        kept.append(Still(memory, days.lines, days.orders, world, *told, days.picked_units).copy())
        return check(plane, days, world)

    if name in EVERY:
        description, arm = EVERY[name]()
    else:
        description, arm = _estate(faults=OUTAGES), Systems.model_validate(preset(name).plain())
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(invariants, "check", keep)
        run_in(World(description, 0), description, arm, Path(folder))
    return kept[0]


@pytest.mark.parametrize("name", [*PRESETS, *EVERY])
def test_honest_runs_keep_every_law(name: str) -> None:
    assert _ended(name).broken() == []


@pytest.mark.parametrize("name", RUNS)
def test_the_runs_end_with_promises_holds_and_messages_under_way(name: str) -> None:
    still = _ended(name)
    assert still.memory["pairs"]["resv"].any()
    assert still.memory["skus"]["reserved"].any()
    assert still.memory["pairs"]["promised"].any()
    for ring, flag in RING.values():
        assert still.waiting(ring, flag).size > 2
    assert np.count_nonzero(still.memory["lines"]["hold"][: still.lines] != NIL) > 5


def test_the_run_with_sagas_ends_with_some_under_way_and_some_orders_cancelled() -> None:
    sagas = _ended(WITH_SAGAS).sagas
    assert sagas is not None
    assert min(len(sagas.under_way), *(sagas.ended[end] for end in (SagaEnd.COMPLETED, SagaEnd.COMPENSATED))) > 20


def test_the_run_with_returns_ends_with_goods_in_limbo_and_money_that_is_owed() -> None:
    still = _ended(WITH_RETURNS)
    assert still.returns is not None
    assert still.refunds is not None
    assert len(still.returns.limbo) > 20
    assert still.returns.ended[1:].sum(axis=1).min() > 20
    assert len(still.refunds.open) > 20
    assert min(still.refunds.ended[end] for end in RefundEnd if end != RefundEnd.OPEN) > 5
    assert still.refunds.of_lines > 5


def test_the_run_with_counts_ends_with_corrections_and_with_misplaced_units() -> None:
    side = _ended(WITH_COUNTS).memory["stocktakes"]
    assert np.count_nonzero(side["corrected"]) > 20
    assert side["misplaced"].any()


def test_the_run_with_pickups_ends_with_orders_that_wait_and_some_to_be_put_back() -> None:
    still = _ended(WITH_PICKUPS)
    lines = still.memory["lines"][: still.lines]
    aside = np.repeat(
        still.memory["orders"]["aside"][: still.orders] != 0, still.memory["orders"]["lines"][: still.orders]
    )
    assert np.count_nonzero(lines["status"] == Status.READY) > 5
    assert np.count_nonzero(aside & (lines["status"] == Status.NOT_COLLECTED)) > 3
    assert min(still.memory["flows"][[Flow.COLLECTED_UNITS, Flow.RESTOCKED_UNITS]]) > 20


def test_the_run_with_couriers_ends_with_parcels_that_wait_and_some_that_left() -> None:
    still = _ended(WITH_COURIERS)
    assert still.couriers is not None
    assert len(still.couriers.waiting) > 20
    assert still.memory["flows"][Flow.COURIER_UNITS] > 20


def test_the_run_with_corrections_has_all_that_picks_can_find() -> None:
    flows = _ended(WITH_CORRECTIONS).memory["flows"]
    assert min(flows[[Flow.PICK_CORRECTIONS, Flow.DAMAGED_UNITS, Flow.REJECTED_LINES]]) > 5


def test_the_run_with_shortages_ends_with_all_that_short_lines_come_to() -> None:
    still = _ended(WITH_SHORTAGES)
    lines = still.memory["lines"][: still.lines]
    assert np.count_nonzero(lines["status"] == Status.BACKORDERED) > 1
    happened = (
        Flow.BACKORDERS_PLACED,
        Flow.BACKORDERED_AGAIN,
        Flow.BACKORDERS_GIVEN_UP,
        Flow.BACKORDERS_WITHDRAWN,
        Flow.SUBSTITUTES_TAKEN,
    )
    assert {flow.name: int(still.memory["flows"][flow]) for flow in happened if still.memory["flows"][flow] < 3} == {}


def test_the_run_with_limits_has_stores_that_have_enough_and_orders_in_two_parcels() -> None:
    still = _ended(WITH_LIMITS)
    assert np.count_nonzero(still.memory["store_days"]["parcels"] == still.control["store_cap"]) >= 2
    assert still.memory["flows"][Flow.CAPPED_SOURCINGS] > 20
    assert still.memory["orders"]["parcels"][: still.orders].max() >= 2


@pytest.mark.parametrize("name", HARD)
def test_the_troubled_runs_end_with_every_fate_and_full_boxes_and_repeated_messages(name: str) -> None:
    still = _ended(name)
    rare = {Fate.SUPERSEDED} if name == "troubled" else set()
    assert all(still.fates[:, fate].any() for fate in set(Fate) - rare - {Fate.IN_FLIGHT})
    flows = still.memory["flows"]
    assert min(flows[[Flow.HANDED_AGAIN, Flow.APPLIED_AGAIN, Flow.DEAD_LETTERED, Flow.REDRIVEN]]) > 20
    assert still.memory["outboxes"]["size"].sum() >= 5
    assert still.control["late"] > 5
    assert still.memory["lanes"]["again"].any()
    assert still.memory["lanes"]["repeated"].any()


# ---- Tampering -------------------------------------------------------------------------------------------------------

Tamper = Callable[[Still], None]
RING = {VIEW: ("moves", "seen"), NOTES: ("notes", "seen"), RECORD: ("moves", "posted")}
NEXT = {VIEW: "next", NOTES: "next", RECORD: "next_post"}
TO = {VIEW: "movements to the view", NOTES: "reservation messages", RECORD: "movements to the record"}


def _add(table: str, column: str, units: int = 1) -> Tamper:
    """Units from nowhere in the first row of a table."""

    def tamper(still: Still) -> None:
        rows = still.memory[table]
        (rows[column] if column else rows)[0] += units

    return tamper


def _both(*tampers: Tamper) -> Tamper:
    def tamper(still: Still) -> None:
        for each in tampers:
            each(still)

    return tamper


def _count(flow: Flow, number: int = 1) -> Tamper:
    def tamper(still: Still) -> None:
        still.memory["flows"][flow] += number

    return tamper


def _fate(who: int, fate: Fate, number: int = 1) -> Tamper:
    def tamper(still: Still) -> None:
        still.fates[who, fate] += number

    return tamper


def _shift(table: str, column: str) -> Tamper:
    """One row goes below zero and another has as much more: the sum is right."""

    def tamper(still: Still) -> None:
        values = still.memory[table][column]
        low, high = np.argsort(values)[[0, -1]]
        units = values[low] + 1
        values[low] -= units
        values[high] += units

    return tamper


def _between_places(still: Still) -> None:
    """The sum over all places is right."""
    still.memory["pairs"]["promised"][:2] += (1, -1)


def _owes(still: Still) -> None:
    still.memory["pairs"]["on_order"][0] = -1


def _ends_without_its_promise(still: Still) -> None:
    lines = still.memory["lines"][: still.lines]
    lines["status"][np.flatnonzero(lines["status"] == Status.ACCEPTED)[0]] = Status.SUPPLIED


def _keeps_what_was_cancelled(still: Still) -> None:
    lines = still.memory["lines"][: still.lines]
    lines["reserved"][np.flatnonzero(lines["status"] == Status.REFUSED)[0]] = Reserved.GROUP


def _ends_unnoticed(still: Still) -> None:
    lines = still.memory["lines"][: still.lines]
    lines["t_end"][np.flatnonzero(lines["t_end"] == NIL)[0]] = 1


def _arrives_unnoticed(who: int) -> Tamper:
    """The mark of a message in flight is lost."""
    ring, flag = RING[who]

    def tamper(still: Still) -> None:
        number = still.waiting(ring, flag)[0]
        still.memory[ring][flag][number & still.control[f"{ring}_mask"]] = Fate.APPLIED

    return tamper


def _applied_while_in_flight(still: Still) -> None:
    """A duplicate that nobody counts."""
    message = still.memory["moves"][still.waiting("moves", "seen")[0] & still.control["moves_mask"]]
    still.memory["pairs"]["viewed"][message["pair"]] += message["delta"]


def _forgotten(who: int) -> Tamper:
    """Neither counts nor beliefs notice it: the message looks as if it were on its way for ever."""
    ring, flag = RING[who]

    def tamper(still: Still) -> None:
        table, mask = still.memory[ring], still.control[f"{ring}_mask"]
        for lane in still.lanes_of(who):
            before, head = NIL, int(still.memory["lanes"]["head"][lane])
            while head != NIL and table[flag][head & mask] != Fate.IN_FLIGHT:
                before, head = head, int(table[NEXT[who]][head & mask])
            if head != NIL and before != NIL:
                table[NEXT[who]][before & mask] = table[NEXT[who]][head & mask]
            elif head != NIL:
                still.memory["lanes"]["head"][lane] = table[NEXT[who]][head & mask]
            if head != NIL:
                return

    return tamper


def _lane(who: int, column: str) -> Tamper:
    def tamper(still: Still) -> None:
        still.memory["lanes"][column][still.lanes_of(who)[0]] += 1

    return tamper


def _let_go(who: int) -> Tamper:
    """The ring goes on to behind the message that is next in a lane."""
    low = f"{RING[who][0]}_low"

    def tamper(still: Still) -> None:
        still.control[low] = max(still.memory["lanes"]["head"][lane] for lane in still.lanes_of(who)) + 1

    return tamper


def _letter_leaves_unnoticed(still: Still) -> None:
    letters = still.memory["letters"][: still.control["letters"]]
    letters["state"][np.flatnonzero(letters["state"] == Letter.DEAD)[0]] = Letter.GONE


def _order_in_saga(still: Still) -> tuple[Any, Any]:
    """Row and lines of an order of several lines whose saga is under way."""
    assert still.sagas is not None
    orders = still.memory["orders"][: still.orders]
    row = orders[np.flatnonzero(np.isin(orders["order"], list(still.sagas.under_way)) & (orders["open"] > 1))[0]]
    first = row["first"] - still.control["line_base"]
    return row, still.memory["lines"][first : first + row["lines"]]


def _sourced_in_saga(still: Still) -> None:
    _order_in_saga(still)[0]["parcels"] = 1


def _cancelled(still: Still, *, partly: bool) -> None:
    row, lines = _order_in_saga(still)
    assert still.sagas is not None
    still.sagas.under_way.discard(int(row["order"]))
    row["parcels"] = not partly
    lines["status"][: 1 if partly else None] = Status.CANCELLED


def _saga(column: str) -> Tamper:
    def tamper(still: Still) -> None:
        assert still.sagas is not None
        if column == "untidy":
            still.sagas.untidy.append("7: [0]")
        else:
            still.sagas.begun += 1

    return tamper


def _return(column: str) -> Tamper:
    def tamper(still: Still) -> None:
        assert still.returns is not None
        if column == "limbo":
            still.returns.limbo.popitem()
        else:
            still.returns.ended[ReturnEnd.RESTOCKED, 0] += 1
            still.returns.received[0] += 1

    return tamper


def _refund(column: str) -> Tamper:
    def tamper(still: Still) -> None:
        assert still.refunds is not None
        if column == "wrong":
            still.refunds.wrong.append("7 ended as POSTED and was paid 0 times")
        else:
            setattr(still.refunds, column, getattr(still.refunds, column) + (1 if column == "arisen" else -1))

    return tamper


def _collected_without_a_trace(still: Still) -> None:
    """The units are said to have left the counter, and nobody counts them."""
    here = np.flatnonzero(still.memory["set_aside"])[0]
    lines = still.memory["lines"][: still.lines]
    line = lines[np.flatnonzero((lines["status"] == Status.READY) & (lines["pair"] == here))[0]]
    still.memory["set_aside"][here] -= line["quantity"]
    still.control["set_aside"] -= line["quantity"]
    line["status"] = Status.SUPPLIED


def _collected_twice(still: Still) -> None:
    assert still.counter is not None
    still.counter.waiting.add(7)


def _forgotten_drop(still: Still) -> None:
    """No courier will come for it, though its units are counted."""
    assert still.couriers is not None
    _, lost = still.couriers.waiting.popitem()
    still.memory["flows"][Flow.COURIER_UNITS] += lost.units


def _short(status: Status, **changes: int) -> Tamper:
    """The first line of a status says something else of itself."""

    def tamper(still: Still) -> None:
        lines = still.memory["lines"][: still.lines]
        at = np.flatnonzero(lines["status"] == status)[0]
        for name, value in changes.items():
            lines[name][at] = value

    return tamper


def _letter_of_another_feed(still: Still) -> None:
    """The number of dead letters is right."""
    dead = still.fates[:, Fate.DEAD_LETTER]
    dead += (1, 0, -1)


@dataclass(frozen=True)
class Case:
    tamper: Tamper
    says: str
    runs: tuple[str, ...] = ALL


def _on_paper(still: Still) -> None:
    still.memory["by_hand"][0] = (0, 0, 1)
    still.memory["control"]["by_hand"] = 1


CASES: dict[str, Case] = {
    "a sale that is not counted": Case(_count(Flow.TILL_UNITS, -1), "stock: on hand changed by"),
    "a receipt that is counted twice": Case(_count(Flow.RECEIVED_UNITS, 6), "stock: on hand changed by"),
    "a unit out of nowhere": Case(_add("pairs", "on_hand"), "stock: on hand changed by"),
    "a shelf below zero": Case(_shift("pairs", "on_hand"), "stock: a shelf holds less than nothing"),
    "a movement that was never counted": Case(_count(Flow.MOVEMENTS, -1), f"{TO[VIEW]}: produced"),
    "a reservation message too many": Case(_count(Flow.RESERVE_MESSAGES), f"{TO[NOTES]}: produced"),
    **{
        f"{fate.name} counted once more for feed {who}": Case(_fate(who, fate), f"{TO[who]}: produced")
        for who in RING
        for fate in Fate
    },
    **{
        f"a message that reaches consumer {who} unnoticed": Case(_arrives_unnoticed(who), rf"{TO[who]}: \d+ are said")
        for who in RING
    },
    "a message lost that is said to be in flight": Case(
        _both(_fate(VIEW, Fate.LOST, -1), _add("control", "unseen")), rf"{TO[VIEW]}: \d+ are said"
    ),
    "a message in flight that is said to be lost": Case(
        _both(_fate(NOTES, Fate.LOST), _add("control", "unheard", -1)), rf"{TO[NOTES]}: \d+ are said"
    ),
    "a dead letter that is counted as lost": Case(
        _both(_fate(RECORD, Fate.DEAD_LETTER, -1), _fate(RECORD, Fate.LOST)), "dead letters: the queues hold"
    ),
    "a dead letter of another feed": Case(_letter_of_another_feed, "dead letters: the queues hold"),
    "dead letters that are not in any queue": Case(_add("control", "dead"), "dead letters: the queues hold"),
    "a letter that leaves the queue unnoticed": Case(_letter_leaves_unnoticed, "dead letters: the queues hold", HARD),
    "a view that is off by one": Case(_add("pairs", "viewed"), "viewed: 1 pairs differ"),
    "a movement applied twice": Case(_applied_while_in_flight, "viewed: 1 pairs differ"),
    "a record that is off by one": Case(_add("pairs", "record", -1), "record: 1 pairs differ"),
    "shrink that is not in the error": Case(_add("pairs", "error", -1), "viewed: 1 pairs differ"),
    "a loss that the view does not have": Case(_add("drifts", "lost"), "viewed: 1 pairs differ"),
    "a repetition that the view does not have": Case(_add("drifts", "extra"), "viewed: 1 pairs differ"),
    "a drift that the record does not have": Case(_add("drifts", "record"), "record: 1 pairs differ"),
    "a view that is off though all messages came": Case(
        _both(_add("pairs", "viewed"), _add("drifts", "lost")), "drift: 1 beliefs", CALM
    ),
    "a record that is off though all messages came": Case(
        _both(_add("pairs", "record"), _add("drifts", "record")), "drift: 1 beliefs", CALM
    ),
    "reservations that are off though all messages came": Case(
        _both(
            *(_add("drifts", name) for name in ("resv_lost", "resv_extra")),
            *(_add("sku_drifts", name) for name in ("lost", "extra")),
        ),
        "drift: 4 beliefs",
        CALM,
    ),
    "a promise at a node without a line": Case(_add("pairs", "promised"), "promises: ledgers hold"),
    "a promise at no node without a line": Case(_add("skus", "unplaced"), "promises: ledgers hold"),
    "a promise that observers do not see": Case(_add("control", "promised"), "promises: ledgers hold"),
    "a line that ends without its promise": Case(_ends_without_its_promise, "promises: ledgers hold"),
    "a promise below zero at a node": Case(_shift("pairs", "promised"), "promises: a negative number"),
    "a promise below zero at no node": Case(_shift("skus", "unplaced"), "promises: a negative number"),
    "a promise at another node": Case(_between_places, "promises: 2 places differ"),
    "a promise of another SKU": Case(_shift("skus", "unplaced"), "promises: 2 places differ"),
    "a reservation at a node without a line": Case(_add("pairs", "resv"), "reservations: 1 pairs differ"),
    "a reservation lost that the view has": Case(_add("drifts", "resv_lost"), "reservations: 1 pairs differ"),
    "a reservation at no node without a line": Case(_add("skus", "reserved"), "reservations: 1 SKUs differ"),
    "a reservation twice that the view has once": Case(_add("sku_drifts", "extra"), "reservations: 1 SKUs differ"),
    "a closed line that holds units": Case(_keeps_what_was_cancelled, "reservations: 1 closed lines"),
    "an order that forgets an open line": Case(_add("orders", "open", -1), "orders: 1 differ"),
    "a line that ends while it is open": Case(_ends_unnoticed, "orders: 1 differ"),
    "an offer that is not that of its pairs": Case(_add("skus", "offered"), "sums: offered of 1 SKUs"),
    "backing that is not that of its pairs": Case(_add("skus", "backed", -1), "sums: backed of 1 SKUs"),
    "a pair set aside that still counts": Case(_add("pairs", "buffer", 1000), "sums: offered of 1 SKUs"),
    **{
        f"a message that no lane to consumer {who} holds": Case(_forgotten(who), rf"lanes: .* to consumer {who}, its")
        for who in RING
    },
    "a message in an outbox that nobody made": Case(_add("outboxes", "size"), rf"lanes: .* to consumer {RECORD}, its"),
    "a late message that nobody made": Case(_add("control", "late"), r"lanes: .* to consumer \d, its"),
    **{
        f"a lane to consumer {who} that says it is longer": Case(
            _lane(who, "size"), f"lanes: those of consumer {who} hold other numbers"
        )
        for who in RING
    },
    **{
        f"a lane to consumer {who} that says more was handed out again": Case(
            _lane(who, "again"), f"lanes: those of consumer {who} hold other messages handed out again"
        )
        for who in RING
    },
    **{
        f"a message let go that a lane to consumer {who} still holds": Case(
            _let_go(who), f"lanes: those of consumer {who} hold .+ whose places"
        )
        for who in RING
    },
    "an error that nothing explains": Case(_add("pairs", "error"), "error: 1 pairs differ"),
    "shrink that made no error": Case(_add("pairs", "shrunk"), "error: 1 pairs differ"),
    **{
        f"{name} units that made no error": Case(_add("stocktakes", name), "error: 1 pairs differ", (WITH_COUNTS,))
        for name in ("corrected", "misplaced", "unbooked", "misbooked")
    },
    "misplaced units that flows do not know": Case(_add("stocktakes", "misplaced"), "stock: 1 units are said"),
    "less than nothing on order": Case(_owes, "supply: 1 pairs"),
    **{
        f"{name} that observers do not see": Case(_add("control", name), "gaps: observers are told")
        for name in ("view_wrong", "view_gap", "record_wrong", "record_gap", "books_gap")
    },
    "a saga that did not undo its steps in turn": Case(_saga("untidy"), "sagas: 1 were not undone", (WITH_SAGAS,)),
    "a saga without an end": Case(_saga("begun"), "sagas: 1 have no end", (WITH_SAGAS,)),
    "an order that does not wait for its saga": Case(_sourced_in_saga, "sagas: 1 go on", (WITH_SAGAS,)),
    "an order cancelled in part": Case(partial(_cancelled, partly=True), "sagas: 1 cancelled a part", (WITH_SAGAS,)),
    "a sourced order that is cancelled": Case(
        partial(_cancelled, partly=False), "sagas: 1 cancelled an order that", (WITH_SAGAS,)
    ),
    "goods that are nowhere": Case(_return("limbo"), "returns: units of 1 SKUs", (WITH_RETURNS,)),
    "goods on a shelf that got none": Case(_return("shelf"), "returns: .+ units were put", (WITH_RETURNS,)),
    "a claim that is forgotten": Case(_refund("arisen"), "refunds: 1 have no end", (WITH_RETURNS,)),
    "a line that is not paid back": Case(_refund("of_lines"), "refunds: 1 of lines", (WITH_RETURNS,)),
    "a refund that is not what its end says": Case(_refund("wrong"), "refunds: 1 were not paid", (WITH_RETURNS,)),
    "units collected that nobody counts": Case(
        _collected_without_a_trace, r"set aside: \d+ units are neither collected", (WITH_PICKUPS,)
    ),
    "units behind a counter that nobody waits for": Case(
        _add("set_aside", ""), "set aside: 1 pairs differ", (WITH_PICKUPS,)
    ),
    "units behind counters that observers do not see": Case(
        _add("control", "set_aside", -1), "set aside: -1 units too many", (WITH_PICKUPS,)
    ),
    "a customer who is said to come still": Case(_collected_twice, "set aside: 1 orders too many", (WITH_PICKUPS,)),
    "units set aside though nobody asks who comes": Case(
        _add("control", "set_aside"), "set aside: 1 units although", CALM
    ),
    "units put back that nobody counts": Case(
        _count(Flow.RESTOCKED_UNITS, -1), "stock: on hand changed by", (WITH_PICKUPS,)
    ),
    "units that left with a courier and that nobody counts": Case(
        _count(Flow.COURIER_UNITS, -1), "couriers: 1 units picked", (WITH_COURIERS,)
    ),
    "units that no associate sold": Case(_count(Flow.ASSISTED_UNITS, 1), "clienteling: 1 units"),
    "units for couriers out of nowhere": Case(_count(Flow.SAME_DAY_UNITS, 1), "couriers: 1 units picked"),
    "a parcel that is forgotten": Case(_forgotten_drop, r"couriers: 1 parcels too many", (WITH_COURIERS,)),
    "damage that nobody counts": Case(_count(Flow.DAMAGED_UNITS, -1), "stock: on hand changed by", (WITH_CORRECTIONS,)),
    "a correction that nobody remembers": Case(_add("corrected", "", -1), "error: 1 pairs differ", (WITH_CORRECTIONS,)),
    "a sale on paper that nobody made": Case(_on_paper, "error: 1 pairs differ"),
    "a sale by hand that is on no paper": Case(_count(Flow.TILL_UNITS_BY_HAND), "tills: 0 units are on paper"),
    "a cause of a line that was not short": Case(
        _short(Status.OVERSOLD, t_short=NIL), "shortages: 1 lines have a cause", (WITH_SHORTAGES,)
    ),
    "a line cancelled for no want of stock": Case(
        _short(Status.OVERSOLD, t_short=NIL, cause=0), "shortages: 1 lines are oversold", (WITH_SHORTAGES,)
    ),
    "a line that waits for what there is": Case(
        _short(Status.BACKORDERED, t_short=NIL, cause=0), "shortages: 1 lines wait and were not", (WITH_SHORTAGES,)
    ),
    "a line that waits at a node": Case(
        _short(Status.BACKORDERED, pair=0), "shortages: 1 lines wait and are", (WITH_SHORTAGES,)
    ),
    "a line that nobody ordered so": Case(
        _short(Status.REFUSED, wanted=NIL), "shortages: 1 lines are another item", (WITH_SHORTAGES,)
    ),
    "a line that waits and that nobody counts": Case(
        _count(Flow.BACKORDERED, -1), "shortages: -1 lines too many", (WITH_SHORTAGES,)
    ),
    "a line that waits and holds units": Case(
        _short(Status.BACKORDERED, reserved=Reserved.GROUP), "reservations: 1 closed lines", (WITH_SHORTAGES,)
    ),
    "units that left in no parcel": Case(_add("parcels", "units", -1), r"parcels: \d+ units left, picks found"),
    "carriage that nobody asked for": Case(_add("parcels", "cents"), "parcels: 1 do not cost"),
    "an order in too many parcels": Case(
        _add("control", "most_parcels", -1), r"parcels: \d+ are more than their orders", (WITH_LIMITS,)
    ),
    "a store that is asked for too much": Case(
        _add("control", "store_cap", -1), r"parcels: \d+ are more than stores", (WITH_LIMITS,)
    ),
    "a step into the past": Case(_add("control", "went_back"), "clock: 1 steps"),
}


@pytest.mark.parametrize(("what", "name"), [(what, name) for what, case in CASES.items() for name in case.runs])
def test_a_broken_law_is_named(what: str, name: str) -> None:
    case, still = CASES[what], _ended(name).copy()
    case.tamper(still)
    broken = still.broken()
    assert any(re.match(case.says, law) for law in broken), broken


def test_no_law_can_be_given_that_is_not_seen_to_fire() -> None:
    told = []
    for case in CASES.values():
        still = _ended(case.runs[0]).copy()
        case.tamper(still)
        told += still.broken()
    silent = [law for law in _laws() if not any(re.fullmatch(law, message) for message in told)]
    assert not silent


def _laws() -> Iterator[str]:
    """What each law can say, as patterns, from the source: strings whose first word ends in a colon."""
    for node in chain.from_iterable(
        ast.walk(ast.parse(inspect.getsource(each))) for each in (invariants, owed, shipped, short)
    ):
        parts: list[ast.expr] = []
        if isinstance(node, ast.JoinedStr):
            parts = node.values
        elif isinstance(node, ast.List):
            parts = [each for each in node.elts if isinstance(each, ast.Constant)]
        elif isinstance(node, ast.Call):
            parts = [each for each in node.args if isinstance(each, ast.Constant)]
        law = "".join(re.escape(str(each.value)) if isinstance(each, ast.Constant) else ".+" for each in parts)
        if ":" in law:
            yield law


# ---- What a broken law does to a run ---------------------------------------------------------------------------------


def test_a_run_that_broke_a_law_leaves_its_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "check", lambda plane, days, world: ["a law"])
    description = _estate()
    with pytest.raises(InvariantError) as caught:
        run_in(World(description, 0), description, _under_way(), tmp_path)
    assert caught.value.broken == ["a law"]
    assert pq.read_table(tmp_path / "lines.parquet").num_rows > 1000
    assert pq.read_table(tmp_path / "flows.parquet").num_rows == len(Flow) + 1


def test_a_broken_law_reaches_another_process_whole() -> None:
    error = pickle.loads(pickle.dumps(InvariantError(["one", "two"])))
    assert error.broken == ["one", "two"]
    assert str(error) == "one; two"
