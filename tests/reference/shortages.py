"""What becomes of a line that nobody can supply (docs/model.md, section 7, "Shortages")."""

from __future__ import annotations

from tests.reference.clock import among_orders
from tests.reference.ledgers import Sku
from tests.reference.orderlines import Line, Order
from tests.reference.shop import Shop
from twin.journal.orders import Status
from twin.journal.tables import NONE
from twin.journal.totals import Flow

MOST = 15
"""Short picks of a line that may be tried once more."""


class Shortages:
    """Whoever tells customers that there is not what they bought."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self._settings = shop, shop.systems.sourcing.shortage
        self._reserves = shop.systems.reserving.point != "none"
        channels = shop.scenario.demand.channels.values()
        self._patient = [round(channel.waits * 10**6) for channel in channels]
        self._flexible = [round(channel.takes_substitute * 10**6) for channel in channels]
        self._patience, self._taste = shop.stream("waits"), shop.stream("takes_substitute")
        self._ending: list[int] = shop.world.estate.skus["ending"].tolist()
        self._substitutes: list[int] = shop.world.estate.substitutes.tolist()

    def answer(self, line: Line, order: Order) -> bool:
        """A line is short: nothing is promised or reserved for it any more. Whether it goes on as another item."""
        first = line.t_short == NONE
        if first:
            line.t_short = self._shop.env.now
        line.reserved = False
        tried = line.pickup or line.short_picks > MOST
        if first and not tried and self._settings.substitutes and self._takes(line, order):
            line.today = False
            self._replace(line)
            return True
        if tried or not self._settings.backorders or not self._waits(line, first=first):
            line.end(Status.OVERSOLD, self._shop.env.now)
            return False
        line.status, line.pair, line.today = Status.BACKORDERED, None, False
        self._shop.flows[Flow.BACKORDERED if first else Flow.BACKORDERED_AGAIN] += 1
        return False

    def _waits(self, line: Line, *, first: bool) -> bool:
        if not first:
            return line.sku is line.ordered
        if self._ending[line.sku.number] and not self._settings.ending:
            return False
        return self._patience.below(10**6, line.order) < self._patient[line.channel.number]

    def _takes(self, line: Line, order: Order) -> bool:
        sku = self._substitute(line)
        if sku is None or sku.offered() < line.quantity:
            return False
        nodes = [pair for pair in sku.pooled if order.may_come_from(pair)]
        if all(pair.free() < line.quantity for pair in nodes):
            return False
        takes = self._taste.below(10**6, line.order, line.number) < self._flexible[line.channel.number]
        self._shop.flows[Flow.SUBSTITUTES_OFFERED] += 1
        self._shop.flows[Flow.SUBSTITUTES_TAKEN] += takes
        return takes

    def _substitute(self, line: Line) -> Sku | None:
        number = self._substitutes[line.sku.number]
        return None if number == NONE else self._shop.skus[number]

    def _replace(self, line: Line) -> None:
        sku = self._substitute(line)
        assert sku is not None
        line.sku, line.pair, line.reserved = sku, None, self._reserves
        sku.unplaced += line.quantity
        if self._reserves:
            sku.reserve(line.quantity, among_orders(self._shop.env.now))

    def is_over(self, line: Line) -> bool:
        """Give a line up that has waited for too long."""
        now = self._shop.env.now
        if now - line.t_short < self._settings.give_up:
            return False
        line.end(Status.OVERSOLD, now)
        self._shop.flows[Flow.BACKORDERS_GIVEN_UP] += 1
        return True
