"""KPIs of lines that were accepted and that nobody could supply: what became of them in the end.

A line is oversold from when it was short, whatever it ends as; outcomes sum to the total.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.journal.orders import Status
from twin.measure.cohort import Cohort, Integers, Mask
from twin.measure.kpi import CENTS_PER_USD, Kpi, quantile_s, ratio


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _cancelled_orders(cohort: Cohort) -> int:
    return int(np.unique(cohort.lines["order"][cohort.oversold_cancelled]).size)


def _waited(cohort: Cohort) -> Mask:
    """Lines that waited for stock: no substitutes, and not cancelled at the instant at which they were short."""
    lines = cohort.lines
    in_vain = cohort.oversold_cancelled & (lines["t_end"] > lines["t_short"]) & ~cohort.substituted
    return _late(cohort) | in_vain


def _late(cohort: Cohort) -> Mask:
    return cohort.oversold & ~cohort.oversold_cancelled & ~cohort.substituted


def _sent_instead(cohort: Cohort) -> Mask:
    """Lines with a substitute that is supplied, or still to be."""
    return cohort.substituted & ~cohort.oversold_cancelled


def _taken_share(cohort: Cohort) -> float | None:
    offered, taken = (cohort.flows.get(name, 0) for name in ("substitutes_offered", "substitutes_taken"))
    return ratio(taken, offered)


def _margin_change_usd(cohort: Cohort) -> float:
    """The price stays, the cost is another."""
    given = cohort.substituted & cohort.supplied
    ordered, sent = (cohort.worth_cents(cohort.lines, "cost_cents", sent=which) for which in (False, True))
    return int((ordered - sent)[given].sum()) / CENTS_PER_USD


def _filled(cohort: Cohort) -> Mask:
    return _waited(cohort) & cohort.supplied


def _waits(cohort: Cohort) -> Integers:
    """From short to picked, of lines that were picked in the end."""
    filled = _filled(cohort)
    waits: Integers = cohort.lines["t_end"][filled] - cohort.lines["t_short"][filled]
    return waits


def _filled_share(cohort: Cohort) -> float | None:
    filled = _count(_filled(cohort))
    return ratio(filled, filled + _count(_waited(cohort) & cohort.oversold_cancelled))


def _on_promise(cohort: Cohort) -> float | None:
    """Of the lines whose date has come before the end of the run, or that ended before it."""
    lines, waited = cohort.lines, _waited(cohort)
    date = lines["t_short"] + cohort.backorder_promise_us
    known = waited & ((date < cohort.horizon_us) | cohort.supplied | cohort.oversold_cancelled)
    kept = _filled(cohort) & (lines["t_end"] <= date)
    return ratio(_count(kept), _count(known))


def _wait_kpi(percent: int) -> Kpi:
    return Kpi(
        name=f"backorder_wait_p{percent}_s",
        unit="s",
        direction="lower",
        formula=f"p{percent} of t_end - t_short, of backordered lines that were supplied",
        meaning="what customers waited beyond what was promised, to the pick; who waited in vain is left aside",
        function=lambda cohort: quantile_s(_waits(cohort), percent),
    )


SHORTAGES: Final = (
    Kpi(
        name="oversold_cancelled_lines",
        unit="lines",
        direction="lower",
        formula="oversold lines that were cancelled and refunded",
        meaning="first outcome of an oversold line: at once, or after waiting in vain",
        function=lambda c: _count(c.oversold_cancelled),
    ),
    Kpi(
        name="oversold_late_lines",
        unit="lines",
        direction="lower",
        formula="oversold lines that were supplied late, or wait when the run ends",
        meaning="second outcome: backorders; the sale is kept",
        function=lambda c: _count(_late(c)),
    ),
    Kpi(
        name="oversold_substituted_lines",
        unit="lines",
        direction="lower",
        formula="oversold lines of which a substitute is supplied, or still to be",
        meaning="third outcome: the sale is kept, at the price of what was ordered",
        function=lambda c: _count(_sent_instead(c)),
    ),
    Kpi(
        name="oversold_cancelled_orders",
        unit="orders",
        direction="lower",
        formula="orders with an oversold line that was cancelled",
        meaning="customers who did not get what they had bought",
        function=_cancelled_orders,
    ),
    Kpi(
        name="backordered_lines",
        unit="lines",
        direction="none",
        formula="lines that waited for stock after they were short",
        meaning="whatever became of them: oversold_late_lines, and those cancelled after waiting",
        function=lambda c: _count(_waited(c)),
    ),
    Kpi(
        name="backorder_open_lines",
        unit="lines",
        direction="none",
        formula="backordered lines neither supplied nor cancelled when the run ends",
        meaning="what is not known yet",
        function=lambda c: _count(_waited(c) & np.isin(c.lines["status"], (Status.BACKORDERED, Status.ACCEPTED))),
    ),
    Kpi(
        name="backorder_filled_share",
        unit="share",
        direction="higher",
        formula="backordered lines supplied / backordered lines supplied or cancelled",
        meaning="without those that still wait (backorder_open_lines)",
        function=_filled_share,
    ),
    *(_wait_kpi(percent) for percent in (50, 95)),
    Kpi(
        name="backorder_on_promise_share",
        unit="share",
        direction="higher",
        formula="backordered lines picked by t_short + systems.sourcing.shortage.promise / those whose date came "
        "before the end of the run, or that were supplied or cancelled before",
        meaning="the date that the customer was told, kept",
        function=_on_promise,
    ),
    Kpi(
        name="substituted_lines",
        unit="lines",
        direction="none",
        formula="oversold lines whose customer took a substitute",
        meaning="whatever became of them: a substitute that is short too is cancelled",
        function=lambda c: _count(c.substituted),
    ),
    Kpi(
        name="substitutes_taken_share",
        unit="share",
        direction="higher",
        formula="substitutes taken / substitutes offered, of the whole run",
        meaning="offered is what is in the catalogue's neighbourhood and seems to be in stock",
        function=_taken_share,
    ),
    Kpi(
        name="substitution_margin_change_usd",
        unit="USD",
        direction="higher",
        formula="cost of what was ordered less cost of what was sent, of substituted lines that were supplied",
        meaning="what a dearer item at the price of a cheaper one costs; below 0",
        function=_margin_change_usd,
    ),
)
