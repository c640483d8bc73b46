"""How much of the normal order release went on while something had failed, and what it cost in promises and refusals.

The orders that would have been released while something had failed are worked out from the same run. Who comes, and
when, is the world's and untouched by any fault, so that the hour of the day and the luck of the day are in it; what an
arm normally makes of a customer, and how long it takes to release his order, is taken from its calm hours:

    normal = sum over checkouts begun at t of P(released | calm) * P(start <= t + D < end | released, calm),

by channel, with D the time from checkout to release. P(released) is that of the same hour on the calm days before and
after, between which it may have changed. Where jobs release the orders, D depends on how soon the next one comes: it is
taken from checkouts begun in the same fifteenth of their cycle, and counted from its start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from twin.core.clock import HOUR
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers, Mask, once
from twin.measure.disturbance import Span, disturbances, felt_until
from twin.measure.events import Orders, lines_of, orders_of
from twin.measure.kpi import ratio
from twin.measure.steady import HOLD
from twin.measure.timeline import Floats, before

_SLOTS: Final = 15
_DAY: Final = 24
"""Hours."""
_LATE: Final = 4 * HOUR
"""Orders of the last hours of a run may not be released before it ends."""


def failed(cohort: Cohort) -> list[Span]:
    """When something had failed."""
    return [window for one in disturbances(cohort) for window in one.windows]


def calm(cohort: Cohort, until: int) -> tuple[Span, ...]:
    """From the start of the window on without the disturbances, and without an hour before each: orders then are
    released in it.
    """
    spans, since = [], cohort.start_us
    for one in disturbances(cohort):
        spans.append((since, one.start_us - HOLD))
        since = felt_until(cohort, one)
    spans.append((since, until))
    return tuple((start, end) for start, end in spans if start < end)


@dataclass(frozen=True)
class Release:
    """Orders of one channel released while something had failed, and how many that would have been; ``None`` where no
    calm order tells.
    """

    released: int
    normal: float | None


@once
def releases(cohort: Cohort) -> tuple[Release, ...]:
    """By channel."""
    orders, spans = orders_of(cohort), failed(cohort)
    calm_ones = _inside(orders.demanded, calm(cohort, max(cohort.end_us, cohort.horizon_us - _LATE)))
    return tuple(
        _release(_Checkouts.of(cohort, orders, orders.channel == channel, calm_ones), spans)
        for channel in range(len(cohort.channels))
    )


@dataclass(frozen=True)
class _Checkouts:
    """Those of one channel. ``since`` is what a release is timed from, in each ``slot`` apart."""

    demanded: Integers
    released: Integers
    calm: Mask
    since: Integers
    slot: Integers

    @classmethod
    def of(cls, cohort: Cohort, orders: Orders, here: Mask, calm_ones: Mask) -> _Checkouts:
        """Jobs release orders at their own instants: what they release is timed from the job before the checkout."""
        demanded, released, usual = orders.demanded[here], orders.released[here], calm_ones[here]
        if cohort.release_cycle_us is None:
            return cls(demanded, released, usual, demanded, np.zeros_like(demanded))
        interval, phase = cohort.release_cycle_us
        into = (demanded - phase) % interval
        return cls(demanded, released, usual, demanded - into, into * _SLOTS // interval)


def _release(checkouts: _Checkouts, spans: Sequence[Span]) -> Release:
    then = within(checkouts.released, spans)
    if not checkouts.calm.any():
        return Release(then, None if checkouts.demanded.size else 0.0)
    released = checkouts.released != NONE
    chance = _chances(checkouts.demanded, released, checkouts.calm)
    due = 0.0
    for slot in range(_SLOTS):
        here = checkouts.slot == slot
        delays = np.sort((checkouts.released - checkouts.since)[here & checkouts.calm & released])
        due += sum(_due(checkouts.since[here], chance[here], delays, span) for span in spans)
    return Release(then, due)


def _chances(demanded: Integers, released: Mask, calm: Mask) -> Floats:
    """P(released) of each order: the share of its hour if that was calm, else of the same hour of other days."""
    hour = demanded // HOUR
    orders = np.bincount(hour[calm], minlength=int(hour.max()) + 1)
    shares = np.bincount(hour[calm & released], minlength=orders.size) / np.maximum(orders, 1)
    for missing in np.flatnonzero(orders == 0):
        shares[missing] = _between(shares, orders > 0, int(missing), float(released[calm].mean()))
    chances: Floats = shares[hour]
    return chances


def _between(shares: Floats, calm: Mask, hour: int, otherwise: float) -> float:
    """Between the same hour of the nearest calm days before and after, so that a trend over the days does no harm."""
    same = np.flatnonzero(calm[hour % _DAY :: _DAY]) * _DAY + hour % _DAY
    before, after = same[same < hour], same[same > hour]
    if before.size and after.size:
        part = (hour - before[-1]) / (after[0] - before[-1])
        return float((1 - part) * shares[before[-1]] + part * shares[after[0]])
    nearest = [*before[-1:], *after[:1]]
    return float(shares[nearest[0]]) if nearest else otherwise


def _due(since: Integers, chance: Floats, delays: Integers, span: Span) -> float:
    """How many of the orders would be released in the span, each after one of the delays, all as likely."""
    start, end = span
    pairs = before(delays, end - since) - before(delays, start - since)
    return float(pairs @ chance) / delays.size if delays.size else 0.0


def within(instants: Integers, spans: Iterable[Span]) -> int:
    """How many instants lie in the spans, which do not overlap."""
    edges = np.array([edge for span in spans for edge in span], np.int64)
    return int(np.diff(before(instants, edges))[::2].sum()) if edges.size else 0


def _inside(instants: Integers, spans: Iterable[Span]) -> Mask:
    inside = np.zeros(instants.size, bool)
    for start, end in spans:
        inside |= (instants >= start) & (instants < end)
    return inside


def released(cohort: Cohort, channels: Iterable[int]) -> int | None:
    """Orders of some channels released while something had failed; ``None`` if nothing had."""
    return sum(releases(cohort)[channel].released for channel in channels) if disturbances(cohort) else None


def normal(cohort: Cohort, channels: Iterable[int]) -> float | None:
    """What :func:`released` would have been without the faults; ``None`` if nobody can tell."""
    if not disturbances(cohort):
        return None
    found = [releases(cohort)[channel].normal for channel in channels]
    known = [value for value in found if value is not None]
    return sum(known) if len(known) == len(found) else None


def continuity(cohort: Cohort, channels: Iterable[int]) -> float | None:
    """The share of :func:`normal` that was released all the same."""
    usual = normal(cohort, channels)
    return ratio(released(cohort, channels) or 0, usual) if usual else None


def excess(instants: Callable[[Cohort], Integers]) -> Callable[[Cohort], float | None]:
    """Lines of a kind demanded from a fault's start until the run was back, less what calm hours would have had."""

    def function(cohort: Cohort) -> float | None:
        felt = [(one.start_us, min(felt_until(cohort, one), cohort.end_us)) for one in disturbances(cohort)]
        demanded, such = lines_of(cohort).demanded, instants(cohort)
        spans = calm(cohort, cohort.end_us)
        usual = ratio(within(such, spans), within(demanded, spans))
        return None if usual is None or not felt else within(such, felt) - usual * within(demanded, felt)

    return function
