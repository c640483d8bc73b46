"""KPIs of parcels: what carriage costs, how many an order comes in, how much work they are to stores.

Parcels of the window are those of orders demanded in it, whenever they left; of a pickup no parcel leaves.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY
from twin.journal.orders import Mode
from twin.journal.totals import Flow
from twin.measure.cohort import Cohort, Integers, Mask, once
from twin.measure.kpi import Kpi, ratio

_CENTS_PER_USD: Final = 100


def _shipped(cohort: Cohort) -> Mask:
    return np.asarray(cohort.parcels["mode"] == Mode.SHIP)


@once
def _parcels_of_orders(cohort: Cohort) -> Integers:
    """How many parcels each shipped order came in, of which one left at least."""
    _, counts = np.unique(cohort.parcels["order"][_shipped(cohort)], return_counts=True)
    return np.asarray(counts, np.int64)


def _shipping_usd(cohort: Cohort) -> float:
    return int(cohort.parcels["cents"].sum(dtype=np.int64)) / _CENTS_PER_USD


def _of_orders(cohort: Cohort, total: float) -> float | None:
    return ratio(total, _parcels_of_orders(cohort).size)


def _store_share(cohort: Cohort) -> float | None:
    shipped = _shipped(cohort)
    from_stores = shipped & (cohort.parcels["from_store"] != 0)
    return ratio(int(np.count_nonzero(from_stores)), int(np.count_nonzero(shipped)))


def _store_days(cohort: Cohort) -> NDArray[np.int64]:
    """Parcels that pickers of each store finished on each day of the window, of days with any."""
    rows = cohort.picked_parcels
    stores = rows["from_store"] != 0
    days = rows["t_pick"][stores] // DAY
    _, counts = np.unique(np.stack([rows["node"][stores].astype(np.int64), days]), axis=1, return_counts=True)
    return np.asarray(counts, np.int64)


def _store_parcels(cohort: Cohort, percent: int) -> float | None:
    counts = _store_days(cohort)
    if not counts.size:
        return None
    return float(np.sort(counts)[-(-counts.size * percent // 100) - 1])


def _capped_share(cohort: Cohort) -> float | None:
    capped, all_ = (cohort.flows.get(flow.name.lower(), 0) for flow in (Flow.CAPPED_SOURCINGS, Flow.SOURCINGS))
    return ratio(capped, all_)


SHIPPING: Final = (
    Kpi(
        name="shipping_usd",
        unit="USD",
        direction="lower",
        formula="carriage of the parcels that left, of orders demanded in the window",
        meaning="what carriers are paid; a parcel of which something was short costs as much as a full one, and what "
        "is sent after it pays again",
        function=_shipping_usd,
    ),
    Kpi(
        name="shipping_usd_per_order",
        unit="USD/order",
        direction="lower",
        formula="shipping_usd / shipped orders of which a parcel left",
        meaning="an order that is cancelled before anything left costs nothing, and is not counted",
        function=lambda c: _of_orders(c, _shipping_usd(c)),
    ),
    Kpi(
        name="parcels_per_order",
        unit="parcels/order",
        direction="lower",
        formula="parcels that left / shipped orders of which a parcel left",
        meaning="how far orders are split, over nodes or because a pick found too little",
        function=lambda c: _of_orders(c, int(_parcels_of_orders(c).sum())),
    ),
    Kpi(
        name="split_order_share",
        unit="share",
        direction="lower",
        formula="shipped orders of which several parcels left / those of which one left at least",
        meaning="customers who have to open the door more than once",
        function=lambda c: _of_orders(c, int(np.count_nonzero(_parcels_of_orders(c) > 1))),
    ),
    Kpi(
        name="store_shipped_share",
        unit="share",
        direction="none",
        formula="parcels that left a store / parcels that left; shipped orders",
        meaning="how much of the shipping stores do; others' stock is not sold at tills",
        function=_store_share,
    ),
    Kpi(
        name="store_parcels_p50_per_day",
        unit="parcels/day",
        direction="none",
        formula="p50, over stores and days of the window with any, of the parcels picked (pickups too)",
        meaning="an ordinary day of a store's pickers",
        function=lambda c: _store_parcels(c, 50),
    ),
    Kpi(
        name="store_parcels_p95_per_day",
        unit="parcels/day",
        direction="lower",
        formula="p95, over stores and days of the window with any, of the parcels picked (pickups too)",
        meaning="a busy day of a store's pickers, who are needed on the floor too",
        function=lambda c: _store_parcels(c, 95),
    ),
    Kpi(
        name="capped_sourcing_share",
        unit="share",
        direction="none",
        formula="sourcings for which a store would have been chosen that had its parcels of the day / sourcings; of "
        "the whole run",
        meaning="how often systems.sourcing.store_cap bites",
        function=_capped_share,
    ),
)
