"""Deliveries arrive and are booked, at once or later, right or wrong (docs/model.md, section 8, "Receiving")."""

from __future__ import annotations

from tests.reference.clock import Process, after_reloads
from tests.reference.ledgers import Movement, Pair
from tests.reference.shop import Shop
from tests.reference.stock import RECEIPT, Stock
from twin.journal.totals import Flow
from twin.policies.counting import miscount, miscount_limits

BOOKING = 22 << 40


class Dock:
    """Where goods come in."""

    def __init__(self, shop: Shop, stock: Stock) -> None:
        self._shop, self._stock = shop, stock
        receiving = shop.scenario.estate.receiving
        self._share = receiving.late_share
        self._limits = miscount_limits(receiving.error_share, receiving.error_units)
        self._late, self._error = shop.stream("receipt.late"), shop.stream("receipt.error")
        self._delay = shop.stream("receipt.delay", receiving.late)

    def receive(self, pair: Pair, units: int, ordered: int, review: int, moment: int) -> None:
        """Units of a pair arrive; so many had been ordered."""
        if not units:
            pair.on_order -= ordered
            return
        self._shop.flows[Flow.RECEIVED_UNITS] += units
        pair.on_hand += units
        pair.err -= units
        pair.unbooked += units
        if self._late.happens(self._share, pair.number, review):
            self._shop.env.process(self._later(pair, units, ordered, review))
        else:
            self._book(pair, units, ordered, review, moment)

    def _later(self, pair: Pair, units: int, ordered: int, review: int) -> Process:
        """Somebody gets to it."""
        t = self._shop.env.now + self._delay.sample(pair.number, review)
        yield self._shop.batch_time(t, BOOKING | pair.number)
        self._book(pair, units, ordered, review, after_reloads(t))

    def _book(self, pair: Pair, units: int, ordered: int, review: int, moment: int) -> None:
        """What is on the shelf already is booked, as the number that somebody counts."""
        booked = max(0, units + miscount(self._error.bits(pair.number, review), self._limits))
        pair.err += booked
        pair.unbooked -= units
        pair.misbooked += booked - units
        if not booked:
            pair.on_order -= ordered
            return
        now, entity = self._shop.env.now, review << 32 | pair.number
        movement = Movement(pair, booked, t=now, moment=moment, entity=entity, part=RECEIPT)
        movement.receipt = True
        movement.settles = ordered
        self._stock.tell(movement)
