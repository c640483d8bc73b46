"""The plain reference: docs/model.md as ordinary SimPy: customers, orders, parcels and partitions are processes.

It shares nothing with the twin but scenario, world, policies and hash. Both must leave the same journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count

import numpy as np
from numpy.typing import NDArray

from tests.reference.alerts import Alerts
from tests.reference.allotting import allot
from tests.reference.books import Books
from tests.reference.census import Census
from tests.reference.channels import Channel
from tests.reference.clock import Instant, Process
from tests.reference.counting import Counting
from tests.reference.ledgers import Movement
from tests.reference.notices import Notices
from tests.reference.orders import Orders
from tests.reference.prices import mispriced
from tests.reference.refunds import Refunds
from tests.reference.returns import Returns
from tests.reference.shop import AnyWorld, Shop
from tests.reference.stock import Stock
from tests.reference.supply import Supply
from twin.core.bins import bin_of
from twin.core.clock import DAY, Tie, tie_key
from twin.journal.tables import TABLES
from twin.journal.totals import Flow
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems

Journal = dict[str, NDArray[np.void]]


class Reference:
    """One run of the plain reference."""

    def __init__(self, world: AnyWorld, scenario: Scenario, systems: Systems) -> None:
        self.shop = shop = Shop(world, scenario, systems)
        channels = [Channel(shop, number, name) for number, name in enumerate(world.estate.channels)]
        self.stock = Stock(shop, channels)
        self.refunds = Refunds(shop)
        self.returns = Returns(shop, self.stock, self.refunds)
        self.notices = Notices(shop)
        self.orders = Orders(shop, channels, self.stock, self.refunds, self.notices)
        self.alerts = Alerts(shop, self.stock, self.orders.longest_wait, self.refunds.longest_wait)
        self.supply = Supply(shop, self.stock)
        self.counting, self.census = Counting(shop, self.stock), Census(shop)
        self.books = Books(shop, self.stock, self.orders, self.refunds)
        shop.env.process(self._days())
        shop.env.process(self._scrapes())
        allot(shop, channels)

    def run(self) -> Journal:
        """Run to the horizon."""
        self.shop.env.run(until=self.shop.world.horizon_us)
        self.stock.observe_waiting(self.shop.world.horizon_us)
        self.orders.contracts.account(self.shop.world.horizon_us)
        return self._journal()

    def _days(self) -> Process:
        """At every midnight the new day's customers set out."""
        env, world = self.shop.env, self.shop.world
        for number in range(world.days):
            yield Instant(env, number * DAY, tie_key(Tie.FAULT, 0, 0))
            self.census.take(number * DAY, self.counting.waiting())
            day = world.day(number)
            self.shop.flows[Flow.SESSIONS] += int(day.sessions.sum())
            env.process(self.stock.tills(day))
            env.process(self.orders.arrivals(day))
            env.process(self.returns.day(day))

    def _scrapes(self) -> Process:
        """Observe all ledgers at a random instant of every interval."""
        shop, interval = self.shop, self.shop.scenario.experiment.scrape
        luck = shop.stream("scrape")
        for k in count():
            t = k * interval + luck.below(interval, k)
            yield Instant(shop.env, t, tie_key(Tie.SCRAPE, 0, 0))
            shop.scrapes.append((t, *self._observation(t)))

    def _observation(self, t: int) -> tuple[int, ...]:
        view_wrong = view_gap = record_wrong = record_gap = books_gap = 0
        promised = sum(sku.unplaced for sku in self.shop.skus)
        for pair in self.shop.pairs:
            view, record, on_hand = pair.view, pair.record, pair.on_hand
            if not view == record == on_hand:
                view_wrong += view != on_hand
                view_gap += abs(view - on_hand)
                record_wrong += record != on_hand
                record_gap += abs(record - on_hand)
                books_gap += abs(view - record)
            promised += pair.promised
        unheard, dead = self.stock.unheard(), self.stock.dead()
        on_their_way = (*self.stock.in_flight(), unheard, *self.stock.oldest_waiting(t), dead)
        set_aside = sum(pair.set_aside for pair in self.shop.pairs)
        return view_wrong, view_gap, record_wrong, record_gap, books_gap, *on_their_way, promised, set_aside

    def _journal(self) -> Journal:
        shop = self.shop
        orders = sorted(self.orders.placed, key=lambda order: order.id)
        flows = [(flow.name.lower(), shop.flows[flow]) for flow in Flow]
        return {
            "lines": _table("lines", (line.row() for order in orders for line in order.lines)),
            "orders": _table("orders", (order.row() for order in orders)),
            "jobs": _table("jobs", shop.jobs),
            "scrapes": _table("scrapes", shop.scrapes),
            "latency": _table("latency", self._histograms()),
            "flows": _table("flows", [*flows, ("pairs", len(shop.pairs))]),
            "fates": _table("fates", self.stock.fates()),
            "sagas": _table("sagas", self.orders.sagas.rows()),
            "returns": _table("returns", self.returns.rows()),
            "refunds": _table("refunds", self.refunds.rows()),
            "collections": _table("collections", self.orders.sourcing.collection.rows()),
            "same_day": _table("same_day", self.orders.today.wishes()),
            "assisted": _table("assisted", sorted(self.orders.associates.rows)),
            "drops": _table("drops", self.orders.today.rows()),
            "fallbacks": _table("fallbacks", map(tuple, shop.fallbacks)),
            "alerts": _table("alerts", map(tuple, self.alerts.rows)),
            "incidents": _table("incidents", self._incidents()),
            "counts": _table("counts", self.counting.rows),
            "censuses": _table("censuses", self.census.rows),
            "transfers": _table("transfers", map(tuple, self.supply.transfers.rows)),
            "closes": _table("closes", self.books.closes),
            "exceptions": _table("exceptions", self.books.rows()),
            "errands": _table("errands", sorted(self.orders.errands.rows)),
            "notices": _table("notices", self.notices.rows(orders, self.refunds.claims)),
            "supplies": _table("supplies", sorted(self.supply.portal.rows, key=lambda row: (row[3], row[0], row[1]))),
            "absences": _table("absences", self.orders.sourcing.staff.rows),
            "parcels": _table("parcels", self.orders.sourcing.carrier.book),
            "list_prices": _table("list_prices", shop.prices.list_rows()),
            "shown_prices": _table("shown_prices", shop.prices.shown_rows),
            "price_jobs": _table("price_jobs", shop.prices.jobs),
            "price_events": _table("price_events", shop.prices.event_rows()),
            "mispriced": _table("mispriced", mispriced(orders)),
            "till_gaps": _table("till_gaps", shop.prices.gap_rows()),
            "spans": _table("spans", shop.tracer.rows(orders, self._movements(), shop.world.horizon_us)),
        }

    def _incidents(self) -> Iterator[tuple[int, ...]]:
        horizon = self.shop.world.horizon_us
        return (trouble.row(horizon) for trouble in self.stock.troubles.all if trouble.start < horizon)

    def _movements(self) -> Iterator[Movement]:
        return (movement for pair in self.shop.pairs for movement in pair.trail.movements)

    def _histograms(self) -> Iterator[tuple[int, int, int, int]]:
        for measure, by_channel in enumerate(self.shop.latencies):
            for channel, observed in enumerate(by_channel):
                for at, number in sorted(Counter(map(bin_of, observed)).items()):
                    yield measure, channel, at, number


def _table(name: str, rows: Iterable[tuple[object, ...]]) -> NDArray[np.void]:
    return np.array(list(rows), TABLES[name])


def simulate(world: AnyWorld, scenario: Scenario, systems: Systems) -> Journal:
    """The journal of one arm in one world."""
    return Reference(world, scenario, systems).run()
