"""Disturbances: the faults of a run's window, each with what piled up, and until when it was felt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from twin.measure.cohort import Cohort, Integers, Mask, once
from twin.measure.steady import BEFORE, BINS_MIN, HOLD, Limits, back_at, edges_before, limits, signals

Span = tuple[int, int]

_OF_PEAK: Final = 100
_BUSIER: Final = 2
_TENTHS: Final = 10
"""A tenth more age is no deviation that matters."""


@dataclass(frozen=True)
class Pile:
    """What piled up before a consumer: the peak, and when it was gone; ``None`` if it was not, or cannot be told."""

    peak: int | None
    drained_us: int | None


@dataclass(frozen=True)
class Disturbance:
    """Faults less than an hour apart, or the next of which began before the run was back from the last."""

    windows: tuple[Span, ...]
    steady: bool | None
    """Whether the run was in a steady state before; ``None`` if there was too little to tell."""
    back_us: int | None
    """When it was back in it; ``None`` if it never was, or there was no steady state to come back to."""
    backlog: Pile
    posting: Pile

    @property
    def start_us(self) -> int:
        """When the first fault began."""
        return self.windows[0][0]

    @property
    def end_us(self) -> int:
        """When the last fault ended."""
        return self.windows[-1][1]


@once
def disturbances(cohort: Cohort) -> tuple[Disturbance, ...]:
    """Those of the faults that begin in the window, in order. What began before belongs to the start of the run."""
    out: list[Disturbance] = []
    groups = together(fault_windows(cohort))
    while groups:
        since = felt_until(cohort, out[-1]) if out else cohort.start_us
        first, *groups = groups
        limit = limits(signals(cohort, edges_before(first[0][0], since)))
        windows, back, groups = _followed(cohort, limit, first, groups)
        out.append(_disturbance(cohort, windows, since, limit, back))
    return tuple(out)


def fault_windows(cohort: Cohort) -> list[Span]:
    """When something had failed: faults that begin in the window, in one."""
    starts, ends = (cohort.journal.column("faults", name) for name in ("start", "end"))
    inside = (starts >= cohort.start_us) & (starts < cohort.end_us)
    return list(_merged(sorted(zip(starts[inside].tolist(), ends[inside].tolist(), strict=True))))


def _merged(spans: Sequence[Span]) -> Iterator[Span]:
    """Spans that touch or overlap as one."""
    last: Span | None = None
    for span in spans:
        if last and span[0] <= last[1]:
            last = (last[0], max(last[1], span[1]))
            continue
        if last:
            yield last
        last = span
    if last:
        yield last


def together(spans: Sequence[Span]) -> list[list[Span]]:
    """Spans less than :data:`HOLD` apart in one group: between them no run can be seen to be back."""
    groups: list[list[Span]] = []
    for span in spans:
        if groups and span[0] - groups[-1][-1][1] < HOLD:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _followed(
    cohort: Cohort, limit: Limits | None, first: list[Span], groups: list[list[Span]]
) -> tuple[list[Span], int | None, list[list[Span]]]:
    """The windows of one disturbance, when it was over, and the groups that it has not swallowed."""
    windows = list(first)
    if limit is None or not limit.steady:
        return windows, None, groups
    back = back_at(cohort, limit, windows[-1][1])
    while groups and (back is None or back > groups[0][0][0]):
        windows += groups[0]
        groups = groups[1:]
        back = back_at(cohort, limit, windows[-1][1])
    return windows, back, groups


def felt_until(cohort: Cohort, one: Disturbance) -> int:
    """When the run was back; its end if it never was, and an hour after the fault where nobody can tell."""
    if one.back_us is not None:
        return one.back_us
    return cohort.horizon_us if one.steady else min(one.end_us + HOLD, cohort.horizon_us)


def _disturbance(
    cohort: Cohort, windows: list[Span], since: int, limit: Limits | None, back: int | None
) -> Disturbance:
    return Disturbance(
        windows=tuple(windows),
        steady=None if limit is None else limit.steady,
        back_us=back,
        backlog=pile(cohort, ("unseen", "unheard"), "oldest_unseen", windows, since),
        posting=pile(cohort, ("unposted",), "oldest_unposted", windows, since),
    )


def pile(cohort: Cohort, counts: Sequence[str], age: str, windows: Sequence[Span], since: int) -> Pile:
    """What the windows made pile up in the sum of some columns of the scrapes; ``age`` is that of the oldest.

    Usual: the oldest is no older than any was on the day before, and they are at most twice as many as they ever were
    then (some hours are busier), or a hundredth of the peak. It has drained at the first scrape that finds it usual
    again, and at the end of the fault if it was usual at the last scrape before.
    """
    (start, _), (_, end) = windows[0], windows[-1]
    scrapes = cohort.whole("scrapes", "t")
    t, ages = scrapes["t"], scrapes[age]
    waiting: Integers = np.sum([scrapes[name] for name in counts], axis=0)
    before = (t >= max(since, start - BEFORE)) & (t < start)
    if np.count_nonzero(before) < BINS_MIN:
        return Pile(None, None)
    peaks = np.maximum.accumulate(np.where(t < start, 0, waiting))
    many = np.maximum(_BUSIER * int(waiting[before].max()), peaks // _OF_PEAK)
    usual = (ages * _TENTHS <= int(ages[before].max()) * (_TENTHS + 1)) & (waiting <= many)
    return _pile(t, peaks, usual, end)


def _pile(t: Integers, peaks: Integers, usual: Mask, end: int) -> Pile:
    first = int(np.searchsorted(t, end))
    if usual[first - 1]:
        return Pile(int(peaks[first - 1]), end)
    if not usual[first:].any():
        return Pile(int(peaks[-1]), None)
    at = first + int(np.argmax(usual[first:]))
    return Pile(int(peaks[at]), int(t[at]))
