"""KPIs of associates who serve customers in stores: the own shelf, sales saved by other nodes, and those missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.journal.orders import Status
from twin.measure.cohort import Cohort, Integers, Mask, once
from twin.measure.kpi import Kpi, ratio
from twin.measure.money import usd

_LINES: Final = 10
"""Bits of a line's number: an order has at most a thousand lines."""


@dataclass(frozen=True)
class _Asked:
    """Lines that associates looked for."""

    sold: int
    lines: int
    elsewhere: Mask
    """Of the cohort's lines: those that were not on the shelf."""


@once
def _asked(cohort: Cohort) -> _Asked:
    column, lines = cohort.journal.column, cohort.lines
    keys, sold = _keys(column("assisted", "order"), column("assisted", "line")), column("assisted", "sold") != 0
    mine = _keys(lines["order"], lines["line"])
    asked, from_shelf = np.isin(mine, keys), np.isin(mine, keys[sold])
    return _Asked(int(np.count_nonzero(from_shelf)), int(np.count_nonzero(asked)), asked & ~from_shelf)


def _keys(order: Integers, line: NDArray[np.int16]) -> Integers:
    keys: Integers = order << _LINES | line.astype(np.int64)
    return keys


def _saved(cohort: Cohort) -> Mask:
    return np.asarray(_asked(cohort).elsewhere & cohort.supplied)


def _missed(cohort: Cohort) -> Mask:
    return np.asarray(_asked(cohort).elsewhere & (cohort.lines["status"] == Status.REFUSED) & cohort.false_oos)


CLIENTELING: Final = (
    Kpi(
        name="clienteling_lines",
        unit="lines",
        direction="none",
        formula="lines that associates looked for on the shelf before the customer",
        meaning="customers who stand in a store and buy",
        function=lambda c: _asked(c).lines,
    ),
    Kpi(
        name="clienteling_from_shelf_share",
        unit="share",
        direction="none",
        formula="clienteling_lines sold from the shelf / clienteling_lines",
        meaning="the customer takes them along; the rest needs other nodes",
        function=lambda c: ratio(_asked(c).sold, _asked(c).lines),
    ),
    Kpi(
        name="saved_sales",
        unit="lines",
        direction="higher",
        formula="clienteling_lines that were not on the shelf and that another node supplied",
        meaning="sales that the store alone would have lost",
        function=lambda c: int(np.count_nonzero(_saved(c))),
    ),
    Kpi(
        name="saved_sales_margin_usd",
        unit="USD",
        direction="higher",
        formula="price less cost of saved_sales",
        meaning="what selling other nodes' stock is worth; part of the margin kept",
        function=lambda c: usd(c.margin_cents, _saved(c)),
    ),
    Kpi(
        name="clienteling_missed_sales",
        unit="lines",
        direction="lower",
        formula="clienteling_lines that were not on the shelf and were refused although another node had the units "
        "(false out-of-stock)",
        meaning="what late and wrong beliefs cost the associate",
        function=lambda c: int(np.count_nonzero(_missed(c))),
    ),
)
