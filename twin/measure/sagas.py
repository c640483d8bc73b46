"""KPIs of sagas: how long orders wait for other systems before they are released, what is undone, what is done
twice, and what people have to see to. Sagas of the window are those that began in it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.core.clock import HOUR, NEVER, SECOND
from twin.journal.orders import SagaEnd
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers, Mask
from twin.measure.kpi import Kpi, quantile_s, ratio

_PER: Final = 10_000


def _ended(cohort: Cohort, outcome: SagaEnd) -> Mask:
    return np.asarray(cohort.sagas["outcome"] == outcome)


def _completion(cohort: Cohort, percent: int) -> float | None:
    """Given-up sagas will not complete; those that may still count as later than all others."""
    sagas = cohort.sagas
    ends, begun = sagas["t_end"], sagas["t_begin"]
    spans: Integers = np.where(ends == NONE, NEVER, ends - begun)
    return quantile_s(spans[_ended(cohort, SagaEnd.COMPLETED) | (sagas["t_given_up"] == NONE)], percent)


def _undoing(cohort: Cohort, percent: int) -> float | None:
    sagas = cohort.sagas
    ends = sagas["t_end"]
    spans: Integers = np.where(ends == NONE, NEVER, ends - sagas["t_failed"])
    return quantile_s(spans[sagas["t_given_up"] != NONE], percent)


def _sum(cohort: Cohort, column: str) -> int:
    return int(cohort.sagas[column].sum(dtype=np.int64))


def _rate(cohort: Cohort, column: str) -> float | None:
    return ratio(_PER * _sum(cohort, column), cohort.sagas.size)


def _completion_kpi(percent: int) -> Kpi:
    return Kpi(
        name=f"saga_completion_p{percent}_s",
        unit="s",
        direction="lower",
        formula=f"p{percent} of the beginning of an order's saga to its completion; those given up are left out",
        meaning="what other systems add to the order release, exceptions handled by people included",
        function=lambda cohort: _completion(cohort, percent),
    )


SAGAS: Final = (
    *(_completion_kpi(percent) for percent in (50, 95)),
    Kpi(
        name="saga_compensated_rate",
        unit="share",
        direction="lower",
        formula="orders whose saga was undone / orders that had one",
        meaning="accepted orders that are cancelled because another system did not do its part",
        function=lambda c: ratio(int(np.count_nonzero(_ended(c, SagaEnd.COMPENSATED))), c.sagas.size),
    ),
    Kpi(
        name="saga_undoing_p95_s",
        unit="s",
        direction="lower",
        formula="p95 of the failure that a saga was given up over to everything undone",
        meaning="how long a customer's money, or a reservation, hangs after the order has failed",
        function=lambda c: _undoing(c, 95),
    ),
    Kpi(
        name="saga_duplicates",
        unit="effects",
        direction="lower",
        formula="effects of steps, and of undoing them, beyond the first of each order",
        meaning="payments captured, or orders created, twice",
        function=lambda c: _sum(c, "duplicates"),
    ),
    Kpi(
        name="saga_duplicates_per_10k_orders",
        unit="effects/10,000 orders",
        direction="lower",
        formula="10,000 * saga_duplicates / orders that had a saga",
        meaning="the same, whatever the number of orders",
        function=lambda c: _rate(c, "duplicates"),
    ),
    Kpi(
        name="saga_orphans",
        unit="effects",
        direction="lower",
        formula="steps that sagas were given up over and that took effect all the same",
        meaning="a payment captured for a cancelled order: the call timed out, and nobody undoes what failed",
        function=lambda c: _sum(c, "orphans"),
    ),
    Kpi(
        name="saga_cases_per_10k_orders",
        unit="cases/10,000 orders",
        direction="lower",
        formula="10,000 * cases that came to people / orders that had a saga",
        meaning="exceptions that no system resolves",
        function=lambda c: _rate(c, "cases"),
    ),
    Kpi(
        name="saga_human_hours",
        unit="hours",
        direction="lower",
        formula="time that people worked on cases",
        meaning="labour for exceptions",
        function=lambda c: _sum(c, "human") / HOUR,
    ),
    Kpi(
        name="saga_case_mean_s",
        unit="s",
        direction="lower",
        formula="time from a case to its end / cases",
        meaning="queue for people, and their work; cases not handled when the run ends count in the cases only",
        function=lambda c: ratio(_sum(c, "waited") / SECOND, _sum(c, "cases")),
    ),
    Kpi(
        name="saga_open_orders",
        unit="orders",
        direction="lower",
        formula="orders whose saga was neither completed nor undone when the run ended",
        meaning="orders that hang, or wait for people",
        function=lambda c: int(np.count_nonzero(_ended(c, SagaEnd.OPEN))),
    ),
)
