"""Instants: outages to wait out, opening hours, the schedule of jobs."""

from __future__ import annotations

from typing import Any

from twin.core.clock import DAY
from twin.core.jit import kernel


@kernel
def covering(windows: Any, first: int, last: int, t: int) -> int:
    """Index of the window of ``windows[first:last]`` (sorted, disjoint, ``[start, end)``) that covers ``t``, or -1."""
    low, high = first, last
    while low < high:  # first window that starts after t
        middle = (low + high) // 2
        if windows[middle].start <= t:
            low = middle + 1
        else:
            high = middle
    if low > first and t < windows[low - 1].end:
        return low - 1
    return -1


@kernel
def up(windows: Any, first: int, last: int, t: int) -> int:
    """First instant >= ``t`` outside the windows."""
    at = covering(windows, first, last, t)
    return t if at < 0 else windows[at].end


@kernel
def touched(windows: Any, first: int, last: int, begin: int, end: int) -> bool:
    """Whether some window meets ``[begin, end]``."""
    for i in range(first, last):
        if windows[i].start <= end and begin < windows[i].end:
            return True
    return False


@kernel
def next_open(t: int, opens: int, closes: int, shift: int) -> int:
    """First instant >= ``t`` whose local time of day lies in ``[opens, closes)``; ``shift`` turns simulation into local
    time.
    """
    if closes - opens >= DAY:
        return t
    local = t + shift
    day, clock = local // DAY * DAY, local % DAY
    if clock < opens:
        return day + opens - shift
    if clock >= closes:
        return day + DAY + opens - shift
    return t


@kernel
def next_job(previous: int, live: int, first: int, interval: int) -> int:
    """Number of the job after job ``previous`` that went live at ``live``; slots missed by an overrun are left out."""
    return max(previous + 1, (live - first) // interval)


@kernel
def first_tick(t: int, first: int, interval: int) -> int:
    """First instant >= ``t`` of ``first + k * interval``, k >= 0."""
    if t <= first:
        return first
    return first + (t - first + interval - 1) // interval * interval


@kernel
def next_list(t: int, opens: int, closes: int, shift: int, interval: int) -> int:
    """First instant >= ``t`` at which a store prints its pick list: at its opening, and every ``interval`` from then on
    while it is open.
    """
    t = next_open(t, opens, closes, shift)
    clock = (t + shift) % DAY
    listed = first_tick(clock, opens, interval)
    if listed < closes:
        return t + listed - clock
    return next_open(t + closes - clock, opens, closes, shift)
