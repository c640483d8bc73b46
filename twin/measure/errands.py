"""KPIs of what checkouts ask of other systems before the payment: how long it takes, and what comes of no answer.

There are such questions in arms with ``tax.on`` or ``customer_check.on`` alone. Those of the window were asked in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from twin.journal.checkout import Answer, Errand
from twin.measure.cohort import Cohort, Mask
from twin.measure.kpi import Kpi, quantile_s

_CALLED: Final = {Errand.CUSTOMER: "customer_check", Errand.TAX: "tax"}
_TITLES: Final = {Errand.CUSTOMER: "the customer's check at the CRM", Errand.TAX: "the tax quote"}


def _asked(cohort: Cohort, errand: Errand) -> Mask:
    return np.asarray(cohort.errands["errand"] == errand)


def _wait(cohort: Cohort, errand: Errand, percent: int) -> float | None:
    rows = cohort.errands
    return quantile_s((rows["t_end"] - rows["t_asked"])[_asked(cohort, errand)], percent)


def _lost(errand: Errand) -> Callable[[Cohort], float | None]:
    def function(cohort: Cohort) -> float:
        lost = _asked(cohort, errand) & (cohort.errands["answer"] == Answer.LOST)
        return int(np.count_nonzero(lost))

    return function


def _without(errand: Errand) -> Callable[[Cohort], float | None]:
    """Orders that were accepted without the answer: a customer who did not pay after all owes nobody a correction."""

    def function(cohort: Cohort) -> float:
        rows, orders = cohort.errands, cohort.orders
        went_on = rows["order"][_asked(cohort, errand) & (rows["answer"] == Answer.WITHOUT)]
        return int(np.count_nonzero(np.isin(went_on, orders["order"][orders["t_accept"] >= 0])))

    return function


def _wait_kpi(errand: Errand) -> Kpi:
    return Kpi(
        name=f"{_CALLED[errand]}_call_p95_s",
        unit="s",
        direction="lower",
        formula=f"p95 of {_TITLES[errand]} asked for to answered or given up, calls made again included",
        meaning="what it adds to the checkout, right before the payment",
        function=lambda cohort: _wait(cohort, errand, 95),
    )


def _lost_kpi(errand: Errand) -> Kpi:
    return Kpi(
        name=f"{_CALLED[errand]}_lost_orders",
        unit="orders",
        direction="lower",
        formula=f"checkouts of the window that were refused as {_TITLES[errand]} did not come",
        meaning="customers who had their wallets out",
        function=_lost(errand),
    )


ERRANDS: Final = (
    _wait_kpi(Errand.TAX),
    _lost_kpi(Errand.TAX),
    Kpi(
        name="tax_estimated_orders",
        unit="orders",
        direction="lower",
        formula="orders accepted whose tax is an estimate",
        meaning="somebody has to work out what was due, and to collect or return the difference",
        function=_without(Errand.TAX),
    ),
    _wait_kpi(Errand.CUSTOMER),
    _lost_kpi(Errand.CUSTOMER),
    Kpi(
        name="customer_unchecked_orders",
        unit="orders",
        direction="lower",
        formula="orders accepted of customers whom nobody had looked up",
        meaning="taken on trust: wrong addresses, closed accounts and missing consent come up later",
        function=_without(Errand.CUSTOMER),
    ),
)
