"""Customers who stand in a store and ask an associate (docs/model.md, section 6, "Clienteling")."""

from __future__ import annotations

from tests.reference.clock import among_orders
from tests.reference.ledgers import Movement, Node, Pair
from tests.reference.orderlines import Line, Order
from tests.reference.shop import Shop
from tests.reference.stock import Stock
from twin.core.clock import DAY
from twin.journal.orders import Status
from twin.journal.tables import NONE
from twin.journal.totals import Flow
from twin.policies.calendars import next_open

AT_TILL = 1 << 16


class Associates:
    """They look at the shelf before they look at a screen."""

    def __init__(self, shop: Shop, stock: Stock) -> None:
        self._shop, self._stock = shop, stock
        self._kinds = [channel.kind for channel in shop.scenario.demand.channels.values()]
        self._stores = [node for node in shop.nodes if not node.is_dc]
        self.rows: list[tuple[int, ...]] = []

    def serve(self, order: Order) -> None:
        """Sell what is on the shelf; the rest is to come from elsewhere."""
        if not self._shop.systems.clienteling.on or self._kinds[order.channel.number] != "clienteling":
            return
        if order.leaves or order.abandons or order.declined:
            return
        store = min(self._stores, key=lambda node: ((node.x - order.x) ** 2 + (node.y - order.y) ** 2, node.number))
        if not self._is_open(store):
            return
        for line in order.lines:
            pair = line.sku.by_node.get(store.number)
            there = NONE if pair is None else pair.on_hand
            self.rows.append((order.id, line.number, store.number, there, self._is_sold(line, pair)))
            line.pickup, line.pair = False, None
            if line.status == Status.OPEN:
                line.node = NONE
        order.pickup, order.away_from = False, store.number

    def _is_open(self, store: Node) -> bool:
        now = self._shop.env.now
        return next_open(now, store.opens, store.closes, self._shop.shifts[store.region][now // DAY]) == now

    def _is_sold(self, line: Line, pair: Pair | None) -> bool:
        """A line is sold at the till if its units are there."""
        if pair is None:
            return False
        kept = max(pair.promised, pair.resv) if self._shop.systems.tills_respect_reservations else 0
        if max(0, pair.on_hand - kept) < line.quantity:
            return False
        now, units = self._shop.env.now, line.quantity
        pair.sold += units
        for flow in (Flow.TILL_UNITS, Flow.ASSISTED_UNITS):
            self._shop.flows[flow] += units
        self._shop.prices.sell(pair.sku.number, units)
        part = AT_TILL | line.number
        self._stock.move(Movement(pair, -units, t=now, moment=among_orders(now), entity=line.order, part=part))
        line.at_till, line.node = True, pair.node.number
        line.end(Status.SUPPLIED, now)
        return True
