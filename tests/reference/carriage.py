"""Parcels that left, and what the carrier asked for each (docs/model.md, section 7, "Carriage")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reference.ledgers import Node
from tests.reference.orderlines import Order
from tests.reference.shop import Shop
from twin.journal.orders import Mode, Status

if TYPE_CHECKING:
    from tests.reference.sourcing import Parcel


class Carrier:
    """Knows the price list, and keeps a book of what was handed over."""

    def __init__(self, shop: Shop) -> None:
        self._prices = shop.scenario.estate.carriage
        self.book: list[tuple[int, ...]] = []

    def price(self, order: Order, node: Node) -> int:
        """Cents for a parcel of the order from a node."""
        prices = self._prices
        far = (node.x - order.x) ** 2 + (node.y - order.y) ** 2
        surcharge = 0.0
        for zone in prices.zones:
            if far >= zone.from_km**2:
                surcharge = zone.usd
        return round(100 * (prices.dc_usd if node.is_dc else prices.store_usd)) + round(100 * surcharge)

    def fetch(self, order: Order, parcel: Parcel, now: int, ready: int) -> None:
        """Something of a parcel was found at ``now``, and goes when it is ready; pickups stay in the store."""
        found = [line for line in parcel.lines if line.came_in is parcel and line.status != Status.ACCEPTED]
        self.book.append(
            (
                order.id,
                parcel.number,
                order.channel.number,
                found[0].mode,
                not parcel.node.is_dc,
                parcel.node.number,
                len(found),
                sum(line.quantity for line in found),
                self.price(order, parcel.node) if found[0].mode == Mode.SHIP else 0,
                order.t,
                now,
                ready,
            )
        )
