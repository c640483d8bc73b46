"""Orders of which every step is recorded (docs/model.md, section 11, "Traces"): a data plane that writes down what the
stories ask of it. Stories know nothing of it, and an arm without traces does not have one. Spans are kept until the run
ends, as they are sorted: some ten a traced order.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits, bits_of_many
from twin.core.laws import sample
from twin.core.shares import MILLION, parts
from twin.journal.observability import SpanKind
from twin.journal.orders import PROMISED, Mode, Status
from twin.journal.tables import NONE
from twin.journal.writer import Journal
from twin.kernels import steps
from twin.kernels.memory import Memory
from twin.model.build import knots_of
from twin.model.plane import Plane
from twin.scenario.systems import Systems
from twin.world.world import World

_ROOM: Final = 1 << 10
"""Free rows of `watched` before each pick."""
_PICKED: Final = tuple(map(int, (Status.SUPPLIED, Status.READY, Status.NOT_COLLECTED)))
_PROMISED: Final = tuple(map(int, PROMISED))
_PICKUP = int(Mode.PICKUP)


class TracedPlane(Plane):
    """A data plane that records what happens to a share of the orders."""

    def __init__(self, memory: Memory, world: World, systems: Systems, journal: Journal) -> None:
        super().__init__(memory)
        self._horizon, self._spans = world.horizon_us, journal.spans
        self._share, self._key = parts(systems.observability.traces), world.streams.key("trace")
        self._keys = {name: world.streams.key(name) for name in ("pick", "pack", "transit")}
        sourcing = systems.sourcing
        self._laws = {
            "store_pick": knots_of(sourcing.store_pick),
            "dc_pick": knots_of(sourcing.dc_pick),
            "pack": knots_of(sourcing.pack),
            "transit": knots_of(sourcing.transit),
        }
        self._chosen: set[int] = set()
        """Numbers of traced orders that are not closed."""
        self._waves: dict[tuple[int, int], int] = {}
        """When a wave of an order set out for its release."""
        self._released: set[tuple[int, int]] = set()
        self._has_sagas = systems.saga.mode != "off"
        self._sagas: dict[int, tuple[int, int]] = {}
        """Order, and beginning, of the sagas that are under way, by the number of the order."""
        self._completed: dict[int, int] = {}
        """When the saga of an order had completed."""
        self._picks: dict[tuple[int, int], int] = {}
        """Row of the pick of a parcel of an order."""
        self._aside: dict[int, tuple[int, int]] = {}
        """Order, and when it was ready, of what waits for its customer, by the number of the order."""

        self._carried: dict[tuple[int, int], tuple[int, int]] = {}
        """Order, and when it was ready, of what waits for a courier, by the numbers of order and parcel."""

    def choose(self, orders: NDArray[np.void], first: int) -> None:
        luck = bits_of_many(self._key, np.ascontiguousarray(orders["order"]), 0) % np.uint64(MILLION)
        orders["traced"] = luck < np.uint64(self._share)
        self._chosen.update((np.flatnonzero(orders["traced"]) + first).tolist())

    def _traced(self, number: int) -> Any | None:
        return self.order(number) if number in self._chosen else None

    def _add(self, order: int, span: SpanKind, number: int, start: int, end: int, outcome: int = 1) -> None:
        """A step of an order, as far as it lies before the horizon."""
        if start < self._horizon:
            over = end < self._horizon
            self._spans.append((order, span, number, start, end if over else NONE, outcome if over else 0))

    def _takes(self, law: str, step: str, order: int, parcel: int) -> int:
        return int(sample(self._laws[law], np.uint64(bits(self._keys[step], order, parcel))))

    def call(self, station: int, number: int, attempt: int, now: int) -> int:
        done = super().call(station, number, attempt, now)
        if row := self._traced(number):
            up = done != steps.DOWN
            self._add(int(row["order"]), SpanKind.CALL, attempt, now, done if up else now, int(up))
        return done

    def check(self, number: int, now: int) -> int:
        left = super().check(number, now)
        if row := self._traced(number):
            self._add(int(row["order"]), SpanKind.CHECK, 0, now, now, left)
        return left

    def hold(self, number: int, now: int) -> int:
        left = super().hold(number, now)
        if row := self._traced(number):
            self._add(int(row["order"]), SpanKind.HOLD, 0, now, now, left)
        return left

    def pay(self, number: int, start: int, end: int) -> None:
        if row := self._traced(number):
            self._add(int(row["order"]), SpanKind.PAYMENT, 0, start, end, int(row["declined"] == 0))

    def begin_saga(self, number: int, now: int) -> None:
        if row := self._traced(number):
            self._sagas[number] = int(row["order"]), now

    def end_saga(self, number: int, now: int, *, completed: bool) -> None:
        if number not in self._sagas:
            return
        order, start = self._sagas.pop(number)
        self._add(order, SpanKind.SAGA, 0, start, now, int(completed))
        if completed:
            self._completed[order] = now

    def create(self, number: int, wave: int, now: int) -> int:
        done = super().create(number, wave, now)
        if row := self._traced(number):
            self._release(row, wave, now)
            self._add(int(row["order"]), SpanKind.CREATION, wave, now, done)
        return done

    def source(self, number: int, wave: int, now: int) -> tuple[int, list[int]]:
        first, ends = super().source(number, wave, now)
        if row := self._traced(number):
            self._release(row, wave, now)
            for parcel, end in enumerate(ends, first):
                self._send_to_pick(row, parcel, now, end)
        return first, ends

    def _release(self, row: Any, wave: int, now: int) -> None:
        """A wave is released, unless it was before it was created in the ERP."""
        order = int(row["order"])
        if (order, wave) in self._released:
            return
        self._released.add((order, wave))
        start = self._waves.pop((order, wave)) if wave else self._sets_out(row)
        assert start is not None
        self._add(order, SpanKind.RELEASE, wave, start, now)

    def _sets_out(self, row: Any) -> int | None:
        """When an order sets out for its release; ``None`` if its saga has not completed."""
        return self._completed.pop(int(row["order"]), None) if self._has_sagas else int(row["t_accept"])

    def _send_to_pick(self, row: Any, parcel: int, now: int, end: int) -> None:
        order, lines = int(row["order"]), self.lines_of(row)
        node = int(lines["node"][lines["parcel"] == parcel][0])
        law = "dc_pick" if self.memory["nodes"]["is_dc"][node] else "store_pick"
        start = end - self._takes(law, "pick", order, parcel)
        self._add(order, SpanKind.PICK_WAIT, parcel, now, start)
        self._picks[order, parcel] = len(self._spans)
        self._add(order, SpanKind.PICK, parcel, start, end, 0)

    def pick(self, number: int, parcel: int, now: int) -> int:
        row = self._traced(number)
        if not row:
            return super().pick(number, parcel, now)
        self._ensure_rows("watched", int(self.control["watched"]) + _ROOM)
        wave = super().pick(number, parcel, now)
        order, lines = int(row["order"]), self.lines_of(row)
        if wave:
            self._waves[order, wave] = now
        supplied = int(np.count_nonzero((lines["parcel"] == parcel) & np.isin(lines["status"], _PICKED)))
        at = self._picks.pop((order, parcel))
        self._spans[at] = (*self._spans[at][:-1], supplied)
        if supplied:
            ready, carried = int(row["handed"]), row["handed"] != NONE
            self._hand_over(order, parcel, now, ships=not carried and row["mode"] != _PICKUP)
            if carried:
                self._carried[number, parcel] = order, ready
        if row["aside"]:
            self._aside[number] = order, int(row["t_ready"])
        return wave

    def begin_wave(self, number: int, wave: int, now: int) -> None:
        if row := self._traced(number):
            self._waves[int(row["order"]), wave] = now

    def rejected(self, now: int) -> list[tuple[int, int]]:
        rows = super().rejected(now)
        for number, wave in rows:
            if wave:
                self.begin_wave(number, wave, now)
        return rows

    def collect(self, number: int, now: int) -> None:
        super().collect(number, now)
        self._end_waiting(number, now, collected=True)

    def give_up_waiting(self, number: int, now: int) -> int:
        back = super().give_up_waiting(number, now)
        self._end_waiting(number, now, collected=False)
        return back

    def set_out(self, number: int, parcel: int, units: int, delivered: int) -> None:
        super().set_out(number, parcel, units, delivered)
        if (number, parcel) in self._carried:
            order, ready = self._carried.pop((number, parcel))
            self._add(order, SpanKind.TRANSIT, parcel, ready, delivered)

    def _end_waiting(self, number: int, now: int, *, collected: bool) -> None:
        if number in self._aside:
            order, ready = self._aside.pop(number)
            self._add(order, SpanKind.COLLECTION, 0, ready, now, int(collected))

    def _hand_over(self, order: int, parcel: int, now: int, *, ships: bool) -> None:
        ready = now + self._takes("pack", "pack", order, parcel)
        self._add(order, SpanKind.PACK, parcel, now, ready)
        if ships:
            done = ready + self._takes("transit", "transit", order, parcel)
            self._add(order, SpanKind.TRANSIT, parcel, ready, done)

    def close_orders(self, orders: NDArray[np.void]) -> None:
        for row in orders[orders["traced"] != 0]:
            order, lines = int(row["order"]), self.lines_of(row)
            over = int(lines["t_end"].max()) if row["open"] == 0 else self._horizon
            accepted = int(row["t_accept"])
            promised = int(np.count_nonzero(np.isin(lines["status"], _PROMISED)))
            end = over if accepted == NONE else accepted
            self._add(order, SpanKind.CHECKOUT, 0, int(row["t_demand"]), end, promised)
            if accepted != NONE and (order, 0) not in self._released:
                start = self._sets_out(row)
                if start is not None and start <= over:
                    self._add(order, SpanKind.RELEASE, 0, start, over, 0)
            self._released.difference_update((order, wave) for wave in range(int(row["waves"]) + 1))
        base = int(self.control["order_base"])
        self._chosen.difference_update(range(base, base + orders.size))

    def close_traces(self) -> None:
        for order, start in self._sagas.values():
            self._add(order, SpanKind.SAGA, 0, start, self._horizon)
        for order, ready in self._aside.values():
            self._add(order, SpanKind.COLLECTION, 0, ready, self._horizon)
        for (_, parcel), (order, ready) in self._carried.items():
            self._add(order, SpanKind.TRANSIT, parcel, ready, self._horizon)
        for (order, wave), start in self._waves.items():
            self._add(order, SpanKind.RELEASE, wave, start, self._horizon)
        for row in self.memory["watched"][: int(self.control["watched"])].tolist():
            order, line, t, *instants = row
            for span, end in zip((SpanKind.VIEW, SpanKind.POSTING), instants, strict=True):
                self._add(order, span, line, t, end if end != NONE else self._horizon)
        self._spans.sort()
