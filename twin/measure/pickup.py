"""KPIs of orders that customers pick up in stores: ready on time, collected, waiting, back on the shelf.

Who comes is asked in arms with ``pickup.kept_for`` alone; in others there is nothing to measure but the time until an
order is ready. Collections of the window are those that were ready in it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.core.clock import DAY
from twin.journal.orders import CollectionEnd, Mode
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers, Mask
from twin.measure.kpi import Kpi, quantile_s, ratio
from twin.measure.timing import handled_spans


def _on_time(cohort: Cohort) -> float | None:
    spans = handled_spans(cohort, "t_ready", Mode.PICKUP)
    return ratio(int(np.count_nonzero(spans <= cohort.ready_target_us)), spans.size)


def _ended(cohort: Cohort, *outcomes: CollectionEnd) -> Mask:
    return np.isin(cohort.collections["outcome"], outcomes)


def _collected(cohort: Cohort) -> Mask:
    return _ended(cohort, CollectionEnd.COLLECTED)


def _given_up(cohort: Cohort) -> Mask:
    return _ended(cohort, CollectionEnd.NEVER_CAME, CollectionEnd.TOO_LATE)


def _collected_share(cohort: Cohort) -> float | None:
    collected = int(np.count_nonzero(_collected(cohort)))
    return ratio(collected, collected + int(np.count_nonzero(_given_up(cohort))))


def _collection(cohort: Cohort, percent: int) -> float | None:
    """Of those that were collected: who comes late, and who is not waited for, is another KPI's affair."""
    rows = cohort.collections
    return quantile_s((rows["t_collected"] - rows["t_ready"])[_collected(cohort)], percent)


def _waiting_units(cohort: Cohort) -> float | None:
    return ratio(float(cohort.scrapes["set_aside"].sum()), cohort.scrapes.size)


def _back(cohort: Cohort) -> int:
    rows = cohort.collections
    return int(rows["units"][rows["t_back"] != NONE].sum(dtype=np.int64))


def _unit_days_away(cohort: Cohort) -> float:
    """Units that were not collected, times the time that they were off the shelf, up to the end of the run."""
    rows, given_up = cohort.collections, _given_up(cohort)
    ends: Integers = np.where(rows["t_back"] == NONE, cohort.horizon_us, rows["t_back"])
    away = (ends - rows["t_pick"]) * rows["units"].astype(np.int64)
    return int(away[given_up].sum()) / DAY


def _collection_kpi(percent: int) -> Kpi:
    return Kpi(
        name=f"pickup_collection_p{percent}_s",
        unit="s",
        direction="none",
        formula=f"p{percent} of ready to collected, of orders collected",
        meaning="how long the store keeps what is paid for; cut off by how long the arm keeps orders",
        function=lambda cohort: _collection(cohort, percent),
    )


PICKUP: Final = (
    Kpi(
        name="pickup_ready_on_time",
        unit="share",
        direction="higher",
        formula="pickup orders ready within experiment.ready_target of their acceptance / pickup orders accepted, "
        "without those cancelled before anything was picked",
        meaning="the promise that brings the customer to the store; nobody picks at night, so an order then is late",
        function=_on_time,
    ),
    Kpi(
        name="pickup_collected_share",
        unit="share",
        direction="higher",
        formula="orders collected / orders collected or given up, of those that were ready in the window",
        meaning="without those that still waited when the run ended (pickup_waiting_orders)",
        function=_collected_share,
    ),
    Kpi(
        name="pickup_not_collected_orders",
        unit="orders",
        direction="lower",
        formula="orders ready in the window and given up because the customer had not come",
        meaning="refunds, and work to put the goods back",
        function=lambda c: int(np.count_nonzero(_given_up(c))),
    ),
    Kpi(
        name="pickup_too_late_orders",
        unit="orders",
        direction="lower",
        formula="orders given up whose customer would have come, but later than they were kept",
        meaning="what keeping orders for longer would have sold",
        function=lambda c: int(np.count_nonzero(_ended(c, CollectionEnd.TOO_LATE))),
    ),
    Kpi(
        name="pickup_waiting_orders",
        unit="orders",
        direction="none",
        formula="orders ready in the window and neither collected nor given up when the run ended",
        meaning="what is not known yet",
        function=lambda c: int(np.count_nonzero(_ended(c, CollectionEnd.WAITING))),
    ),
    *(_collection_kpi(percent) for percent in (50, 95)),
    Kpi(
        name="pickup_waiting_units",
        unit="units",
        direction="lower",
        formula="mean over scrapes in the window of the units set aside in all stores",
        meaning="stock that nobody else can buy, and room behind the counters",
        function=_waiting_units,
    ),
    Kpi(
        name="pickup_restocked_units",
        unit="units",
        direction="lower",
        formula="units not collected and put back on the shelf, of orders ready in the window",
        meaning="picked, packed, kept, and put back for nothing",
        function=_back,
    ),
    Kpi(
        name="pickup_out_of_sale_unit_days",
        unit="unit-days",
        direction="lower",
        formula="sum over orders given up of units * (back on the shelf - picked), until the end of the run at most",
        meaning="what no-shows kept from other customers",
        function=_unit_days_away,
    ),
)
