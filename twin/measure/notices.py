"""KPIs of messages to customers: how long they take, and who has to ask. Those of the window tell of what is in it."""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.core.clock import NEVER
from twin.journal.notices import Notice
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers, Mask
from twin.measure.kpi import Kpi, quantile_s, ratio


def _asked(cohort: Cohort) -> Mask:
    return np.asarray(cohort.notices["t_asked"] != NONE)


def _delay(cohort: Cohort, percent: int) -> float | None:
    """What is still on its way counts as later than all others; what is lost, not at all."""
    rows = cohort.notices
    told = rows["t_told"]
    spans: Integers = np.where(told == NONE, NEVER, told - rows["t"])
    return quantile_s(spans[rows["lost"] == 0], percent)


def _unaware(cohort: Cohort) -> float:
    return int(np.count_nonzero(_asked(cohort) & (cohort.notices["notice"] == Notice.READY)))


def _delay_kpi(percent: int) -> Kpi:
    return Kpi(
        name=f"notification_delay_p{percent}_s",
        unit="s",
        direction="lower",
        formula=f"p{percent} of accepted, ready, shipped or refunded to told, lost messages left aside",
        meaning="how long customers know less than the systems",
        function=lambda cohort: _delay(cohort, percent),
    )


NOTICES: Final = (
    *(_delay_kpi(percent) for percent in (50, 95)),
    Kpi(
        name="notification_lost_rate",
        unit="share",
        direction="lower",
        formula="messages that never come / messages",
        meaning="spam folders, wrong addresses, tokens that ran out",
        function=lambda c: ratio(int(np.count_nonzero(c.notices["lost"])), c.notices.size),
    ),
    Kpi(
        name="customer_contacts",
        unit="contacts",
        direction="lower",
        formula="customers who asked the service desk because nobody had told them",
        meaning="where is my order: each costs somebody's time",
        function=lambda c: int(np.count_nonzero(_asked(c))),
    ),
    Kpi(
        name="pickup_unaware_orders",
        unit="orders",
        direction="lower",
        formula="orders ready in a store whose customers had not been told when they asked",
        meaning="pickups that come late, or take room behind the counter, for want of a message",
        function=_unaware,
    ),
)
