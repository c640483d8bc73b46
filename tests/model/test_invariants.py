"""Conservation laws: each is seen to fire on a ledger that was tampered with, and honest runs keep them all.

The second half holds the laws of design, section 10, that need the lines: reservations, promises by place, messages
in their lanes, orders. They are checked here, from outside, on runs full of faults and holds.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from tests.model.runs import scarce, systems
from tests.world.make import cluster
from twin.journal.tables import Flow, Status
from twin.kernels.state import NIL, NOTES, RECORD, VIEW, Reserved
from twin.model import invariants
from twin.model.days import Days
from twin.model.invariants import InvariantError
from twin.model.plane import Plane
from twin.model.run import run_in
from twin.scenario.arms import PRESETS, preset
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.world import World

Tamper = Callable[[Plane, Days], None]
Rows = NDArray[np.void]
Counts = NDArray[np.int64]

FAULTS = [
    {"system": system, "mtbf": "8h", "duration": {"law": "exponential", "mean": "45m"}}
    for system in ("erp", "files", "hub", "broker", "service", "wms")
]
SLOW = {"mode": "batch", "interval": "3h", "phase": "1h", "job": "1m"}
"""A feed with messages on their way at any time."""


def _estate(**changes: Any) -> Scenario:
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
    return systems(movements=SLOW, orders=SLOW, posting=SLOW, reserving=reserving, degradation=stale)


def broken_by(tamper: Tamper, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Laws that a run breaks if its memory is tampered with just before they are checked."""
    check = invariants.check

    def tampered(plane: Plane, days: Days, world: World) -> list[str]:
        assert check(plane, days, world) == []
        tamper(plane, days)
        return check(plane, days, world)

    monkeypatch.setattr(invariants, "check", tampered)
    description = _estate()
    with pytest.raises(InvariantError) as caught:
        run_in(World(description, 0), description, _under_way(), folder)
    return caught.value.broken


def _add(table: str, column: str, units: int = 1) -> Tamper:
    """Units from nowhere in the first row of a table."""

    def tamper(plane: Plane, _: Days) -> None:
        plane.memory[table][column][0] += units

    return tamper


def _count(flow: Flow, number: int = 1) -> Tamper:
    def tamper(plane: Plane, _: Days) -> None:
        plane.memory["flows"][flow] += number

    return tamper


def _negative_shelf(plane: Plane, _: Days) -> None:
    """A unit too few here, one too many there: the sum is right."""
    on_hand = plane.memory["pairs"]["on_hand"]
    low, high = int(np.argmin(on_hand)), int(np.argmax(on_hand))
    units = on_hand[low] + 1
    on_hand[low] -= units
    on_hand[high] += units


def _negative_promise(plane: Plane, _: Days) -> None:
    promised = plane.memory["pairs"]["promised"]
    low, high = int(np.argmin(promised)), int(np.argmax(promised))
    units = promised[low] + 1
    promised[low] -= units
    promised[high] += units


def _forgotten_line(plane: Plane, days: Days) -> None:
    """An accepted line ends without its promise being taken back."""
    lines = plane.memory["lines"][: days.lines]
    lines["status"][np.flatnonzero(lines["status"] == Status.ACCEPTED)[0]] = Status.SUPPLIED


def _note_heard_unnoticed(plane: Plane, _: Days) -> None:
    control = plane.control
    assert control["notes_low"] < control["notes_high"]
    plane.memory["notes"]["seen"][int(control["notes_low"]) & int(control["notes_mask"])] = 1


def _movement_seen_twice(plane: Plane, _: Days) -> None:
    """A duplicate: the view applies a movement that it still waits for."""
    number = plane.memory["lanes"][plane.memory["consumers"][VIEW]["first"]]["head"]
    message = plane.memory["moves"][number & int(plane.control["moves_mask"])]
    plane.memory["pairs"]["viewed"][message["pair"]] += message["delta"]


TAMPERS: dict[str, tuple[Tamper, str]] = {
    "a sale that is not counted": (_count(Flow.TILL_UNITS, -1), "stock: on hand changed by"),
    "a receipt that is counted twice": (_count(Flow.RECEIVED_UNITS, 6), "stock: on hand changed by"),
    "a unit out of nowhere": (_add("pairs", "on_hand"), "stock: on hand changed by"),
    "a shelf below zero": (_negative_shelf, "stock: a shelf holds less than nothing"),
    "a movement counted as seen twice": (_count(Flow.SEEN), "movements to the view: produced"),
    "a movement that was never counted": (_count(Flow.MOVEMENTS, -1), "movements to the view: produced"),
    "a posting that is not counted": (_count(Flow.POSTED, -1), "movements to the record: produced"),
    "a reservation message lost": (_count(Flow.RESERVE_APPLIED, -1), "reservation messages: produced"),
    "a reservation message heard unnoticed": (_note_heard_unnoticed, "reservation messages: produced"),
    "a view that is off by one": (_add("pairs", "viewed"), "viewed: 1 pairs differ"),
    "a movement applied twice": (_movement_seen_twice, "viewed: 1 pairs differ"),
    "a record that is off by one": (_add("pairs", "record", -1), "record: 1 pairs differ"),
    "shrink that is not in the error": (_add("pairs", "error", -1), "viewed: 1 pairs differ"),
    "a promise at a node without a line": (_add("pairs", "promised"), "promises: ledgers hold"),
    "a promise at no node without a line": (_add("skus", "unplaced"), "promises: ledgers hold"),
    "a promise that observers do not see": (_add("control", "promised"), "promises: ledgers hold"),
    "a line that ends without its promise": (_forgotten_line, "promises: ledgers hold"),
    "a promise below zero": (_negative_promise, "promises: a negative number"),
    "an offer that is not that of its pairs": (_add("skus", "offered"), "sums: offered of 1 SKUs"),
    "backing that is not that of its pairs": (_add("skus", "backed", -1), "sums: backed of 1 SKUs"),
    "a pair set aside that still counts": (_add("pairs", "buffer", 1000), "sums: offered of 1 SKUs"),
}


@pytest.mark.parametrize("what", TAMPERS)
def test_a_broken_law_is_named(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tamper, words = TAMPERS[what]
    broken = broken_by(tamper, tmp_path, monkeypatch)
    assert any(law.startswith(words) for law in broken), broken


def test_a_run_that_broke_a_law_leaves_its_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_by(_add("pairs", "on_hand"), tmp_path, monkeypatch)
    assert pq.read_table(tmp_path / "lines.parquet").num_rows > 1000
    assert pq.read_table(tmp_path / "flows.parquet").num_rows == len(Flow) + 1


def test_a_broken_law_reaches_another_process_whole() -> None:
    error = pickle.loads(pickle.dumps(InvariantError(["one", "two"])))
    assert error.broken == ["one", "two"]
    assert str(error) == "one; two"


# ---- Laws that need the lines ----------------------------------------------------------------------------------------


@dataclass
class Ledgers:
    """The memory of a run at its end."""

    tables: dict[str, NDArray[Any]]
    start: Rows

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.tables[name]

    def copy(self) -> Ledgers:
        return Ledgers({name: table.copy() for name, table in self.tables.items()}, self.start)

    def per_pair(self, pair: Counts, units: Counts) -> Counts:
        return np.bincount(pair, units, self["pairs"].size).astype(np.int64)

    def per_sku(self, sku: Counts, units: Counts) -> Counts:
        return np.bincount(sku, units, self["skus"].size).astype(np.int64)

    def waiting(self, ring: str, flag: str = "seen") -> Rows:
        """Messages of a ring that are still on their way."""
        control = self["control"][0]
        numbers = np.arange(int(control[f"{ring}_low"]), int(control[f"{ring}_high"])) & int(control[f"{ring}_mask"])
        rows: Rows = self[ring][numbers]
        return rows[rows[flag] == 0]


def reservations_at_nodes(ledgers: Ledgers) -> Counts:
    """Per pair: reserved in the view - (lines that hold it + picks not yet seen - messages not yet heard)."""
    lines, picks, notes = ledgers["lines"], ledgers.waiting("moves"), ledgers.waiting("notes")
    holding = lines[(lines["reserved"] == Reserved.NODE) & (lines["status"] != Status.SUPPLIED)]
    picks, notes = picks[picks["receipt"] == 0], notes[notes["pair"] != NIL]
    due = ledgers.per_pair(holding["pair"], holding["quantity"]) + ledgers.per_pair(picks["pair"], picks["settles"])
    return ledgers["pairs"]["resv"] - due + ledgers.per_pair(notes["pair"], notes["delta"])


def reservations_at_no_node(ledgers: Ledgers) -> Counts:
    """Per SKU: R - (lines that hold it - messages not yet heard)."""
    lines, notes = ledgers["lines"], ledgers.waiting("notes")
    holding = lines[lines["reserved"] == Reserved.GROUP]
    notes = notes[notes["pair"] == NIL]
    held = ledgers.per_sku(holding["sku"], holding["quantity"])
    return ledgers["skus"]["reserved"] - held + ledgers.per_sku(notes["sku"], notes["delta"])


def reservations_of_closed_lines(ledgers: Ledgers) -> Counts:
    """Per line: 1 if it is refused, declined or oversold and holds something."""
    lines = ledgers["lines"]
    closed = np.isin(lines["status"], (Status.REFUSED, Status.DECLINED, Status.OVERSOLD))
    return (closed & (lines["reserved"] != Reserved.NO)).astype(np.int64)


def promises_by_place(ledgers: Ledgers) -> Counts:
    """Per pair and per SKU: promised - accepted lines that go there."""
    lines = ledgers["lines"][ledgers["lines"]["status"] == Status.ACCEPTED]
    placed, unplaced = lines[lines["pair"] != NIL], lines[lines["pair"] == NIL]
    return np.concatenate(
        [
            ledgers["pairs"]["promised"] - ledgers.per_pair(placed["pair"], placed["quantity"]),
            ledgers["skus"]["unplaced"] - ledgers.per_sku(unplaced["sku"], unplaced["quantity"]),
        ]
    )


def messages_in_their_lanes(ledgers: Ledgers) -> Counts:
    """Per consumer: messages on their way - messages that a lane holds. What no lane holds is lost."""
    control = ledgers["control"][0]
    found = []
    for who, ring, link, flag in (
        (VIEW, "moves", "next", "seen"),
        (NOTES, "notes", "next", "seen"),
        (RECORD, "moves", "next_post", "posted"),
    ):
        consumer, held = ledgers["consumers"][who], 0
        for lane in range(consumer["first"], consumer["first"] + consumer["lanes"]):
            number = int(ledgers["lanes"]["head"][lane])
            while number != NIL:
                held += 1
                number = int(ledgers[ring][link][number & int(control[f"{ring}_mask"])])
        found.append(ledgers.waiting(ring, flag).size - held)
    return np.array(found)


def errors_by_shrink(ledgers: Ledgers) -> Counts:
    """Per pair: error - (error at the start + units that vanished)."""
    pairs = ledgers["pairs"]
    return pairs["error"].astype(np.int64) - ledgers.start["error"] - pairs["shrunk"]


def gaps(ledgers: Ledgers) -> Counts:
    """What observers are told of wrong pairs and distances - what the pairs say."""
    pairs, control = ledgers["pairs"], ledgers["control"][0]
    view, record = (np.abs(pairs[name].astype(np.int64) - pairs["on_hand"]) for name in ("viewed", "record"))
    books = np.abs(pairs["viewed"].astype(np.int64) - pairs["record"])
    told = [int(control[name]) for name in ("view_wrong", "view_gap", "record_wrong", "record_gap", "books_gap")]
    return np.array(told) - [np.count_nonzero(view), view.sum(), np.count_nonzero(record), record.sum(), books.sum()]


def open_lines(ledgers: Ledgers) -> Counts:
    """Per order: its count of open lines - lines without an end. Placed = delivered + cancelled + open."""
    orders, lines = ledgers["orders"], ledgers["lines"]
    owner = np.repeat(np.arange(orders.size), orders["lines"])
    unfinished = np.isin(lines["status"], (Status.OPEN, Status.ACCEPTED))
    assert np.array_equal(unfinished, lines["t_end"] == NIL)
    return orders["open"] - np.bincount(owner, unfinished, orders.size).astype(np.int64)


Law = Callable[[Ledgers], Counts]


def _first(table: str, column: str, units: int = 1) -> Callable[[Ledgers], None]:
    def tamper(ledgers: Ledgers) -> None:
        ledgers[table][column][0] += units

    return tamper


def _lose_a_message(ledgers: Ledgers) -> None:
    """Neither counts nor beliefs notice it: it looks as if it were on its way for ever."""
    lane = ledgers["lanes"][ledgers["consumers"][VIEW]["first"]]
    lane["head"] = ledgers["moves"]["next"][lane["head"] & int(ledgers["control"][0]["moves_mask"])]


def _keep_what_was_cancelled(ledgers: Ledgers) -> None:
    lines = ledgers["lines"]
    lines["reserved"][np.flatnonzero(lines["status"] == Status.REFUSED)[0]] = Reserved.GROUP


def _promise_elsewhere(ledgers: Ledgers) -> None:
    """The sum over all places is right."""
    ledgers["pairs"]["promised"][:2] += (1, -1)


LAWS: dict[Law, Callable[[Ledgers], None]] = {
    reservations_at_nodes: _first("pairs", "resv"),
    reservations_at_no_node: _first("skus", "reserved"),
    reservations_of_closed_lines: _keep_what_was_cancelled,
    promises_by_place: _promise_elsewhere,
    messages_in_their_lanes: _lose_a_message,
    errors_by_shrink: _first("pairs", "shrunk"),
    gaps: _first("control", "view_gap"),
    open_lines: _first("orders", "open", -1),
}


@cache
def _ended(name: str) -> Ledgers:
    """Ledgers of a run with faults at its end; ``name`` is a preset, or ``under way``."""
    kept: list[Ledgers] = []
    check = invariants.check

    def keep(plane: Plane, days: Days, world: World) -> list[str]:
        tables = {table: plane.memory[table] for table in ("pairs", "skus", "control", "notes", "moves", "lanes")}
        tables |= {"consumers": plane.memory["consumers"], "orders": plane.memory["orders"][: days.orders]}
        tables["lines"] = plane.memory["lines"][: days.lines]
        kept.append(Ledgers(tables, world.start.pairs).copy())
        return check(plane, days, world)

    arm = _under_way() if name == "under way" else Systems.model_validate(preset(name).plain())
    description = _estate(faults=FAULTS)
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(invariants, "check", keep)
        run_in(World(description, 0), description, arm, Path(folder))
    return kept[0]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("name", [*PRESETS, "under way"])
def test_honest_runs_keep_the_laws_of_lines(name: str, law: Law) -> None:
    assert not law(_ended(name)).any()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_laws_of_lines_notice_what_is_wrong(law: Law) -> None:
    ledgers = _ended("under way").copy()
    LAWS[law](ledgers)
    assert law(ledgers).any()


def test_the_laws_of_lines_are_put_to_the_test_by_what_is_under_way() -> None:
    ledgers = _ended("under way")
    assert ledgers["pairs"]["resv"].any()
    assert ledgers["skus"]["reserved"].any()
    assert ledgers["pairs"]["promised"].any()
    for ring, flag in (("moves", "seen"), ("moves", "posted"), ("notes", "seen")):
        assert ledgers.waiting(ring, flag).size > 20
    assert np.count_nonzero(ledgers["lines"]["hold"] != NIL) > 5
