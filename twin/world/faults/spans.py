"""When faults come and how long they last: spans of time, drawn by counter-based luck."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits
from twin.core.laws import sample, table
from twin.scenario.faults import Fault

Span = tuple[int, int]

Layer = tuple[int, int, int]
"""Start, end, parts of a million."""


def spans(fault: Fault, duration: NDArray[np.int64], horizon: int, key: np.uint64) -> Iterator[Span]:
    """What one fault covers of ``[0, horizon)``, in the order of its occurrences; one of no length is left out.
    ``duration`` is the table of how long it lasts.

    Attempt 0 of an occurrence's luck: its duration; 1: the time from the failure before.
    """
    return ((start, min(end, horizon)) for start, end in _occurrences(fault, duration, horizon, key) if start < end)


def _occurrences(fault: Fault, duration: NDArray[np.int64], horizon: int, key: np.uint64) -> Iterator[Span]:
    """The occurrences that begin before the horizon."""
    gap = table("exponential", fault.mtbf, 1.0) if fault.mtbf is not None else None
    start, number = fault.at or 0, 0
    if gap is not None:
        start = _drawn(gap, key, 0, 1)
    while start < horizon:
        end = start + _drawn(duration, key, number, 0)
        yield start, end
        number += 1
        if gap is not None:
            start = max(end, start + 1) + _drawn(gap, key, number, 1)
        elif fault.every is not None:
            start += fault.every
        else:
            return


def _drawn(law: NDArray[np.int64], key: np.uint64, number: int, attempt: int) -> int:
    # A compiled function returns an int, which may exceed the signed 64 bits that the next one would take it for.
    return int(sample(law, np.uint64(bits(key, number, attempt))))


def merged(listed: Sequence[Span]) -> list[Span]:
    """Spans, sorted; those that touch or overlap become one."""
    out: list[Span] = []
    for start, end in sorted(listed):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def highest(layers: Sequence[Layer]) -> list[Layer]:
    """Layers laid over each other: windows that do not overlap, each with the largest parts of those that cover it."""
    out: list[Layer] = []
    waiting = sorted(layers, reverse=True)
    covering: list[tuple[int, int]] = []  # (-parts, end), a heap
    edges = sorted({edge for start, end, _ in layers for edge in (start, end)})
    for start, end in pairwise(edges):
        while waiting and waiting[-1][0] <= start:
            _, last, share = waiting.pop()
            heappush(covering, (-share, last))
        while covering and covering[0][1] <= start:
            heappop(covering)
        if covering:
            out.append((start, end, -covering[0][0]))
    return out
