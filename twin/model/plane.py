"""The data plane as the control plane sees it: call a step; if a ring is full, grow it and call again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import NEVER
from twin.journal.totals import Fate, Flow
from twin.kernels import collecting, latency, publication, sending, steps, supply, tills, topics
from twin.kernels.advance import FULL, advance
from twin.kernels.codes import NOTES, RECORD, VIEW
from twin.kernels.letters import count_dead, redrive
from twin.kernels.memory import Memory
from twin.kernels.traffic import Letter
from twin.model.rings import Rings

_LEDGERS = ("view_wrong", "view_gap", "record_wrong", "record_gap", "books_gap", "unseen", "unposted", "unheard")


class Plane(Rings):
    """Stock, queues and beliefs of one run. Every method first advances them to ``now``."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._scratch = memory["scratch"]
        self._cascades = bool(self.control["cascade"])
        self._rejected = memory["control"]["rejected"]

    def _repeat(self, step: Callable[..., int], *arguments: int) -> int:
        result = FULL
        while result == FULL:
            self.grow()
            result = step(self.handle, *arguments)
        return result

    def advance(self, now: int) -> None:
        """Carry out everything up to and including ``now``."""
        while advance(self.handle, now) == FULL:
            self.grow()

    def call(self, station: int, number: int, attempt: int, now: int) -> int:
        """See :func:`twin.kernels.steps.call`."""
        result: int = steps.call(self.handle, station, number, attempt, now)
        return result if result != FULL else self._repeat(steps.call, station, number, attempt, now)

    def region(self, number: int) -> int:
        """Region of an order's customer."""
        return int(self.order(number)["region"])

    def kind(self, number: int) -> tuple[int, int]:
        """Channel and mode of an order."""
        row = self.order(number)
        return int(row["channel"]), int(row["mode"])

    def ask(self, number: int, now: int) -> int:
        """A checkout that is to call begins to wait, if it has not; its region."""
        row = self.order(number)
        if row["asked"] < 0:
            row["asked"] = now
        return int(row["region"])

    def order(self, number: int) -> Any:
        """Row of an order."""
        return self.memory["orders"][number - int(self.control["order_base"])]

    def lines_of(self, row: Any) -> NDArray[np.void]:
        """Rows of the lines of an order's row."""
        first = int(row["first"] - self.control["line_base"])
        return self.memory["lines"][first : first + int(row["lines"])]

    def give_up(self, number: int, reason: int, now: int) -> int:
        """See :func:`twin.kernels.steps.give_up`."""
        goes_on = steps.give_up(self.handle, number, reason, now)
        return goes_on if goes_on != FULL else self._repeat(steps.give_up, number, reason, now)

    def refuse(self, number: int, reason: int, now: int) -> None:
        """The checkout gets no answer that it cannot do without."""
        if steps.refuse(self.handle, number, reason, now) == FULL:
            self._repeat(steps.refuse, number, reason, now)

    def answered(self, number: int, now: int) -> None:
        """The call that a checkout waited for is over, and nothing of the order changes by that."""
        row = self.order(number)
        if row["asked"] >= 0:
            row["call"] += now - row["asked"]
            row["asked"] = -1

    def turn_away(self, number: int, reason: int, now: int) -> None:
        """A fallback refuses the whole order."""
        if steps.turn_away(self.handle, number, reason, now) == FULL:
            self._repeat(steps.turn_away, number, reason, now)

    def confirm(self, number: int, now: int) -> int:
        """Lines of an order, taken without an answer, that the view can back."""
        left = steps.confirm(self.handle, number, now)
        return left if left != FULL else self._repeat(steps.confirm, number, now)

    def cancel(self, number: int, now: int) -> None:
        """An accepted order that is not sourced yet is cancelled."""
        if steps.cancel(self.handle, number, now) == FULL:
            self._repeat(steps.cancel, number, now)

    def withdraw(self, number: int, status: int, now: int) -> None:
        """A marketplace cancels what is not picked of an order."""
        if steps.withdraw(self.handle, number, status, now) == FULL:
            self._repeat(steps.withdraw, number, status, now)

    def is_sealed(self, number: int) -> bool:
        """Whether an order is over and in the journal; its row may be another order's by now."""
        return number < int(self.control["order_base"])

    def is_open(self, number: int) -> bool:
        """Whether a line of an order has no end yet."""
        return not self.is_sealed(number) and bool(self.order(number)["open"] > 0)

    def awaits_sourcing(self, number: int) -> bool:
        """Whether an accepted order is not over and has no parcel yet."""
        return self.is_open(number) and bool(self.order(number)["parcels"] == 0)

    def count(self, flow: int) -> None:
        """One more in a total."""
        self.memory["flows"][flow] += 1

    def check(self, number: int, now: int) -> int:
        """Lines that the channel believes it can sell."""
        left = steps.check(self.handle, number, now)
        return left if left != FULL else self._repeat(steps.check, number, now)

    def leave(self, number: int, now: int) -> None:
        """The customer leaves the cart."""
        if steps.leave(self.handle, number, now) == FULL:
            self._repeat(steps.leave, number, now)

    def correct(self, number: int, now: int) -> bool:
        """The customer is told the list prices; whether one is higher than what was shown."""
        dearer = steps.correct(self.handle, number, now)
        return bool(dearer if dearer != FULL else self._repeat(steps.correct, number, now))

    def walk_away(self, number: int, now: int) -> None:
        """The customer leaves over them."""
        if steps.walk_away(self.handle, number, now) == FULL:
            self._repeat(steps.walk_away, number, now)

    def extend(self, number: int, now: int) -> None:
        """The order's holds begin anew."""
        if steps.extend(self.handle, number, now) == FULL:
            self._repeat(steps.extend, number, now)

    def hold(self, number: int, now: int) -> int:
        """Lines reserved for a while."""
        left = steps.hold(self.handle, number, now)
        return left if left != FULL else self._repeat(steps.hold, number, now)

    def place(self, number: int, reserves: int, now: int) -> int:
        """When a placed order is released; see :func:`twin.kernels.steps.place`."""
        release = steps.place(self.handle, number, reserves, now)
        return release if release != FULL else self._repeat(steps.place, number, reserves, now)

    def create(self, number: int, wave: int, now: int) -> int:
        """See :func:`twin.kernels.steps.create_in_erp`."""
        done: int = steps.create_in_erp(self.handle, number, wave, now)
        return done

    def pay(self, number: int, start: int, end: int) -> None:
        """A customer pays; of interest to traces alone, as are the next six."""

    def begin_saga(self, number: int, now: int) -> None:
        """The saga of an order begins."""

    def end_saga(self, number: int, now: int, *, completed: bool) -> None:
        """It ends."""

    def begin_wave(self, number: int, wave: int, now: int) -> None:
        """A wave of an order that waited for stock sets out for its release."""

    def choose(self, orders: NDArray[np.void], first: int) -> None:
        """Rows of orders that begin, numbered from ``first`` on: which of them are traced."""

    def close_orders(self, orders: NDArray[np.void]) -> None:
        """Rows of orders that are over, or all at the end, while they and their lines are still there."""

    def close_traces(self) -> None:
        """The run ends, and all orders are closed."""

    def end_open(self, number: int, status: int, now: int) -> None:
        """End the order's open lines with ``status`` (a plain integer: numba is slow to type an enum's member)."""
        if steps.end_open(self.handle, number, status, now) == FULL:
            self._repeat(steps.end_open, number, status, now)

    def take_listed(self, number: int, now: int) -> int:
        """When a marketplace's order is released; see :func:`twin.kernels.steps.take_listed`."""
        release = steps.take_listed(self.handle, number, now)
        return release if release != FULL else self._repeat(steps.take_listed, number, now)

    def source(self, number: int, wave: int, now: int) -> tuple[int, list[int]]:
        """Number of the first new parcel, and when the pick of each new parcel ends."""
        made = steps.source(self.handle, number, wave, now)
        if made == FULL:
            made = self._repeat(steps.source, number, wave, now)
        scratch = self._scratch
        if made == 1:  # the usual case
            return int(scratch[0]), [int(scratch[1])]
        first, *ends = scratch[: made + 1].tolist()
        return first, ends

    def pick(self, number: int, parcel: int, now: int) -> int:
        """Wave in which short lines are brokered again, 0 if there are none."""
        if self._cascades:
            self._ensure_rows("rejected", self.memory["lines"].size)
        wave = steps.pick(self.handle, number, parcel, now)
        return wave if wave != FULL else self._repeat(steps.pick, number, parcel, now)

    def set_out(self, number: int, parcel: int, units: int, delivered: int) -> None:
        """A courier leaves with a parcel, and it is known when it is delivered."""
        row = self.order(number)
        row["carried"] -= 1
        row["t_done"] = max(int(row["t_done"]), delivered)
        self.memory["flows"][Flow.COURIER_UNITS] += units

    def rejected(self, now: int) -> list[tuple[int, int]]:
        """Orders of which the last pick had lines rejected, and the waves in which these are brokered again (0: none
        is).
        """
        count = int(self._rejected[0])
        if count == 0:
            return []
        self._rejected[0] = 0
        rows: list[tuple[int, int]] = self.memory["rejected"][:count].tolist()
        return rows

    def collect(self, number: int, now: int) -> None:
        """The customer of an order comes for it."""
        collecting.collect(self.handle, number, now)

    def give_up_waiting(self, number: int, now: int) -> int:
        """An order is not kept any longer: when it will be back on the shelf."""
        back: int = collecting.give_up_waiting(self.handle, number, now)
        return back

    def count_pair(self, pair: int, miss: int, finds: int, entity: int, now: int) -> list[int]:
        """Somebody counts a pair: what the source system said before, what is there, and what it says now."""
        if steps.count(self.handle, pair, miss, finds, entity, now) == FULL:
            self._repeat(steps.count, pair, miss, finds, entity, now)
        told: list[int] = self._scratch[:3].tolist()
        return told

    def restock(self, number: int, now: int) -> None:
        """An order that was not collected is back on the shelf."""
        if steps.restock(self.handle, number, now) == FULL:
            self._repeat(steps.restock, number, now)

    def observe(self, now: int) -> tuple[int, ...]:
        """What a scrape finds, in the order of the journal's columns after ``t``."""
        self.advance(now)
        control = self.control
        ledgers = [int(control[name]) for name in _LEDGERS]
        ages = [int(topics.oldest_waiting(self.handle, who, now)) for who in (VIEW, RECORD)]
        return (*ledgers, *ages, int(control["dead"]), int(control["promised"]), int(control["set_aside"]))

    def extract_feed(self, feed: int, now: int) -> int:
        """Rows of a feed's file."""
        self.advance(now)
        return int(topics.extract_feed(self.handle, feed))

    def load_feed(self, feed: int, now: int) -> bool:
        """A feed's file is live; false if it fails on one of its messages."""
        self.advance(now)
        self._ensure_applied(int(self.control["unseen"]))
        self._ensure_letters(int(self.memory["consumers"]["mark"][feed]))
        return bool(topics.load_feed(self.handle, feed, now))

    def expect_sales(self, sales: int) -> None:
        """Make room for so many sales on paper."""
        self._ensure_rows("by_hand", int(self.control["by_hand"]) + sales)

    def key_in(self, node: int, now: int) -> None:
        """A node's till system is up again, before anything else of that instant: sales on paper are entered."""
        self.advance(now - 1)
        rows = self.memory["by_hand"][: int(self.control["by_hand"])].copy()
        here = self.memory["pairs"]["node"][rows["pair"]] == node
        self._ensure("moves", int(np.count_nonzero(here)))
        for entity, pair, units in rows[here].tolist():
            tills.key_in(self.handle, pair, units, entity, now)
        left = rows[~here]
        self.memory["by_hand"][: left.size] = left
        self.control["by_hand"] = left.size

    def flush(self, node: int, now: int) -> None:
        """A node's link is up again, before anything else of that instant: its outbox is sent."""
        self.advance(now - 1)
        sending.flush(self.handle, node, now)

    def lose_member(self, feed: int, partition: int, now: int) -> None:
        """A partition of a feed loses its consumer, before anything else of that instant."""
        self.advance(now - 1)
        lane = int(self.memory["consumers"]["first"][feed]) + partition
        topics.lose_members(self.handle, feed, lane, now)

    def change_member(self, feed: int, member: int, change: int, now: int) -> None:
        """A member of a feed's queue is lost, given up or back, before anything else of that instant."""
        self.advance(now - 1)
        topics.change_queue_member(self.handle, feed, member, int(change), now)

    def fail_over(self, system: int, now: int) -> None:
        """The system of a row of outages changes to a replica, before anything else of that instant."""
        self.advance(now - 1)
        topics.fail_over_all(self.handle, system, now)

    def repair(self, trouble: int, now: int) -> None:
        """A trouble is repaired, before anything else of that instant."""
        self.advance(now - 1)
        topics.repair(self.handle, trouble, now)

    def redrive(self, feed: int, now: int) -> None:
        """The dead letters of a feed are handled once more, in the order that the arm wants."""
        self.advance(now - 1)
        letters = self.memory["letters"][: int(self.control["letters"])]
        waiting = np.flatnonzero((letters["who"] == feed) & (letters["state"] == Letter.DEAD))
        order = waiting[np.lexsort((letters["number"][waiting], letters["since"][waiting]))]
        newest_first = bool(self.memory["consumers"]["newest_first"][feed])
        for letter in (order[::-1] if newest_first else order).tolist():
            redrive(self.handle, feed, letter, now)

    def replay(self, feed: int, now: int) -> None:
        """The partitions of a feed are read again, before anything else of that instant."""
        self.advance(now - 1)
        topics.replay_stream(self.handle, feed, now)

    def count_applied(self) -> None:
        """Work out the totals of applied messages from their fates."""
        flows, fates = self.memory["flows"], self.memory["fates"].reshape(3, len(Fate))
        for flow, feed in ((Flow.SEEN, VIEW), (Flow.RESERVE_APPLIED, NOTES), (Flow.POSTED, RECORD)):
            flows[flow] = fates[feed, Fate.APPLIED]

    def extract_listing(self, channel: int, now: int, *, changes_only: bool) -> NDArray[np.int64]:
        """A channel's listing is extracted: the SKUs in it."""
        self.advance(now)
        publication.extract(self.handle, channel, int(changes_only), now)
        return np.flatnonzero(self._copies(channel)["last"] == NEVER)

    def plan_listing(self, channel: int, skus: NDArray[np.int64], live: NDArray[np.int64]) -> None:
        """It is known when each SKU of the listing extracted last is live."""
        self._copies(channel)["last"][skus] = live
        latency.list_latency(self.handle, channel)
        latency.make_applied_room(self.handle)

    def _copies(self, channel: int) -> NDArray[Any]:
        return self.memory["publications"].reshape(-1, int(self.control["channels"]))[:, channel]

    def freeze(self, channel: int, now: int) -> None:
        """A queried system goes down: its last answers are kept."""
        self.extract_listing(channel, now, changes_only=False)
        publication.go_live(self.handle, channel, 0, len(self.memory["skus"]))

    def feed_live(self, channel: int, skus: NDArray[np.int64], now: int) -> None:
        """A feed of the listing extracted last is live, with these SKUs of it and none of it between them left out."""
        self.advance(now)
        publication.go_live(self.handle, channel, int(skus[0]), int(skus[-1]) + 1)

    def count_waiting(self, horizon: int) -> None:
        """The run ends: see :func:`twin.kernels.latency.count_waiting`."""
        latency.count_waiting(self.handle, horizon)
        count_dead(self.handle)

    def review_store(self, node: int, review: int, now: int) -> NDArray[np.int64]:
        """Load of the truck to a store: rows of (pair, units)."""
        rows = self._rows(node)
        self._ensure("moves", len(rows))
        return rows[: supply.review_store(self.handle, node, review, now, rows)].copy()

    def review_dc(self, node: int) -> NDArray[np.int64]:
        """Order of a DC to its suppliers: rows of (pair, units)."""
        rows = self._rows(node)
        return rows[: supply.review_dc(self.handle, node, rows)].copy()

    def receive(
        self, rows: NDArray[np.int64], arrived: NDArray[np.int64], booked: NDArray[np.int64], review: int, now: int
    ) -> None:
        """A delivery arrives; see :func:`twin.kernels.supply.receive`."""
        self.advance(now)
        self._ensure("moves", len(rows))
        supply.receive(self.handle, rows, arrived, booked, review, now)

    def take_back(self, pair: int, units: int, entity: int, now: int) -> None:
        """Goods come back."""
        self.advance(now)
        supply.take_back(self.handle, pair, units, entity, now)

    def ensure_moves(self, room: int) -> None:
        """Make room for so many movements that are made at once."""
        self._ensure("moves", room)

    def _rows(self, node: int) -> NDArray[np.int64]:
        first = self.memory["node_first"]
        return np.empty((int(first[node + 1] - first[node]), 2), np.int64)
