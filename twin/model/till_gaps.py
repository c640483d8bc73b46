"""What tills sell at another price than the list's, told from how many units were sold between two changes: a sale
pays nothing for it (docs/model.md, section 14).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.journal.prices import TILLS
from twin.journal.tables import NONE
from twin.model.jobs import Process, Works
from twin.scenario.calendar import Calendar

CUT_KIND: Final = 53 << 40
_LIST: Final = 0
_TILLS: Final = 1 + TILLS


class TillGaps:
    """For each SKU the time since which list and tills have had different prices, if they have.

    ``board`` has the list price and that of the tills in its first two columns.
    """

    def __init__(self, works: Works, board: NDArray[np.int32], calendar: Calendar) -> None:
        self._works, self._board = works, board
        self._window = (calendar.warm_up, calendar.warm_up + calendar.window)
        skus, estate = board.shape[0], works.world.estate
        self._first, self._pairs = estate.sku_first, works.plane.memory["pairs"]
        self._since = np.full(skus, NONE, np.int64)
        self._prices = board[:, [_LIST, _TILLS]].copy()
        self._sold = np.zeros(skus, np.int64)
        """Units sold at tills until the last look at the SKU."""
        self.apart = self.together = 0
        """Units sold while the two differed, and while they did not, until the last looks."""

    def start(self) -> None:
        """Put the cuts on the clock."""
        self._works.env.process(self._cuts())

    def _cuts(self) -> Process:
        """Gaps are cut where the observation window begins and ends, so that it has whole ones."""
        for t in self._window:
            if 0 < t < self._works.world.horizon_us:
                yield self._works.at(t, CUT_KIND)
                self._works.plane.advance(t)
                self._end(np.flatnonzero(self._since != NONE), t)

    def look(self, skus: NDArray[np.int64], now: int) -> None:
        """List or tills have been changed for these SKUs; the data plane is at ``now``."""
        changed = (self._board[skus][:, [_LIST, _TILLS]] != self._prices[skus]).any(axis=1)
        self._end(skus[changed], now)

    def _end(self, skus: NDArray[np.int64], now: int) -> None:
        """Gaps of these SKUs end, and new ones begin where the prices differ now."""
        for sku in skus.tolist():
            since, units = int(self._since[sku]), self._units(sku)
            if since == NONE:
                self.together += units
            else:
                self.apart += units
                self._write(sku, since, now, units)
            listed, till = (int(self._board[sku, column]) for column in (_LIST, _TILLS))
            self._prices[sku] = listed, till
            self._since[sku] = now if listed != till else NONE

    def _write(self, sku: int, since: int, now: int, units: int) -> None:
        if now > since:
            listed, till = self._prices[sku].tolist()
            self._works.journal.tell_price("till_gaps", (sku, since, now, listed, till, units))

    def _units(self, sku: int) -> int:
        """Units sold since the last look."""
        total = int(self._pairs["sold"][self._first[sku] : self._first[sku + 1]].sum(dtype=np.int64))
        units, self._sold[sku] = total - int(self._sold[sku]), total
        return units

    def close(self) -> None:
        """The run ends: gaps that are open end with it."""
        self._end(np.arange(self._since.size), self._works.world.horizon_us)
