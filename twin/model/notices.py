"""What customers are told, and when they ask instead (docs/model.md, section 15).

Nothing waits for most messages, so they are worked out when the rows of their orders are finished; that an order is
ready in a store is asked for when it is picked.
"""

from __future__ import annotations

from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import NEVER
from twin.core.hashing import bits_of_many
from twin.core.laws import sample_many
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
        self._knots = knots_of(settings.delay)
        self._key, self._loss = (works.world.streams.key(f"notification.{what}") for what in ("delay", "lost"))

    @classmethod
    def of(cls, works: Works, settings: Notification, marketplaces: frozenset[int]) -> Self | None:
        """The messages of an arm; ``None`` if its customers know everything at once."""
        return cls(works, settings, marketplaces) if settings.on else None

    def knows(self, order: int, channel: int, t: int) -> int:
        """When the customer knows of an order that is ready at ``t``, be it that the customer asks."""
        if channel in self._marketplaces:
            return t
        told, _ = self._told(np.array([order]), Notice.READY, np.array([t]))
        return min(int(told[0]), t + self._settings.patience)

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
            whose, channel, t = (np.array([value], np.int64) for value in (claim.order, claim.channel, now))
            (row,) = self._rows(whose, Notice.REFUND, claim.attempt() | Notice.REFUND, channel, t).tolist()
            self._journal.end_notice(row)

    def _told(self, whose: Integers, number: int, t: Integers) -> tuple[Integers, NDArray[np.bool_]]:
        """When messages of these instants come, and which of them never do (NEVER)."""
        whose = np.ascontiguousarray(whose, np.int64)
        begun = np.fromiter(map(self._down.up, t.tolist()), np.int64, t.size)
        takes = sample_many(self._knots, bits_of_many(self._key, whose, number))
        if self._slow.windows:
            takes = np.fromiter(map(self._slow.paced, takes.tolist(), begun.tolist()), np.int64, t.size)
        share = np.uint64(parts(self._settings.lost))
        lost = bits_of_many(self._loss, whose, number) % np.uint64(MILLION) < share
        return np.where(lost, NEVER, begun + takes), lost

    def _rows(self, whose: Integers, notice: Notice, number: int, channel: Integers, t: Integers) -> NDArray[np.void]:
        """Rows of the journal."""
        told, lost = self._told(whose, number, t)
        gives_up = t + self._settings.patience
        rows = np.empty(t.size, NOTICE)
        rows["order"], rows["number"], rows["notice"], rows["channel"], rows["t"] = whose, number, notice, channel, t
        rows["t_told"] = np.where(told < self._horizon, told, NONE)
        rows["t_asked"] = np.where((told > gives_up) & (gives_up < self._horizon), gives_up, NONE)
        rows["lost"] = lost
        return rows
