"""The ledgers: plain objects per pair and SKU, and what they were at any moment (docs/model.md, section 1)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from tests.reference.clock import NOW


class History:
    """A number that changes, and what it was at any moment."""

    __slots__ = ("moments", "values")

    def __init__(self, value: int) -> None:
        self.moments = [-1]
        self.values = [value]

    def put(self, moment: int, value: int) -> None:
        if self.moments[-1] == moment:
            self.values[-1] = value
        else:
            self.moments.append(moment)
            self.values.append(value)

    def at(self, moment: int) -> int:
        return self.values[bisect_right(self.moments, moment) - 1]


class Movement:
    """A change of the shelf that view and record are told of by message."""

    __slots__ = (
        "applied", "delta", "entity", "gone", "level", "moment", "pair", "part", "posted", "posted_at", "receipt",
        "seen", "serial", "settles", "t",
    )  # fmt: skip

    def __init__(self, pair: Pair, delta: int, *, t: int, moment: int, entity: int, part: int) -> None:
        self.pair = pair
        self.delta = delta
        self.t = t
        self.moment = moment
        self.entity = entity
        self.part = part
        self.settles = 0  # units of a reservation (a pick) or on order (a receipt)
        self.posted = False
        self.posted_at = NOW
        self.applied = False  # to the view
        self.receipt = False
        self.serial = 0
        self.level = 0  # what its source system counts once it is made
        self.seen = NOW + 1  # the moment at which the view applied it, or found it superseded
        self.gone = NOW + 1  # the moment at which it was no longer on its way to the view

    @property
    def key(self) -> int:
        return self.pair.node.number

    @property
    def source(self) -> Node | None:
        return self.pair.node

    @property
    def pooled(self) -> bool:
        return self.pair.node.pooled

    def settled_reservation(self) -> int:
        """Units that a pick takes off the reservations of its node."""
        return 0 if self.receipt else self.settles


class Trail:
    """Movements in the order in which they were made; every reader remembers the first that it has not been told of."""

    __slots__ = ("movements", "read")

    def __init__(self) -> None:
        self.movements: list[Movement] = []
        self.read: dict[int, int] = {}

    def oldest(self, reader: int, moment: int) -> Movement | None:
        """The oldest movement that was on its way to the view at ``moment``; a reader's moments never go back."""
        movements, at = self.movements, self.read.get(reader, 0)
        while at < len(movements) and movements[at].gone <= moment:
            at += 1
        self.read[reader] = at
        return movements[at] if at < len(movements) else None


class Node:
    """A DC or a store."""

    def __init__(self, number: int, row: dict[str, int]) -> None:
        self.number = number
        self.is_dc = bool(row["is_dc"])
        self.pooled = self.is_dc or bool(row["ships"])
        self.region = row["region"]
        self.x, self.y = row["x_km"], row["y_km"]
        self.opens, self.closes = row["opens"], row["closes"]
        self.pickers = row["pickers"]
        self.supplied_by = row["supplied_by"]
        self.pairs: list[Pair] = []  # by SKU


class Sku:
    """What is known of a SKU beyond its pairs. ``offer`` is G over time, ``reserved`` is R, ``unplaced`` is U."""

    __slots__ = (
        "by_node", "free", "number", "offer", "pooled", "reserved", "reserved_extra", "reserved_lost", "supplier",
        "trail", "unplaced",
    )  # fmt: skip

    def __init__(self, number: int, supplier: int) -> None:
        self.number = number
        self.supplier = supplier
        self.by_node: dict[int, Pair] = {}
        self.pooled: list[Pair] = []
        self.free = 0  # sum of free over the pooled pairs
        self.reserved = self.reserved_lost = self.reserved_extra = 0
        self.unplaced = 0
        self.offer = History(0)
        self.trail = Trail()  # of the pooled pairs

    def open_books(self) -> None:
        """Pairs are complete: what the view offers at time 0."""
        self.pooled = [pair for pair in self.by_node.values() if pair.node.pooled]
        self.free = sum(pair.free() for pair in self.pooled)
        self.offer = History(self.free)

    def reserve(self, units: int, moment: int) -> None:
        """``R += units``."""
        self.reserved += units
        self.offer.put(moment, self.free - self.reserved)

    def offered(self) -> int:
        """G now."""
        return self.free - self.reserved

    def backed(self) -> int:
        """T now."""
        return sum(max(0, pair.on_hand - pair.promised) for pair in self.pooled) - self.unplaced


class Pair:
    """A SKU at a node."""

    __slots__ = (
        "again", "blocked", "buffer", "corrected", "err", "extra", "lost", "misbooked", "misplaced", "node", "number",
        "on_hand", "on_order", "pack", "promised", "record", "record_drift", "reorder", "resv", "resv_extra",
        "resv_lost", "set_aside", "short", "shrunk", "sku", "sold", "trail", "unbooked", "up_to", "view",
    )  # fmt: skip

    def __init__(self, number: int, node: Node, sku: Sku, row: dict[str, int], *, buffer: Callable[[int], int]) -> None:
        self.number = number
        self.node = node
        self.sku = sku
        self.buffer = buffer
        self.on_hand = row["on_hand"]
        self.err = row["error"]
        self.view = self.record = self.on_hand + self.err
        self.reorder, self.up_to, self.pack = row["reorder"], row["up_to"], row["pack"]
        self.resv = self.promised = self.on_order = self.sold = self.shrunk = 0
        self.lost = self.extra = self.resv_lost = self.resv_extra = self.record_drift = 0
        self.again = 0  # units that the record took more than once since people last corrected it
        self.misplaced = self.unbooked = 0  # units in the wrong place; on the shelf before their receipt is booked
        self.misbooked = self.corrected = 0  # units by which receipts were booked wrong, by which counts corrected
        self.short = False  # a pick found too little since the node's last list of counts
        self.set_aside = 0  # picked, and not collected yet
        self.blocked = False
        self.trail = Trail()

    def free(self) -> int:
        return self.free_if(self.view)

    def have(self) -> int:
        """Units for a promise that was made already: no buffer holds them back."""
        return self.left_if(self.view)

    def free_if(self, view: int) -> int:
        """``free`` with another view."""
        return max(0, self.buffer(self.left_if(view)))

    def left_if(self, view: int) -> int:
        """``have`` with another view."""
        return 0 if self.blocked else max(0, view - self.resv)

    def change(self, moment: int, *, view: int = 0, resv: int = 0, blocked: bool | None = None) -> None:
        """The view of the pair changes, and with it what the SKU offers."""
        before = self.free()
        self.view += view
        self.resv += resv
        if blocked is not None:
            self.blocked = blocked
        gained = self.free() - before
        if gained and self.node.pooled:
            self.sku.free += gained
            self.sku.offer.put(moment, self.sku.free - self.sku.reserved)

    def level_drift(self) -> None:
        """A level sets right what was lost before: opposite drifts cancel."""
        if self.lost * self.extra < 0:
            cancelled = min(abs(self.lost), abs(self.extra))
            self.lost += cancelled if self.lost < 0 else -cancelled
            self.extra += cancelled if self.extra < 0 else -cancelled
