"""Stock rooms in which people count: a list every morning, and whoever is free makes the next count (docs/model.md,
section 8, "Counting").
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tests.reference.clock import Process, after_reloads
from tests.reference.ledgers import Node, Pair
from tests.reference.shop import Shop
from tests.reference.stock import Stock
from twin.core.clock import DAY
from twin.policies.counting import (
    Why,
    abc_classes,
    in_turn,
    miscount,
    miscount_limits,
    silence_limits,
)
from twin.scenario.counting import Counting as Settings

LIST, COUNT = 20 << 40, 21 << 40


@dataclass
class Shelf:
    """A pair as those see it who count it."""

    pair: Pair
    every: int
    first: int
    silence: int
    sold: int = 0
    sold_at: int = 0
    counted_at: int = 0
    above: bool = True
    counts: int = 0
    why: Why | None = None  # it waits to be counted
    listed: int = 0


class Counting:
    """All stock rooms of an arm."""

    def __init__(self, shop: Shop, stock: Stock) -> None:
        self.rows: list[tuple[int, ...]] = []
        on = shop.systems.counting.on
        self._rooms = [Room(shop, stock, node, self.rows) for node in shop.nodes] if on else []

    def waiting(self) -> int:
        """Pairs that are to be counted."""
        return sum(shelf.why is not None for room in self._rooms for shelf in room.shelves)


class Room:
    """The stock room of a node."""

    def __init__(self, shop: Shop, stock: Stock, node: Node, rows: list[tuple[int, ...]]) -> None:
        self._shop, self._stock, self._node, self._rows = shop, stock, node, rows
        self._settings = settings = shop.systems.counting
        errors = shop.scenario.estate.record_error
        self._time = shop.stream("count", settings.dc_count if node.is_dc else settings.store_count)
        self._wrong, self._found = shop.stream("count.error"), shop.stream("count.found")
        self._limits = miscount_limits(errors.miscount_share, errors.miscount_units)
        self._finds = errors.found_by_count
        self.shelves = shelves_of(shop, node, settings)
        self._list: deque[tuple[int, Shelf]] = deque()
        self._until = self._looked = -1
        self._morning = shop.env.event()
        for _ in range(settings.dc_people if node.is_dc else settings.store_people):
            shop.env.process(self._person())
        shop.env.process(self._mornings())

    def _mornings(self) -> Process:
        """A list is drawn up every morning."""
        shop, settings, erp = self._shop, self._settings, self._shop.outages("erp")
        shifts = shop.shifts[self._node.region]
        for day, (shift, tomorrows) in enumerate(pairwise([*shifts, shifts[-1]])):
            due = day * DAY + settings.opens - shift
            if due < 0:
                continue
            yield shop.batch_time(erp.up(due), LIST | self._node.number)
            self._until = min(day * DAY + settings.closes - shift, (day + 1) * DAY + settings.opens - tomorrows)
            self._draw_up(shop.env.now)
            self._morning.succeed()
            self._morning = shop.env.event()

    def _draw_up(self, now: int) -> None:
        for shelf in self.shelves:
            found = self._reason(shelf, now)
            if found is None:
                continue
            if shelf.why is None:
                shelf.listed, shelf.why = now, found
            shelf.why = min(shelf.why, found)
        self._looked = now
        waiting = [shelf for shelf in self.shelves if shelf.why is not None]
        waiting.sort(key=lambda shelf: (shelf.why, shelf.listed, shelf.pair.sku.number))
        self._list = deque(enumerate(waiting))

    def _reason(self, shelf: Shelf, now: int) -> Why | None:
        """Why a pair is to be counted this morning; every question is asked, for each remembers what it saw."""
        answers = (
            (self._was_short(shelf.pair), Why.SHORT_PICK),
            (self._ran_out(shelf), Why.ZERO),
            (self._is_silent(shelf, now), Why.SILENT),
            (self._is_due(shelf, now), Why.CALENDAR),
        )
        return next((why for yes, why in answers if yes), None)

    def _is_due(self, shelf: Shelf, now: int) -> bool:
        """Whether the pair's turn came since the last list."""
        if not shelf.every or now < shelf.first:
            return False
        last_turn = now - (now - shelf.first) % shelf.every
        return last_turn > self._looked

    def _was_short(self, pair: Pair) -> bool:
        short, pair.short = pair.short, False
        return short and self._settings.discrepancy.short_picks

    def _ran_out(self, shelf: Shelf) -> bool:
        rule, pair = self._settings.zero_balance, shelf.pair
        low = (pair.record if rule.belief == "record" else pair.view) <= rule.threshold
        came_down, shelf.above = low and shelf.above, not low
        return came_down and rule.on

    def _is_silent(self, shelf: Shelf, now: int) -> bool:
        if shelf.pair.sold != shelf.sold:
            shelf.sold, shelf.sold_at = shelf.pair.sold, now
        return shelf.pair.record > 0 and now - max(shelf.sold_at, shelf.counted_at) >= shelf.silence

    def _person(self) -> Process:
        """Counts what comes next on the list, until it is too late or nothing is left; then waits for the morning."""
        env = self._shop.env
        while True:
            if not self._list or env.now >= self._until:
                yield self._morning
                continue
            begin = env.now
            place, shelf = self._list.popleft()
            why, shelf.why = shelf.why, None
            number, shelf.counts = shelf.counts, shelf.counts + 1
            end = begin + self._time.sample(shelf.pair.number, number)
            yield self._shop.batch_time(end, COUNT | self._node.number << 24 | place)
            assert why is not None
            found = self._count(shelf.pair, number, end)
            shelf.counted_at = end
            told = (number, why, shelf.listed, begin, end)
            self._rows.append((self._node.number, shelf.pair.sku.number, *told, *found))

    def _count(self, pair: Pair, number: int, now: int) -> tuple[int, int, int]:
        """A pair is counted: what was said to be there, what is, and what is said from now on."""
        if self._found.happens(self._finds, pair.number, number):
            self._stock.find(pair)
        said = pair.on_hand + pair.err
        counted = max(0, pair.on_hand + miscount(self._wrong.bits(pair.number, number), self._limits))
        if counted != said:
            pair.err = counted - pair.on_hand
            pair.corrected += counted - said
            self._stock.correct(pair, counted - said, number, after_reloads(now), now)
        return said, pair.on_hand, counted


def shelves_of(shop: Shop, node: Node, settings: Settings) -> list[Shelf]:
    """The pairs of a node with the rules by which each is counted."""
    estate, calendar = shop.world.estate, settings.calendar
    value = np.array([estate.mean_daily[p.number] * estate.skus["price_cents"][p.sku.number] for p in node.pairs])
    classes = abc_classes(value, calendar.a_share, calendar.b_share).tolist()
    daily = np.array([estate.till_daily[pair.number] for pair in node.pairs])
    limits = silence_limits(settings.discrepancy.silence, daily).tolist()
    every = (calendar.a, calendar.b, calendar.c)
    turns = [iter(in_turn(classes.count(number), interval).tolist()) for number, interval in enumerate(every)]
    rows = zip(node.pairs, classes, limits, strict=True)
    return [Shelf(pair, every[of_class], next(turns[of_class]), limit) for pair, of_class, limit in rows]
