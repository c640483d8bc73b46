"""Stock that stores send each other as SimPy processes: a review of the region, and what is on its way (docs/model.md,
section 8, "Transfers").
"""

from __future__ import annotations

from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.journal.tables import NONE
from twin.kernels.supply import transfer
from twin.model.build import knots_of
from twin.model.jobs import Process, Works
from twin.model.receiving import Dock
from twin.policies.transfers import matched, units_of_cover
from twin.scenario.transfers import Transfers

Rows = NDArray[np.int64]

REVIEW_KIND: Final = 24 << 40
ARRIVAL_KIND: Final = 25 << 40
_FIRST_REVIEW: Final = 1 << 25
_NODE_BITS: Final = 20


class Rebalancing:
    """Reviews of the regions, and the rows of the journal."""

    def __init__(self, works: Works, transfers: Transfers, dock: Dock) -> None:
        estate = works.world.estate
        self._works, self._transfers, self._dock = works, transfers, dock
        self._lead = knots_of(transfers.lead)
        self._keeps = units_of_cover(transfers.above, estate.mean_daily)
        self._wants = units_of_cover(transfers.below, estate.mean_daily)
        is_store = estate.nodes["is_dc"] == 0
        self._region = np.where(is_store, estate.nodes["region"], -1)[estate.pair_node]  # -1: a DC's pair

    def start(self) -> None:
        """Put the reviews of all regions on the clock."""
        for region in range(self._works.world.estate.zone_shift.shape[0]):
            self._works.env.process(self._reviews(region))

    def _reviews(self, region: int) -> Process:
        """At every review, or when the ERP is up again, stores with too much send to those with too little."""
        works, settings = self._works, self._transfers
        pairs = np.flatnonzero(self._region == region)
        for review in count():
            now = works.up(settings.phase + review * settings.interval, "erp")
            yield works.at(now, REVIEW_KIND | region)
            works.plane.advance(now)
            plan = self._plan(pairs)
            if len(plan):
                self._send(plan, review, now)

    def _plan(self, pairs: Rows) -> Rows:
        """Rows of (source pair, target pair, units), by SKU."""
        ledgers = self._works.plane.memory["pairs"]
        record, on_order, skus = (ledgers[name][pairs].astype(np.int64) for name in ("record", "on_order", "sku"))
        surplus = np.maximum(record - self._keeps[pairs], 0)
        need = np.maximum(self._wants[pairs] - record - on_order, 0)
        plan = []
        for sku in np.intersect1d(skus[surplus > 0], skus[need > 0]).tolist():
            first, last = np.searchsorted(skus, (sku, sku + 1)).tolist()
            found = matched(surplus[first:last].tolist(), need[first:last].tolist(), self._transfers.least)
            plan += [(pairs[first + source], pairs[first + target], units) for source, target, units in found]
        return np.array(plan, np.int64).reshape(-1, 3)

    def _send(self, plan: Rows, review: int, now: int) -> None:
        """What is there of what was planned leaves; what goes from one store to another goes together."""
        works, number = self._works, _FIRST_REVIEW + review
        works.plane.ensure_moves(len(plan))
        rows = np.empty((len(plan), 2), np.int64)
        sent = rows[: transfer(works.plane.handle, plan, number, now, rows)]
        sources, targets = plan[sent[:, 0], 0], plan[sent[:, 0], 1]
        places = works.world.estate.pair_node[np.stack([sources, targets])].astype(np.int64)
        ways = places[0] << _NODE_BITS | places[1]
        for way in np.unique(ways).tolist():
            chosen = np.flatnonzero(ways == way)
            load = np.stack([targets[chosen], sent[chosen, 1]], axis=1)
            works.env.process(self._way(way, load, review, now))

    def _way(self, way: int, load: Rows, review: int, now: int) -> Process:
        """A load (pair, units) is on its way between two stores, and arrives."""
        works = self._works
        told = [self._row(way, pair, units, now) for pair, units in load.tolist()]
        arrival = now + works.duration(self._lead, "transfer", way, review)
        yield works.at(arrival, ARRIVAL_KIND | way)
        self._dock.receive(load, load[:, 1], _FIRST_REVIEW + review, arrival)
        for place in told:
            works.journal.transfers[place][-1] = arrival

    def _row(self, way: int, pair: int, units: int, now: int) -> int:
        """Write the journal's row of a transfer; its place."""
        rows, sku = self._works.journal.transfers, int(self._works.world.estate.pair_sku[pair])
        rows.append([way >> _NODE_BITS, way & (1 << _NODE_BITS) - 1, sku, units, now, NONE])
        return len(rows) - 1
