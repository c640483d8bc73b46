"""KPIs of promises made and refused: oversell, false out-of-stock, short picks."""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.journal.orders import Cause, Refusal
from twin.measure.cohort import Cohort, Mask
from twin.measure.kpi import ChannelKpi, Kpi, ratio

CAUSES: Final[tuple[Cause, ...]] = tuple(cause for cause in Cause if cause is not Cause.NONE)
"""Every oversold line has exactly one of these."""

REASONS: Final[tuple[Refusal, ...]] = tuple(r for r in Refusal if r not in (Refusal.NONE, Refusal.NO_STOCK))
"""Every false out-of-stock has exactly one of these."""

_CAUSE_MEANING: Final = {
    Cause.DEGRADED: "accepted without the answer of a system, which would have refused it, or refused it afterwards",
    Cause.EXPIRED_HOLD: "its hold had lapsed before the order was placed, and a check then would have refused it",
    Cause.RECORD_ERROR: "the record was above the shelf",
    Cause.OUTAGE: "movements or listings were held up by an outage",
    Cause.BATCH_AGE: "movements or listings were waiting for the next file",
    Cause.QUEUE_BACKLOG: "movements were on their way through the stream",
    Cause.LOSS: "messages were lost, had expired or were dead letters",
    Cause.DUPLICATE: "messages were applied more than once, or in the wrong order",
    Cause.CHANNEL_CACHE: "the channel's copy was older than the view",
    Cause.RACE: "promises made elsewhere that the belief had not been told of",
    Cause.JOINT: "no correction alone would have prevented it",
    Cause.WALK_IN: "after acceptance: a till sold the unit",
    Cause.DAMAGE: "after acceptance: the unit vanished",
    Cause.OTHER_LATER: "after acceptance: another order or transfer took the unit",
    Cause.FRAGMENTED: "there were enough units, but no node had them all, or none from which the order may come",
}

_REASON_MEANING: Final = {
    Refusal.CLOSED: "the channel was closed: a system was down or its belief too old",
    Refusal.TIME_OUT: "a call was not answered in time",
    Refusal.ERROR: "a call was answered with an error",
    Refusal.REJECTED: "an open circuit breaker kept a call back",
    Refusal.BUFFER: "without buffers it would have passed",
    Refusal.HOLD: "units were set aside for checkouts that were not orders",
    Refusal.STALE: "the belief had not seen all movements",
    Refusal.RECORD: "the record was below the shelf",
    Refusal.LOSS: "messages were lost, had expired or were dead letters",
    Refusal.DUPLICATE: "messages were applied more than once, or in the wrong order",
    Refusal.JOINT: "no correction alone would have let it pass",
    Refusal.THROTTLED: "the limits of a called system's gateway refused a call",
    Refusal.UNAUTHORISED: "the identity provider gave no token for a call",
    Refusal.GONE: "the channel spoke a version of an API that is no more",
    Refusal.RESIDENCY: "the customer's data must not leave their jurisdiction",
    Refusal.SHED: "a fallback shed the channel, whose priority was too low",
    Refusal.LIMITED: "it was beyond the allotment of a fallback, or beyond what the DCs had",
    Refusal.NOT_TODAY: "the customer wanted it today or not at all, and a node near enough had it",
}


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _units(cohort: Cohort, mask: Mask) -> int:
    return int(cohort.lines["quantity"][mask].sum(dtype=np.int64))


def _cents(cohort: Cohort, mask: Mask) -> int:
    return int(cohort.price_cents[mask].sum())


def _oversold_orders(cohort: Cohort) -> int:
    return int(np.unique(cohort.lines["order"][cohort.oversold]).size)


def _short_picks(cohort: Cohort) -> int:
    """Without rejections, for which nobody walked to a shelf."""
    return int(cohort.lines["short_picks"].sum(dtype=np.int64) - cohort.lines["rejections"].sum(dtype=np.int64))


def _short_pick_rate(cohort: Cohort) -> float | None:
    short = _short_picks(cohort)
    return ratio(short, short + _count(cohort.picked))


def _of_channel(cohort: Cohort, channel: int) -> Mask:
    return np.asarray(cohort.lines["channel"] == channel)


def _oversell_rate_of_channel(cohort: Cohort, channel: int) -> float | None:
    here = _of_channel(cohort, channel)
    return ratio(_count(cohort.oversold & here), _count(cohort.accepted & here))


def _false_oos_rate_of_channel(cohort: Cohort, channel: int) -> float | None:
    here = _of_channel(cohort, channel)
    return ratio(_count(cohort.false_oos & here), _count(here))


def _oversell_rate_by(cause: Cause) -> Kpi:
    def function(cohort: Cohort) -> float | None:
        return ratio(_count(cohort.oversold & (cohort.lines["cause"] == cause)), _count(cohort.accepted))

    return Kpi(
        name=f"oversell_rate.{cause.name.lower()}",
        unit="share",
        direction="lower",
        formula=f"oversold lines whose cause is {cause.name} / lines accepted",
        meaning=_CAUSE_MEANING[cause],
        function=function,
    )


def _false_oos_rate_by(reason: Refusal) -> Kpi:
    def function(cohort: Cohort) -> float | None:
        return ratio(_count(cohort.false_oos & (cohort.lines["refusal"] == reason)), cohort.lines.size)

    return Kpi(
        name=f"false_oos_rate.{reason.name.lower()}",
        unit="share",
        direction="lower",
        formula=f"false out-of-stocks whose reason is {reason.name} / lines demanded",
        meaning=_REASON_MEANING[reason],
        function=function,
    )


PROMISES: Final = (
    Kpi(
        name="oversell_rate",
        unit="share",
        direction="lower",
        formula="oversold lines / lines accepted",
        meaning="lines promised in the window and not supplied as promised for lack of stock, after all re-brokering: "
        "cancelled, late or something else than was ordered (outcomes: Shortages)",
        function=lambda c: ratio(_count(c.oversold), _count(c.accepted)),
    ),
    Kpi(
        name="oversell_rate_per_line_demanded",
        unit="share",
        direction="lower",
        formula="oversold lines / lines demanded",
        meaning="the same over a denominator that is equal in every arm: an arm cannot improve it by accepting more",
        function=lambda c: ratio(_count(c.oversold), c.lines.size),
    ),
    Kpi(
        name="oversell_rate_units",
        unit="share of units",
        direction="lower",
        formula="units of oversold lines / units of lines accepted",
        meaning="the same by units",
        function=lambda c: ratio(_units(c, c.oversold), _units(c, c.accepted)),
    ),
    Kpi(
        name="oversell_rate_value",
        unit="share of value",
        direction="lower",
        formula="price of oversold lines / price of lines accepted",
        meaning="the same by value",
        function=lambda c: ratio(_cents(c, c.oversold), _cents(c, c.accepted)),
    ),
    *(_oversell_rate_by(cause) for cause in CAUSES),
    Kpi(
        name="oversold_lines",
        unit="lines",
        direction="lower",
        formula="oversold lines",
        meaning="the numerator of the oversell rate",
        function=lambda c: _count(c.oversold),
    ),
    Kpi(
        name="oversold_orders",
        unit="orders",
        direction="lower",
        formula="orders with at least one oversold line",
        meaning="customers who were let down",
        function=_oversold_orders,
    ),
    Kpi(
        name="open_share",
        unit="share",
        direction="none",
        formula="lines accepted that are neither supplied nor oversold when the run ends / lines accepted",
        meaning="what the follow-up was too short for; the oversell rate may still rise by as much",
        function=lambda c: ratio(_count(c.still_open), _count(c.accepted)),
    ),
    Kpi(
        name="degraded_share",
        unit="share",
        direction="none",
        formula="lines accepted degraded / lines accepted",
        meaning="promises made by a fallback, or without the answer of a system that was down, too slow, in error or "
        "behind a breaker",
        function=lambda c: ratio(_count(c.accepted & (c.lines["degraded"] != 0)), _count(c.accepted)),
    ),
    Kpi(
        name="short_picks",
        unit="picks",
        direction="lower",
        formula="sum over lines of picks that found too little",
        meaning="a line counts each time that it is brokered again",
        function=_short_picks,
    ),
    Kpi(
        name="short_pick_rate",
        unit="share",
        direction="lower",
        formula="short picks / (short picks + lines supplied)",
        meaning="line picks that found too little at the chosen node, before re-brokering repairs them",
        function=_short_pick_rate,
    ),
    Kpi(
        name="refused_rate",
        unit="share",
        direction="lower",
        formula="lines refused / lines demanded",
        meaning="customers told no, rightly or wrongly: true_oos_rate + false_oos_rate",
        function=lambda c: ratio(_count(c.refused), c.lines.size),
    ),
    Kpi(
        name="true_oos_rate",
        unit="share",
        direction="none",
        formula="lines refused that the truth could not back either / lines demanded",
        meaning="refusals that no integration could have avoided",
        function=lambda c: ratio(_count(c.refused & ~c.false_oos), c.lines.size),
    ),
    Kpi(
        name="false_oos_rate",
        unit="share",
        direction="lower",
        formula="lines refused while an eligible node had on-hand >= its open promises + the quantity / lines demanded",
        meaning="the counter-cost of every buffer, hold and closed channel; the same denominator in every arm",
        function=lambda c: ratio(_count(c.false_oos), c.lines.size),
    ),
    *(_false_oos_rate_by(reason) for reason in REASONS),
    Kpi(
        name="lines_demanded",
        unit="lines",
        direction="none",
        formula="first-attempt online lines demanded in the window",
        meaning="the cohort; equal in every arm of a replication",
        function=lambda c: c.lines.size,
    ),
    Kpi(
        name="lines_accepted",
        unit="lines",
        direction="higher",
        formula="lines of the cohort that were promised",
        meaning="whatever became of them later",
        function=lambda c: _count(c.accepted),
    ),
    Kpi(
        name="units_supplied",
        unit="units",
        direction="higher",
        formula="units of lines supplied",
        meaning="what online customers received",
        function=lambda c: _units(c, c.supplied),
    ),
)

PROMISES_BY_CHANNEL: Final = (
    ChannelKpi(
        name="oversell_rate.channel.<channel>",
        unit="share",
        direction="lower",
        formula="the channel's oversold lines / its lines accepted",
        meaning="the oversell rate of one channel",
        function=_oversell_rate_of_channel,
    ),
    ChannelKpi(
        name="false_oos_rate.channel.<channel>",
        unit="share",
        direction="lower",
        formula="the channel's false out-of-stocks / its lines demanded",
        meaning="the false out-of-stock rate of one channel",
        function=_false_oos_rate_of_channel,
    ),
)
