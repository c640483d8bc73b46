"""What a node knows of the pairs that it counts, and the list that it draws up every morning (docs/model.md, section 8,
"Counting").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import NEVER
from twin.model.jobs import Works
from twin.policies.counting import NOT_LISTED, Why, abc_classes, in_turn, rounds_of, silence_limits
from twin.scenario.counting import Counting


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
        if self._counting.discrepancy.silence == 0:
            return np.zeros(ranks.size, bool)
        ledgers, pairs = self._works.plane.memory["pairs"], self.pair_of[ranks]
        sold = ledgers["sold"][pairs]
        self._sold_at[ranks[sold != self._sold[ranks]]] = now
        self._sold[ranks] = sold
        quiet = now - np.maximum(self._sold_at[ranks], self._counted_at[ranks])
        return np.asarray((ledgers["record"][pairs] > 0) & (quiet >= self._silence[ranks]))

    def _ran_out(self, ranks: NDArray[np.int64]) -> NDArray[np.bool_]:
        rule = self._counting.zero_balance
        if not rule.on:
            return np.zeros(ranks.size, bool)
        belief = self._works.plane.memory["pairs"]["record" if rule.belief == "record" else "viewed"]
        low = belief[self.pair_of[ranks]] <= rule.threshold
        listed = low & self._above[ranks]
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
