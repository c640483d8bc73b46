"""The portal through which DCs order from suppliers (docs/model.md, section 8, "Supplier portal")."""

from __future__ import annotations

from tests.reference.clock import Process
from tests.reference.ledgers import Node, Pair
from tests.reference.shop import Shop
from twin.journal.tables import NONE

ACKNOWLEDGED = 55 << 40
Load = list[tuple[Pair, int, int]]


class Portal:
    """Takes orders while it is up."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self._settings = shop, shop.systems.supplier_portal
        self._outages, self._slowness = shop.outages("supplier_portal"), shop.slowness("supplier_portal")
        self._answer = shop.stream("supplier.acknowledged", self._settings.acknowledgement)
        self.rows: list[tuple[int, ...]] = []

    def order(self, node: Node, supplier: int, review: int, load: Load, lead: int) -> tuple[int, Load]:
        """When the supplier acknowledges, and the load with what is on order of it then."""
        now, shop = self._shop.env.now, self._shop
        if not self._settings.on:
            return now, load
        placed = self._outages.up(now)
        takes = self._answer.sample(node.number << 40 | supplier << 24 | review)
        told = placed + self._slowness.pace(takes, placed)
        units, sent = sum(ordered for _, ordered, _ in load), sum(sent for _, _, sent in load)
        times = [t if t < shop.world.horizon_us else NONE for t in (placed, told, told + lead)]
        self.rows.append((node.number, supplier, review, now, *times, len(load), units, units - sent))
        if not self._settings.tells_short:
            return told, load
        if units > sent:
            shop.env.process(self._acknowledge(told, review << 24 | node.number * 4096 + supplier, load))
        return told, [(pair, sent, sent) for pair, _, sent in load]

    def _acknowledge(self, t: int, number: int, load: Load) -> Process:
        yield self._shop.batch_time(t, ACKNOWLEDGED | number)
        for pair, ordered, sent in load:
            pair.on_order -= ordered - sent
