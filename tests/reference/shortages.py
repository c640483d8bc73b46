"""What becomes of a line that nobody can supply (docs/model.md, section 7, "Shortages")."""

from __future__ import annotations

from tests.reference.orderlines import Line
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
        self._patient = [round(channel.waits * 10**6) for channel in shop.scenario.demand.channels.values()]
        self._patience = shop.stream("waits")

    def answer(self, line: Line) -> None:
        """A line is short: nothing is promised or reserved for it any more."""
        first = line.t_short == NONE
        if first:
            line.t_short = self._shop.env.now
        if not self._waits(line, first=first):
            line.end(Status.OVERSOLD, self._shop.env.now)
            return
        line.status, line.pair, line.reserved = Status.BACKORDERED, None, False
        self._shop.flows[Flow.BACKORDERED if first else Flow.BACKORDERED_AGAIN] += 1

    def _waits(self, line: Line, *, first: bool) -> bool:
        if self._settings.offer != "backorder" or line.pickup or line.short_picks > MOST:
            return False
        return not first or self._patience.below(10**6, line.order) < self._patient[line.channel.number]

    def is_over(self, line: Line) -> bool:
        """Give a line up that has waited for too long."""
        now = self._shop.env.now
        if now - line.t_short < self._settings.give_up:
            return False
        line.end(Status.OVERSOLD, now)
        self._shop.flows[Flow.BACKORDERS_GIVEN_UP] += 1
        return True
