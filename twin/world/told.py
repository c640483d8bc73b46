"""The faults of a replication as a reader is told of them: what failed, how, from when to when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.journal.tables import FAULT
from twin.journal.totals import FeedName
from twin.world.tables import CENTRAL, SYSTEMS, TroubleKind
from twin.world.world import World

Told = tuple[str, str, int, int]
"""Kind, what, start, end."""

_TROUBLES: Final = {
    TroubleKind.POISON: "poison",
    TroubleKind.COPIES: "duplicates",
    TroubleKind.LATE: "late",
    TroubleKind.LOST: "lost",
}


def faults_told(world: World) -> NDArray[np.void]:
    """Every window in which something is not as it should be, in the order of their starts."""
    rows = [
        *_outages(world),
        *_layered("errors", world.errors),
        *_layered("slow", world.slowdowns),
        *_members(world),
        *_failovers(world),
        *_messages(world),
        *_absent(world),
    ]
    return np.array(sorted(rows, key=lambda row: (row[2], row[3], row[:2])), FAULT)


def _outages(world: World) -> Iterator[Told]:
    """Where the systems of several nodes fail together, that is one outage."""
    windows: dict[tuple[int, int, int], list[int]] = {}
    for system, node, start, end in world.windows.tolist():
        windows.setdefault((system, start, end), []).append(node)
    for (system, start, end), nodes in windows.items():
        yield "outage", _place(world, SYSTEMS[system], nodes), start, end


def _place(world: World, system: str, nodes: list[int]) -> str:
    """Name of a system, with the node if it is that of one, or how many nodes if not of all that could be meant."""
    if system in CENTRAL:
        return system
    if len(nodes) == 1:
        return f"{system} {world.estate.node_names[nodes[0]]}"
    dcs = int(np.count_nonzero(world.estate.nodes["is_dc"]))
    alike = dcs if system == "wms" else world.estate.nodes.size - dcs
    return system if len(nodes) == alike else f"{system} of {len(nodes)} nodes"


def _layered(kind: str, windows: NDArray[np.void]) -> Iterator[Told]:
    """Windows that touch and differ only in their share of errors, or in their factor, are one."""
    last: Told | None = None
    for system, start, end, _ in windows.tolist():
        if last and last[1] == SYSTEMS[system] and last[3] == start:
            last = (*last[:3], end)
            continue
        if last:
            yield last
        last = kind, SYSTEMS[system], start, end
    if last:
        yield last


def _absent(world: World) -> Iterator[Told]:
    """Where pickers of several stores are missing together, that is one fault."""
    stores: dict[tuple[int, int], list[int]] = {}
    for node, start, end, _ in world.absences.tolist():
        stores.setdefault((start, end), []).append(node)
    for (start, end), nodes in stores.items():
        yield "absent", _place(world, "pickers", nodes), start, end


def _members(world: World) -> Iterator[Told]:
    for feed, member, start, end, stuck in world.crashes.tolist():
        yield "stuck" if stuck else "crash", f"{FeedName(feed).name.lower()} {member}", start, end


def _failovers(world: World) -> Iterator[Told]:
    for system, t in world.failovers.tolist():
        yield "failover", SYSTEMS[system], t, t + 1


def _messages(world: World) -> Iterator[Told]:
    """Trouble with messages, while they are made; how long it is felt depends on the arm."""
    for row in world.troubles:
        topic = "orders" if int(row["feeds"]) >> FeedName.ORDERS & 1 else "movements"
        yield _TROUBLES[TroubleKind(int(row["kind"]))], topic, int(row["start"]), int(row["end"])
