"""Cycle counts as processes: every morning each node draws up its list, and its people work through it (docs/model.md,
section 8, "Counting").
"""

from __future__ import annotations

from heapq import heapify, heapreplace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY, NEVER
from twin.kernels.counting import count_pair
from twin.model.build import knots_of
from twin.model.jobs import Process, Works, happens
from twin.policies.counting import (
    NOT_LISTED,
    Why,
    abc_classes,
    in_turn,
    miscount,
    miscount_limits,
    rounds_of,
    silence_limits,
)
from twin.scenario.counting import Counting
from twin.scenario.estate import RecordError

LIST_KIND: Final = 20 << 40
COUNT_KIND: Final = 21 << 40
_PLACE_BITS: Final = 24
_NUMBER_SHIFT: Final = 32


class Task(NamedTuple):
    """A count that somebody will make: its end, its place among those of the list, and the pair's rank."""

    end: int
    place: int
    begin: int
    rank: int
    number: int
    why: int
    listed: int


class Shelves:
    """What the nodes know of the pairs they count, in the order of nodes, then SKUs."""

    def __init__(self, works: Works, counting: Counting) -> None:
        estate, size = works.world.estate, works.world.estate.pair_sku.size
        self._works, self._counting = works, counting
        self.pair_of = estate.by_node.astype(np.int64)
        self.why = np.full(size, NOT_LISTED, np.int64)  # of those that wait to be counted
        self.listed = np.zeros(size, np.int64)
        self.begun = np.zeros(size, np.int64)  # counts of each pair
        self._counted_at, self._sold_at = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self._sold = np.zeros(size, np.int64)
        self._above = np.ones(size, bool)  # the belief has been above the threshold since the pair was listed for it
        self._every, self._first = self._calendar()
        expected, daily = counting.discrepancy.silence, estate.till_daily[self.pair_of]
        self._silence = silence_limits(expected, daily)
        self._looked = np.full(estate.nodes.size, -1, np.int64)  # when each node's last list was drawn up

    def _calendar(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Interval of each pair's counts, and when the first is due."""
        estate, calendar = self._works.world.estate, self._counting.calendar
        value = estate.mean_daily * estate.skus["price_cents"][estate.pair_sku]
        every, first = np.zeros(self.pair_of.size, np.int64), np.full(self.pair_of.size, NEVER)
        for begin, end in zip(estate.node_first[:-1].tolist(), estate.node_first[1:].tolist(), strict=True):
            classes = abc_classes(value[self.pair_of[begin:end]], calendar.a_share, calendar.b_share)
            for number, interval in enumerate((calendar.a, calendar.b, calendar.c)):
                ranks = begin + np.flatnonzero(classes == number)
                every[ranks] = interval
                first[ranks] = in_turn(ranks.size, interval)
        return every, first

    def draw_up(self, node: int, now: int) -> NDArray[np.int64]:
        """The node's list: ranks of the pairs that wait to be counted, the most urgent first."""
        first = self._works.world.estate.node_first
        ranks = np.arange(first[node], first[node + 1])
        why = np.minimum(self.why[ranks], self._found_now(ranks, node, now))
        new = (why != NOT_LISTED) & (self.why[ranks] == NOT_LISTED)
        self.listed[ranks[new]] = now
        self.why[ranks] = why
        self._looked[node] = now
        waiting = ranks[why != NOT_LISTED]
        order = np.lexsort((waiting, self.listed[waiting], self.why[waiting]))
        return np.asarray(waiting[order], np.int64)

    def _found_now(self, ranks: NDArray[np.int64], node: int, now: int) -> NDArray[np.int64]:
        """Why each pair is to be counted, as far as this morning tells."""
        reasons = (
            (Why.CALENDAR, self._due(ranks, int(self._looked[node]), now)),
            (Why.SILENT, self._silent(ranks, now)),
            (Why.ZERO, self._ran_out(ranks)),
            (Why.SHORT_PICK, self._short(ranks)),
        )
        why = np.full(ranks.size, NOT_LISTED, np.int64)
        for reason, pairs in reasons:
            why[pairs] = reason
        return why

    def _due(self, ranks: NDArray[np.int64], since: int, now: int) -> NDArray[np.bool_]:
        first, every = self._first[ranks], self._every[ranks]
        return np.asarray(rounds_of(first, every, now) > rounds_of(first, every, since))

    def _silent(self, ranks: NDArray[np.int64], now: int) -> NDArray[np.bool_]:
        pairs = self._works.plane.memory["pairs"][self.pair_of[ranks]]
        sold = pairs["sold"] != self._sold[ranks]
        self._sold[ranks] = pairs["sold"]
        self._sold_at[ranks[sold]] = now
        quiet = now - np.maximum(self._sold_at[ranks], self._counted_at[ranks])
        return np.asarray((pairs["record"] > 0) & (quiet >= self._silence[ranks]))

    def _ran_out(self, ranks: NDArray[np.int64]) -> NDArray[np.bool_]:
        rule = self._counting.zero_balance
        belief = self._works.plane.memory["pairs"]["record" if rule.belief == "record" else "viewed"]
        low = belief[self.pair_of[ranks]] <= rule.threshold
        listed = low & self._above[ranks] & rule.on
        self._above[ranks] = ~low
        return np.asarray(listed)

    def _short(self, ranks: NDArray[np.int64]) -> NDArray[np.bool_]:
        flags, pairs = self._works.plane.memory["stocktakes"]["short"], self.pair_of[ranks]
        short = flags[pairs] != 0
        flags[pairs] = 0
        return np.asarray(short & self._counting.discrepancy.short_picks)

    def take(self, rank: int) -> tuple[int, int]:
        """Somebody begins to count a pair: its count's number, and why it is counted."""
        number, why = int(self.begun[rank]), int(self.why[rank])
        self.begun[rank] += 1
        self.why[rank] = NOT_LISTED
        return number, why

    def counted(self, rank: int, now: int) -> None:
        """A count ended."""
        self._counted_at[rank] = now

    def left(self) -> int:
        """Pairs that are to be counted and that nobody will begin today."""
        return int(np.count_nonzero(self.why != NOT_LISTED))


class Counters:
    """The people who count."""

    def __init__(self, works: Works, counting: Counting, errors: RecordError) -> None:
        estate = works.world.estate
        self.works, self._counting = works, counting
        self.shelves = Shelves(works, counting)
        is_dc = estate.nodes["is_dc"] != 0
        people = np.where(is_dc, counting.dc_people, counting.store_people)
        self._free = [[0] * int(number) for number in people]  # when each is free, by node
        of_stores, of_dcs = knots_of(counting.store_count), knots_of(counting.dc_count)
        self._law = [of_dcs if dc else of_stores for dc in is_dc.tolist()]
        self._limits = miscount_limits(errors.miscount_share, errors.miscount_units)
        self._found = errors.found_by_count
        self._today: list[list[Task]] = [[] for _ in self._free]  # by node

    def start(self) -> None:
        """Put the mornings of all nodes on the clock."""
        for node in range(self.works.world.estate.nodes.size):
            self.works.env.process(self._mornings(node))

    def _mornings(self, node: int) -> Process:
        """Every morning the list is drawn up, when the ERP is up, and counting begins."""
        works, opens, closes = self.works, self._counting.opens, self._counting.closes
        shift = works.world.estate.zone_shift[works.world.estate.nodes["region"][node]]
        for day, shifted in enumerate(shift.tolist()):
            due = day * DAY + opens - shifted
            if due < 0:
                continue
            now = works.up(due, "erp")
            yield works.at(now, LIST_KIND | node)
            works.plane.advance(now)
            next_due = (day + 1) * DAY + opens - int(shift[min(day + 1, shift.size - 1)])
            tasks = self._shared_out(node, now, until=min(day * DAY + closes - shifted, next_due))
            self._today[node] = tasks
            if tasks:
                works.env.process(self._day(node, tasks))

    def _shared_out(self, node: int, now: int, until: int) -> list[Task]:
        """The counts that are begun today, by their ends: whoever is free first makes the next of the list."""
        people, tasks = [max(now, free) for free in self._free[node]], []
        heapify(people)
        ranks = self.shelves.draw_up(node, now)
        for place, rank in enumerate(ranks.tolist()):
            begin = people[0]
            if begin >= until:
                break
            number, why = self.shelves.take(rank)
            end = begin + self._duration(node, rank, number)
            heapreplace(people, end)
            tasks.append(Task(end, place, begin, rank, number, why, int(self.shelves.listed[rank])))
        self._free[node] = people
        return sorted(tasks)

    def _duration(self, node: int, rank: int, number: int) -> int:
        return self.works.duration(self._law[node], "count", int(self.shelves.pair_of[rank]), number)

    def _day(self, node: int, tasks: list[Task]) -> Process:
        """One count after another ends."""
        for task in tasks:
            yield self.works.at(task.end, COUNT_KIND | node << _PLACE_BITS | task.place)
            self._end(node, task)

    def waiting(self, now: int) -> int:
        """Pairs that are to be counted, before anything else of the instant."""
        return self.shelves.left() + sum(task.begin >= now for tasks in self._today for task in tasks)

    def _end(self, node: int, task: Task) -> None:
        works, pair = self.works, int(self.shelves.pair_of[task.rank])
        miss = miscount(int(works.luck("count.error", pair, task.number)), self._limits)
        finds = happens(works.luck("count.found", pair, task.number), self._found)
        identity = task.number << _NUMBER_SHIFT | pair
        works.plane.advance(task.end)
        expected = count_pair(works.plane.handle, pair, miss, int(finds), identity, task.end)
        row = works.plane.memory["pairs"][pair]
        on_hand, error = int(row["on_hand"]), int(row["error"])
        self.shelves.counted(task.rank, task.end)
        sku = int(works.world.estate.pair_sku[pair])
        told = (task.number, task.why, task.listed, task.begin, task.end)
        works.journal.end_count((node, sku, *told, int(expected), on_hand, on_hand + error))
