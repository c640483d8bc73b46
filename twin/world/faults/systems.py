"""Systems that are down, err, take longer, or change to a replica."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits_of_many
from twin.core.shares import MILLION, parts
from twin.scenario.faults import Fault, FaultKind
from twin.scenario.scenario import Scenario
from twin.world.faults.occurrences import Drawn
from twin.world.faults.spans import Layer, Span, highest, merged
from twin.world.tables import ERRORS, FAILOVER, OF_NODES, SLOWDOWN, SYSTEMS, WINDOW, EstateTables


def windows(drawn: Drawn, estate: EstateTables) -> NDArray[np.void]:
    """Outages of all systems, merged where they touch."""
    found: dict[tuple[int, int], list[Span]] = {}
    for outage in drawn.of("outage"):
        luck = drawn.streams.key(f"{outage.stream}.stores")
        for node in _nodes(outage.fault, drawn.scenario, estate, luck):
            found.setdefault((_number(outage.fault), node), []).extend(outage.spans)
    rows = [(*place, *span) for place, listed in sorted(found.items()) for span in merged(listed)]
    return np.array(rows, WINDOW)


def _nodes(fault: Fault, scenario: Scenario, estate: EstateTables, key: np.uint64) -> list[int]:
    """Nodes whose own system is down; -1 for a central system."""
    return places(fault, scenario, estate, key) if fault.system in OF_NODES else [-1]


def places(fault: Fault, scenario: Scenario, estate: EstateTables, key: np.uint64) -> list[int]:
    """Nodes that a fault hits: the one that it names; else DCs (system wms) or stores, as far as it says which."""
    if fault.node is not None:
        return [estate.node_names.index(fault.node)]
    hit = estate.nodes["is_dc"] == (fault.system == "wms")
    if fault.region is not None:
        regions = [region.name for region in scenario.estate.regions]
        hit &= estate.nodes["region"] == regions.index(fault.region)
    if fault.stores is not None:
        # Each store by its own luck, so that a larger share hits the same stores and more.
        luck = bits_of_many(key, np.arange(hit.size), 0)
        hit &= luck % np.uint64(MILLION) < np.uint64(parts(fault.stores))
    nodes: list[int] = np.flatnonzero(hit).tolist()
    return nodes


def errors(drawn: Drawn) -> NDArray[np.void]:
    """Windows in which systems answer calls with errors; where several cover an instant, the largest share counts."""
    return np.array(_layers(drawn, "errors", lambda fault: fault.share), ERRORS)


def slowdowns(drawn: Drawn) -> NDArray[np.void]:
    """Windows in which systems take longer; where several cover an instant, the largest factor counts."""
    return np.array(_layers(drawn, "slow", lambda fault: fault.factor), SLOWDOWN)


def _layers(drawn: Drawn, kind: FaultKind, size: Callable[[Fault], float | None]) -> list[tuple[int, ...]]:
    """System, start, end and size (parts of a million) of what a kind of fault does to systems."""
    layers: dict[int, list[Layer]] = {}
    for fault in drawn.of(kind):
        millionths = parts(size(fault.fault) or 0)
        layers.setdefault(_number(fault.fault), []).extend((*span, millionths) for span in fault.spans)
    return [(system, *window) for system, listed in sorted(layers.items()) for window in highest(listed)]


def failovers(drawn: Drawn) -> NDArray[np.void]:
    """Instants at which systems change to a replica."""
    rows = {(_number(changing.fault), start) for changing in drawn.of("failover") for start, _ in changing.spans}
    return np.array(sorted(rows), FAILOVER)


def _number(fault: Fault) -> int:
    assert fault.system is not None, "a fault of a system names it"
    return SYSTEMS.index(fault.system)
