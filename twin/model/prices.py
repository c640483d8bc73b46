"""How changes of list prices come to tills and channels: by file, by event, or ahead (docs/model.md, section 14)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import Tie, tie_key
from twin.core.hashing import bits
from twin.core.shares import MILLION, parts
from twin.journal.prices import AT_START, TILLS
from twin.model.build import knots_of
from twin.model.jobs import Process, Works, happens, uniform
from twin.model.price_board import COLUMNS_BEFORE
from twin.model.process import LightProcess, Story
from twin.model.till_gaps import TillGaps
from twin.policies.calendars import next_job
from twin.policies.prices import shows
from twin.scenario.prices import PriceRoute
from twin.scenario.prices import Prices as Settings
from twin.scenario.scenario import Scenario
from twin.world.prices import by_instant

CHANGE_KIND: Final = 50 << 40
FILE_KIND: Final = 51 << 40
EVENT_KIND: Final = 52 << 40
_OUTLET_BITS: Final = 12
Skus = NDArray[np.int64]


class Outlet:
    """The tills, or a channel: by which change each price came to be that it shows, and what is on its way to it."""

    def __init__(self, number: int, route: PriceRoute, skus: int) -> None:
        self.number, self.route = number, route
        self.shown = np.full(skus, AT_START, np.int64)
        self.loaded = -1  # extract of the last file that went live
        self.under_way: set[int] = set()
        self.delay = knots_of(route.delay)
        self.sent = self.taken = self.overtaken = 0
        self.lost: set[int] = set()

    @property
    def has_files(self) -> bool:
        """Whether all prices come by a file every so often."""
        return self.route.mode != "at_once" and self.route.interval > 0


class Prices:
    """The list prices as they change, and all outlets. ``corrects``: who pays is told the list price."""

    def __init__(self, works: Works, scenario: Scenario, settings: Settings) -> None:
        self._works, self._world = works, works.world
        channels = scenario.demand.channels.values()
        routes = [settings.marketplace if each.kind == "marketplace" else settings.own for each in channels]
        self.corrects = settings.mismatch == "correct"
        self._walks_away = [parts(each.walks_away) for each in channels]
        self._walk_key = works.world.streams.key("price.walks_away")
        skus = works.world.estate.skus.size
        self.outlets = [Outlet(number, route, skus) for number, route in enumerate([settings.tills, *routes])]
        self.latest = np.full(skus, AT_START, np.int64)
        """Number of the last change of each SKU."""
        self.board = works.plane.memory["prices"].reshape(skus, -1)
        self.gaps = TillGaps(works, self.board, scenario.calendar)

    @classmethod
    def of(cls, works: Works, scenario: Scenario, settings: Settings) -> Self | None:
        """How prices are told in a world in which they change; else ``None``."""
        return cls(works, scenario, settings) if works.world.prices.changes.size else None

    def start(self) -> None:
        """Put the changes, and files of prices, on the clock."""
        for row in self._listed():
            self._works.journal.tell_price("list_prices", row)
        self._works.env.process(self._changes())
        for outlet in self.outlets:
            if outlet.has_files:
                self._works.env.process(self._files(outlet))
        self.gaps.start()

    def _listed(self) -> Iterator[tuple[int, ...]]:
        """List prices of the world, as the journal has them."""
        for sku, cents in enumerate(self._world.prices.start.tolist()):
            yield AT_START, 0, sku, cents, 0
        for number, row in enumerate(self._world.prices.changes.tolist()):
            yield number, *row

    def _changes(self) -> Process:
        """List prices change; who is told at once, or was told ahead, changes with them, and others are sent events."""
        first = 0
        for t, rows in by_instant(self._world.prices.changes):
            yield self._works.at(t, CHANGE_KIND)
            self._works.plane.advance(t)
            numbers = np.arange(first, first + rows.size)
            first += rows.size
            skus = rows["sku"].astype(np.int64)
            self.latest[skus], self.board[skus, 0] = numbers, rows["price_cents"]
            for number, sku, promotion in zip(numbers.tolist(), skus.tolist(), rows["promotion"].tolist(), strict=True):
                for outlet in self.outlets:
                    self._tell(outlet, number, sku, ahead=bool(promotion), now=t)
            self.gaps.look(skus, t)

    def _tell(self, outlet: Outlet, change: int, sku: int, *, ahead: bool, now: int) -> None:
        """A list price changes: what that does to an outlet at once."""
        route = outlet.route
        if route.mode == "at_once" or (route.ahead and ahead):
            self._show(outlet, change, sku, now)
        elif route.mode == "event":
            self._send(outlet, change, sku, now)

    def _send(self, outlet: Outlet, change: int, sku: int, now: int) -> None:
        """An event sets out, or is lost."""
        works, route = self._works, outlet.route
        outlet.sent += 1
        if int(works.luck("price.lost", change, outlet.number)) % MILLION < parts(route.lost):
            outlet.lost.add(change)
            return
        outlet.under_way.add(change)
        arrival = works.up(now, route.system) + works.duration(outlet.delay, "price.event", change, outlet.number)
        key = tie_key(Tie.BATCH, EVENT_KIND | change << _OUTLET_BITS | outlet.number, 0)
        LightProcess(works.env, self._event(outlet, change, sku, arrival), key)

    def _event(self, outlet: Outlet, change: int, sku: int, arrival: int) -> Story:
        """An event is on its way to an outlet, and comes, perhaps too late."""
        yield arrival
        outlet.under_way.discard(change)
        if shows(change, int(outlet.shown[sku]), int(outlet.route.versioned)):
            outlet.taken += 1
            self._show(outlet, change, sku, arrival)
            self._look_at_tills(outlet, np.array([sku]), arrival)
        else:
            outlet.overtaken += 1

    def _files(self, outlet: Outlet) -> Process:
        """Files of all prices: extract, wait for the load, show, again and again."""
        works, route = self._works, outlet.route
        knots, job, live = knots_of(route.job), 0, 0
        while True:
            entity, due = outlet.number << 32 | job, route.phase + job * route.interval
            start = max(due + uniform(works.luck("price.jitter", entity), route.start_jitter), live)
            extract = works.up(start, route.system)
            yield works.at(extract, FILE_KIND | outlet.number)
            told = self.latest.copy()
            live = extract + works.duration(knots, "price.job", entity)
            yield works.at(live, FILE_KIND | outlet.number)
            failed = happens(works.luck("price.failure", entity), route.failure)
            rows = 0 if failed else self._load(outlet, told, extract, live)
            works.journal.tell_price("price_jobs", (outlet.number, due, extract, live, rows, failed))
            job = next_job(job, live, route.phase, route.interval)

    def _load(self, outlet: Outlet, told: Skus, extract: int, now: int) -> int:
        """A file is live: how many prices it changes."""
        newer = told > outlet.shown if outlet.route.versioned else told != outlet.shown
        skus = np.flatnonzero(newer)
        for sku, change in zip(skus.tolist(), told[skus].tolist(), strict=True):
            self._show(outlet, change, sku, now)
        self._look_at_tills(outlet, skus, now)
        outlet.loaded = extract
        return int(skus.size)

    def _show(self, outlet: Outlet, change: int, sku: int, now: int) -> None:
        """From now on the outlet shows the price of a change."""
        prices = self._world.prices
        cents = int(prices.start[sku] if change == AT_START else prices.changes["price_cents"][change])
        outlet.shown[sku] = change
        self.board[sku, COLUMNS_BEFORE - 1 + outlet.number] = cents
        self._works.journal.tell_price("shown_prices", (now, outlet.number, sku, change, cents))

    def _look_at_tills(self, outlet: Outlet, skus: Skus, now: int) -> None:
        if outlet.number == TILLS:
            self._works.plane.advance(now)
            self.gaps.look(skus, now)

    def walks_away(self, order: int, channel: int) -> bool:
        """Whether the customer of an order leaves when something costs more than was shown."""
        return int(bits(self._walk_key, order, 0)) % MILLION < self._walks_away[channel]

    def close(self) -> None:
        """The run ends: what has no row yet."""
        self.gaps.close()
        for outlet in self.outlets:
            if outlet.route.mode == "event":
                fates = (outlet.sent, len(outlet.lost), outlet.overtaken, len(outlet.under_way))
                self._works.journal.tell_price("price_events", (outlet.number, *fates))
