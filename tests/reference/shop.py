"""What every process shares: the clock, the ledgers, the outages, the arm's settings and the tallies."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tests.reference.buffers import Kept
from tests.reference.clock import Clock, Instant, Outages, Slowness, outages_by_system
from tests.reference.ledgers import Node, Pair, Sku
from tests.reference.luck import Stream, Streams
from tests.reference.prices import Prices
from tests.reference.traces import Tracer
from twin.core.clock import Tie, tie_key
from twin.journal.totals import Flow, Latency
from twin.scenario.laws import Law
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.prices import ListPrices
from twin.world.tables import SYSTEMS, EstateTables, WorldDay, WorldStart


class AnyWorld(Protocol):
    """What the reference asks of a world."""

    estate: Any
    start: WorldStart
    windows: NDArray[np.void]
    errors: NDArray[np.void]
    slowdowns: NDArray[np.void]
    crashes: NDArray[np.void]
    failovers: NDArray[np.void]
    troubles: NDArray[np.void]
    absences: NDArray[np.void]
    prices: ListPrices
    horizon_us: int
    days: int

    @property
    def streams(self) -> Streams: ...

    def day(self, day: int) -> WorldDay: ...


class Shop:
    """One arm in one world."""

    def __init__(self, world: AnyWorld, scenario: Scenario, systems: Systems) -> None:
        self.env = Clock()
        self.world, self.scenario, self.systems = world, scenario, systems
        self.kept = Kept(world.estate, systems.buffers)
        estate: EstateTables = world.estate
        self.shifts: list[list[int]] = estate.zone_shift.tolist()
        self.nodes = [Node(number, row) for number, row in enumerate(rows_of(estate.nodes))]
        self.skus = [Sku(number, row["supplier"]) for number, row in enumerate(rows_of(estate.skus))]
        self.pairs = [self._pair(number, row) for number, row in enumerate(rows_of(world.start.pairs))]
        for sku in self.skus:
            sku.open_books()
        self._outages = outages_by_system(world.windows)
        self.flows = [0] * (max(Flow) + 1)
        self.latencies: list[list[list[int]]] = [[[] for _ in estate.channels] for _ in Latency]
        self.jobs: list[tuple[int, ...]] = []
        self.scrapes: list[tuple[int, ...]] = []
        self.fallbacks: list[list[int]] = []
        self.loaded: dict[int, int] = {}  # by feed: extract of the last file that went live
        self.tracer = Tracer(self.stream("trace"), systems.observability.traces)
        calendar = scenario.calendar
        self.prices = Prices(self)
        self._from, self._to = calendar.warm_up, calendar.warm_up + calendar.window

    def _pair(self, number: int, row: dict[str, int]) -> Pair:
        node, sku = self.nodes[row["node"]], self.skus[row["sku"]]
        pair = Pair(number, node, sku, row, buffer=self.kept.at_node(number, node))
        sku.by_node[node.number] = pair
        node.pairs.append(pair)
        return pair

    def outages(self, system: str, node: int = -1) -> Outages:
        """When a system is down."""
        return self._outages.get((system, node)) or Outages([])

    def slowness(self, system: str) -> Slowness:
        """When a central system is slow."""
        number = SYSTEMS.index(system)
        rows = [row for row in rows_of(self.world.slowdowns) if row["system"] == number]
        return Slowness([(row["start"], row["end"], row["parts"]) for row in rows])

    def stream(self, name: str, law: Law | None = None) -> Stream:
        """A stream of this world's luck."""
        return Stream(self.world.streams, name, law)

    def batch_time(self, t: int, entity: int, step: int = 0) -> Instant:
        """The instant ``t`` in class BATCH."""
        return Instant(self.env, t, tie_key(Tie.BATCH, entity, step))

    def observe(self, measure: Latency, channel: int, made: int, seen: int) -> None:
        """Note a latency, if the movement was made inside the window."""
        if self._from <= made < self._to:
            self.latencies[measure][channel].append(seen - made)


def rows_of(table: NDArray[np.void]) -> list[dict[str, Any]]:
    """Plain dictionaries of a structured array."""
    names = table.dtype.names or ()
    return [dict(zip(names, row, strict=True)) for row in table.tolist()]
