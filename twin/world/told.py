"""The faults of a replication as a reader is told of them: what failed, how, from when to when."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from twin.journal.tables import FAULT
from twin.world.tables import SYSTEMS
from twin.world.world import World

Told = tuple[str, str, int, int]
"""Kind, what, start, end."""


def faults_told(world: World) -> NDArray[np.void]:
    """Every window in which something is not as it should be, in the order of their starts."""
    told = sorted([*_outages(world), *_errors(world)], key=lambda row: (row[2], row[3], row[:2]))
    return np.array(told, FAULT)


def _outages(world: World) -> Iterator[Told]:
    """Where all DCs' systems fail together, that is one outage of the system."""
    dcs = int(np.count_nonzero(world.estate.nodes["is_dc"]))
    windows: dict[tuple[int, int, int], list[int]] = {}
    for system, node, start, end in world.windows.tolist():
        windows.setdefault((system, start, end), []).append(node)
    for (system, start, end), nodes in windows.items():
        if nodes == [-1] or len(nodes) == dcs:
            yield "outage", SYSTEMS[system], start, end
        else:
            yield from (("outage", f"{SYSTEMS[system]} {world.estate.node_names[n]}", start, end) for n in nodes)


def _errors(world: World) -> Iterator[Told]:
    """Windows that touch and differ only in their share of errors are one."""
    last: Told | None = None
    for system, start, end, _ in world.errors.tolist():
        if last and last[1] == SYSTEMS[system] and last[3] == start:
            last = (*last[:3], end)
            continue
        if last:
            yield last
        last = "errors", SYSTEMS[system], start, end
    if last:
        yield last
