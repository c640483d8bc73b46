"""KPIs of faults: how much of the business went on, what piled up, how long it was felt, what it cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from twin.core.clock import SECOND
from twin.measure.cohort import Cohort
from twin.measure.continuity import continuity, excess, failed, normal, released
from twin.measure.disturbance import Disturbance, Pile, disturbances, felt_until
from twin.measure.events import lines_of, orders_of
from twin.measure.kpi import ChannelKpi, Kpi, ratio


def _all(cohort: Cohort) -> range:
    return range(len(cohort.channels))


def _worst(of: Callable[[Disturbance], int | None]) -> Callable[[Cohort], int | None]:
    """The largest over the disturbances; ``None`` if it is unknown for one of them, or there are none."""

    def function(cohort: Cohort) -> int | None:
        values = [of(one) for one in disturbances(cohort)]
        known = [value for value in values if value is not None]
        return max(known) if known and len(known) == len(values) else None

    return function


def _peak(of: Callable[[Disturbance], Pile]) -> Callable[[Cohort], float | None]:
    return _worst(lambda one: of(one).peak)


def _since_end_s(of: Callable[[Disturbance], int | None]) -> Callable[[Cohort], float | None]:
    def since(one: Disturbance) -> int | None:
        then = of(one)
        return None if then is None else then - one.end_us

    def function(cohort: Cohort) -> float | None:
        worst = _worst(since)(cohort)
        return None if worst is None else worst / SECOND

    return function


def _waiting_peak(cohort: Cohort) -> int | None:
    """Orders waiting for release are counted at each acceptance, where alone their number rises."""
    orders, peaks = orders_of(cohort), []
    accepted = orders.accepted[orders.by_acceptance]
    left = np.sort(orders.left[orders.by_acceptance])
    waiting = np.arange(1, accepted.size + 1) - np.searchsorted(left, accepted, side="right")
    for one in disturbances(cohort):
        felt = (accepted >= one.start_us) & (accepted < felt_until(cohort, one))
        peaks.append(int(waiting[felt].max(initial=0)))
    return max(peaks, default=None)


def _share(holds: Callable[[Disturbance], bool]) -> Callable[[Cohort], float | None]:
    def function(cohort: Cohort) -> float | None:
        found = disturbances(cohort)
        return ratio(sum(map(holds, found)), len(found))

    return function


_FELT: Final = "from the start of a fault until the run is back in its steady state (else the end of the window)"

FAULTS: Final = (
    Kpi(
        name="fault_duration_s",
        unit="s",
        direction="none",
        formula="time in which something had failed, of faults that begin in the window; null without any",
        meaning="what this section is about; the same in every arm, whether it used what failed or not",
        function=lambda c: sum(end - start for start, end in failed(c)) / SECOND if disturbances(c) else None,
    ),
    Kpi(
        name="fault_orders_released",
        unit="orders",
        direction="higher",
        formula="orders released while something had failed",
        meaning="business that went on",
        function=lambda c: released(c, _all(c)),
    ),
    Kpi(
        name="fault_orders_normal",
        unit="orders",
        direction="none",
        formula="sum over channels and checkouts begun at t of P(released | calm) P(start <= t + D < end | released, "
        "calm); D: checkout to release; P(released): of the same hour of the calm days before and after; calm: begun "
        "since the warm-up, not felt and not in the hour before a fault",
        meaning="orders that the arm would have released in that time without the fault, of the customers who came",
        function=lambda c: normal(c, _all(c)),
    ),
    Kpi(
        name="continuity",
        unit="share",
        direction="higher",
        formula="fault_orders_released / fault_orders_normal",
        meaning="share of the normal order release that was kept up while something had failed",
        function=lambda c: continuity(c, _all(c)),
    ),
    Kpi(
        name="fault_backlog_peak_messages",
        unit="messages",
        direction="lower",
        formula="largest number of movements and reservation messages not yet in the view at a scrape, from the start "
        "of a fault until drained; over all faults",
        meaning="what piled up before the availability service",
        function=_peak(lambda one: one.backlog),
    ),
    Kpi(
        name="fault_drain_s",
        unit="s",
        direction="lower",
        formula="end of the fault to the first scrape at which the oldest of them is no older than any on the day "
        "before (by a tenth) and they are at most twice as many as ever then, or a hundredth of the peak; the longest",
        meaning="time to drain; null if one never drained",
        function=_since_end_s(lambda one: one.backlog.drained_us),
    ),
    Kpi(
        name="fault_posting_backlog_peak_messages",
        unit="messages",
        direction="lower",
        formula="the same of movements not yet in the record",
        meaning="what piled up before the ERP",
        function=_peak(lambda one: one.posting),
    ),
    Kpi(
        name="fault_posting_drain_s",
        unit="s",
        direction="lower",
        formula="the same of movements not yet in the record",
        meaning="time until the ERP has caught up; null if it never did",
        function=_since_end_s(lambda one: one.posting.drained_us),
    ),
    Kpi(
        name="fault_waiting_peak_orders",
        unit="orders",
        direction="lower",
        formula=f"largest number of orders accepted and not yet released, {_FELT}",
        meaning="what the order management has to work off",
        function=_waiting_peak,
    ),
    Kpi(
        name="fault_recover_s",
        unit="s",
        direction="lower",
        formula="end of the fault to the first quarter of an hour from which on, for an hour, the p95 wait for release "
        "and the share of wrongly refused lines keep the limits of the day before (mean + max(3 standard deviations, a "
        "tenth)), and in which no order accepted during the fault still hangs; the longest",
        meaning="time to recover; null if the run was not steady before, or never came back",
        function=_since_end_s(lambda one: one.back_us),
    ),
    Kpi(
        name="fault_steady_share",
        unit="share",
        direction="none",
        formula="faults before which the p95 wait for release had no trend (Mann-Kendall at 1 %, change by a tenth)"
        " over at least two hours / faults",
        meaning="where it is not 1, the steady state before a fault is in doubt: warm up longer",
        function=_share(lambda one: one.steady is True),
    ),
    Kpi(
        name="fault_recovered_share",
        unit="share",
        direction="higher",
        formula="faults after which the run came back before its end / faults",
        meaning="where it is below 1, the time to recover is longer than the run for some",
        function=_share(lambda one: one.back_us is not None),
    ),
    Kpi(
        name="fault_oversold_excess_lines",
        unit="lines",
        direction="lower",
        formula=f"oversold lines demanded {_FELT} - the share oversold in calm hours * lines demanded in that time",
        meaning="promises broken on account of the fault",
        function=excess(lambda c: lines_of(c).oversold),
    ),
    Kpi(
        name="fault_wrongly_refused_excess_lines",
        unit="lines",
        direction="lower",
        formula=f"false out-of-stocks demanded {_FELT} - their share in calm hours * lines demanded in that time",
        meaning="customers sent away on account of the fault",
        function=excess(lambda c: lines_of(c).wrongly_refused),
    ),
)

FAULTS_BY_CHANNEL: Final = (
    ChannelKpi(
        name="fault_orders_released.channel.<channel>",
        unit="orders",
        direction="higher",
        formula="the channel's orders released while something had failed",
        meaning="whom the arm went on serving",
        function=lambda c, channel: released(c, (channel,)),
    ),
    ChannelKpi(
        name="continuity.channel.<channel>",
        unit="share",
        direction="higher",
        formula="the channel's fault_orders_released / its fault_orders_normal",
        meaning="the continuity of one channel",
        function=lambda c, channel: continuity(c, (channel,)),
    ),
)
