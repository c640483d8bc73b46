"""Conservation laws, checked at the end of every run (design, section 10)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core import errors
from twin.journal.orders import Status
from twin.journal.totals import Fate, Flow
from twin.kernels.codes import NOTES, RECORD, VIEW, Reserved
from twin.kernels.state import NIL
from twin.kernels.stock import free_of_pairs
from twin.kernels.traffic import OWN_LANES, QUEUE, TOPIC_MOVES, TOPIC_NOTES, Letter
from twin.model import owed, priced, shipped, short
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
    return [
        *_stock(plane, world),
        *_messages(plane),
        *_lanes(plane),
        *_beliefs(plane),
        *_drifts(plane),
        *_promises(plane, days),
        *_reservations(plane, days),
        *_places(plane, days),
        *_aside(plane, days),
        *_carried(plane, days),
        *_assisted(plane, days),
        *_orders(plane, days),
        *short.check(plane, days),
        *_sagas(plane, days),
        *shipped.parcels(plane, days),
        *owed.returns(plane, days),
        *owed.refunds(plane, days),
        *priced.prices(plane, days, world),
        *_sums(plane),
        *_pairs(plane, world),
        *_clock(plane),
    ]


def at_close(plane: Plane, days: Days, world: World) -> list[str]:
    """Those of these laws that make the books add up: of units, messages, beliefs and promises."""
    return [
        *_stock(plane, world),
        *_messages(plane),
        *_beliefs(plane),
        *_promises(plane, days),
        *_places(plane, days),
        *_orders(plane, days),
        *short.check(plane, days),
        *_pairs(plane, world),
    ]


def _clock(plane: Plane) -> list[str]:
    """Time goes on: nobody asked the data plane for an instant that it had left behind."""
    back = int(plane.control["went_back"])
    return [f"clock: {back} steps were asked for in the past"] if back else []


_COME = (Flow.RECEIVED_UNITS, Flow.RETURNED_UNITS, Flow.FOUND_UNITS, Flow.RESTOCKED_UNITS)
_GO = (
    Flow.TILL_UNITS,
    Flow.SHRINK_UNITS,
    Flow.DAMAGED_UNITS,
    Flow.PICKED_UNITS,
    Flow.DISPATCHED_UNITS,
    Flow.MISPLACED_UNITS,
)


def _stock(plane: Plane, world: World) -> list[str]:
    """Units are only moved: start + received + returned + restocked + found = sold + shrunk + damaged + picked +
    dispatched + misplaced + on hand; and what is misplaced is in the node still.
    """
    pairs, flows = plane.memory["pairs"], plane.memory["flows"]
    broken = []
    left = int(pairs["on_hand"].sum(dtype=np.int64)) - int(world.start.pairs["on_hand"].sum(dtype=np.int64))
    moved = sum(int(flows[f]) for f in _COME) - sum(int(flows[f]) for f in _GO)
    if left != moved:
        broken.append(f"stock: on hand changed by {left} units, flows by {moved}")
    hidden = int(plane.memory["stocktakes"]["misplaced"].sum(dtype=np.int64))
    if hidden != int(flows[Flow.MISPLACED_UNITS] - flows[Flow.FOUND_UNITS]):
        broken.append(f"stock: {hidden} units are said to be misplaced, flows say otherwise")
    if int(pairs["on_hand"].min()) < 0:
        broken.append("stock: a shelf holds less than nothing")
    return broken


_PICKED = (Status.SUPPLIED, Status.READY, Status.NOT_COLLECTED)

_TOPICS = (
    (VIEW, "movements to the view", Flow.MOVEMENTS, "unseen"),
    (NOTES, "reservation messages", Flow.RESERVE_MESSAGES, "unheard"),
    (RECORD, "movements to the record", Flow.MOVEMENTS, "unposted"),
)


def _messages(plane: Plane) -> list[str]:
    """Produced = applied + superseded + dead letters + expired + lost + in flight, to every feed; and what is in flight
    is as many messages as are marked so.
    """
    flows, control = plane.memory["flows"], plane.control
    fates = plane.memory["fates"].reshape(3, len(Fate))
    broken = []
    for who, what, produced, counter in _TOPICS:
        made, in_flight = int(flows[produced]), int(control[counter])
        known = int(fates[who].sum()) + in_flight
        if made != known:
            broken.append(f"{what}: produced {made}, accounted for {known}")
        marked = _waiting(plane, *_RINGS[who]).size
        if marked != in_flight:
            broken.append(f"{what}: {in_flight} are said to be in flight, {marked} are")
    letters = plane.memory["letters"][: int(control["letters"])]
    dead = [int(np.count_nonzero((letters["who"] == who) & (letters["state"] != Letter.GONE))) for who in _RINGS]
    if dead != fates[:, Fate.DEAD_LETTER].tolist() or sum(dead) != int(control["dead"]):
        broken.append(f"dead letters: the queues hold {dead}, fates say {fates[:, Fate.DEAD_LETTER].tolist()}")
    return broken


_RINGS = {VIEW: ("moves", "seen"), NOTES: ("notes", "seen"), RECORD: ("moves", "posted")}


def _beliefs(plane: Plane) -> list[str]:
    """View (record) = shelf + error - movements on their way (that no snapshot covers) + drift, for every pair."""
    pairs, drifts = plane.memory["pairs"], plane.memory["drifts"]
    broken = []
    for ledger, flag, drift in (
        ("viewed", "seen", drifts["lost"] + drifts["extra"]),
        ("record", "posted", drifts["record"]),
    ):
        waiting = _waiting(plane, "moves", flag)
        waiting = waiting[waiting["held"] == 0] if ledger == "viewed" else waiting
        pending = _units(waiting["pair"], waiting["delta"], pairs.size)
        wrong = np.count_nonzero(pairs[ledger] != pairs["on_hand"] + pairs["error"] - pending + drift)
        if wrong:
            broken.append(f"{ledger}: {wrong} pairs differ from shelf, error, movements on their way and drift")
    return broken


def _drifts(plane: Plane) -> list[str]:
    """Beliefs drift only where messages were lost, repeated, or overtaken by levels, snapshots are not exact, or people
    booked by hand what a redrive books again.
    """
    flows, fates = plane.memory["flows"], plane.memory["fates"].reshape(3, len(Fate))
    missed = int(fates[:, [Fate.DEAD_LETTER, Fate.EXPIRED, Fate.LOST]].sum())
    if missed or int(flows[Flow.APPLIED_AGAIN]) or plane.memory["consumers"]["level"].any():
        return []
    if plane.control["reloads"] > 1:
        return []
    drifts, of_skus = plane.memory["drifts"], plane.memory["sku_drifts"]
    if drifts["corrected"].any():
        return []
    names = ("lost", "extra", "resv_lost", "resv_extra", "record")
    wrong = sum(int(np.count_nonzero(drifts[name])) for name in names)
    wrong += sum(int(np.count_nonzero(of_skus[name])) for name in ("lost", "extra"))
    return [f"drift: {wrong} beliefs are off although no message was lost or repeated"] if wrong else []


def _promises(plane: Plane, days: Days) -> list[str]:
    """Promises of the ledgers = units of open accepted lines."""
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
    free = free_of_pairs(pairs) * pooled
    backed = np.maximum(0, pairs["on_hand"] - pairs["promised"]) * pooled
    broken = []
    for name, per_pair in (("offered", free), ("backed", backed)):
        wrong = np.count_nonzero(skus[name] != np.bincount(pairs["sku"], per_pair, skus.size).astype(np.int64))
        if wrong:
            broken.append(f"sums: {name} of {wrong} SKUs is not that of their pairs")
    return broken


def _waiting(plane: Plane, ring: str, flag: str) -> NDArray[np.void]:
    """Messages of a ring that are still on their way."""
    control = plane.control
    numbers = np.arange(int(control[f"{ring}_low"]), int(control[f"{ring}_high"])) & int(control[f"{ring}_mask"])
    rows: NDArray[np.void] = plane.memory[ring][numbers]
    on_their_way: NDArray[np.void] = rows[rows[flag] == 0]
    return on_their_way


def _lanes(plane: Plane) -> list[str]:
    """What is in flight is in a lane, an outbox or late: a message that nothing holds is lost, though counts and
    beliefs still add up.
    """
    consumers, lanes, broken = plane.memory["consumers"], plane.memory["lanes"], []
    late = plane.memory["late"][: int(plane.control["late"])]["topic"]
    boxed = int(plane.memory["outboxes"]["size"].sum())
    for who, link in ((VIEW, "next"), (NOTES, "next"), (RECORD, "next_post")):
        ring, flag = _RINGS[who]
        mine = lanes[_rows_of(consumers[who])]
        fates, links = plane.memory[ring][flag], plane.memory[ring][link]
        mask = int(plane.control[f"{ring}_mask"])
        low = int(plane.control[f"{ring}_low"])
        in_lanes = [_lane(int(head), fates, links, (low, mask)) for head in mine["head"]]
        held = sum(new for new, *_ in in_lanes) + (0 if who == NOTES else boxed)
        held += int(np.count_nonzero(late == (TOPIC_NOTES if who == NOTES else TOPIC_MOVES)))
        waiting = _waiting(plane, ring, flag).size
        if held != waiting:
            broken.append(f"lanes: {waiting} {ring} are on their way to consumer {who}, its lanes hold {held}")
        if [new + old for new, old, _ in in_lanes] != mine["size"].tolist():
            broken.append(f"lanes: those of consumer {who} hold other numbers of messages than they say")
        uncounted = -_ghosts(mine) if consumers["stream"][who] == QUEUE else _repeating(mine)
        if sum(old for _, old, _ in in_lanes) != int(mine["again"].sum()) + uncounted:
            broken.append(f"lanes: those of consumer {who} hold other messages handed out again than they say")
        freed = sum(freed for *_, freed in in_lanes)
        if freed:
            broken.append(f"lanes: those of consumer {who} hold {freed} messages whose places may be taken by others")
    return broken


def _rows_of(consumer: np.void) -> slice:
    """Lanes of a consumer in which messages wait."""
    first, queue = int(consumer["first"]), consumer["stream"] == QUEUE
    return slice(first, first + int(OWN_LANES + consumer["members"] if queue else consumer["lanes"]))


def _ghosts(lanes: NDArray[np.void]) -> int:
    """Messages that members go on handling although they were taken back; they are remembered too."""
    return int(np.count_nonzero(lanes["ghost"] != NIL))


def _repeating(lanes: NDArray[np.void]) -> int:
    """Heads that were handled once, of which copies are still to come, and that nobody counts as handed out again."""
    return int(np.count_nonzero((lanes["head"] != NIL) & (lanes["repeated"] > 0)))


def _lane(head: int, fates: NDArray[np.int8], links: NDArray[np.int64], ring: tuple[int, int]) -> tuple[int, int, int]:
    """Messages of a lane that are in flight; those that are not (handed out again, or repeated); and those, of either
    kind, that the ring (its lowest number and its mask) does not keep any more.
    """
    low, mask = ring
    new = old = freed = 0
    while head != NIL:
        fresh = fates[head & mask] == Fate.IN_FLIGHT
        new, old, freed = new + fresh, old + (not fresh), freed + (head < low)
        head = int(links[head & mask])
    return int(new), int(old), freed


def _units(at: NDArray[np.int64], units: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.bincount(at, units, size).astype(np.int64)


_HOLD_NOTHING = (
    Status.REFUSED,
    Status.DECLINED,
    Status.OVERSOLD,
    Status.CANCELLED,
    Status.BACKORDERED,
    Status.NOT_CONFIRMED,
    Status.NOT_SHIPPED,
)


def _reservations(plane: Plane, days: Days) -> list[str]:
    """The view's reservations = lines that hold them + picks it has not seen - messages it has not heard + drift; so
    those of a closed order sum to 0.
    """
    drifts, of_skus = plane.memory["drifts"], plane.memory["sku_drifts"]
    pairs, skus, lines = plane.memory["pairs"], plane.memory["skus"], plane.memory["lines"][: days.lines]
    moves, notes = _waiting(plane, "moves", "seen"), _waiting(plane, "notes", "seen")
    picks = moves[moves["receipt"] == 0]
    at_node = lines[(lines["reserved"] == Reserved.NODE) & ~np.isin(lines["status"], _PICKED)]
    pooled, here, nowhere = (
        lines[lines["reserved"] == Reserved.GROUP],
        notes[notes["pair"] != NIL],
        notes[notes["pair"] == NIL],
    )
    held = _units(at_node["pair"], at_node["quantity"], pairs.size) + _units(
        picks["pair"], picks["settles"], pairs.size
    )
    held += drifts["resv_lost"] + drifts["resv_extra"]
    wrong = np.count_nonzero(pairs["resv"] != held - _units(here["pair"], here["delta"], pairs.size))
    grouped = _units(pooled["sku"], pooled["quantity"], skus.size) - _units(nowhere["sku"], nowhere["delta"], skus.size)
    wrong_skus = np.count_nonzero(skus["reserved"] != grouped + of_skus["lost"] + of_skus["extra"])
    closed = np.isin(lines["status"], _HOLD_NOTHING)
    kept = np.count_nonzero(lines["reserved"][closed] != Reserved.NO)
    found = (
        (wrong, "pairs differ from lines, picks and messages"),
        (wrong_skus, "SKUs differ from lines and messages"),
        (kept, "closed lines still hold units"),
    )
    return [f"reservations: {count} {what}" for count, what in found if count]


def _places(plane: Plane, days: Days) -> list[str]:
    """Promised at a node (at none) = accepted lines that go there (nowhere yet), place by place."""
    pairs, skus, lines = plane.memory["pairs"], plane.memory["skus"], plane.memory["lines"][: days.lines]
    accepted = lines[lines["status"] == Status.ACCEPTED]
    here, nowhere = accepted[accepted["pair"] != NIL], accepted[accepted["pair"] == NIL]
    wrong = np.count_nonzero(pairs["promised"] != _units(here["pair"], here["quantity"], pairs.size))
    wrong += np.count_nonzero(skus["unplaced"] != _units(nowhere["sku"], nowhere["quantity"], skus.size))
    return [f"promises: {wrong} places differ from the accepted lines that go there"] if wrong else []


def _aside(plane: Plane, days: Days) -> list[str]:
    """Set aside at a pair = lines that wait there for their customers, or to be put back; and all that was ever set
    aside was collected, or is back on the shelf, or is there.
    """
    counter, told = days.shop.counter, int(plane.control["set_aside"])
    orders, lines = plane.memory["orders"][: days.orders], plane.memory["lines"][: days.lines]
    waits = np.isin(lines["status"], (Status.READY, Status.NOT_COLLECTED)) & np.repeat(
        orders["aside"] != 0, orders["lines"]
    )
    if counter is None:
        return [f"set aside: {told} units although nobody asks who comes"] if told or waits.any() else []
    here = _units(lines["pair"][waits], lines["quantity"][waits], plane.memory["pairs"].size)
    wrong = np.count_nonzero(plane.memory["set_aside"] != here)
    flows = plane.memory["flows"]
    gone = int(flows[Flow.COLLECTED_UNITS]) + int(flows[Flow.RESTOCKED_UNITS])
    found = (
        (wrong, "pairs differ from the lines that wait there"),
        (told - int(here.sum()), "units too many are told of"),
        (counter.units - gone - told, "units are neither collected nor back nor there"),
        (len(counter.waiting) - np.count_nonzero(orders["aside"]), "orders too many are said to wait"),
    )
    return [f"set aside: {count} {what}" for count, what in found if count]


def _carried(plane: Plane, days: Days) -> list[str]:
    """All that was picked for couriers has left with one or waits, and orders know how much of them waits."""
    waiting = {} if days.shop.couriers is None else days.shop.couriers.waiting
    flows = plane.memory["flows"]
    gone = int(flows[Flow.COURIER_UNITS]) + sum(drop.units for drop in waiting.values())
    told = int(plane.memory["orders"][: days.orders]["carried"].sum(dtype=np.int64))
    found = (
        (int(flows[Flow.SAME_DAY_UNITS]) - gone, "units picked for them neither left nor wait"),
        (told - len(waiting), "parcels too many are said to wait for them"),
    )
    return [f"couriers: {count} {what}" for count, what in found if count]


def _assisted(plane: Plane, days: Days) -> list[str]:
    """What associates sold has gone through tills."""
    associates, flows = days.shop.associates, plane.memory["flows"]
    told = int(flows[Flow.ASSISTED_UNITS]) - (0 if associates is None else associates.units)
    return [f"clienteling: {told} units were sold at tills that no associate knows of"] if told else []


def _orders(plane: Plane, days: Days) -> list[str]:
    """Placed = delivered + cancelled + open: an order counts as open the lines without an end, and only those."""
    orders, lines = plane.memory["orders"][: days.orders], plane.memory["lines"][: days.lines]
    unfinished = np.isin(lines["status"], (Status.OPEN, Status.ACCEPTED, Status.READY, Status.BACKORDERED))
    owner = np.repeat(np.arange(orders.size), orders["lines"])
    wrong = np.count_nonzero(orders["open"] != _units(owner, unfinished.astype(np.int64), orders.size))
    wrong += np.count_nonzero(unfinished != (lines["t_end"] == NIL))
    return [f"orders: {wrong} differ from their lines in what is open"] if wrong else []


def _sagas(plane: Plane, days: Days) -> list[str]:
    """A saga ends once, in one way; what it undoes it undoes once, the last first; and until it has ended its order is
    neither sourced nor cancelled.
    """
    sagas = days.shop.sagas
    if sagas is None:
        return []
    orders, lines = plane.memory["orders"][: days.orders], plane.memory["lines"][: days.lines]
    owner = np.repeat(np.arange(orders.size), orders["lines"])
    cancelled = _units(owner, (lines["status"] == Status.CANCELLED).astype(np.int64), orders.size) > 0
    promised = _units(owner, (lines["status"] == Status.ACCEPTED).astype(np.int64), orders.size) > 0
    under_way = np.isin(orders["order"], np.fromiter(sagas.under_way, np.int64))
    known = sagas.ended.total() + len(sagas.under_way)
    found = (
        (len(sagas.untidy), "were not undone step by step: " + ", ".join(sagas.untidy[:1])),
        (sagas.begun - known, "have no end and are not open"),
        (np.count_nonzero(under_way & (cancelled | (orders["parcels"] > 0))), "go on although their orders went on"),
        (np.count_nonzero(cancelled & promised), "cancelled a part of their orders"),
        (np.count_nonzero(cancelled & (orders["parcels"] > 0)), "cancelled an order that was sourced"),
    )
    return [f"sagas: {count} {what}" for count, what in found if count]


def _pairs(plane: Plane, world: World) -> list[str]:
    """Error = error at the start + shrink + what is misplaced or not booked yet + errors of booking + what counts
    and picks corrected; observers are told of the gaps that there are.
    """
    pairs, control, side = plane.memory["pairs"], plane.control, plane.memory["stocktakes"]
    known = world.start.pairs["error"] + pairs["shrunk"] + plane.memory["corrected"]
    paper = plane.memory["by_hand"][: int(control["by_hand"])]
    known = known + _units(paper["pair"], paper["units"], pairs.size)
    if control["stocktakes"]:
        known = known + side["misplaced"] - side["unbooked"] + side["misbooked"] + side["corrected"]
    wrong = np.count_nonzero(pairs["error"] != known)
    broken = [f"error: {wrong} pairs differ from the start, what vanished and what was corrected"] if wrong else []
    sold, keyed_in = (int(plane.memory["flows"][f]) for f in (Flow.TILL_UNITS_BY_HAND, Flow.TILL_UNITS_KEYED_IN))
    if sold - keyed_in != int(paper["units"].sum()):
        broken.append(f"tills: {int(paper['units'].sum())} units are on paper, flows say {sold - keyed_in}")
    owed = np.count_nonzero(pairs["on_order"] < 0)
    if owed:
        broken.append(f"supply: {owed} pairs have less than nothing on order")
    shelf = pairs["on_hand"].astype(np.int64)
    view, record = np.abs(pairs["viewed"] - shelf), np.abs(pairs["record"] - shelf)
    books = np.abs(pairs["viewed"].astype(np.int64) - pairs["record"])
    told = [int(control[name]) for name in ("view_wrong", "view_gap", "record_wrong", "record_gap", "books_gap")]
    true = [np.count_nonzero(view), int(view.sum()), np.count_nonzero(record), int(record.sum()), int(books.sum())]
    return [*broken, *([f"gaps: observers are told {told}, the pairs say {true}"] if told != true else [])]
