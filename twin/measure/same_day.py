"""KPIs of delivery on the day of the order: who was offered it, was it there in time, how long did couriers keep it.

Wishes are those of orders of the window. A promise that falls due only after the run has ended counts in no share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from twin.core.clock import NEVER
from twin.journal.orders import LET_DOWN, Mode, Refusal, Status
from twin.journal.same_day import Offer
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers, Mask, once
from twin.measure.kpi import Kpi, quantile_s, ratio
from twin.measure.money import usd

_REASONS: Final = {
    Offer.NOT_ASKED: "the order was refused before: a channel closed, a call that failed, a fallback",
    Offer.OFF: "the arm does not deliver today",
    Offer.NO_ANSWER: "a fallback decided the order, or a system gave no answer",
    Offer.LATE: "it was after the cut-off",
    Offer.DOWN: "the courier's system was down",
    Offer.NO_NODE: "no node is near enough",
    Offer.NO_STOCK: "no node near enough seemed to have all of it",
}


@dataclass(frozen=True)
class _Promises:
    """Orders accepted for today and due before the end of the run."""

    order: Integers
    due: Integers
    done: Integers
    """When all that was not let down was there; NEVER if it was not, or is not known."""
    let_down: Mask
    """Some line of it was."""
    supplied: Mask
    """Some line of it was, or may still be."""

    @property
    def on_time(self) -> Mask:
        """All of it was there in time."""
        return self.supplied & ~self.let_down & (self.done <= self.due)

    @property
    def late(self) -> Mask:
        """What was not let down was there too late, or is not there."""
        return self.supplied & (self.done > self.due)


@once
def _answers(cohort: Cohort) -> Integers:
    """What customers of the window were told."""
    column = cohort.journal.column
    return np.asarray(column("same_day", "answer")[np.isin(column("same_day", "order"), cohort.orders["order"])])


@once
def _promises(cohort: Cohort) -> _Promises:
    column, orders, lines = cohort.journal.column, cohort.orders, cohort.lines
    due_of = dict(zip(column("same_day", "order").tolist(), column("same_day", "t_due").tolist(), strict=True))
    chosen = (orders["mode"] == Mode.SAME_DAY) & (orders["t_accept"] != NONE)
    ids, ends = orders["order"][chosen], orders["t_done"][chosen]
    due = np.array([due_of[order] for order in ids.tolist()], np.int64)
    known = due < cohort.horizon_us
    ids, ends, due = ids[known], ends[known], due[known]
    waiting = column("drops", "order")[column("drops", "t_left") == NONE]

    def any_line(mask: Mask) -> Mask:
        return np.isin(ids, lines["order"][mask])

    unfinished = any_line(cohort.still_open) | np.isin(ids, waiting) | (ends == NONE)
    let_down = any_line(np.isin(lines["status"], LET_DOWN))
    supplied = any_line(np.isin(lines["status"], (Status.SUPPLIED, Status.ACCEPTED)))
    return _Promises(ids, due, np.where(unfinished, NEVER, ends), let_down, supplied)


@once
def _waits(cohort: Cohort) -> Integers:
    """From packed to leaving with a courier, us: NEVER if it had not left."""
    column = cohort.journal.column
    mine = np.isin(column("drops", "order"), cohort.orders["order"])
    left, ready = column("drops", "t_left")[mine], column("drops", "t_ready")[mine]
    return np.asarray(np.where(left == NONE, NEVER, left - ready))


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _share_told(cohort: Cohort, answer: Offer) -> float | None:
    answers = _answers(cohort)
    return ratio(_count(answers == answer), answers.size)


def _false_no_stock(cohort: Cohort) -> float | None:
    column = cohort.journal.column
    mine = np.isin(column("same_day", "order"), cohort.orders["order"])
    return ratio(int(column("same_day", "backed")[mine].sum(dtype=np.int64)), _answers(cohort).size)


def _on_time(cohort: Cohort) -> float | None:
    promises = _promises(cohort)
    return ratio(_count(promises.on_time), promises.order.size)


def _late_by(cohort: Cohort) -> float | None:
    promises = _promises(cohort)
    late = promises.late
    return quantile_s(np.where(promises.done == NEVER, NEVER, promises.done - promises.due)[late], 95)


def _downgraded(cohort: Cohort) -> int:
    """Orders for today of which a line went the ordinary way after all."""
    lines, orders = cohort.lines, cohort.orders
    ordinary = (lines["mode"] == Mode.SHIP) & cohort.accepted
    today = orders["order"][(orders["mode"] == Mode.SAME_DAY) & (orders["t_accept"] != NONE)]
    return _count(np.isin(today, lines["order"][ordinary]))


def _told_kpi(answer: Offer, why: str) -> Kpi:
    name = answer.name.lower()
    return Kpi(
        name=f"same_day_refused_share.{name}",
        unit="share",
        direction="lower",
        formula=f"customers who want it today and were told {name} / customers who want it today",
        meaning=why,
        function=lambda cohort: _share_told(cohort, answer),
    )


SAME_DAY: Final = (
    Kpi(
        name="same_day_wanted",
        unit="orders",
        direction="none",
        formula="customers who start a checkout and want their order today",
        meaning="the demand; without those who were still in their first call when the run ended",
        function=lambda c: _answers(c).size,
    ),
    Kpi(
        name="same_day_offered_share",
        unit="share",
        direction="higher",
        formula="customers who were offered delivery today / customers who want it today",
        meaning="by belief: a node near enough seemed to have all of the order",
        function=lambda c: _share_told(c, Offer.OFFERED),
    ),
    *(_told_kpi(answer, why) for answer, why in _REASONS.items()),
    Kpi(
        name="same_day_false_no_stock_share",
        unit="share",
        direction="lower",
        formula="customers told no_stock although a node near enough had all of the order unpromised / customers who "
        "want it today",
        meaning="what a late or wrong belief costs the service; those who left over it are false out-of-stocks too",
        function=_false_no_stock,
    ),
    Kpi(
        name="same_day_orders",
        unit="orders",
        direction="higher",
        formula="orders accepted for delivery today, and due before the end of the run",
        meaning="promises of the service",
        function=lambda c: _promises(c).order.size,
    ),
    Kpi(
        name="same_day_on_time",
        unit="share",
        direction="higher",
        formula="same_day_orders of which every line was there by the promised hour of the same day / same_day_orders",
        meaning="the promise kept in full",
        function=_on_time,
    ),
    Kpi(
        name="same_day_late_orders",
        unit="orders",
        direction="lower",
        formula="same_day_orders of which what was not cancelled was there later, or not at all when the run ended",
        meaning="each is compensated; an order cancelled as a whole is oversold and not late",
        function=lambda c: _count(_promises(c).late),
    ),
    Kpi(
        name="same_day_late_p95_s",
        unit="s",
        direction="lower",
        formula="p95 of delivered - promised, of same_day_late_orders",
        meaning="how late they are; null if that is not known of all up to there",
        function=_late_by,
    ),
    Kpi(
        name="same_day_standard_orders",
        unit="orders",
        direction="lower",
        formula="orders accepted for today of which a line was not found and went the ordinary way",
        meaning="promises that a wrong shelf broke; most of the late ones",
        function=_downgraded,
    ),
    *(
        Kpi(
            name=f"courier_wait_p{percent}_s",
            unit="s",
            direction="lower",
            formula=f"p{percent} of packed to leaving with a courier, of parcels for today",
            meaning="booking, the next run, and a courier who is free",
            function=lambda cohort, percent=percent: quantile_s(_waits(cohort), percent),  # type: ignore[misc]
        )
        for percent in (50, 95)
    ),
    Kpi(
        name="courier_drops",
        unit="parcels",
        direction="none",
        formula="parcels for today that left with a courier",
        meaning="each is paid for",
        function=lambda c: _count(_waits(c) < NEVER),
    ),
    Kpi(
        name="same_day_lost_margin_usd",
        unit="USD",
        direction="lower",
        formula="price less cost of lines refused because the customer wanted them today or not at all",
        meaning="customers whom the service would have kept",
        function=lambda c: usd(c.margin_cents, np.asarray(c.lines["refusal"] == Refusal.NOT_TODAY)),
    ),
)
