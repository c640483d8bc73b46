"""The turn of a day: what the world brings, and rows of the journal that are finished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY, Tie
from twin.core.hashing import bits_of_many
from twin.core.laws import sample_many
from twin.journal.orders import LINE, ORDER, Mode
from twin.journal.tables import NONE
from twin.journal.totals import Flow
from twin.kernels import state
from twin.kernels.choosing import pair_at
from twin.kernels.state import NIL
from twin.model import price_board
from twin.model.census import Census
from twin.model.counting import Counters
from twin.model.documents import Documents
from twin.model.jobs import Process, Works
from twin.model.orders import arrive
from twin.model.process import Instant
from twin.model.returns import Returns
from twin.model.shop import Customer, Shop, arrival_key
from twin.model.supply import returns
from twin.world.tables import WorldDay


@dataclass
class Days:
    """Feeds the world into the data plane, day by day."""

    works: Works
    shop: Shop
    census: Census
    counters: Counters | None
    returns: Returns | None = None
    """What handles goods that come back; ``None``: they are on the rack at once."""
    documents: Documents | None = None
    """What finance is told of orders; ``None``: nobody closes books."""
    orders: int = 0  # rows of `orders` and `lines` in use
    lines: int = 0
    picked_units: int = 0  # in parcels that were sealed

    def run(self) -> Process:
        """At the start of every day: seal what is over, and let the new day begin."""
        for day in range(self.works.world.days):
            yield Instant(self.works.env, day * DAY, Tie.FAULT, 0)
            if day:
                self.works.plane.advance(day * DAY - 1)
                self.seal(final=False)
            self.census.take(day * DAY, self.counters.waiting(day * DAY) if self.counters else 0)
            self.begin(self.works.world.day(day))

    def begin(self, day: WorldDay) -> None:
        """Walk-ins, customers and returns of the day."""
        plane, works = self.works.plane, self.works
        control = plane.control
        control["day"], control["physical"] = day.day, 0
        plane.put("physical", day.physical)
        if control["paper"]:
            plane.expect_sales(day.physical.size)
        nodes = plane.memory["nodes"]
        shifts = works.world.estate.zone_shift[:, day.day]
        nodes["shift"] = shifts[nodes["region"]]
        plane.put("region_shifts", np.ascontiguousarray(shifts, np.int64))
        plane.memory["flows"][Flow.SESSIONS] += int(day.sessions.sum())
        first = int(control["order_base"]) + self.orders
        checkouts = day.checkouts[day.checkouts["t"] < works.world.horizon_us]
        couriers = self.shop.couriers
        wishes = np.zeros(checkouts.size, np.int8) if couriers is None else couriers.wishes(checkouts)
        self._append(checkouts, day.lines, wishes)
        orders = np.ascontiguousarray(checkouts["order"])
        payments = sample_many(self.shop.payment, bits_of_many(self.shop.payment_key, orders, 0))
        arrive(self.shop, _customers(checkouts, payments, first, wishes))
        if day.returns.size:
            works.env.process(returns(works, day) if self.returns is None else self.returns.day(day))

    def _append(self, checkouts: NDArray[np.void], wanted: NDArray[np.void], wishes: NDArray[np.int8]) -> None:
        """Rows for checkouts and their lines (those of the day), behind those still in use."""
        memory, control = self.works.plane.memory, self.works.plane.control
        orders, lines = _order_rows(checkouts), self._line_rows(checkouts, wanted)
        orders["wants"] = wishes
        orders["first"] = (
            int(control["line_base"]) + self.lines + np.cumsum(orders["lines"], dtype=np.int64) - orders["lines"]
        )
        self.works.plane.choose(orders, int(control["order_base"]) + self.orders)
        memory.put("orders", np.concatenate([memory["orders"][: self.orders], orders]))
        memory.put("lines", np.concatenate([memory["lines"][: self.lines], lines]))
        price_board.of_rows(memory, self.lines, lines.size)
        self.orders += orders.size
        self.lines += lines.size

    def _line_rows(self, checkouts: NDArray[np.void], wanted: NDArray[np.void]) -> NDArray[np.void]:
        counts = checkouts["lines"].astype(np.int64)
        rows = np.zeros(int(counts.sum()), state.LINE)
        owner = np.repeat(np.arange(counts.size), counts)
        rows["line"] = np.arange(rows.size) - (np.cumsum(counts) - counts)[owner]
        wanted = wanted[checkouts["first_line"][owner] + rows["line"]]  # in the order of the checkouts
        for name, source in (("order", "order"), ("channel", "channel"), ("t_demand", "t")):
            rows[name] = checkouts[source][owner]
        rows["sku"], rows["wanted"], rows["quantity"] = wanted["sku"], wanted["sku"], wanted["quantity"]
        rows["price_cents"] = self.works.world.prices.at(rows["sku"], rows["t_demand"])
        rows["t_decision"] = rows["t_short"] = rows["t_end"] = NONE
        rows["pair"] = rows["node"] = rows["parcel"] = rows["hold"] = NIL
        pickup = checkouts["pickup"][owner]
        rows["mode"] = np.where(pickup >= 0, Mode.PICKUP, Mode.SHIP)
        for i in np.flatnonzero(pickup >= 0):
            rows["pair"][i] = pair_at(self.works.plane.handle, int(rows["sku"][i]), int(pickup[i]))
            rows["node"][i] = pickup[i]
        return rows

    def seal(self, *, final: bool) -> None:
        """Write the rows of the orders that are over (all of them at the end), and give their places free."""
        memory, control = self.works.plane.memory, self.works.plane.control
        orders, lines = memory["orders"][: self.orders], memory["lines"][: self.lines]
        over = self.orders if final else self._over(orders, lines)
        cut = int(orders["first"][over] - control["line_base"]) if over < self.orders else self.lines
        self.works.plane.close_orders(orders[:over])
        if self.documents is not None:
            self.documents.seal(orders[:over], lines[:cut])
        if self.shop.notices is not None:
            self.shop.notices.of_orders(orders[:over])
        self.works.journal.seal("orders", columns(orders[:over], ORDER))
        self.works.journal.seal("lines", _line_columns(lines[:cut]))
        self._seal_parcels()
        if control["priced"]:
            self.works.journal.seal("mispriced", price_board.mispriced(lines[:cut], memory["charges"][:cut]))
        price_board.cut_rows(memory, cut, self.lines)
        memory.put("orders", orders[over:].copy() if over < self.orders else np.zeros(1, state.ORDER))
        memory.put("lines", lines[cut:].copy() if cut < self.lines else np.zeros(1, state.LINE))
        control["order_base"] += over
        control["line_base"] += cut
        self.orders -= over
        self.lines -= cut

    def _seal_parcels(self) -> None:
        """Write what left nodes since the last time."""
        plane = self.works.plane
        left = plane.memory["parcels"][: int(plane.control["parcels"])]
        self.works.journal.seal("parcels", left)
        self.picked_units += int(left["units"].sum(dtype=np.int64))
        plane.control["parcels"] = 0

    def _over(self, orders: NDArray[np.void], lines: NDArray[np.void]) -> int:
        """How many orders from the first on have no open line, no hold that is to lapse, nothing set aside, no parcel
        whose pick is to end (though all of it was rejected), and none that waits for a courier.
        """
        if not orders.size:
            return 0
        held = np.add.reduceat(lines["hold"] != NIL, orders["first"] - int(self.works.plane.control["line_base"]))
        handled = orders["picking"] + orders["carried"]
        alive = (orders["open"] > 0) | (held > 0) | (orders["aside"] != 0) | (handled > 0)
        return int(np.argmax(alive)) if alive.any() else int(orders.size)


_SAME: Final = (
    ("order", "order"),
    ("t_demand", "t"),
    ("checkout", "checkout"),
    ("lines", "lines"),
    ("open", "lines"),
    ("channel", "channel"),
    ("region", "region"),
    ("abandons", "abandons"),
    ("declined", "declined"),
    ("pickup", "pickup"),
    ("x", "x_km"),
    ("y", "y_km"),
)
"""Columns of an order's row and of the world's checkout that hold the same."""


def _order_rows(given: NDArray[np.void]) -> NDArray[np.void]:
    rows = np.zeros(given.size, state.ORDER)
    for name, source in _SAME:
        rows[name] = given[source]
    for name in ("asked", "t_accept", "t_release", "t_pick", "t_ready", "t_done", "handed", "barred"):
        rows[name] = NONE
    rows["mode"] = np.where(given["pickup"] >= 0, Mode.PICKUP, Mode.SHIP)
    return rows


def _customers(
    checkouts: NDArray[np.void], payments: NDArray[np.int64], first: int, wishes: NDArray[np.int8]
) -> Iterator[Customer]:
    names = ("order", "t", "channel", "leaves", "abandons", "declined", "cart", "checkout")
    columns_of = (checkouts[name].tolist() for name in names)
    keys = map(arrival_key, checkouts["order"].tolist())
    numbers = range(first, first + len(checkouts))
    return map(Customer._make, zip(numbers, *columns_of, payments.tolist(), keys, wishes.tolist(), strict=True))


def columns(rows: NDArray[np.void], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """The journal's columns of the model's rows."""
    out = np.empty(rows.size, dtype)
    for name in dtype.names or ():
        out[name] = rows[name]
    return out


def _line_columns(rows: NDArray[np.void]) -> NDArray[np.void]:
    """The same of lines: what was ordered comes first, and what was taken in its place beside it."""
    out = np.empty(rows.size, LINE)
    for name in set(LINE.names or ()) - {"sku", "substitute"}:
        out[name] = rows[name]
    out["sku"] = rows["wanted"]
    out["substitute"] = np.where(rows["sku"] == rows["wanted"], NONE, rows["sku"])
    return out
