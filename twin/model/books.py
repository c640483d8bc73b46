"""The close: what operations, commerce and finance say, and why they differ (docs/model.md, section 13)."""

from __future__ import annotations

from itertools import count
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from twin.journal.books import Document
from twin.journal.orders import LET_DOWN, PROMISED, Status
from twin.journal.totals import Fate, Flow
from twin.kernels.codes import RECORD
from twin.model import invariants
from twin.model.days import Days
from twin.model.desk import Desk, Mismatch
from twin.model.documents import Documents, Sums
from twin.model.jobs import Process, Works
from twin.model.postings import dead as dead_letters
from twin.model.postings import on_their_way
from twin.scenario.books import Books as Settings

_OWED: Final = tuple(set(PROMISED) - {Status.SUPPLIED, *LET_DOWN})
"""What a line is that is paid, and neither handed over nor paid back."""

CLOSE_KIND: Final = 31 << 40
Units = NDArray[np.int64]


class Parts(NamedTuple):
    """By how much operations exceeds finance at each pair, and why: late + dead + missing - repeated."""

    gap: Units
    late: Units
    dead: Units
    repeated: Units

    @property
    def missing(self) -> Units:
        """What no message on its way, dead letter or repetition explains."""
        return self.gap - self.late - self.dead + self.repeated


class Books:
    """The books of an arm."""

    def __init__(self, works: Works, settings: Settings, days: Days, documents: Documents) -> None:
        self._works, self._settings, self._days, self._documents = works, settings, days, documents
        skus = works.world.estate.skus
        self._of_sku = works.plane.memory["pairs"]["sku"].astype(np.int64)
        self._cost = skus["cost_cents"].astype(np.int64)[self._of_sku]
        self._prices = skus["price_cents"].astype(np.int64)
        self._stood = np.zeros(self._cost.size, np.int32)  # closes in a row at which a pair did not match
        self.desk = Desk(works, settings)
        self.broken: list[str] = []
        """Laws that did not hold at some close."""

    @classmethod
    def of(cls, works: Works, settings: Settings, days: Days) -> Self | None:
        """The books of an arm; ``None`` if it does not close them."""
        return None if days.documents is None else cls(works, settings, days, days.documents)

    def start(self) -> None:
        """Put closes and mornings on the clock."""
        self._works.env.process(self._closes())
        self.desk.start()

    def _closes(self) -> Process:
        """Close the books by the clock, or when ERP and finance are up again, and have what differs looked into."""
        for close in count():
            due = self._settings.phase + close * self._settings.interval
            now = self._works.up(due, "erp", self._settings.system)
            yield self._works.at(now, CLOSE_KIND | close)
            self._works.plane.advance(now)
            self._close(close, due, now)
            self.desk.look(now)

    def _close(self, close: int, due: int, now: int) -> None:
        """Everybody says what he has; what does not match and will not heal is listed."""
        plane, days = self._works.plane, self._days
        orders, lines = plane.memory["orders"][: days.orders], plane.memory["lines"][: days.lines]
        parts = self._parts()
        standing = parts.gap - parts.late - (parts.dead if self._settings.dead_letters == "wait" else 0)
        sums, filed, rejected = self._documents.close(orders, lines, now)
        before = self.desk.listed
        matched = self._match(standing, now)
        self._list(close, now, standing, rejected)
        claims = days.shop.refunds
        money = (sums.accepted, sums.supplied, sums.let_down, filed + self.desk.cleared_cents)
        refunds = (claims.due_cents, claims.booked_cents) if claims else (0, 0)
        told = (self.desk.listed - before, matched, self.desk.waiting)
        self._works.journal.closes.append((close, due, now, *self._stock(parts, standing), *money, *refunds, *told))
        self._check(close, parts, sums)

    def _parts(self) -> Parts:
        plane, size = self._works.plane, self._cost.size
        pairs, drifts = plane.memory["pairs"], plane.memory["drifts"]
        gap = pairs["on_hand"].astype(np.int64) + pairs["error"] - pairs["record"]
        waiting, dead = on_their_way(plane), dead_letters(plane)
        return Parts(gap, _units(waiting, size), _units(dead, size), drifts["again"].astype(np.int64))

    def _match(self, standing: Units, now: int) -> int:
        """Exceptions that nobody has taken up and that have healed; how many."""
        healed = [item for pair, item in self.desk.of_pairs.items() if item.t_begin < 0 and standing[pair] == 0]
        for item in healed:
            self.desk.match(item, now)
        return len(healed)

    def _list(self, close: int, now: int, standing: Units, rejected: NDArray[np.void]) -> None:
        """New exceptions: pairs by number, then documents."""
        self._stood[standing == 0] = 0
        self._stood[standing != 0] += 1
        cents = np.abs(standing) * self._cost
        for pair in np.flatnonzero(self._stood > self._settings.tolerance).tolist():
            if pair not in self.desk.of_pairs:
                units = int(standing[pair])
                self.desk.add(close, now, Mismatch(Document.STOCK, pair, units, int(cents[pair])))
        for _, order, line, document, sku, price in rejected.tolist():
            self.desk.add(close, now, Mismatch(Document(document), sku, 0, price, order, line))

    def _stock(self, parts: Parts, standing: Units) -> list[int]:
        """Units and cents of each column that is about stock."""
        pairs = self._works.plane.memory["pairs"]
        shelf, view, record = (pairs[name].astype(np.int64) for name in ("on_hand", "viewed", "record"))
        ledgers = (shelf, shelf + pairs["error"], view, record)
        why = (parts.late, parts.dead, parts.repeated, parts.missing)
        sizes = (np.abs(parts.gap), np.abs(view - record), np.abs(standing))
        return [int(total) for units in (*ledgers, *why, *sizes) for total in (units.sum(), units @ self._cost)]

    def _check(self, close: int, parts: Parts, sums: Sums) -> None:
        """Conservation of units, orders and money, at every close."""
        plane = self._works.plane
        broken = invariants.at_close(plane, self._days, self._works.world)
        pairs, skus = plane.memory["pairs"], plane.memory["skus"]
        promised = int(pairs["promised"] @ self._prices[self._of_sku]) + int(skus["unplaced"] @ self._prices)
        ready, waits = self._in_catalogue(Status.READY), self._in_catalogue(Status.BACKORDERED)
        left = sums.left_in_catalogue
        if left != promised + ready + waits:
            broken.append(
                f"orders: {left} cents are neither supplied nor let down, ledgers promise {promised}, {ready} are "
                f"ready, {waits} wait for stock"
            )
        charged, owed = sums.accepted - sums.supplied - sums.let_down, self._charged()
        if charged != owed:
            broken.append(f"orders: {charged} cents were charged and are not settled, open lines cost {owed}")
        corrected = int(plane.memory["drifts"]["corrected"].sum(dtype=np.int64))
        if corrected != self.desk.corrected_units:
            broken.append(f"records were corrected by {corrected} units, people by {self.desk.corrected_units}")
        broken += self._unexplained(parts)
        self.broken += [f"close {close}: {law}" for law in broken]

    def _charged(self) -> int:
        """Cents that customers pay for lines that are accepted, and neither supplied nor let down."""
        lines = self._works.plane.memory["lines"][: self._days.lines]
        due = lines[np.isin(lines["status"], _OWED)]
        return int(due["price_cents"].astype(np.int64) @ due["quantity"])

    def _in_catalogue(self, status: Status) -> int:
        """Cents, in prices of the catalogue, of lines of a status: those that wait in stores, or for stock."""
        lines = self._works.plane.memory["lines"][: self._days.lines]
        mine = lines[lines["status"] == status]
        return int(self._prices[mine["sku"]] @ mine["quantity"])

    def _unexplained(self, parts: Parts) -> list[str]:
        """Finance is short of what was lost or expired, has too much of what was booked again, and that is all."""
        plane = self._works.plane
        gone = plane.memory["fates"].reshape(3, len(Fate))[RECORD, [Fate.EXPIRED, Fate.LOST]].sum()
        level = plane.memory["consumers"]["level"][RECORD]
        found = (
            (not level and not gone and self._settings.dead_letters == "wait", parts.missing, "misses"),
            (not plane.memory["flows"][Flow.APPLIED_AGAIN], parts.repeated, "repeats"),
        )
        return [f"finance {what} units for no reason" for asked, units, what in found if asked and units.any()]


def _units(messages: NDArray[np.void], size: int) -> Units:
    return np.bincount(messages["pair"], messages["delta"], size).astype(np.int64)
