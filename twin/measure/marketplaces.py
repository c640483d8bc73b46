"""KPIs of marketplaces' deadlines: orders that they cancel, and what comes late."""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.journal.orders import LET_DOWN, Status
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers, Mask
from twin.measure.kpi import Kpi, ratio

_SELLERS: Final = tuple(status for status in LET_DOWN if status is not Status.NOT_COLLECTED)
"""What a line ends as that the seller did not supply."""


def _orders_with(cohort: Cohort, *statuses: Status) -> Mask:
    """Orders of marketplaces with a line that ended so."""
    lines = cohort.lines
    ended = lines["order"][np.isin(lines["status"], statuses)]
    return _sold(cohort) & np.isin(cohort.orders["order"], ended)


def _sold(cohort: Cohort) -> Mask:
    """Orders of marketplaces that were accepted."""
    own = np.isin(cohort.orders["channel"], cohort.own_channels)
    return np.asarray(~own & (cohort.orders["t_accept"] != NONE))


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _cancelled_share(cohort: Cohort) -> float | None:
    return ratio(_count(_orders_with(cohort, *_SELLERS)), _count(_sold(cohort)))


def _late_rate(cohort: Cohort) -> float | None:
    orders = cohort.orders
    within: Integers = np.array(cohort.ship_within_us, np.int64)[orders["channel"]]
    until = orders["t_accept"] + within
    known = _sold(cohort) & (within > 0) & (until < cohort.horizon_us)
    late = _orders_with(cohort, Status.NOT_CONFIRMED, Status.NOT_SHIPPED) | (orders["t_ready"] > until)
    return ratio(_count(known & late), _count(known))


MARKETPLACES: Final = (
    Kpi(
        name="marketplace_late_confirmations",
        unit="orders",
        direction="lower",
        formula="orders of marketplaces cancelled because they were not released within confirm_within",
        meaning="orders that the retailer could not even confirm in time",
        function=lambda c: _count(_orders_with(c, Status.NOT_CONFIRMED)),
    ),
    Kpi(
        name="marketplace_deadline_orders",
        unit="orders",
        direction="lower",
        formula="orders of marketplaces with a line cancelled because a deadline had passed",
        meaning="the same, and those that were not picked in time",
        function=lambda c: _count(_orders_with(c, Status.NOT_CONFIRMED, Status.NOT_SHIPPED)),
    ),
    Kpi(
        name="marketplace_cancelled_share",
        unit="share",
        direction="lower",
        formula="orders of marketplaces with a line cancelled after acceptance, for a deadline or for want of stock / "
        "accepted ones",
        meaning="cancellations that are the seller's fault; limits are 2.5 % (Amazon, 7 days) and 2 % (Walmart US, 30 "
        "days)",
        function=_cancelled_share,
    ),
    Kpi(
        name="late_shipment_rate",
        unit="share",
        direction="lower",
        formula="orders handed over later than ship_within after their acceptance, or cancelled for a deadline / "
        "orders accepted of marketplaces with ship_within, whose deadline came before the end of the run",
        meaning="what a marketplace counts against the seller; an order all of which was cancelled for want of stock "
        "is not late",
        function=_late_rate,
    ),
)
