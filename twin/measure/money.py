"""KPIs of revenue and margin, USD of the window; summed in whole cents, divided once at the edge."""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.measure.cohort import Cohort, Integers, Mask
from twin.measure.kpi import CENTS_PER_USD, Kpi


def usd(cents: Integers, among: Mask) -> float:
    """USD of some of the cohort's lines."""
    return int(cents[among].sum()) / CENTS_PER_USD


def _unit_margin_usd(cohort: Cohort) -> float | None:
    units = int(cohort.lines["quantity"].sum(dtype=np.int64))
    return int(cohort.margin_cents.sum()) / (CENTS_PER_USD * units) if units else None


MONEY: Final = (
    Kpi(
        name="revenue_kept_usd",
        unit="USD",
        direction="higher",
        formula="price of lines supplied",
        meaning="what online customers paid and kept, in the window",
        function=lambda c: usd(c.price_cents, c.supplied),
    ),
    Kpi(
        name="margin_kept_usd",
        unit="USD",
        direction="higher",
        formula="price less cost of lines supplied",
        meaning="gross margin of the window",
        function=lambda c: usd(c.margin_cents, c.supplied),
    ),
    Kpi(
        name="margin_lost_refused_usd",
        unit="USD",
        direction="lower",
        formula="price less cost of false out-of-stocks",
        meaning="margin of customers who were told no although the stock was there",
        function=lambda c: usd(c.margin_cents, c.false_oos),
    ),
    Kpi(
        name="margin_lost_oversold_usd",
        unit="USD",
        direction="lower",
        formula="price less cost of oversold lines that were cancelled",
        meaning="margin of promises that were not kept; a late line keeps its own",
        function=lambda c: usd(c.margin_cents, c.oversold_cancelled),
    ),
    Kpi(
        name="refunded_not_collected_usd",
        unit="USD",
        direction="lower",
        formula="price of lines not collected",
        meaning="sales that were undone because the customer did not come in time; the goods are kept",
        function=lambda c: usd(c.price_cents, c.not_collected),
    ),
    Kpi(
        name="margin_lost_not_collected_usd",
        unit="USD",
        direction="lower",
        formula="price less cost of lines not collected",
        meaning="margin of sales that were undone",
        function=lambda c: usd(c.margin_cents, c.not_collected),
    ),
    Kpi(
        name="unit_margin_usd",
        unit="USD/unit",
        direction="none",
        formula="price less cost of lines demanded / their units",
        meaning="mean margin of a unit; equal in every arm of a replication",
        function=_unit_margin_usd,
    ),
)
