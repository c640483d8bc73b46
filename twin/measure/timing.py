"""KPIs of time: how late a belief is, how long customers and orders wait.

An order still under way when the run ends counts as later than all that are not, so that leaving out what is unfinished
never flatters an arm; a quantile among the unfinished is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from twin.core.clock import NEVER
from twin.journal.orders import Degraded, Mode, Refusal
from twin.journal.tables import NONE
from twin.journal.totals import Latency
from twin.measure.cohort import Cohort, Integers, Mask, Rows
from twin.measure.kpi import PERCENTS, ChannelKpi, Kpi, histogram_quantile_s, quantile_s, suffix

_MAX: Final = 100

_NO_BELIEF_USED: Final = (
    Refusal.CLOSED,
    Refusal.TIME_OUT,
    Refusal.ERROR,
    Refusal.REJECTED,
    Refusal.THROTTLED,
    Refusal.UNAUTHORISED,
    Refusal.GONE,
    Refusal.RESIDENCY,
    Refusal.SHED,
    Refusal.NOT_TODAY,
)
"""Refused without a look at the stock, or because nobody answered."""

_NO_BELIEF_ASKED: Final = (Degraded.FAIL_OPEN, Degraded.CONFIRM_LATER, Degraded.DC_ONLY, Degraded.ALLOTMENT)
"""Strategies that ask no belief, so that there is none to be stale."""

Quantile = Callable[[Cohort, int], float | None]
"""A quantile of something, s, from the cohort and the per cent."""


def _histogram(cohort: Cohort, measure: Latency, channels: tuple[int, ...] | None = None) -> Integers:
    from twin.core.bins import BINS  # imported late, as in kpi.py

    table = cohort.latency
    chosen = table["measure"] == measure
    if channels is not None:
        chosen &= np.isin(table["channel"], channels)
    counts = np.zeros(BINS, np.int64)
    np.add.at(counts, table["bin"][chosen], table["count"][chosen])
    return counts


def _latency_of(measure: Latency) -> Quantile:
    return lambda cohort, percent: histogram_quantile_s(_histogram(cohort, measure), percent)


def _own_sync_latency(cohort: Cohort, percent: int) -> float | None:
    return histogram_quantile_s(_histogram(cohort, Latency.CHANNEL, cohort.own_channels), percent)


def decisions(lines: Rows) -> tuple[Integers, Integers]:
    """Instants of the decisions that used a belief, and how stale it was, us."""
    decided = lines["t_decision"]
    asked = (decided != NONE) & ~np.isin(lines["refusal"], _NO_BELIEF_USED)
    asked &= ~np.isin(lines["degraded"], _NO_BELIEF_ASKED)
    return decided[asked], lines["staleness"][asked]


def _staleness(cohort: Cohort, percent: int) -> float | None:
    return quantile_s(decisions(cohort.lines)[1], percent)


def _checkout_call(cohort: Cohort, percent: int) -> float | None:
    waits: Integers = cohort.orders["call"]
    return quantile_s(waits[waits > 0], percent)


def _order_release(cohort: Cohort, percent: int) -> float | None:
    return quantile_s(release_spans(cohort), percent)


def release_spans(cohort: Cohort, among: Mask | None = None) -> Integers:
    """Time from acceptance to release, us: NEVER if that is still to come, no entry where no node was found."""
    waiting = cohort.under_way & (cohort.orders["t_release"] == NONE)
    return _since_accept(cohort, "t_release", under_way=waiting, among=among)


def _fulfilment(cohort: Cohort, percent: int) -> float | None:
    return quantile_s(_since_accept(cohort, "t_pick", under_way=cohort.under_way), percent)


def handled_spans(cohort: Cohort, end: str, mode: Mode) -> Integers:
    """Time from acceptance to a step after the pick, us: NEVER while it is to come, no entry for what was cancelled."""
    orders = cohort.orders
    on_its_way = (orders["t_pick"] != NONE) & (orders[end] == NONE)
    return _since_accept(cohort, end, under_way=cohort.under_way | on_its_way, among=orders["mode"] == mode)


def _handled(end: str, mode: Mode) -> Quantile:
    return lambda cohort, percent: quantile_s(handled_spans(cohort, end, mode), percent)


def _since_accept(cohort: Cohort, end: str, *, under_way: Mask, among: Mask | None = None) -> Integers:
    """Time from acceptance to ``end``, us: NEVER while under way, no entry for orders that will not get there."""
    orders = cohort.orders
    chosen = (orders["t_accept"] != NONE) & (under_way | (orders[end] != NONE))
    if among is not None:
        chosen &= among
    spans: Integers = np.where(under_way, NEVER, orders[end] - orders["t_accept"])[chosen]
    return spans


def _kpis(stem: str, quantile: Quantile, percents: tuple[int, ...], *, formula: str, meaning: str) -> tuple[Kpi, ...]:
    return tuple(_kpi(stem, quantile, percent, formula=formula, meaning=meaning) for percent in percents)


def _kpi(stem: str, quantile: Quantile, percent: int, *, formula: str, meaning: str) -> Kpi:
    return Kpi(
        name=f"{stem}_{suffix(percent)}_s",
        unit="s",
        direction="lower",
        formula=f"{suffix(percent)} of {formula}",
        meaning=meaning,
        function=lambda cohort: quantile(cohort, percent),
    )


def _orders_accepted(cohort: Cohort) -> int:
    return int(np.count_nonzero(cohort.orders["t_accept"] != NONE))


TIMING: Final = (
    *_kpis(
        "sync_latency",
        _latency_of(Latency.CHANNEL),
        (*PERCENTS, _MAX),
        formula="movement made in the window to visible in what a channel sells from",
        meaning="how late the channels learn what happened in the stores; all online channels pooled",
    ),
    *_kpis(
        "sync_latency_own",
        _own_sync_latency,
        (*PERCENTS, _MAX),
        formula="movement made in the window to visible in what an own channel sells from",
        meaning="sync latency without the marketplaces, whose listings are files in every arm",
    ),
    *_kpis(
        "view_latency",
        _latency_of(Latency.VIEW),
        PERCENTS,
        formula="movement made in the window to applied to the central view",
        meaning="how late the availability service learns it",
    ),
    *_kpis(
        "posting_lag",
        _latency_of(Latency.RECORD),
        PERCENTS,
        formula="movement made in the window to posted in the ERP",
        meaning="how late the record learns it",
    ),
    *_kpis(
        "staleness",
        _staleness,
        (*PERCENTS, _MAX),
        formula="a line's decision less the oldest movement of its stock not yet in the belief; 0 if none is pending",
        meaning="how old the truth was that customers were promised from; closed and timed-out lines used none",
    ),
    *_kpis(
        "checkout_call",
        _checkout_call,
        PERCENTS,
        formula="time that a checkout spent waiting for synchronous calls, of checkouts that waited",
        meaning="what the customer feels of the integration; calls that timed out count with the time until they did",
    ),
    Kpi(
        name="orders_accepted",
        unit="orders",
        direction="higher",
        formula="orders demanded in the window and accepted",
        meaning="whatever became of them later",
        function=_orders_accepted,
    ),
    *_kpis(
        "order_release",
        _order_release,
        PERCENTS,
        formula="order accepted to first handed over to a node; orders for which no node was found are left out",
        meaning="the time that integration adds before anyone can pick",
    ),
    *_kpis(
        "fulfilment",
        _fulfilment,
        PERCENTS,
        formula="order accepted to its last parcel picked; orders cancelled as a whole before any pick are left out",
        meaning="release, queues for pickers, picks and re-brokering",
    ),
    *_kpis(
        "ready_for_pickup",
        _handled("t_ready", Mode.PICKUP),
        (50, 95),
        formula="pickup order accepted to ready in the store",
        meaning="the promise of buy online, pick up in store",
    ),
    *_kpis(
        "delivery",
        _handled("t_done", Mode.SHIP),
        (95,),
        formula="shipped order accepted to its last parcel delivered",
        meaning="mostly the carrier; integration moves it little",
    ),
)

TIMING_BY_CHANNEL: Final = (
    ChannelKpi(
        name="sync_latency_p95_s.channel.<channel>",
        unit="s",
        direction="lower",
        formula="p95 of movement made in the window to visible in what the channel sells from",
        meaning="the sync latency of one channel",
        function=lambda cohort, channel: histogram_quantile_s(_histogram(cohort, Latency.CHANNEL, (channel,)), 95),
    ),
)
