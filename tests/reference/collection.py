"""Picked orders wait in a store for their customers, or go back on the shelf
(docs/model.md, section 7, "Collection").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.reference.clock import Process, among_orders
from tests.reference.ledgers import Movement, Node
from tests.reference.notices import Notices
from tests.reference.orderlines import Line, Order
from tests.reference.refunds import Refunds
from tests.reference.shop import Shop
from tests.reference.stations import Station
from tests.reference.stock import RESTOCK, Stock
from tests.reference.waking import Waking
from twin.core.clock import DAY
from twin.journal.observability import SpanKind
from twin.journal.orders import CollectionEnd, Status
from twin.journal.tables import NONE
from twin.journal.totals import Flow
from twin.policies.calendars import next_open

if TYPE_CHECKING:
    from tests.reference.sourcing import Parcel


@dataclass(slots=True)
class Shelf:
    """The place behind the counter where an order lies."""

    order: Order
    node: Node
    lines: list[Line]
    picked: int
    ready: int
    collected: int = NONE
    given_up: int = NONE
    back: int = NONE
    outcome: CollectionEnd = CollectionEnd.WAITING

    def row(self) -> tuple[int, ...]:
        """Row of the journal."""
        units = sum(line.quantity for line in self.lines)
        stamps = self.picked, self.ready, self.collected, self.given_up, self.back
        return (self.order.id, self.node.number, len(self.lines), units, *stamps, self.outcome)


class Collection:
    """Customers come to stores for their orders, or do not."""

    def __init__(
        self,
        shop: Shop,
        stock: Stock,
        pickers: list[Station],
        *,
        opening: Callable[[Node], Callable[[int], int]],
        refunds: Refunds,
        notices: Notices,
    ) -> None:
        self._shop, self._stock, self._pickers, self._opening = shop, stock, pickers, opening
        self._refunds, self._notices = refunds, notices
        self._kept_for = shop.systems.pickup.kept_for
        self._restock = shop.stream("restock", shop.systems.pickup.restock)
        self._no_show = shop.stream("no_show")
        channels = shop.scenario.demand.channels.values()
        self._laws = [(channel.no_show, shop.stream("collect", channel.collects)) for channel in channels]
        self.shelves: list[Shelf] = []

    @property
    def is_on(self) -> bool:
        """Whether the arm waits for customers."""
        return self._kept_for > 0

    def story(self, order: Order, parcel: Parcel, wake: Waking) -> Process:
        """What was found of a pickup waits from now on."""
        lines = [line for line in parcel.lines if line.status == Status.READY]
        if not lines:
            return
        shelf = Shelf(order, parcel.node, lines, self._shop.env.now, order.t_ready)
        self.shelves.append(shelf)
        waits = self._shop.tracer.begin(order.id, SpanKind.COLLECTION, parcel.number, shelf.ready)
        until = shelf.ready + self._kept_for
        comes = self._comes(shelf)
        if comes is not None and comes <= until:
            yield wake.at(comes)
            waits.finish(comes)
            self._hand_over(shelf, comes)
            return
        yield wake.at(until)
        waits.finish(until, 0)
        shelf.given_up = until
        shelf.outcome = CollectionEnd.NEVER_CAME if comes is None else CollectionEnd.TOO_LATE
        for line in lines:
            line.end(Status.NOT_COLLECTED, until)
        self._refunds.for_lines(order)
        job = self._pickers[shelf.node.number].join(self._restock.sample(order.id), self._opening(shelf.node))
        done = yield job
        yield wake.at(done)
        self._put_back(shelf, done)

    def _comes(self, shelf: Shelf) -> int | None:
        """When the customer comes, if ever."""
        shop, node = self._shop, shelf.node
        never, law = self._laws[shelf.order.channel.number]
        if self._no_show.happens(never, shelf.order.id):
            return None
        t = self._notices.ready_known(shelf.order) + law.sample(shelf.order.id)
        if t >= shop.world.horizon_us:
            return t
        return next_open(t, node.opens, node.closes, shop.shifts[node.region][t // DAY])

    def _hand_over(self, shelf: Shelf, now: int) -> None:
        for line in shelf.lines:
            line.store().set_aside -= line.quantity
            self._shop.flows[Flow.COLLECTED_UNITS] += line.quantity
            line.end(Status.SUPPLIED, now)
        shelf.order.t_done = shelf.collected = now
        shelf.outcome = CollectionEnd.COLLECTED

    def _put_back(self, shelf: Shelf, now: int) -> None:
        for line in shelf.lines:
            line.store().set_aside -= line.quantity
            self._shop.flows[Flow.RESTOCKED_UNITS] += line.quantity
            movement = Movement(
                line.store(),
                line.quantity,
                t=now,
                moment=among_orders(now),
                entity=line.order,
                part=RESTOCK | line.number,
            )
            movement.receipt = True
            self._stock.move(movement)
        shelf.back = now

    def rows(self) -> list[tuple[int, ...]]:
        """Rows of the journal."""
        return sorted(shelf.row() for shelf in self.shelves)
