"""Non-homogeneous arrivals: an hour-of-week profile in local time and opening hours become pieces of constant rate.

A day of simulation is cut at every local hour, opening, closing and promotion boundary. Within a piece the rate is
constant, so arrivals are a Poisson number of uniform instants: exact, without thinning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY, HOUR
from twin.core.jit import kernel
from twin.world.profiles import HOURS

SEGMENT: Final = np.dtype([("start", "i8"), ("length", "i8"), ("upto", "f8")])
"""A piece of constant rate; ``upto`` is the share of the density at its end, 1 at the last."""


@dataclass(frozen=True)
class Weekly:
    """A weekly profile within opening hours, as density over local time: it integrates to 1 over a week."""

    rates: NDArray[np.float64]  # per microsecond, for each hour of the week
    opens: int
    closes: int


@dataclass(frozen=True)
class Density:
    """Where the arrivals of one span of simulation time fall."""

    segments: NDArray[np.void]  # SEGMENT
    masses: NDArray[np.float64]  # per segment, share of a week's arrivals

    @property
    def mass(self) -> float:
        """Share of a week's arrivals that falls into the span."""
        return float(self.masses.sum())


def weekly(rates: NDArray[np.float64], opens: int, closes: int) -> Weekly | None:
    """Restrict a profile to opening hours and normalise it; ``None`` if nothing is left."""
    hours = np.arange(HOURS) % 24 * HOUR
    open_us = np.clip(np.minimum(hours + HOUR, closes) - np.maximum(hours, opens), 0, HOUR)
    total = float((rates * open_us).sum())
    return Weekly(rates / total, opens, closes) if total > 0 else None


def density(law: Weekly, start: int, end: int, *, shift: int, weekday: int) -> Density:
    """The pieces of ``[start, end)`` in simulation time that have arrivals.

    ``shift`` turns simulation time into local time since local midnight of a first day, a ``weekday`` (Monday 0).
    Pieces are also cut at the hours of simulation time, so that each lies in one of them.
    """
    edges = _edges(law, start, end, shift)
    low, high = edges[:-1], edges[1:]
    local = low + shift
    clock = local % DAY
    is_open = (clock >= law.opens) & (clock < law.closes)
    hour_of_week = (local // HOUR + 24 * weekday) % HOURS
    masses = law.rates[hour_of_week] * (high - low) * is_open
    kept = masses > 0
    segments = np.zeros(int(kept.sum()), SEGMENT)
    segments["start"], segments["length"] = low[kept], (high - low)[kept]
    masses = masses[kept]
    if masses.size:
        segments["upto"] = np.cumsum(masses) / masses.sum()
        segments["upto"][-1] = 1.0
    return Density(segments, masses)


def _edges(law: Weekly, start: int, end: int, shift: int) -> NDArray[np.int64]:
    first = start - (start % DAY) - DAY
    days = np.arange(first, end + 2 * DAY, DAY)
    hours = np.arange(first, end + 2 * DAY, HOUR)
    local_midnights = days - shift % DAY
    ends = np.array([start, end])
    marks = (hours, hours - shift % HOUR, local_midnights + law.opens, local_midnights + law.closes, ends)
    edges = np.unique(np.concatenate(marks))
    return edges[(edges >= start) & (edges <= end)]


@kernel(inline="always")
def instant(segments: Any, first: int, last: int, uniform: float) -> int:
    """The instant at which ``uniform`` of the density of ``segments[first:last]`` has passed."""
    i = first
    while i < last - 1 and segments[i].upto <= uniform:
        i += 1
    below = segments[i - 1].upto if i > first else 0.0
    part = (uniform - below) / (segments[i].upto - below)
    t: int = segments[i].start + min(np.int64(part * segments[i].length), segments[i].length - 1)
    return t


@kernel
def instants(segments: Any, uniforms: NDArray[np.float64]) -> NDArray[np.int64]:
    """:func:`instant` for every uniform number, over all segments."""
    out = np.empty(uniforms.size, np.int64)
    for i in range(uniforms.size):
        out[i] = instant(segments, 0, segments.size, uniforms[i])
    return out


def joined(densities: Sequence[Density]) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Segments of many densities in one table, and where each of them begins."""
    first = np.cumsum([0, *(item.segments.size for item in densities)])
    if not densities:
        return np.zeros(0, SEGMENT), first
    return np.concatenate([item.segments for item in densities]), first
