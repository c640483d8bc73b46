"""Orders as commerce books them at once, and as finance learns of them by file (docs/model.md, section 13)."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits_of_many
from twin.core.shares import MILLION, parts
from twin.journal.books import Document
from twin.journal.orders import LET_DOWN, PROMISED, Mode, Status
from twin.model.windows import Spans
from twin.policies.books import file_after
from twin.scenario.books import OrderPosting
from twin.world.world import World

DOCUMENT: Final = np.dtype(
    [("filed", "i8"), ("order", "i8"), ("line", "i8"), ("document", "i8"), ("sku", "i8"), ("cents", "i8")]
)


class Sums(NamedTuple):
    """Cents since the start."""

    accepted: int
    supplied: int
    let_down: int
    left_in_catalogue: int
    """Accepted less supplied and let down, in prices of the catalogue: ledgers that know no lines are valued so."""


class Documents:
    """What finance is told of orders. Lines that are sealed leave behind their sums, and what is not filed yet."""

    def __init__(self, world: World, settings: OrderPosting) -> None:
        self._settings = settings
        self._down = Spans.of_outages(world, "erp")
        self._prices = world.estate.skus["price_cents"].astype(np.int64)
        self._key = world.streams.key("books.rejected")
        self._sealed = Sums(0, 0, 0, 0)
        self._behind = np.empty(0, DOCUMENT)  # documents of sealed lines that no close has seen in a file
        self._filed = 0  # cents of documents in files before the last close, rejected ones left aside
        self._closed = -1  # the last close

    def seal(self, orders: NDArray[np.void], lines: NDArray[np.void]) -> None:
        """Rows of the model that go to the journal."""
        self._sealed = self._sums(lines)
        documents = self._documents(orders, lines)
        self._behind = np.concatenate([self._behind, documents[documents["filed"] > self._closed]])

    def close(self, orders: NDArray[np.void], lines: NDArray[np.void], now: int) -> tuple[Sums, int, NDArray[np.void]]:
        """Commerce's sums, what finance has been told by files, cents, and the documents rejected since the last close,
        in the order of their files, then of orders and lines.
        """
        known = np.concatenate([self._behind, self._documents(orders, lines)])
        new = known[(known["filed"] > self._closed) & (known["filed"] <= now)]
        rejected = self._rejected(new)
        signed = np.where(new["document"] == Document.ACCEPTED, new["cents"], -new["cents"])
        self._filed += int(signed[~rejected].sum())
        self._behind = self._behind[self._behind["filed"] > now]
        self._closed = now
        return self._sums(lines), self._filed, np.sort(new[rejected], order=["filed", "order", "line", "document"])

    def _sums(self, lines: NDArray[np.void]) -> Sums:
        """With those of lines that are sealed already."""
        cents = self._cents(lines)
        ordered = lines["mode"] != Mode.TILL
        kinds = [np.isin(lines["status"], kind) & ordered for kind in (PROMISED, (Status.SUPPLIED,), LET_DOWN)]
        accepted, supplied, let_down = kinds
        left = accepted & ~supplied & ~let_down
        listed = int(self._prices[lines["sku"][left]] @ lines["quantity"][left].astype(np.int64))
        here = (*(int(cents[kind].sum()) for kind in kinds), listed)
        return Sums(*(before + more for before, more in zip(self._sealed, here, strict=True)))

    def _cents(self, lines: NDArray[np.void]) -> NDArray[np.int64]:
        cents: NDArray[np.int64] = lines["price_cents"].astype(np.int64) * lines["quantity"]
        return cents

    def _documents(self, orders: NDArray[np.void], lines: NDArray[np.void]) -> NDArray[np.void]:
        """What there is to file of some lines: that they were sold, and that they will not be supplied."""
        accepted = np.repeat(orders["t_accept"], orders["lines"])
        ordered = lines["mode"] != Mode.TILL  # what was sold at a till is no order
        sold, lost = (np.isin(lines["status"], kind) & ordered for kind in (PROMISED, LET_DOWN))
        return np.concatenate(
            [
                self._rows(lines[sold], accepted[sold], Document.ACCEPTED),
                self._rows(lines[lost], lines["t_end"][lost], Document.LET_DOWN),
            ]
        )

    def _rows(self, lines: NDArray[np.void], t: NDArray[np.int64], document: Document) -> NDArray[np.void]:
        rows = np.empty(lines.size, DOCUMENT)
        for name, source in (("order", "order"), ("line", "line"), ("sku", "wanted")):
            rows[name] = lines[source]
        rows["document"], rows["cents"] = document, self._cents(lines)
        rows["filed"] = self._filed_at(t)
        return rows

    def _filed_at(self, t: NDArray[np.int64]) -> NDArray[np.int64]:
        """When documents of these instants are in a file; files are few, so each is looked at once."""
        interval, phase = self._settings.interval, self._settings.phase
        due = np.where(t < phase, phase, phase + ((t - phase) // interval + 1) * interval)
        times, place = np.unique(due, return_inverse=True)
        filed = np.array([self._file(int(time)) for time in times], np.int64)
        return filed[place]

    def _file(self, due: int) -> int:
        """The first file from one that is due on that the ERP takes."""
        while self._down.cover(due):
            due = file_after(self._down.up(due) - 1, self._settings.phase, self._settings.interval)
        return due

    def _rejected(self, documents: NDArray[np.void]) -> NDArray[np.bool_]:
        attempts = documents["line"] << 1 | (documents["document"] == Document.LET_DOWN)
        luck = _bits(self._key, documents["order"], attempts)
        return luck % np.uint64(MILLION) < np.uint64(parts(self._settings.rejected))


def _bits(key: np.uint64, orders: NDArray[np.int64], attempts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Luck of documents: ``bits_of_many`` takes one attempt for many entities."""
    out = np.zeros(orders.size, np.uint64)
    for attempt in np.unique(attempts).tolist():
        mine = attempts == attempt
        out[mine] = bits_of_many(key, np.ascontiguousarray(orders[mine]), attempt)
    return out
