"""People who clear up what did not match at a close (docs/model.md, section 13)."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Final, NamedTuple

import numpy as np

from twin.core.clock import DAY
from twin.journal.books import Document, ExceptionEnd
from twin.journal.tables import NONE
from twin.kernels.books import correct
from twin.model.build import knots_of
from twin.model.jobs import Process, Works
from twin.model.postings import dead
from twin.model.windows import Spans
from twin.policies.books import place
from twin.policies.calendars import next_open
from twin.scenario.books import Books as Settings

OPENING_KIND: Final = 32 << 40
ITEM_KIND: Final = 33 << 40
RECOVERY_KIND: Final = 56 << 40


class Mismatch(NamedTuple):
    """What does not match, and will not: a pair's stock (``at`` is the pair), or a document of an order's line."""

    document: Document
    at: int
    units: int
    cents: int
    order: int = NONE
    line: int = NONE


@dataclass(slots=True)
class Item:
    """An exception."""

    number: int
    close: int
    document: Document
    at: int
    """Its pair; the SKU of a line."""
    order: int
    line: int
    units: int
    cents: int
    t_listed: int
    t_begin: int = NONE
    t_end: int = NONE
    outcome: ExceptionEnd = ExceptionEnd.OPEN
    corrected: int = 0


class Desk:
    """The accountants of an arm, and what waits for them."""

    def __init__(self, works: Works, settings: Settings) -> None:
        self._works, self._settings = works, settings
        self._knots = knots_of(settings.handling)
        self._pairs, self._drifts = works.plane.memory["pairs"], works.plane.memory["drifts"]
        self._waits_for_redrive = settings.dead_letters == "wait"
        own = settings.system == "finance"
        self._down = Spans.of_outages(works.world, "finance") if own else Spans(())
        self._idle = settings.accountants
        self._queue: list[tuple[tuple[int, int], Item]] = []
        self.open: dict[int, Item] = {}
        """By number."""
        self.of_pairs: dict[int, Item] = {}
        """Open ones of stock, by pair."""
        self.listed = 0
        self.cleared_cents = 0
        """What finance was told of orders by hand: sold less let down."""
        self.corrected_units = 0

    def start(self) -> None:
        """Put the mornings, and the ends of outages, on the clock."""
        self._works.env.process(self._mornings())
        self._works.env.process(self._recoveries())

    def add(self, close: int, now: int, found: Mismatch) -> None:
        """A close found something that does not match."""
        document, at, units, cents, order, line = found
        item = Item(self.listed, close, document, at, order, line, units, cents, now)
        self.listed += 1
        self.open[item.number] = item
        if document == Document.STOCK:
            self.of_pairs[at] = item
        heappush(self._queue, (place(self._settings.queue, cents=cents, number=item.number), item))

    @property
    def waiting(self) -> int:
        """Exceptions that nobody has taken up."""
        return sum(item.t_begin == NONE for item in self.open.values())

    def match(self, item: Item, now: int) -> None:
        """It has healed, and nobody has taken it up."""
        self._end(item, ExceptionEnd.MATCHED, now)

    def look(self, now: int) -> None:
        """Whoever is free takes up what is next, in opening hours and while there is a system to enter it into."""
        opens, closes = self._settings.opens, self._settings.closes
        at_work = next_open(now, opens, closes, 0) == now and not self._down.cover(now)
        while at_work and self._idle and self._queue:
            _, item = heappop(self._queue)
            if item.outcome != ExceptionEnd.OPEN:
                continue
            if item.document == Document.STOCK and self._standing(item.at) == 0:
                self.match(item, now)
                continue
            self._idle -= 1
            item.t_begin = now
            self._works.env.process(self._handle(item))

    def _mornings(self) -> Process:
        for day in count():
            now = day * DAY + self._settings.opens
            yield self._works.at(now, OPENING_KIND)
            self._works.plane.advance(now)
            self.look(now)

    def _recoveries(self) -> Process:
        for number, (_, end) in enumerate(self._down.spans):
            yield self._works.at(end, RECOVERY_KIND | number)
            self._works.plane.advance(end)
            self.look(end)

    def _handle(self, item: Item) -> Process:
        """Somebody finds out what is wrong, and enters it."""
        entity, attempt = (item.at, item.close) if item.document == Document.STOCK else (item.order, _attempt(item))
        stream = "books.stock" if item.document == Document.STOCK else "books.order"
        end = item.t_begin + self._works.duration(self._knots, stream, entity, attempt)
        yield self._works.at(end, ITEM_KIND | item.number)
        self._works.plane.advance(end)
        self._enter(item)
        self._end(item, ExceptionEnd.CLEARED, end)
        self._idle += 1
        self.look(end)

    def _enter(self, item: Item) -> None:
        if item.document == Document.STOCK:
            item.corrected = self._standing(item.at)
            self.corrected_units += item.corrected
            correct(self._works.plane.handle, item.at, item.corrected)
        else:
            self.cleared_cents += item.cents if item.document == Document.ACCEPTED else -item.cents

    def _standing(self, pair: int) -> int:
        """Units by which operations exceeds finance at a pair, and that people have to set right."""
        units = -int(self._drifts["record"][pair])
        if self._waits_for_redrive:
            letters = dead(self._works.plane)
            units -= int(letters["delta"][letters["pair"] == pair].sum(dtype=np.int64))
        return units

    def _end(self, item: Item, outcome: ExceptionEnd, now: int) -> None:
        item.outcome, item.t_end = outcome, now
        del self.open[item.number]
        if item.document == Document.STOCK:
            del self.of_pairs[item.at]
        self._works.journal.end_exception(self._row(item))

    def write_open(self) -> None:
        """The run ends: rows of the exceptions that are not cleared."""
        for item in self.open.values():
            self._works.journal.end_exception(self._row(item))

    def _row(self, item: Item) -> tuple[int, ...]:
        stock = item.document == Document.STOCK
        node, sku = (self._pairs[name][item.at] for name in ("node", "sku")) if stock else (NONE, item.at)
        what = (item.number, item.close, item.document, int(node), int(sku), item.order, item.line)
        when = (item.t_listed, item.t_begin, item.t_end)
        return (*what, item.units, item.cents, *when, item.outcome, item.corrected)


def _attempt(item: Item) -> int:
    return item.line << 1 | (item.document == Document.LET_DOWN)
