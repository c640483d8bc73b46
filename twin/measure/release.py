"""KPIs of the release of orders: who is released on time while orders wait for each other, and how many wait.

Channels and modes are the same in every arm, classes of priority are not; so what a priority does is read off the
orders of a channel or mode, in the arm with the priority and in the arm without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from twin.journal.orders import Mode
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Mask
from twin.measure.kpi import ChannelKpi, Kpi, quantile_s, ratio
from twin.measure.timing import release_spans

_MODES: Final = {"pickup": Mode.PICKUP, "ship": Mode.SHIP, "same_day": Mode.SAME_DAY}
_KINDS: Final = {"pickup": "picked up in stores", "ship": "shipped", "same_day": "brought on the same day"}


def _on_time(cohort: Cohort, among: Mask | None = None) -> float | None:
    spans = release_spans(cohort, among)
    return ratio(int(np.count_nonzero(spans <= cohort.release_target_us)), spans.size)


def _of_channel(cohort: Cohort, channel: int) -> Mask:
    return np.asarray(cohort.orders["channel"] == channel)


def _of_channel_after(percent: int) -> Callable[[Cohort, int], float | None]:
    return lambda cohort, channel: quantile_s(release_spans(cohort, _of_channel(cohort, channel)), percent)


def _of_mode(cohort: Cohort, mode: Mode) -> Mask:
    return np.asarray(cohort.orders["mode"] == mode)


def _backlog_peak(cohort: Cohort) -> int:
    """Most orders that had been accepted, and not yet released, at one time. At one instant releases come first."""
    orders = cohort.orders
    waits = cohort.under_way | (orders["t_release"] != NONE)
    accepted = orders["t_accept"][waits & (orders["t_accept"] != NONE)]
    released = orders["t_release"][orders["t_release"] != NONE]
    instants = np.concatenate([released, accepted])
    steps = np.concatenate([np.full(released.size, -1), np.full(accepted.size, 1)])
    return int(np.cumsum(steps[np.argsort(instants, kind="stable")]).max(initial=0))


def _kpis_of(name: str, mode: Mode) -> tuple[Kpi, ...]:
    """The KPIs of one way of delivery."""
    return (
        Kpi(
            name=f"order_release_{name}_p95_s",
            unit="s",
            direction="lower",
            formula=f"p95 of order accepted to first handed over to a node, of orders {_KINDS[name]}",
            meaning="what a priority of the release does to them",
            function=lambda cohort: quantile_s(release_spans(cohort, _of_mode(cohort, mode)), 95),
        ),
        Kpi(
            name=f"released_on_time.{name}",
            unit="share",
            direction="higher",
            formula=f"released_on_time, of orders {_KINDS[name]}",
            meaning="what a priority of the release does to them",
            function=lambda cohort: _on_time(cohort, _of_mode(cohort, mode)),
        ),
    )


RELEASE: Final = (
    Kpi(
        name="released_on_time",
        unit="share",
        direction="higher",
        formula="orders handed over to a node within experiment.release_target of their acceptance / orders accepted, "
        "without those for which no node was found",
        meaning="the SLA of the order release; orders still waiting when the run ends are late",
        function=_on_time,
    ),
    Kpi(
        name="release_backlog_peak",
        unit="orders",
        direction="lower",
        formula="most orders of the window that had been accepted and were not released at one time",
        meaning="how much a fault, or an export, lets pile up",
        function=_backlog_peak,
    ),
    *(kpi for name, mode in _MODES.items() for kpi in _kpis_of(name, mode)),
)

RELEASE_BY_CHANNEL: Final = (
    *(
        ChannelKpi(
            name=f"order_release_p{percent}_s.channel.<channel>",
            unit="s",
            direction="lower",
            formula=f"p{percent} of order accepted to first handed over to a node, of the channel's orders",
            meaning="what a priority of the release does to a channel",
            function=_of_channel_after(percent),
        )
        for percent in (50, 95)
    ),
    ChannelKpi(
        name="released_on_time.channel.<channel>",
        unit="share",
        direction="higher",
        formula="released_on_time, of the channel's orders",
        meaning="what a priority of the release does to a channel",
        function=lambda cohort, channel: _on_time(cohort, _of_channel(cohort, channel)),
    ),
)
