"""The plain reference: docs/model.md as an ordinary SimPy model, one process per message, customer, order and parcel.

It shares nothing with the twin but scenario, world, policies and hash. Both must leave the same journal.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

import numpy as np
from numpy.typing import NDArray

from tests.reference.channels import Channel
from tests.reference.clock import Instant, Process
from tests.reference.orders import Orders
from tests.reference.shop import AnyWorld, Shop
from tests.reference.stock import Stock
from tests.reference.supply import Supply
from twin.core.clock import DAY, Tie, tie_key
from twin.journal.tables import TABLES, Flow
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems

Journal = dict[str, NDArray[np.void]]


class Reference:
    """One run of the plain reference."""

    def __init__(self, world: AnyWorld, scenario: Scenario, systems: Systems) -> None:
        self.shop = shop = Shop(world, scenario, systems)
        channels = [Channel(shop, number, name) for number, name in enumerate(world.estate.channels)]
        self._stock = Stock(shop, channels)
        self._orders = Orders(shop, channels, self._stock)
        Supply(shop, self._stock)
        shop.env.process(self._days())
        shop.env.process(self._scrapes())

    def run(self) -> Journal:
        """Run to the horizon."""
        self.shop.env.run(until=self.shop.world.horizon_us)
        return self._journal()

    def _days(self) -> Process:
        """At every midnight the new day's customers set out."""
        env, world = self.shop.env, self.shop.world
        for number in range(world.days):
            yield Instant(env, number * DAY, tie_key(Tie.FAULT, 0, 0))
            day = world.day(number)
            self.shop.flows[Flow.SESSIONS] += int(day.sessions.sum())
            self._stock.tills(day)
            env.process(self._orders.arrivals(day))
            env.process(self._stock.returns(day))

    def _scrapes(self) -> Process:
        """Observe all ledgers at a random instant of every interval."""
        shop, interval = self.shop, self.shop.scenario.experiment.scrape
        luck = shop.stream("scrape")
        for k in count():
            t = k * interval + luck.below(interval, k)
            yield Instant(shop.env, t, tie_key(Tie.SCRAPE, 0, 0))
            shop.scrapes.append((t, *self._observation()))

    def _observation(self) -> tuple[int, ...]:
        pairs, flows = self.shop.pairs, self.shop.flows
        view = [abs(pair.view - pair.on_hand) for pair in pairs]
        record = [abs(pair.record - pair.on_hand) for pair in pairs]
        books = sum(abs(pair.view - pair.record) for pair in pairs)
        unseen = flows[Flow.MOVEMENTS] - flows[Flow.SEEN]
        unposted = flows[Flow.MOVEMENTS] - flows[Flow.POSTED]
        promised = sum(pair.promised for pair in pairs) + sum(sku.unplaced for sku in self.shop.skus)
        return (
            sum(map(bool, view)), sum(view), sum(map(bool, record)), sum(record), books, unseen, unposted, promised,
        )  # fmt: skip

    def _journal(self) -> Journal:
        shop = self.shop
        orders = sorted(self._orders.placed, key=lambda order: order.id)
        flows = [(flow.name.lower(), shop.flows[flow]) for flow in Flow]
        return {
            "lines": _table("lines", (line.row() for order in orders for line in order.lines)),
            "orders": _table("orders", (order.row() for order in orders)),
            "jobs": _table("jobs", shop.jobs),
            "scrapes": _table("scrapes", shop.scrapes),
            "latency": _table("latency", ((*key, number) for key, number in sorted(shop.latency.items()))),
            "flows": _table("flows", [*flows, ("pairs", len(shop.pairs))]),
        }


def _table(name: str, rows: Iterable[tuple[object, ...]]) -> NDArray[np.void]:
    return np.array(list(rows), TABLES[name])


def simulate(world: AnyWorld, scenario: Scenario, systems: Systems) -> Journal:
    """The journal of one arm in one world."""
    return Reference(world, scenario, systems).run()
