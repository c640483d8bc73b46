"""Cycle counts as processes: every morning each node draws up its list, and its people work through it (docs/model.md,
section 8, "Counting").
"""

from __future__ import annotations

from functools import partial
from heapq import heapify, heapreplace
from typing import Final, NamedTuple

import numpy as np

from twin.core.clock import DAY, Tie, tie_key
from twin.core.hashing import bits
from twin.core.laws import drawn
from twin.model.build import knots_of
from twin.model.count_lists import Shelves
from twin.model.jobs import Process, Works, happens
from twin.model.process import Series
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
        streams = works.world.streams
        self._takes, self._errs, self._finds = map(streams.key, ("count", "count.error", "count.found"))
        self._pair_of: list[int] = self.shelves.pair_of.tolist()
        self._sku: list[int] = works.plane.memory["pairs"]["sku"].tolist()
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
            ends = ((task.end, self._key(node, task), task) for task in tasks)
            Series(works.env, ends, partial(self._end, node))

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
        return int(drawn(self._law[node], self._takes, self._pair_of[rank], number))

    def _key(self, node: int, task: Task) -> int:
        return tie_key(Tie.BATCH, COUNT_KIND | node << _PLACE_BITS | task.place, 0)

    def waiting(self, now: int) -> int:
        """Pairs that are to be counted, before anything else of the instant."""
        return self.shelves.left() + sum(task.begin >= now for tasks in self._today for task in tasks)

    def _end(self, node: int, task: Task) -> None:
        """A count ends, and the source system is set to it."""
        pair, number = self._pair_of[task.rank], task.number
        miss = miscount(int(bits(self._errs, pair, number)), self._limits)
        finds = happens(bits(self._finds, pair, number), self._found)
        identity = number << _NUMBER_SHIFT | pair
        expected, on_hand, counted = self.works.plane.count_pair(pair, miss, int(finds), identity, task.end)
        self.shelves.counted(task.rank, task.end)
        told = (number, task.why, task.listed, task.begin, task.end)
        self.works.journal.end_count((node, self._sku[pair], *told, expected, on_hand, counted))
