"""The account of a replayed log: every line read is mapped, set aside for a reason, or outside the period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.world.replay.log import Log

READ: Final = "read"
MAPPED: Final = "mapped"
SET_ASIDE: Final = "set aside"
OUTSIDE: Final = "outside period"
ADDED: Final = "added"
"""Copies of customers; they are no lines of the log and not part of the sum."""


@dataclass(frozen=True)
class Fate:
    """What becomes of a line."""

    group: str
    reason: str


SALE: Final = Fate(MAPPED, "sale")
RETURN: Final = Fate(MAPPED, "return")
MERGED: Final = Fate(MAPPED, "merged with a line of the same order and article")
SERVICE: Final = Fate(SET_ASIDE, "service line")
ZERO: Final = Fate(SET_ASIDE, "zero quantity")
TOO_MANY: Final = Fate(SET_ASIDE, "over max_line_units")
POSITIVE_CANCELLATION: Final = Fate(SET_ASIDE, "cancellation with a positive quantity")
ADJUSTMENT: Final = Fate(SET_ASIDE, "stock adjustment")
UNPRICED: Final = Fate(SET_ASIDE, "price not positive")
NO_STORE: Final = Fate(SET_ASIDE, "no store")
OF_A_STORE: Final = Fate(SET_ASIDE, "till sale in a log of online orders")
NOT_IN_CATALOGUE: Final = Fate(SET_ASIDE, "not in catalogue")
LEFT_OUT: Final = Fate(SET_ASIDE, "article of a kind that is left out")
OVERSIZED: Final = Fate(SET_ASIDE, "in an order over max_order_units")
THINNED: Final = Fate(SET_ASIDE, "customer thinned out by scale")
EARLIER: Final = Fate(OUTSIDE, "before the fit period")
FITTED: Final = Fate(OUTSIDE, "in the fit period")
LATER: Final = Fate(OUTSIDE, "after the horizon")
COPIED: Final = Fate(ADDED, "copies of customers by scale")

FATES: Final = (
    SALE, RETURN, MERGED, SERVICE, ZERO, TOO_MANY, POSITIVE_CANCELLATION, ADJUSTMENT, UNPRICED, NO_STORE, OF_A_STORE,
    NOT_IN_CATALOGUE, THINNED, EARLIER, FITTED, LATER, COPIED,
    LEFT_OUT, OVERSIZED,
)  # fmt: skip
"""All fates; a line's fate is held as its position here."""


@dataclass(frozen=True)
class AccountRow:
    """Lines of one fate."""

    group: str
    reason: str
    lines: int
    units: int  # as the log signs them
    skus: int  # different article codes
    example: str  # the most frequent of them


@dataclass(frozen=True)
class ReplayAccount:
    """What became of the lines of a log; the first row counts all that were read."""

    rows: tuple[AccountRow, ...]

    def lines(self, group: str, reason: str | None = None) -> int:
        """Lines of a group, or of one reason in it."""
        return sum(row.lines for row in self.rows if row.group == group and reason in (None, row.reason))

    def units(self, group: str, reason: str | None = None) -> int:
        """Units of a group, or of one reason in it."""
        return sum(row.units for row in self.rows if row.group == group and reason in (None, row.reason))

    @property
    def balanced(self) -> bool:
        """Whether what was read is what was mapped, set aside or outside the period, in lines and in units."""
        parts = (MAPPED, SET_ASIDE, OUTSIDE)
        return self.lines(READ) == sum(map(self.lines, parts)) and self.units(READ) == sum(map(self.units, parts))


def account(log: Log, fate: NDArray[np.int8], copies: NDArray[np.int64]) -> ReplayAccount:
    """Count the lines of a log by fate (a position in :data:`FATES`); ``copies``: the lines that scaling repeated."""
    everything = np.arange(log.t.size)
    rows = [_row(log, READ, "lines of the log", everything)]
    for number, what in enumerate(FATES):
        lines = copies if what is COPIED else np.flatnonzero(fate == number)
        if lines.size:
            rows.append(_row(log, what.group, what.reason, lines))
    return ReplayAccount(tuple(rows))


def _row(log: Log, group: str, reason: str, lines: NDArray[np.int64]) -> AccountRow:
    frequency = np.bincount(log.sku[lines], minlength=log.skus.size)
    example = str(log.skus[int(frequency.argmax())])
    return AccountRow(group, reason, lines.size, int(log.quantity[lines].sum()), int((frequency > 0).sum()), example)
