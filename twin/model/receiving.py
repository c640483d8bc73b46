"""Goods arrive: they are on the shelf at once, and booked when somebody gets to it, as what somebody thinks they are
(docs/model.md, section 8, "Receiving").
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits_of_many
from twin.kernels.supply import LATER, book_late
from twin.model.build import knots_of
from twin.model.jobs import Process, Works, happens
from twin.policies.counting import miscount, miscount_limits
from twin.scenario.estate import Receiving

Rows = NDArray[np.int64]

BOOKING_KIND: Final = 22 << 40


class Dock:
    """Where the deliveries of all nodes arrive."""

    def __init__(self, works: Works, receiving: Receiving) -> None:
        self._works, self._receiving = works, receiving
        self._exact = receiving.late_share == 0 and receiving.error_share == 0
        self._limits = miscount_limits(receiving.error_share, receiving.error_units)
        self._delay = knots_of(receiving.late)
        self._keys = [works.world.streams.key(f"receipt.{what}") for what in ("late", "error")]

    def receive(self, rows: Rows, arrived: Rows, review: int, now: int) -> None:
        """A delivery of ``rows`` (pair, units ordered) arrives, of which ``arrived`` units are there."""
        plane = self._works.plane
        if self._exact:
            plane.receive(rows, arrived, arrived, review, now)
            return
        booked, late = self._booking(rows[:, 0], arrived, review)
        plane.receive(rows, arrived, np.where(late, LATER, booked), review, now)
        if late.any():
            table = np.stack([rows[:, 0], arrived, booked, rows[:, 1]], axis=1)[late]
            self._works.env.process(self._book(table, review, now))

    def _booking(self, pairs: Rows, arrived: Rows, review: int) -> tuple[Rows, NDArray[np.bool_]]:
        """What each row is booked as, and which rows are booked later."""
        at = np.ascontiguousarray(pairs)
        for_late, for_error = (bits_of_many(key, at, review).tolist() for key in self._keys)
        share = self._receiving.late_share
        late = np.array([happens(luck, share) for luck in for_late], bool) & (arrived > 0)
        errors = np.array([miscount(luck, self._limits) for luck in for_error], np.int64)
        return np.where(arrived > 0, np.maximum(arrived + errors, 0), 0), late

    def _book(self, table: Rows, review: int, now: int) -> Process:
        """Rows of a delivery (pair, units, units booked, units ordered) are booked one after another."""
        works = self._works
        pairs = table[:, 0].tolist()
        due = [now + works.duration(self._delay, "receipt.delay", pair, review) for pair in pairs]
        for t, pair, row in sorted(zip(due, pairs, range(len(pairs)), strict=True)):
            _, units, booked, ordered = table[row].tolist()
            yield works.at(t, BOOKING_KIND | pair)
            works.plane.advance(t)
            book_late(works.plane.handle, pair, units, booked, ordered, review, t)
