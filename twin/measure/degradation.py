"""KPIs of degradation: for how long fallbacks were on, what was sold under them, and how that ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from twin.core.clock import HOUR
from twin.journal.orders import Degraded
from twin.journal.tables import NONE
from twin.journal.totals import Flow
from twin.measure.cohort import Cohort, Integers, Mask
from twin.measure.kpi import ChannelKpi, Kpi, ratio

_SELLING: Final = (
    Degraded.SERVE_STALE,
    Degraded.GROWING_BUFFER,
    Degraded.FAIL_OPEN,
    Degraded.CONFIRM_LATER,
    Degraded.DC_ONLY,
    Degraded.ALLOTMENT,
)
"""Strategies that take orders."""


def _degraded(cohort: Cohort) -> Mask:
    return np.asarray(cohort.accepted & (cohort.lines["degraded"] != Degraded.NO))


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _share_of(strategy: Degraded) -> Kpi:
    def function(cohort: Cohort) -> float | None:
        return ratio(_count(cohort.accepted & (cohort.lines["degraded"] == strategy)), _count(cohort.accepted))

    return Kpi(
        name=f"degraded_share.{strategy.name.lower()}",
        unit="share",
        direction="none",
        formula=f"lines accepted by {strategy.name} / lines accepted",
        meaning="part of the degraded share",
        function=function,
    )


def _oversell_rate(cohort: Cohort) -> float | None:
    degraded = _degraded(cohort)
    return ratio(_count(cohort.oversold & degraded), _count(degraded))


def _spans(cohort: Cohort) -> tuple[Integers, Integers, Integers]:
    """Channel, start and end of each time that a fallback was on, cut to the window; none that lie outside."""
    channel, start, end = (cohort.journal.column("fallbacks", name) for name in ("channel", "start", "end"))
    start = np.maximum(start, cohort.start_us)
    end = np.minimum(np.where(end == NONE, cohort.horizon_us, end), cohort.end_us)
    inside = start < end
    return channel[inside], start[inside], end[inside]


def _hours_of(cohort: Cohort, channel: int) -> float:
    """Length of the union of a channel's spans."""
    channels, start, end = _spans(cohort)
    total, reached = 0, 0
    for first, last in sorted(zip(start[channels == channel].tolist(), end[channels == channel].tolist(), strict=True)):
        total += max(0, last - max(first, reached))
        reached = max(reached, last)
    return total / HOUR


def _recorded(flow: Flow) -> Callable[[Cohort], float | None]:
    return lambda cohort: cohort.flows.get(flow.name.lower(), 0)


DEGRADATION: Final = (
    *(_share_of(strategy) for strategy in _SELLING),
    Kpi(
        name="degraded_oversell_rate",
        unit="share",
        direction="lower",
        formula="lines accepted degraded and oversold / lines accepted degraded",
        meaning="the oversell rate of what was sold while something was wrong, whatever the cause",
        function=_oversell_rate,
    ),
    Kpi(
        name="degraded_channel_hours",
        unit="hours",
        direction="lower",
        formula="sum over channels of the hours of the window in which a fallback was on for it",
        meaning="how long channels were run by fallbacks; ordinary refusals and stale answers do not count",
        function=lambda c: sum(_hours_of(c, channel) for channel in range(len(c.channels))),
    ),
    Kpi(
        name="fallback_spells",
        unit="spells",
        direction="lower",
        formula="times that a fallback was on for a channel, wholly or in part within the window",
        meaning="many short ones are flapping: a longer dwell or calm helps",
        function=lambda c: int(_spans(c)[0].size),
    ),
    Kpi(
        name="lines_confirmed",
        unit="lines",
        direction="none",
        formula="lines accepted degraded that the view could back when it was asked, over the run",
        meaning="promises made good by confirm_later or by reconfirming",
        function=_recorded(Flow.LINES_CONFIRMED),
    ),
    Kpi(
        name="confirmations_cancelled",
        unit="lines",
        direction="lower",
        formula="lines accepted degraded and cancelled when the view was asked, over the run",
        meaning="customers told no after a yes; they are oversold with cause DEGRADED",
        function=_recorded(Flow.CONFIRMATIONS_CANCELLED),
    ),
)

DEGRADATION_BY_CHANNEL: Final = (
    ChannelKpi(
        name="degraded_hours.channel.<channel>",
        unit="hours",
        direction="lower",
        formula="hours of the window in which a fallback was on for the channel",
        meaning="how long the channel was run by fallbacks",
        function=_hours_of,
    ),
)
