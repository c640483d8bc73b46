"""Messages to customers (docs/model.md, section 15)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.reference.orderlines import Order
from tests.reference.refunds import Claim
from tests.reference.shop import Shop
from twin.journal.notices import Notice
from twin.journal.returns import RefundEnd
from twin.journal.tables import NONE


@dataclass(frozen=True)
class Message:
    """One message: when it comes (never, if it is lost), and when its customer has had enough of waiting."""

    comes: int | None
    patience_ends: int

    @property
    def is_missed(self) -> bool:
        return self.comes is None or self.comes > self.patience_ends

    @property
    def known(self) -> int:
        """When the customer knows, by message or from the service desk."""
        return self.patience_ends if self.comes is None else min(self.comes, self.patience_ends)


class Notices:
    """Tells the customers of the retailer's own channels."""

    def __init__(self, shop: Shop) -> None:
        self._settings = settings = shop.systems.notification
        self._horizon = shop.world.horizon_us
        self._outages, self._slowness = shop.outages("notification"), shop.slowness("notification")
        self._delay, self._lost = shop.stream("notification.delay", settings.delay), shop.stream("notification.lost")
        self._names = list(shop.scenario.demand.channels.values())

    def _tells(self, channel: int) -> bool:
        return channel != NONE and self._names[channel].kind != "marketplace"

    def ready_known(self, order: Order) -> int:
        """When the customer of an order knows that it can be collected."""
        if not self._settings.on or order.channel.marketplace:
            return order.t_ready
        return self._message(order.id, Notice.READY, order.t_ready).known

    def _message(self, whose: int, number: int, t: int) -> Message:
        patience_ends = t + self._settings.patience
        if self._lost.below(10**6, whose, number) < round(self._settings.lost * 10**6):
            return Message(None, patience_ends)
        leaves = self._outages.up(t)
        return Message(leaves + self._slowness.pace(self._delay.sample(whose, number), leaves), patience_ends)

    def rows(self, orders: Iterable[Order], claims: Iterable[Claim]) -> list[tuple[int, ...]]:
        """Rows of the journal."""
        if not self._settings.on:
            return []
        told = [*self._of_orders(orders), *self._of_claims(claims)]
        return sorted(self._row(*each) for each in told if each[-1] != NONE and each[-1] < self._horizon)

    def _of_orders(self, orders: Iterable[Order]) -> Iterator[tuple[int, int, Notice, int, int]]:
        for order in orders:
            if not order.channel.marketplace:
                ready = Notice.READY if order.pickup else Notice.SHIPPED
                for notice, t in ((Notice.ACCEPTED, order.t_accept), (ready, order.t_ready)):
                    yield order.id, notice, notice, order.channel.number, t

    def _of_claims(self, claims: Iterable[Claim]) -> Iterator[tuple[int, int, Notice, int, int]]:
        for claim in claims:
            if claim.outcome == RefundEnd.POSTED and self._tells(claim.channel):
                yield claim.order, claim.luck() + Notice.REFUND, Notice.REFUND, claim.channel, claim.end

    def _row(self, whose: int, number: int, notice: Notice, channel: int, t: int) -> tuple[int, ...]:
        message = self._message(whose, number, t)
        comes = message.comes if message.comes is not None and message.comes < self._horizon else NONE
        asks = message.is_missed and message.patience_ends < self._horizon
        asked = message.patience_ends if asks else NONE
        return whose, number, notice, channel, t, comes, asked, message.comes is None
