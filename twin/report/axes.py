"""Axes that people read without arithmetic: whole numbers, ages from seconds to days, local time with its weekday."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twin.core.clock import DAY, HOUR, SECOND
from twin.report.clock import LocalClock

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_TICKS_MAX: Final = 10


def thousands(value: float, _: float) -> str:
    """How a tick of a count reads; ticks between whole numbers keep one decimal."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


_AGES: Final = (
    (0, "0"),
    (1, "1 s"),
    (60, "1 min"),
    (3600, "1 h"),
    (DAY // SECOND, "1 d"),
    (30 * DAY // SECOND, "30 d"),
)


def seconds_axis(axes: Axes) -> None:
    """From nothing over a second to days: linear up to a second, logarithmic beyond."""
    top = axes.get_ylim()[1]
    axes.set_yscale("symlog", linthresh=1, linscale=0.6)
    shown = [(value, label) for place, (value, label) in enumerate(_AGES) if not place or _AGES[place - 1][0] < top]
    axes.set_yticks([value for value, _ in shown], [label for _, label in shown])
    axes.yaxis.set_minor_locator(_no_ticks())
    axes.set_ylim(0, max(top * 1.15, 1.5))


def _no_ticks() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()


def time_axis(axes: Axes, start: int, end: int, clock: LocalClock) -> None:
    """Local hours; the day is named at the first tick and at each midnight, and alone where all ticks are midnights."""
    every = next((hours for hours in (1, 2, 3, 6, 12, 24) if (end - start) / HOUR <= 9 * hours), 24)
    ticks = clock.hours(start, end, every)
    ticks = ticks[:: -(-len(ticks) // _TICKS_MAX)] if ticks else ticks
    axes.set_xticks([t / HOUR for t in ticks], [_label(t, clock, first=t == ticks[0], days=every >= 24) for t in ticks])
    axes.tick_params(axis="x", length=3)


def _label(t: int, clock: LocalClock, *, first: bool, days: bool) -> str:
    then = clock.at(t)
    if days:
        return clock.day(t)
    return f"{then:%H:%M}\n{clock.day(t)}" if first or then.hour == 0 else f"{then:%H:%M}"
