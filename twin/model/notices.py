"""What customers are told, and when they ask instead (docs/model.md, section 15).

Nothing waits for most messages, so they are worked out when the rows of their orders are finished; that an order is
ready in a store is asked for when it is picked.
"""

from __future__ import annotations

from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import NEVER
from twin.core.hashing import bits, bits_of_many
from twin.core.laws import drawn, sample_many
from twin.core.shares import MILLION, parts
from twin.journal.notices import NOTICE, Notice
from twin.journal.orders import Mode
from twin.journal.tables import NONE
from twin.model.build import knots_of
from twin.model.claims import Claim
from twin.model.jobs import Works
from twin.model.windows import Slowdowns, Spans
from twin.scenario.notification import Notification

Integers = NDArray[np.int64]

_SYSTEM: Final = "notification"


class Notices:
    """The messages of an arm to the customers of its own channels."""

    def __init__(self, works: Works, settings: Notification, marketplaces: frozenset[int]) -> None:
        self._settings, self._journal, self._horizon = settings, works.journal, works.world.horizon_us
        self._marketplaces = marketplaces
        self._down = Spans.of_outages(works.world, _SYSTEM)
        self._slow = Slowdowns.of(works.world, _SYSTEM)
        self._knots, self._lost = knots_of(settings.delay), parts(settings.lost)
        self._key, self._loss = (works.world.streams.key(f"notification.{what}") for what in ("delay", "lost"))

    @classmethod
    def of(cls, works: Works, settings: Notification, marketplaces: frozenset[int]) -> Self | None:
        """The messages of an arm; ``None`` if its customers know everything at once."""
        return cls(works, settings, marketplaces) if settings.on else None

    def knows(self, order: int, channel: int, t: int) -> int:
        """When the customer knows of an order that is ready at ``t``, be it that the customer asks."""
        if channel in self._marketplaces:
            return t
        return min(self._told(order, Notice.READY, t), t + self._settings.patience)

    def of_orders(self, orders: NDArray[np.void]) -> None:
        """Orders are finished: what their customers were told."""
        own = ~np.isin(orders["channel"], list(self._marketplaces))
        pickup = orders["mode"] == Mode.PICKUP
        for notice, column, whose in (
            (Notice.ACCEPTED, "t_accept", own),
            (Notice.READY, "t_ready", own & pickup),
            (Notice.SHIPPED, "t_ready", own & ~pickup),
        ):
            rows = orders[whose & (orders[column] >= 0) & (orders[column] < self._horizon)]
            self._journal.seal("notices", self._rows(rows["order"], notice, notice, rows["channel"], rows[column]))

    def of_claim(self, claim: Claim, now: int) -> None:
        """A refund is booked."""
        if claim.channel != NONE and claim.channel not in self._marketplaces:
            number = claim.attempt() | Notice.REFUND
            told, asks = self._told(claim.order, number, now), now + self._settings.patience
            asked = asks if told > asks and asks < self._horizon else NONE
            seen = told if told < self._horizon else NONE
            self._journal.end_notice(
                (claim.order, number, Notice.REFUND, claim.channel, now, seen, asked, told == NEVER)
            )

    def _told(self, whose: int, number: int, t: int) -> int:
        """When a message of instant ``t`` comes; NEVER if it does not."""
        if int(bits(self._loss, whose, number)) % MILLION < self._lost:
            return NEVER
        begun = self._down.up(t)
        return begun + self._slow.paced(int(drawn(self._knots, self._key, whose, number)), begun)

    def _told_of_many(self, whose: Integers, number: int, t: Integers) -> tuple[Integers, NDArray[np.bool_]]:
        """The same of many messages, and which of them never come."""
        whose = np.ascontiguousarray(whose, np.int64)
        begun = np.fromiter(map(self._down.up, t.tolist()), np.int64, t.size)
        takes = sample_many(self._knots, bits_of_many(self._key, whose, number))
        if self._slow.windows:
            takes = np.fromiter(map(self._slow.paced, takes.tolist(), begun.tolist()), np.int64, t.size)
        lost = bits_of_many(self._loss, whose, number) % np.uint64(MILLION) < np.uint64(self._lost)
        return np.where(lost, NEVER, begun + takes), lost

    def _rows(self, whose: Integers, notice: Notice, number: int, channel: Integers, t: Integers) -> NDArray[np.void]:
        """Rows of the journal."""
        told, lost = self._told_of_many(whose, number, t)
        gives_up = t + self._settings.patience
        rows = np.empty(t.size, NOTICE)
        rows["order"], rows["number"], rows["notice"], rows["channel"], rows["t"] = whose, number, notice, channel, t
        rows["t_told"] = np.where(told < self._horizon, told, NONE)
        rows["t_asked"] = np.where((told > gives_up) & (gives_up < self._horizon), gives_up, NONE)
        rows["lost"] = lost
        return rows
