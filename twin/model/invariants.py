"""Conservation laws, checked at the end of every run (design, section 10)."""

from __future__ import annotations

import numpy as np

from twin.core import errors
from twin.journal.tables import Flow, Status
from twin.model.days import Days
from twin.model.plane import Plane
from twin.world.world import World


class InvariantError(errors.InvariantError):
    """A conservation law is broken: a bug of the twin, never of the scenario."""

    def __init__(self, broken: list[str]) -> None:
        super().__init__(broken)  # the argument itself: it rebuilds the exception in another process
        self.broken = broken

    def __str__(self) -> str:
        return "; ".join(self.broken)


def check(plane: Plane, days: Days, world: World) -> list[str]:
    """Every law that does not hold, in words; empty if all do."""
    return [*_stock(plane, world), *_messages(plane), *_beliefs(plane), *_promises(plane, days), *_sums(plane)]


def _stock(plane: Plane, world: World) -> list[str]:
    """Units are only moved: start + received + returned + at stores' doors = sold + shrunk + picked + dispatched + on
    hand.
    """
    pairs, flows = plane.memory["pairs"], plane.memory["flows"]
    broken = []
    left = int(pairs["on_hand"].sum(dtype=np.int64)) - int(world.start.pairs["on_hand"].sum(dtype=np.int64))
    moved = sum(int(flows[f]) for f in (Flow.RECEIVED_UNITS, Flow.RETURNED_UNITS)) - sum(
        int(flows[f]) for f in (Flow.TILL_UNITS, Flow.SHRINK_UNITS, Flow.PICKED_UNITS, Flow.DISPATCHED_UNITS)
    )
    if left != moved:
        broken.append(f"stock: on hand changed by {left} units, flows by {moved}")
    if int(pairs["on_hand"].min()) < 0:
        broken.append("stock: a shelf holds less than nothing")
    return broken


def _messages(plane: Plane) -> list[str]:
    """Produced = applied + in flight, for movements (to view and record) and for reservation messages."""
    flows, control = plane.memory["flows"], plane.control
    checks = (
        ("movements to the view", flows[Flow.MOVEMENTS], flows[Flow.SEEN] + control["unseen"]),
        ("movements to the record", flows[Flow.MOVEMENTS], flows[Flow.POSTED] + control["unposted"]),
        ("reservation messages", flows[Flow.RESERVE_MESSAGES], flows[Flow.RESERVE_APPLIED] + _unheard(plane)),
    )
    return [f"{what}: produced {made}, accounted for {known}" for what, made, known in checks if made != known]


def _unheard(plane: Plane) -> int:
    control, notes = plane.control, plane.memory["notes"]
    numbers = np.arange(int(control["notes_low"]), int(control["notes_high"]))
    return int(np.count_nonzero(notes["seen"][numbers & int(control["notes_mask"])] == 0))


def _beliefs(plane: Plane) -> list[str]:
    """View (record) = shelf + error - movements on their way, for every pair."""
    control, moves, pairs = plane.control, plane.memory["moves"], plane.memory["pairs"]
    numbers = np.arange(int(control["moves_low"]), int(control["moves_high"])) & int(control["moves_mask"])
    broken = []
    for ledger, flag in (("viewed", "seen"), ("record", "posted")):
        waiting = moves[numbers][moves[flag][numbers] == 0]
        pending = np.bincount(waiting["pair"], waiting["delta"], pairs.size).astype(np.int64)
        wrong = np.count_nonzero(pairs[ledger] != pairs["on_hand"] + pairs["error"] - pending)
        if wrong:
            broken.append(f"{ledger}: {wrong} pairs differ from shelf, error and movements on their way")
    return broken


def _promises(plane: Plane, days: Days) -> list[str]:
    """Promises of the ledgers = units of open accepted lines; a closed order has no reservation at a node."""
    pairs, skus = plane.memory["pairs"], plane.memory["skus"]
    lines = plane.memory["lines"][: days.lines]
    open_units = int(lines["quantity"][lines["status"] == Status.ACCEPTED].sum(dtype=np.int64))
    promised = int(pairs["promised"].sum(dtype=np.int64)) + int(skus["unplaced"].sum())
    broken = []
    if promised != open_units or promised != int(plane.control["promised"]):
        broken.append(f"promises: ledgers hold {promised} units, open lines {open_units}")
    if int(pairs["promised"].min()) < 0 or int(skus["unplaced"].min()) < 0:
        broken.append("promises: a negative number of units is promised")
    return broken


def _sums(plane: Plane) -> list[str]:
    """The sums that kernels keep per SKU are those of its pooled pairs."""
    pairs, skus = plane.memory["pairs"], plane.memory["skus"]
    pooled = pairs["pooled"] != 0
    free = np.where(pairs["blocked"] != 0, 0, np.maximum(0, pairs["viewed"] - pairs["resv"] - pairs["buffer"])) * pooled
    backed = np.maximum(0, pairs["on_hand"] - pairs["promised"]) * pooled
    broken = []
    for name, per_pair in (("offered", free), ("backed", backed)):
        wrong = np.count_nonzero(skus[name] != np.bincount(pairs["sku"], per_pair, skus.size).astype(np.int64))
        if wrong:
            broken.append(f"sums: {name} of {wrong} SKUs is not that of their pairs")
    return broken
