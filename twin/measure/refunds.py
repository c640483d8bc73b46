"""KPIs of refunds: how long customers wait for their money, and what is paid that was not owed. Refunds of the window
are those that were due in it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.core.clock import HOUR, NEVER
from twin.journal.returns import Claim, Condition, RefundEnd
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers, Mask, once
from twin.measure.kpi import Kpi, quantile_s, ratio

_CENTS_PER_USD: Final = 100
_FIRST: Final = (Claim.RETURN, Claim.CANCELLED)
"""Claims that a customer waits for; a second case is one of the retailer's own."""


def _owed(cohort: Cohort, *kinds: Claim) -> Mask:
    refunds = cohort.refunds
    return np.asarray(np.isin(refunds["kind"], kinds) & (refunds["outcome"] != RefundEnd.DENIED))


def _waits(cohort: Cohort) -> Integers:
    ends: Integers = cohort.refunds["t_end"]
    return np.where(ends == NONE, NEVER, ends - cohort.refunds["t_due"])


def _completion(cohort: Cohort, kind: Claim, percent: int) -> float | None:
    return quantile_s(_waits(cohort)[_owed(cohort, kind)], percent)


def _on_time(cohort: Cohort) -> float | None:
    owed = _owed(cohort, *_FIRST)
    on_time = owed & (_waits(cohort) <= cohort.refund_target_us)
    return ratio(int(np.count_nonzero(on_time)), int(np.count_nonzero(owed)))


def _open(cohort: Cohort) -> int:
    return int(np.count_nonzero(_owed(cohort, *_FIRST) & (cohort.refunds["outcome"] == RefundEnd.OPEN)))


def _refunded_usd(cohort: Cohort) -> float:
    refunds = cohort.refunds
    return int((refunds["cents"] * refunds["paid"]).sum()) / _CENTS_PER_USD


@once
def _matters(cohort: Cohort) -> tuple[Integers, Integers, Mask]:
    """Of each return, and each line, whose first claim was due in the window: payments, cents, and whether it was found
    that nothing was owed.
    """
    rows = cohort.whole("refunds", "t_due")
    kind, entity, due = rows["kind"], rows["entity"], rows["t_due"]
    names = np.where(kind == Claim.CANCELLED, -1 - rows["refund"], entity)  # a line has one claim
    matters, at = np.unique(names, return_inverse=True)
    payments = np.bincount(at, rows["paid"], matters.size).astype(np.int64)
    cents, ours = np.zeros(matters.size, np.int64), np.zeros(matters.size, np.bool_)
    cents[at] = rows["cents"]
    ours[at[np.isin(kind, _FIRST) & (due >= cohort.start_us) & (due < cohort.end_us)]] = True
    returns = cohort.whole("returns", "t_received")
    nothing = np.isin(matters, returns["entity"][returns["condition"] == Condition.FRAUD])
    return payments[ours], cents[ours], nothing[ours]


def _twice(cohort: Cohort) -> int:
    payments, _, _ = _matters(cohort)
    return int(np.maximum(payments - 1, 0).sum())


def _twice_usd(cohort: Cohort) -> float:
    payments, cents, _ = _matters(cohort)
    return int((np.maximum(payments - 1, 0) * cents).sum()) / _CENTS_PER_USD


def _for_nothing_usd(cohort: Cohort) -> float:
    payments, cents, nothing = _matters(cohort)
    return int((np.minimum(payments, 1) * cents)[nothing].sum()) / _CENTS_PER_USD


def _completion_kpi(percent: int) -> Kpi:
    return Kpi(
        name=f"refund_completion_p{percent}_s",
        unit="s",
        direction="lower",
        formula=f"p{percent} of handed in to the credit in the ERP, over returns; denied ones are left out",
        meaning="how long a customer who sent something back waits for the money",
        function=lambda cohort: _completion(cohort, Claim.RETURN, percent),
    )


REFUNDS: Final = (
    *(_completion_kpi(percent) for percent in (50, 95)),
    Kpi(
        name="refund_cancelled_p95_s",
        unit="s",
        direction="lower",
        formula="p95 of oversold or cancelled to the credit in the ERP, over lines",
        meaning="how long a customer who was let down waits for the money",
        function=lambda c: _completion(c, Claim.CANCELLED, 95),
    ),
    Kpi(
        name="refund_on_time_share",
        unit="share",
        direction="higher",
        formula="refunds posted at most experiment.refund_target after they were due / refunds that were not denied",
        meaning="promises about money that are kept; returns and let-down lines together",
        function=_on_time,
    ),
    Kpi(
        name="refunds_open",
        unit="refunds",
        direction="lower",
        formula="refunds that were due and neither posted nor denied when the run ended",
        meaning="what is still owed",
        function=_open,
    ),
    Kpi(
        name="refunded_usd",
        unit="USD",
        direction="none",
        formula="money paid back",
        meaning="payments of claims due in the window, those that were not owed too",
        function=_refunded_usd,
    ),
    Kpi(
        name="refunds_paid_twice",
        unit="payments",
        direction="lower",
        formula="payments beyond the first of each return, and of each line that was let down",
        meaning="two cases of the same return, or a call repeated that had taken effect",
        function=_twice,
    ),
    Kpi(
        name="refunds_paid_twice_usd",
        unit="USD",
        direction="lower",
        formula="money of refunds_paid_twice",
        meaning="money that is not owed",
        function=_twice_usd,
    ),
    Kpi(
        name="refunds_for_nothing_usd",
        unit="USD",
        direction="lower",
        formula="money of the first payments of returns that inspection found not to be what was bought",
        meaning="what refunds before the inspection cost",
        function=_for_nothing_usd,
    ),
    Kpi(
        name="refund_human_hours",
        unit="hours",
        direction="lower",
        formula="time that people worked on refunds that the payment provider had not carried out",
        meaning="labour for exceptions",
        function=lambda c: int(c.refunds["human"].sum(dtype=np.int64)) / HOUR,
    ),
)
