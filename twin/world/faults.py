"""Faults as windows: when each system is down, or errs, in this replication."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits
from twin.core.laws import sample, table
from twin.core.shares import parts
from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.faults import Fault
from twin.scenario.scenario import Scenario
from twin.world.streams import Streams
from twin.world.tables import ERRORS, SYSTEMS, WINDOW

Span = tuple[int, int]

Layer = tuple[int, int, int]
"""Start, end, parts of a million."""

REPEATS_MAX: Final = 1_000_000
"""A fault that is expected to happen more often than this within the horizon is refused."""


def realise_faults(scenario: Scenario, streams: Streams) -> NDArray[np.void]:
    """Outages of all systems, merged where they touch and clipped to the horizon."""
    dcs = [dc.name for dc in scenario.estate.dcs]
    _check(scenario, dcs)
    spans: dict[tuple[int, int], list[Span]] = {}
    seen: Counter[tuple[str, str | None]] = Counter()
    for fault in scenario.faults:
        if fault.errors is not None:
            continue
        # Numbered among the faults of its own system and node, so that a new fault elsewhere moves no other's luck.
        stream = f"fault.{fault.system}.{fault.node or ''}.{seen[fault.system, fault.node]}"
        seen[fault.system, fault.node] += 1
        drawn = list(_spans(fault, scenario.calendar.horizon_us, streams.key(stream)))
        for node in _nodes(fault, dcs):
            spans.setdefault((SYSTEMS.index(fault.system), node), []).extend(drawn)
    rows = [
        (system, node, start, end)
        for (system, node), listed in sorted(spans.items())
        for start, end in merged(listed, scenario.calendar.horizon_us)
    ]
    return np.array(rows, WINDOW)


def realise_errors(scenario: Scenario, streams: Streams) -> NDArray[np.void]:
    """Windows in which systems answer calls with errors; where several cover an instant, the largest share counts."""
    horizon = scenario.calendar.horizon_us
    layers: dict[int, list[Layer]] = {}
    seen: Counter[str] = Counter()
    for fault in scenario.faults:
        if fault.errors is None:
            continue
        stream = f"fault.errors.{fault.system}.{seen[fault.system]}"
        seen[fault.system] += 1
        share = parts(fault.errors)
        spans = _spans(fault, horizon, streams.key(stream))
        layers.setdefault(SYSTEMS.index(fault.system), []).extend(
            (start, min(end, horizon), share) for start, end in spans
        )
    rows = [(system, *window) for system, listed in sorted(layers.items()) for window in highest(listed)]
    return np.array(rows, ERRORS)


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


def merged(spans: Sequence[Span], horizon: int) -> list[Span]:
    """Spans within ``[0, horizon)``, sorted; those that touch or overlap become one, empty ones vanish."""
    out: list[Span] = []
    for start, end in sorted((max(start, 0), min(end, horizon)) for start, end in spans):
        if start >= end:
            continue
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def _nodes(fault: Fault, dcs: list[str]) -> list[int]:
    """Nodes whose own system is down; -1 for a central system."""
    if fault.system != "wms":
        return [-1]
    return list(range(len(dcs))) if fault.node is None else [dcs.index(fault.node)]


def _spans(fault: Fault, horizon: int, key: np.uint64) -> Iterator[Span]:
    """The outages of one fault that begin before the horizon. Attempt 0: a duration; 1: a time between failures."""
    duration = table(fault.duration.law, fault.duration.mean, fault.duration.cv)
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


def _check(scenario: Scenario, dcs: list[str]) -> None:
    problems = []
    for number, fault in enumerate(scenario.faults):
        path = f"faults[{number}]"
        if fault.node is not None and fault.node not in dcs:
            message = f"no DC is called {fault.node!r}; there are {', '.join(dcs)}"
            problems.append(Problem(scenario.name, 1, 1, f"{path}.node", message))
        cycle = fault.every or (fault.mtbf + fault.duration.mean if fault.mtbf is not None else None)
        if cycle is not None and scenario.calendar.horizon_us / cycle > REPEATS_MAX:
            message = f"would repeat more than {REPEATS_MAX} times within the horizon"
            problems.append(Problem(scenario.name, 1, 1, path, message))
    if problems:
        raise ScenarioError(problems)
