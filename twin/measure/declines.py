"""KPIs of nodes that do not supply what they were to pick: why, what they tell, what becomes of the lines."""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.core.clock import WEEK
from twin.journal.orders import Decline
from twin.journal.totals import Flow
from twin.measure.cohort import Cohort, Mask
from twin.measure.kpi import Kpi, ratio

_MEANING: Final = {
    Decline.NOT_IN_STOCK: "nothing was there",
    Decline.MISMATCH: "too few were there",
    Decline.DAMAGED: "the last units were there, and nobody can have them",
    Decline.REJECTED: "another order had found that nothing was there, before anybody went to look",
}


def _declined(cohort: Cohort, reason: Decline) -> Mask:
    return np.asarray(cohort.lines["decline"] == reason)


def _rate(reason: Decline) -> Kpi:
    return Kpi(
        name=f"decline_rate.{reason.name.lower()}",
        unit="share",
        direction="lower",
        formula=f"lines whose last decline was {reason.name} / lines accepted",
        meaning=_MEANING[reason],
        function=lambda c: ratio(int(np.count_nonzero(_declined(c, reason))), int(np.count_nonzero(c.accepted))),
    )


def _declined_supplied(cohort: Cohort) -> float | None:
    declined = cohort.lines["decline"] != Decline.NONE
    known = declined & (cohort.picked | cohort.oversold)
    return ratio(int(np.count_nonzero(known & cohort.picked)), int(np.count_nonzero(known)))


def _per_week(name: str, flow: Flow, *, unit: str, meaning: str) -> Kpi:
    def function(cohort: Cohort) -> float | None:
        total = cohort.flows.get(flow.name.lower())
        return None if total is None else total * WEEK / cohort.horizon_us

    return Kpi(
        name=f"{name}_per_week",
        unit=unit,
        direction="none",
        formula=f"flow {flow.name.lower()} of the whole run, per week",
        meaning=meaning,
        function=function,
    )


DECLINES: Final = (
    *(_rate(reason) for reason in _MEANING),
    Kpi(
        name="declined_supplied_share",
        unit="share",
        direction="higher",
        formula="declined lines that another pick found / declined lines found or oversold in the end",
        meaning="what brokering again makes good",
        function=_declined_supplied,
    ),
    _per_week(
        "pick_corrections",
        Flow.PICK_CORRECTIONS,
        unit="messages/week",
        meaning="picks that told view and record what they found",
    ),
    _per_week(
        "pick_corrected_units",
        Flow.PICK_CORRECTED_UNITS,
        unit="units/week",
        meaning="by how much they changed what the nodes count; a mismatch may make a count wrong that was right",
    ),
    _per_week(
        "damaged_units",
        Flow.DAMAGED_UNITS,
        unit="units/week",
        meaning="damaged units that picks found; equal worlds find more where they pick more last units",
    ),
)
