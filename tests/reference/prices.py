"""Prices: the list, what outlets show of it, and what lines cost (docs/model.md, section 14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.reference.clock import Process
from twin.journal.orders import PROMISED
from twin.journal.prices import AT_START, Settled
from twin.policies.prices import charged, shows
from twin.scenario.prices import PriceRoute

if TYPE_CHECKING:
    from tests.reference.orderlines import Line, Order
    from tests.reference.shop import Shop

CHANGE_KIND, FILE_KIND, EVENT_KIND, CUT_KIND = (kind << 40 for kind in (50, 51, 52, 53))
MILLION = 10**6


@dataclass
class Tag:
    """What was known of a line's price when it was settled."""

    settled: Settled
    shown: int
    listed: int
    till: int
    t: int


@dataclass
class Gap:
    """Tills and list differ."""

    sku: int
    since: int
    listed: int
    till: int
    units: int = 0


@dataclass
class Outlet:
    """Somebody who shows prices."""

    number: int
    route: PriceRoute
    shown: dict[int, int] = field(default_factory=dict)
    """By SKU the change that its price stems from."""
    events: list[str] = field(default_factory=list)
    """What became of each event."""
    file_up_to: int = -1


class Prices:
    """The list, and the outlets."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self._settings = shop, shop.systems.prices
        self._start = [int(cents) for cents in shop.world.prices.start]
        self._changes = shop.world.prices.changes.tolist()
        self.on = bool(self._changes)
        self.corrects = self.on and self._settings.mismatch == "correct"
        self._listed: dict[int, int] = {}
        kinds = [channel.kind for channel in shop.scenario.demand.channels.values()]
        routes = [self._settings.marketplace if kind == "marketplace" else self._settings.own for kind in kinds]
        self.outlets = [Outlet(number, route) for number, route in enumerate((self._settings.tills, *routes))]
        self._walking = shop.stream("price.walks_away")
        self._patience = [round(channel.walks_away * MILLION) for channel in shop.scenario.demand.channels.values()]
        self.shown_rows: list[tuple[int, ...]] = []
        self.jobs: list[tuple[int, ...]] = []
        self._gaps: dict[int, Gap] = {}
        self._closed_gaps: list[tuple[int, ...]] = []
        if self.on:
            shop.env.process(self._revise())
            shop.env.process(self._cut())
            for outlet in self.outlets:
                if outlet.route.mode != "at_once" and outlet.route.interval:
                    shop.env.process(self._files(outlet))

    def listed(self, sku: int) -> int:
        """The list price now."""
        return self._cents(sku, self._listed.get(sku, AT_START))

    def shown(self, outlet: int, sku: int) -> int:
        """What an outlet shows now."""
        return self._cents(sku, self.outlets[outlet].shown.get(sku, AT_START))

    def _cents(self, sku: int, change: int) -> int:
        return self._start[sku] if change == AT_START else int(self._changes[change][2])

    def _revise(self) -> Process:
        """The list is changed, row by row."""
        for number, (t, sku, _, promotion) in enumerate(self._changes):
            yield self._shop.batch_time(t, CHANGE_KIND)
            self._listed[sku] = number
            for outlet in self.outlets:
                self._tell(outlet, sku, number, known_before=bool(promotion and outlet.route.ahead))
            self._compare(sku)

    def _tell(self, outlet: Outlet, sku: int, change: int, *, known_before: bool) -> None:
        if known_before or outlet.route.mode == "at_once":
            self._show(outlet, sku, change)
        elif outlet.route.mode == "event":
            outlet.events.append("under way")
            self._shop.env.process(self._event(outlet, sku, change, len(outlet.events) - 1))

    def _event(self, outlet: Outlet, sku: int, change: int, place: int) -> Process:
        """A message about one price."""
        shop, route = self._shop, outlet.route
        if shop.stream("price.lost").below(MILLION, change, outlet.number) < round(route.lost * MILLION):
            outlet.events[place] = "lost"
            return
        sent = shop.outages(route.system).up(shop.env.now)
        comes = sent + shop.stream("price.event", route.delay).sample(change, outlet.number)
        yield shop.batch_time(comes, EVENT_KIND | change << 12 | outlet.number)
        if shows(change, outlet.shown.get(sku, AT_START), route.versioned):
            outlet.events[place] = "shown"
            self._show(outlet, sku, change)
            self._compare(sku)
        else:
            outlet.events[place] = "overtaken"

    def _files(self, outlet: Outlet) -> Process:
        """Files with the whole list."""
        shop, route, entity = self._shop, outlet.route, FILE_KIND | outlet.number
        job = shop.stream("price.job", route.job)
        k, live = 0, 0
        while True:
            luck, due = outlet.number << 32 | k, route.phase + k * route.interval
            late = shop.stream("price.jitter").below(route.start_jitter, luck)
            extract = shop.outages(route.system).up(max(due + late, live))
            yield shop.batch_time(extract, entity)
            content = dict(self._listed)
            live = extract + job.sample(luck)
            yield shop.batch_time(live, entity, 1)
            failed = shop.stream("price.failure").happens(route.failure, luck)
            rows = 0 if failed else self._load(outlet, content, extract)
            self.jobs.append((outlet.number, due, extract, live, rows, failed))
            k = max(k + 1, (live - route.phase) // route.interval)

    def _load(self, outlet: Outlet, content: dict[int, int], extract: int) -> int:
        outlet.file_up_to = extract
        rows = 0
        for sku in range(len(self._start)):
            change = content.get(sku, AT_START)
            if shows(change, outlet.shown.get(sku, AT_START), outlet.route.versioned):
                self._show(outlet, sku, change)
                self._compare(sku)
                rows += 1
        return rows

    def _show(self, outlet: Outlet, sku: int, change: int) -> None:
        outlet.shown[sku] = change
        self.shown_rows.append((self._shop.env.now, outlet.number, sku, change, self._cents(sku, change)))

    def _compare(self, sku: int) -> None:
        """Do the tills still have the list price, or have it again?"""
        gap, listed, till = self._gaps.get(sku), self.listed(sku), self.shown(0, sku)
        if gap is not None and (gap.listed, gap.till) != (listed, till):
            self._close(gap, self._shop.env.now)
            gap = None
        if gap is None and listed != till:
            self._gaps[sku] = Gap(sku, self._shop.env.now, listed, till)

    def _close(self, gap: Gap, t: int) -> None:
        del self._gaps[gap.sku]
        if t > gap.since:
            self._closed_gaps.append((gap.sku, gap.since, t, gap.listed, gap.till, gap.units))

    def _cut(self) -> Process:
        """Gaps end with the warm-up and with the window, and go on."""
        calendar = self._shop.scenario.calendar
        for t in (calendar.warm_up, calendar.warm_up + calendar.window):
            if 0 < t < self._shop.world.horizon_us:
                yield self._shop.batch_time(t, CUT_KIND)
                for gap in list(self._gaps.values()):
                    self._close(gap, t)
                    self._compare(gap.sku)

    def sell(self, sku: int, units: int) -> None:
        """A till sells some units."""
        if sku in self._gaps:
            self._gaps[sku].units += units

    def settle(self, line: Line) -> None:
        """A line is accepted: it has its price."""
        if not self.on:
            return
        tag = self._look(line)
        if line.tag is None:
            line.tag = tag
            line.price = charged(self._settings.mismatch == "lower", tag.shown, tag.listed)
            tag.settled = Settled.LOWERED if line.price < tag.shown else Settled.HONOURED
        else:
            line.tag.listed, line.tag.till, line.tag.t = tag.listed, tag.till, tag.t

    def _look(self, line: Line) -> Tag:
        sku = line.sku.number
        shown = self.shown(1 + line.channel.number, sku)
        return Tag(Settled.HONOURED, shown, self.listed(sku), self.shown(0, sku), self._shop.env.now)

    def tell_customer(self, order: Order) -> bool:
        """The customer hears what things really cost; whether that is too much."""
        dearer = False
        for line in order.open_lines():
            line.tag = self._look(line)
            line.price = line.tag.listed
            if line.tag.listed != line.tag.shown:
                line.tag.settled = Settled.CORRECTED
            dearer |= line.tag.listed > line.tag.shown
        leaves = dearer and self._walking.below(MILLION, order.id) < self._patience[order.channel.number]
        if leaves:
            for line in order.open_lines():
                assert line.tag is not None
                line.tag.settled = Settled.WALKED_AWAY
        return leaves

    def list_rows(self) -> Iterator[tuple[int, ...]]:
        """Rows of the journal: the list."""
        if self.on:
            yield from ((AT_START, 0, sku, cents, 0) for sku, cents in enumerate(self._start))
            yield from ((number, *row) for number, row in enumerate(self._changes))

    def event_rows(self) -> Iterator[tuple[int, ...]]:
        """What became of events."""
        for outlet in self.outlets:
            if self.on and outlet.route.mode == "event":
                fates = (outlet.events.count(fate) for fate in ("lost", "overtaken", "under way"))
                yield outlet.number, len(outlet.events), *fates

    def gap_rows(self) -> list[tuple[int, ...]]:
        """Gaps between tills and list; the run is over."""
        for gap in list(self._gaps.values()):
            self._close(gap, self._shop.world.horizon_us)
        return sorted(self._closed_gaps, key=lambda row: (row[1], row[0]))


def mispriced(orders: list[Order]) -> Iterator[tuple[int, ...]]:
    """Lines that were taken while prices differed, and those that were lost over it."""
    for line in (line for order in orders for line in order.lines):
        tag = line.tag
        if tag is None:
            continue
        same = tag.shown == line.price == tag.listed == tag.till
        if tag.settled == Settled.WALKED_AWAY or (line.status in PROMISED and not same):
            told = (tag.settled, line.t_demand, tag.t, tag.shown, line.price, tag.listed, tag.till)
            yield (line.order, line.number, line.channel.number, line.ordered.number, line.quantity, line.status, *told)
