"""Replenishment: reviews that decide on the record, deliveries that change the shelf (docs/model.md, section 8)."""

from __future__ import annotations

from itertools import count, groupby
from math import floor

from tests.reference.clock import Process, before_orders
from tests.reference.ledgers import Movement, Node, Pair
from tests.reference.portal import Portal
from tests.reference.receiving import Dock
from tests.reference.shop import Shop
from tests.reference.stock import DISPATCH, Stock
from tests.reference.transfers import Transfers
from twin.core.clock import DAY, HOUR
from twin.journal.totals import Flow

SUPPLIER, TRUCK, STORE_REVIEW, DC_REVIEW = 0, 1 << 40, 3 << 40, 4 << 40
INITIAL_SUPPLIER, INITIAL_REVIEW = 4095, 1 << 24
Load = list[tuple[Pair, int, int]]  # (pair, units ordered, units sent)


class Supply:
    """Keeps shelves filled."""

    def __init__(self, shop: Shop, stock: Stock) -> None:
        self._shop, self._stock, self._dock = shop, stock, Dock(shop, stock)
        self.transfers, self.portal = Transfers(shop, stock, self._dock), Portal(shop)
        self._settings = settings = shop.scenario.estate.stock
        self._truck = shop.stream("truck", settings.store_lead)
        self._supplier = shop.stream("supplier", settings.dc_lead)
        self._short = shop.stream("short")
        for region in range(len(shop.shifts)):
            shop.env.process(self._store_reviews(region))
        for node in shop.nodes:
            if node.is_dc:
                shop.env.process(self._dc_reviews(node))
        self._start_receipts()

    def _start_receipts(self) -> None:
        """What was already on its way at the start."""
        shop = self._shop
        rows = [(t, shop.pairs[pair], quantity) for t, pair, quantity in shop.world.start.receipts.tolist()]
        for _, pair, quantity in rows:
            pair.on_order += quantity
        rows.sort(key=lambda row: (row[0], row[1].node.number))
        for (t, dc), together in groupby(rows, key=lambda row: (row[0], row[1].node.number)):
            load = [(pair, quantity, quantity) for _, pair, quantity in together]
            entity = SUPPLIER | dc * 4096 + INITIAL_SUPPLIER
            shop.env.process(self._delivery(t, entity, load, INITIAL_REVIEW))

    def _store_reviews(self, region: int) -> Process:
        """Every night the stores of a region order what their record says is missing."""
        shop, erp = self._shop, self._shop.outages("erp")
        stores = [node for node in shop.nodes if not node.is_dc and node.region == region]
        for day, shift in enumerate(shop.shifts[region]):
            due = day * DAY + 2 * HOUR - shift
            if due < 0:
                continue
            t = erp.up(due)
            yield shop.batch_time(t, STORE_REVIEW | region)
            for store in stores:
                load = [(pair, sent, sent) for pair in store.pairs if (sent := self._dispatch(pair, day))]
                if load:
                    arrival = t + self._truck.sample(store.number << 24 | day)
                    shop.env.process(self._delivery(arrival, TRUCK | store.number, load, day))

    def _dispatch(self, pair: Pair, review: int) -> int:
        """Load what the DC has of what a store's pair wants; returns units."""
        source = pair.sku.by_node.get(pair.node.supplied_by)
        if source is None:
            return 0
        sent = min(wanted(pair), max(0, source.on_hand - source.promised))
        if sent:
            t, entity = self._shop.env.now, review << 32 | pair.number
            self._stock.move(Movement(source, -sent, t=t, moment=before_orders(t), entity=entity, part=DISPATCH))
            self._shop.flows[Flow.DISPATCHED_UNITS] += sent
            pair.on_order += sent
        return sent

    def _dc_reviews(self, node: Node) -> Process:
        """A DC orders from its suppliers; each sends one delivery, some lines of it short."""
        shop, erp = self._shop, self._shop.outages("erp")
        for review in count():
            due = 4 * HOUR + review * self._settings.dc_review
            yield shop.batch_time(erp.up(due), DC_REVIEW | node.number)
            loads: dict[int, Load] = {}
            for pair in node.pairs:
                ordered = wanted(pair)
                if ordered:
                    pair.on_order += ordered
                    loads.setdefault(pair.sku.supplier, []).append((pair, ordered, self._sent(pair, ordered, review)))
            for supplier, load in loads.items():
                lead = self._supplier.sample(node.number << 40 | supplier << 24 | review)
                acknowledged, ordered = self.portal.order(node, supplier, review, load, lead)
                entity = SUPPLIER | node.number * 4096 + supplier
                shop.env.process(self._delivery(acknowledged + lead, entity, ordered, review))

    def _sent(self, pair: Pair, ordered: int, review: int) -> int:
        """Units that the supplier sends."""
        if not self._short.happens(self._settings.short_shipment, pair.number, review):
            return ordered
        return ordered - floor(ordered * self._settings.short_fraction)

    def _delivery(self, t: int, place: int, load: Load, review: int) -> Process:
        """A truck or a delivery is on its way, and arrives."""
        yield self._shop.batch_time(t, place)
        for pair, ordered, sent in load:
            self._dock.receive(pair, sent, ordered, review, before_orders(t))


def wanted(pair: Pair) -> int:
    """Units to order now, (s, S) on the record; 0 above the reorder point."""
    position = pair.record + pair.on_order
    if pair.reorder < 0 or position > pair.reorder:
        return 0
    return -(-(pair.up_to - position) // pair.pack) * pair.pack
