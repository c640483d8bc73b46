"""Replenishment as SimPy processes: reviews by the clock, trucks and deliveries on their way, goods that come back."""

from __future__ import annotations

from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY, HOUR
from twin.core.hashing import bits_of_many
from twin.kernels.choosing import pair_at
from twin.model.build import knots_of
from twin.model.jobs import Process, Works, happens
from twin.model.ordering import Portal
from twin.model.receiving import Dock
from twin.model.returns import RETURN_KIND, RETURN_SHIFT
from twin.scenario.estate import Stock
from twin.world.tables import WorldDay

Rows = NDArray[np.int64]

DELIVERY_KIND: Final = 0
TRUCK_KIND: Final = 1 << 40
STORE_REVIEW_KIND: Final = 3 << 40
DC_REVIEW_KIND: Final = 4 << 40
STORE_REVIEW_CLOCK: Final = 2 * HOUR
DC_REVIEW_CLOCK: Final = 4 * HOUR
_INITIAL_SUPPLIER: Final = 4095
_INITIAL_REVIEW: Final = 1 << 24


def start_supply(works: Works, stock: Stock, dock: Dock, portal: Portal | None) -> None:
    """Put all replenishment of the estate on the clock."""
    nodes = works.world.estate.nodes
    for region in range(works.world.estate.zone_shift.shape[0]):
        works.env.process(store_reviews(works, dock, stock, region))
    for dc in np.flatnonzero(nodes["is_dc"] != 0).tolist():
        works.env.process(dc_reviews(works, dock, (stock, portal), dc))
    works.env.process(initial_deliveries(works, dock))


def store_reviews(works: Works, dock: Dock, stock: Stock, region: int) -> Process:
    """Every night at 02:00 local time, or when the ERP is up again, each store of the region orders what its record
    says is missing; trucks leave at once.
    """
    nodes, shift = works.world.estate.nodes, works.world.estate.zone_shift[region]
    stores = np.flatnonzero((nodes["is_dc"] == 0) & (nodes["region"] == region)).tolist()
    knots = knots_of(stock.store_lead)
    for day in range(shift.size):
        due = day * DAY + STORE_REVIEW_CLOCK - int(shift[day])
        if due < 0:
            continue
        now = works.up(due, "erp")
        yield works.at(now, STORE_REVIEW_KIND | region)
        works.plane.advance(now)
        for store in stores:
            load = works.plane.review_store(store, day, now)
            if load.size:
                arrival = now + works.duration(knots, "truck", store << 24 | day)
                works.env.process(delivery(works, dock, (arrival, TRUCK_KIND | store), load, load[:, 1], day))


def dc_reviews(works: Works, dock: Dock, how: tuple[Stock, Portal | None], dc: int) -> Process:
    """At every review, a DC orders from its suppliers; each supplier sends one delivery, some lines of it short."""
    stock, portal = how
    knots = knots_of(stock.dc_lead)
    suppliers = works.world.estate.skus["supplier"]
    for review in count():
        now = works.up(DC_REVIEW_CLOCK + review * stock.dc_review, "erp")
        yield works.at(now, DC_REVIEW_KIND | dc)
        works.plane.advance(now)
        rows = works.plane.review_dc(dc)
        arrived = _shipped(works, stock, rows, review)
        of_row = suppliers[works.plane.memory["pairs"]["sku"][rows[:, 0]]]
        for supplier in np.unique(of_row).tolist():
            chosen = of_row == supplier
            lead = works.duration(knots, "supplier", dc << 40 | supplier << 24 | review)
            ordered, arrival = rows[chosen], now + lead
            if portal is not None:
                whose = (dc, supplier, review)
                ordered, arrival = portal.order(whose, ordered, arrived[chosen], lead=lead, now=now)
            entity = DELIVERY_KIND | dc * (_INITIAL_SUPPLIER + 1) + supplier
            works.env.process(delivery(works, dock, (arrival, entity), ordered, arrived[chosen], review))


def _shipped(works: Works, stock: Stock, rows: Rows, review: int) -> Rows:
    """Units that suppliers send of what was ordered."""
    luck = bits_of_many(works.world.streams.key("short"), np.ascontiguousarray(rows[:, 0]), review)
    short = np.fromiter((happens(b, stock.short_shipment) for b in luck), bool, len(rows))
    missing = np.floor(rows[:, 1] * stock.short_fraction).astype(np.int64)
    return np.where(short, rows[:, 1] - missing, rows[:, 1])


def delivery(works: Works, dock: Dock, when: tuple[int, int], rows: Rows, arrived: Rows, review: int) -> Process:
    """A truck or a supplier's delivery is on its way, and arrives."""
    arrival, entity = when
    yield works.at(arrival, entity)
    dock.receive(rows, arrived, review, arrival)


def initial_deliveries(works: Works, dock: Dock) -> Process:
    """What was already on its way at the start."""
    receipts, nodes = works.world.start.receipts, works.world.estate.pair_node
    for t in np.unique(receipts["t"]).tolist():
        due = receipts[receipts["t"] == t]
        at = nodes[due["pair"]]
        for node in np.unique(at).tolist():
            rows = np.stack([due["pair"][at == node], due["quantity"][at == node]], axis=1).astype(np.int64)
            yield works.at(t, DELIVERY_KIND | node * (_INITIAL_SUPPLIER + 1) + _INITIAL_SUPPLIER)
            dock.receive(rows, rows[:, 1].copy(), _INITIAL_REVIEW, t)


def returns(works: Works, day: WorldDay) -> Process:
    """Goods of the day's returns go back on the rack of the first DC."""
    dc = int(np.flatnonzero(works.world.estate.nodes["is_dc"] != 0)[0])
    for index, row in enumerate(day.returns):
        yield works.at(int(row["t"]), RETURN_KIND | day.day << RETURN_SHIFT | index)
        pair = pair_at(works.plane.handle, int(row["sku"]), dc)
        works.plane.take_back(pair, int(row["quantity"]), day.day << 40 | index, int(row["t"]))
