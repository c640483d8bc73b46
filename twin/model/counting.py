"""Cycle counts as processes: every morning each node draws up its list, and its people work through it (docs/model.md,
section 8, "Counting").
"""

from __future__ import annotations

from heapq import heapify, heapreplace
from typing import Final, NamedTuple

import numpy as np

from twin.core.clock import DAY
from twin.kernels.counting import count_pair
from twin.model.build import knots_of
from twin.model.count_lists import Shelves
from twin.model.jobs import Process, Works, happens
from twin.policies.counting import miscount, miscount_limits
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
        pairs = works.plane.memory["pairs"]
        self._on_hand, self._error, self._sku = pairs["on_hand"], pairs["error"], pairs["sku"]
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
        expected = int(count_pair(works.plane.handle, pair, miss, int(finds), identity, task.end))
        on_hand = int(self._on_hand[pair])
        self.shelves.counted(task.rank, task.end)
        told = (task.number, task.why, task.listed, task.begin, task.end)
        counted = on_hand + int(self._error[pair])
        works.journal.end_count((node, int(self._sku[pair]), *told, expected, on_hand, counted))
