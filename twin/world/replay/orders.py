"""Orders of a log as checkouts of a channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY, HOUR
from twin.core.hashing import bits_of_many
from twin.core.laws import sample_many, table
from twin.scenario.scenario import Scenario
from twin.world.channels import ChannelDay, sessions
from twin.world.estate import RealisedEstate
from twin.world.luck import uniforms
from twin.world.places import Homes
from twin.world.sites import centres_km
from twin.world.streams import Streams
from twin.world.tables import CHECKOUT, LINE


@dataclass(frozen=True)
class OrderLines:
    """Replayed lines of online orders; each identity of an order is one checkout, of one customer."""

    t: NDArray[np.int64]  # simulation time
    order: NDArray[np.int64]
    customer: NDArray[np.int64]
    sku: NDArray[np.int64]
    quantity: NDArray[np.int64]


class ReplayedChannel:
    """A channel whose customers come from a log. They pay (a log shows sales), and have their parcels shipped."""

    def __init__(
        self, name: str, scenario: Scenario, estate: RealisedEstate, lines: OrderLines, streams: Streams
    ) -> None:
        self._name, self._law = name, scenario.demand.channels[name]
        self._lines, self._line_first, order, t, customer = _grouped(lines)
        self._checkouts = np.zeros(t.size, CHECKOUT)
        self._checkouts["t"], self._checkouts["channel"], self._checkouts["pickup"] = t, estate.channels.index(name), -1
        self._checkouts["lines"] = np.diff(self._line_first)
        self._settle(scenario, estate, order, customer, streams)

    def _settle(
        self,
        scenario: Scenario,
        estate: RealisedEstate,
        order: NDArray[np.int64],
        customer: NDArray[np.int64],
        streams: Streams,
    ) -> None:
        """Where customers live, the same for all orders of one; and how long their checkouts take."""
        upto = np.cumsum([region.share for region in scenario.estate.regions])
        region = np.searchsorted(upto[:-1], uniforms(streams.key("replay.region"), customer), side="right")
        place = Homes(estate.nodes, centres_km(scenario.estate)).places(streams.key("replay.place"), customer, region)
        rows, law = self._checkouts, table(self._law.checkout.law, self._law.checkout.mean, self._law.checkout.cv)
        rows["region"], rows["x_km"], rows["y_km"] = region, place[:, 0], place[:, 1]
        rows["checkout"] = sample_many(law, bits_of_many(streams.key("replay.checkout"), order, 0))

    def day(self, day: int, streams: Streams) -> ChannelDay:
        """The log's day; others than buyers are drawn around it by the conversion."""
        first, last = np.searchsorted(self._checkouts["t"], (day * DAY, (day + 1) * DAY))
        rows = self._checkouts[first:last].copy()
        line_first, line_last = int(self._line_first[first]), int(self._line_first[last])
        rows["first_line"] = self._line_first[first:last] - line_first
        buyers = np.bincount(rows["t"] // HOUR % 24, minlength=24).astype(np.float64)
        visits = sessions(self._name, self._law, day, rows["t"], buyers, streams)
        return ChannelDay(rows, self._lines[line_first:line_last], visits)


def _grouped(
    lines: OrderLines,
) -> tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Lines by order and SKU, orders by their first time stamp (ties in the order of the log).

    Returns the LINE rows, where each order's begin, and the orders' identities, times and customers.
    """
    _, seen, number = np.unique(lines.order, return_index=True, return_inverse=True)
    t = np.full(seen.size, np.iinfo(np.int64).max)
    np.minimum.at(t, number, lines.t)
    order_of = np.lexsort((seen, t))
    place = np.empty_like(order_of)
    place[order_of] = np.arange(order_of.size)
    cell = np.stack([place[number], lines.sku], axis=1)
    cells, back = np.unique(cell, axis=0, return_inverse=True)
    rows = np.zeros(cells.shape[0], LINE)
    rows["sku"] = cells[:, 1]
    np.add.at(rows["quantity"], back.ravel(), lines.quantity.astype(np.int32))
    first = np.searchsorted(cells[:, 0], np.arange(seen.size + 1))
    at = seen[order_of]
    return rows, first, lines.order[at], t[order_of], lines.customer[at]
