"""Associates in stores: the own shelf first, then what other nodes have (docs/model.md, section 6, "Clienteling")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY
from twin.kernels import clienteling
from twin.kernels.choosing import pair_at
from twin.kernels.state import NIL
from twin.model.jobs import Works
from twin.policies.calendars import next_open
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems
from twin.world.places import nearest

if TYPE_CHECKING:
    from twin.model.shop import Customer


@dataclass
class Associates:
    """Who serves the customers of channels of kind clienteling."""

    works: Works
    channels: frozenset[int]
    stores: NDArray[np.int64]
    places: NDArray[np.int64]
    """[store, 2]: where they are, km."""
    units: int = 0
    """Sold from shelves."""

    @classmethod
    def of(cls, works: Works, scenario: Scenario, systems: Systems) -> Self | None:
        """The associates of an arm; ``None`` if its channels of that kind sell like others."""
        kinds = [channel.kind for channel in scenario.demand.channels.values()]
        if not systems.clienteling.on or "clienteling" not in kinds:
            return None
        nodes = works.world.estate.nodes
        stores = np.flatnonzero(nodes["is_dc"] == 0)
        places = np.stack([nodes["x_km"], nodes["y_km"]], axis=1).astype(np.int64)[stores]
        return cls(works, frozenset(np.flatnonzero(np.array(kinds) == "clienteling").tolist()), stores, places)

    def serve(self, customer: Customer, now: int) -> bool:
        """The customer asks an associate; whether something is left to be ordered."""
        if customer.channel not in self.channels or customer.leaves or customer.abandons or customer.declined:
            return True
        row = self.works.plane.order(customer.number)
        store = int(self.stores[nearest(np.array([[row["x"], row["y"]]], np.int64), self.places)[0]])
        if not self._is_open(store, now):
            return True
        self.works.plane.advance(now)
        for line, on_hand, sold in self._look(customer.number, row, store, now):
            self.works.journal.end_assisted((int(row["order"]), line, store, on_hand, sold))
        return bool(clienteling.sell_from_elsewhere(self.works.plane.handle, customer.number, store))

    def _look(self, number: int, row: Any, store: int, now: int) -> Iterator[tuple[int, int, int]]:
        """Sell what is on the shelf: each line, what was there, and 1 if it was sold."""
        handle, pairs = self.works.plane.handle, self.works.plane.memory["pairs"]
        for line, (sku, units) in enumerate(self.works.plane.lines_of(row)[["sku", "quantity"]].tolist()):
            p = int(pair_at(handle, sku, store))
            if p == NIL:
                yield line, NIL, 0
            else:
                there = int(pairs["on_hand"][p])
                sold = int(clienteling.sell_here(handle, number, line, p, now))
                self.units += sold * units
                yield line, there, sold

    def _is_open(self, store: int, now: int) -> bool:
        node, shifts = self.works.plane.memory["nodes"][store], self.works.world.estate.zone_shift
        shift = int(shifts[node["region"], now // DAY])
        return int(next_open(now, int(node["opens"]), int(node["closes"]), shift)) == now
