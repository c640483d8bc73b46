"""Books that are closed, and the accountants who clear up what does not match (docs/model.md, section 13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from tests.reference.clock import Outages, Process, up_in_all
from tests.reference.ledgers import Pair
from tests.reference.orderlines import Line, Order
from tests.reference.orders import Orders
from tests.reference.refunds import LOST, Refunds
from tests.reference.shop import Shop
from tests.reference.stock import Stock
from twin.core.clock import DAY
from twin.journal.books import Document, ExceptionEnd
from twin.journal.orders import Status
from twin.journal.returns import Claim as Kind
from twin.journal.returns import RefundEnd
from twin.journal.tables import NONE
from twin.journal.totals import Fate

CLOSE, MORNING, CLEARED, BACK = (kind << 40 for kind in (31, 32, 33, 56))
SOLD = (Status.ACCEPTED, Status.SUPPLIED, Status.READY, Status.BACKORDERED, *LOST)


@dataclass(slots=True, eq=False)
class Item:
    """Something that somebody has to look into."""

    number: int
    close: int
    document: Document
    pair: Pair | None
    line: Line | None
    units: int
    cents: int
    listed: int
    begun: int = NONE
    end: int = NONE
    outcome: ExceptionEnd = ExceptionEnd.OPEN
    corrected: int = 0

    def finish(self, outcome: ExceptionEnd, t: int) -> None:
        self.outcome, self.end = outcome, t

    def row(self) -> tuple[int, ...]:
        """Row of the journal."""
        if self.pair is not None:
            where = (self.pair.node.number, self.pair.sku.number, NONE, NONE)
        else:
            assert self.line is not None
            where = (NONE, self.line.ordered.number, self.line.order, self.line.number)
        return (
            self.number,
            self.close,
            self.document,
            *where,
            self.units,
            self.cents,
            self.listed,
            self.begun,
            self.end,
            self.outcome,
            self.corrected,
        )


class Books:
    """Three ledgers, and whoever compares them."""

    def __init__(self, shop: Shop, stock: Stock, orders: Orders, refunds: Refunds) -> None:
        self._shop, self._env = shop, shop.env
        self._stock, self._orders, self._refunds = stock, orders, refunds
        self._settings = settings = shop.systems.books
        self._erp = shop.outages("erp")
        self._finance = shop.outages("finance") if settings.system == "finance" else Outages([])
        self._rejection = shop.stream("books.rejected")
        self._find = shop.stream("books.stock", settings.handling)
        self._enter = shop.stream("books.order", settings.handling)
        self._stood: Counter[Pair] = Counter()  # closes in a row at which something stood
        self._items: list[Item] = []
        self._last = -1
        self._bell = shop.env.event()
        self.closes: list[tuple[int, ...]] = []
        if settings.on:
            shop.env.process(self._closing())
            shop.env.process(self._mornings())
            for number, end in enumerate(self._finance.ends):
                shop.env.process(self._recovery(number, end))
            for _ in range(settings.accountants):
                shop.env.process(self._accountant())

    def rows(self) -> list[tuple[int, ...]]:
        """Rows of what had to be looked into."""
        return [item.row() for item in self._items]

    def _closing(self) -> Process:
        settings = self._settings
        for number in count():
            due = settings.phase + number * settings.interval
            yield self._shop.batch_time(up_in_all([self._erp, self._finance], due), CLOSE | number)
            self._close(number, due)
            self._ring()

    def _mornings(self) -> Process:
        for day in count():
            yield self._shop.batch_time(day * DAY + self._settings.opens, MORNING)
            self._ring()

    def _recovery(self, number: int, t: int) -> Process:
        yield self._shop.batch_time(t, BACK | number)
        self._ring()

    def _ring(self) -> None:
        bell, self._bell = self._bell, self._env.event()
        bell.succeed()

    def _accountant(self) -> Process:
        """Takes up one thing after another while it is open; waits for the bell when there is nothing to do."""
        while True:
            item = self._next()
            if item is None:
                yield self._bell
                continue
            item.begun = now = self._env.now
            yield self._shop.batch_time(now + self._time(item), CLEARED | item.number)
            self._clear(item)

    def _next(self) -> Item | None:
        now, settings = self._env.now, self._settings
        if not settings.opens <= now % DAY < settings.closes or self._finance.since(now) is not None:
            return None
        waiting = [item for item in self._items if item.outcome == ExceptionEnd.OPEN and item.begun == NONE]
        if settings.queue == "dearest":
            waiting.sort(key=lambda item: -item.cents)
        for item in waiting:
            if item.pair is None or self._standing(item.pair):
                return item
            item.finish(ExceptionEnd.MATCHED, now)
        return None

    def _time(self, item: Item) -> int:
        if item.pair is not None:
            return self._find.sample(item.pair.number, item.close)
        assert item.line is not None
        return self._enter.sample(item.line.order, 2 * item.line.number + (item.document == Document.LET_DOWN))

    def _clear(self, item: Item) -> None:
        if item.pair is not None:
            item.corrected = self._standing(item.pair)
            item.pair.record += item.corrected
            item.pair.record_drift += item.corrected
            item.pair.again = 0
        item.finish(ExceptionEnd.CLEARED, self._env.now)

    def _standing(self, pair: Pair) -> int:
        """What somebody has to set right at a pair."""
        return self._standings().get(pair, 0)

    def _standings(self) -> dict[Pair, int]:
        late, dead = self._units(Fate.IN_FLIGHT), self._units(Fate.DEAD_LETTER)
        waits = self._settings.dead_letters == "wait"
        pairs = self._shop.pairs
        stand = {pair: _gap(pair) - late[pair] - (dead[pair] if waits else 0) for pair in pairs}
        return {pair: units for pair, units in stand.items() if units}

    def _units(self, fate: Fate) -> Counter[Pair]:
        """Units by pair of what has come to this on its way to the record."""
        units: Counter[Pair] = Counter()
        for delivery in self._stock.to_record.deliveries:
            if delivery.fate == fate:
                units[delivery.message.pair] += delivery.message.delta
        return units

    def _close(self, number: int, due: int) -> None:
        now = self._env.now
        standing = self._standings()
        of_pairs = {item.pair: item for item in self._items if item.outcome == ExceptionEnd.OPEN}
        healed = [
            item for pair, item in of_pairs.items() if pair is not None and item.begun == NONE and pair not in standing
        ]
        for item in healed:
            item.finish(ExceptionEnd.MATCHED, now)
        before = len(self._items)
        self._stood = Counter({pair: self._stood[pair] + 1 for pair in standing})
        for pair, units in standing.items():
            if self._stood[pair] > self._settings.tolerance and pair not in of_pairs:
                self._list(number, Document.STOCK, pair=pair, units=units, cents=abs(units) * self._cost(pair))
        for _, line, document in self._rejections(now):
            self._list(number, document, line=line, cents=self._price(line))
        self._last = now
        waiting = sum(item.outcome == ExceptionEnd.OPEN and item.begun == NONE for item in self._items)
        counted = (len(self._items) - before, len(healed), waiting)
        self.closes.append((number, due, now, *self._of_stock(standing), *self._of_money(now), *counted))

    def _list(
        self, close: int, document: Document, *, pair: Pair | None = None, line: Line | None = None, units: int = 0,
        cents: int,
    ) -> None:  # fmt: skip
        self._items.append(Item(len(self._items), close, document, pair, line, units, cents, self._env.now))

    def _of_stock(self, standing: dict[Pair, int]) -> Iterator[int]:
        late, dead = self._units(Fate.IN_FLIGHT), self._units(Fate.DEAD_LETTER)
        columns: list[list[int]] = []
        for pair in self._shop.pairs:
            told = pair.on_hand + pair.err
            missing = _gap(pair) - late[pair] - dead[pair] + pair.again
            why = [late[pair], dead[pair], pair.again, missing]
            sizes = [abs(_gap(pair)), abs(pair.view - pair.record), abs(standing.get(pair, 0))]
            columns.append([pair.on_hand, told, pair.view, pair.record, *why, *sizes])
        for column in zip(*columns, strict=True):
            yield sum(column)
            yield sum(units * self._cost(pair) for units, pair in zip(column, self._shop.pairs, strict=True))

    def _of_money(self, now: int) -> tuple[int, ...]:
        lines = [line for order in self._orders.placed for line in order.lines if not line.at_till]
        kinds = (SOLD, (Status.SUPPLIED,), LOST)
        sums = [sum(self._price(line) for line in lines if line.status in kind) for kind in kinds]
        booked = sum(_signed(document, self._price(line)) for _, line, document in self._filed(-1, now, rejected=False))
        entered = [item for item in self._items if item.line is not None and item.outcome == ExceptionEnd.CLEARED]
        booked += sum(_signed(item.document, item.cents) for item in entered)
        claims = self._refunds.claims
        owed = [claim for claim in claims if claim.kind != Kind.SECOND and claim.outcome != RefundEnd.DENIED]
        posted = [claim for claim in claims if claim.outcome == RefundEnd.POSTED]
        return (*sums, booked, *(sum(claim.cents for claim in listed) for listed in (owed, posted)))

    def _rejections(self, now: int) -> list[tuple[int, Line, Document]]:
        found = list(self._filed(self._last, now, rejected=True))
        return sorted(found, key=lambda row: (row[0], row[1].order, row[1].number, row[2]))

    def _filed(self, after: int, until: int, *, rejected: bool) -> Iterator[tuple[int, Line, Document]]:
        """Documents of lines in files of ``(after, until]``."""
        for order in self._orders.placed:
            for line, t, document in _documents(order):
                file = self._file(t)
                if after < file <= until and self._is_rejected(line, document) == rejected:
                    yield file, line, document

    def _file(self, t: int) -> int:
        """The first file after an instant."""
        settings = self._settings.orders
        file = settings.phase
        while file <= t or self._erp.since(file) is not None:
            file += settings.interval
        return file

    def _is_rejected(self, line: Line, document: Document) -> bool:
        share = round(self._settings.orders.rejected * 10**6)
        number = 2 * line.number + (document == Document.LET_DOWN)
        return self._rejection.below(10**6, line.order, number) < share

    def _cost(self, pair: Pair) -> int:
        return int(self._shop.world.estate.skus["cost_cents"][pair.sku.number])

    def _price(self, line: Line) -> int:
        return line.price * line.quantity


def _gap(pair: Pair) -> int:
    """By how much operations say more than finance."""
    return pair.on_hand + pair.err - pair.record


def _signed(document: Document, cents: int) -> int:
    return cents if document == Document.ACCEPTED else -cents


def _documents(order: Order) -> Iterator[tuple[Line, int, Document]]:
    for line in order.lines:
        if line.status in SOLD and not line.at_till:
            yield line, order.t_accept, Document.ACCEPTED
        if line.status in LOST:
            yield line, line.t_end, Document.LET_DOWN
