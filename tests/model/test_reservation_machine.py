"""Reservations of the kernels against a dictionary: held, lapsed, placed, cancelled, sourced, picked or declined, both
know the same units set aside and promised, and nothing is left of an order that is closed.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.model.runs import INSTANT, systems
from tests.world.make import cluster, scenario
from twin.journal.orders import Status
from twin.kernels import state
from twin.model import invariants
from twin.model.build import build
from twin.model.census import Census
from twin.model.days import Days
from twin.model.jobs import Works
from twin.model.plane import Plane
from twin.model.shop import Shop
from twin.scenario.scenario import Scenario
from twin.world.tables import CHECKOUT, LINE
from twin.world.world import World

ORDERS = 60
SKUS = 2
STOCK = 9
TTL = 41
"""Odd, while everything else happens at even instants: a hold lapses after all that happens at its instant."""

DC, STORE = 0, 1
Place = tuple[str, int]
"""Where units are set aside: for no node, at the DC, in the store; and of which SKU."""


@cache
def _world() -> tuple[Scenario, World]:
    """One DC, one store that does not ship, two SKUs."""
    description = scenario(
        estate__regions=[{"name": "east", "time_zone": "America/New_York", "share": 1.0}],
        estate__dcs=[{"name": "dc", "region": "east"}],
        estate__stores={"count": 1, "clusters": [cluster(assortment=SKUS, ships=0.0)]},
        estate__skus={"count": SKUS},
    )
    world = World(description, 0)
    world.start.pairs["on_hand"], world.start.pairs["error"] = STOCK, 0
    world.start.receipts["quantity"] = 0
    return description, world


LINES = st.lists(
    st.tuples(st.integers(0, SKUS - 1), st.integers(1, 3)), min_size=1, max_size=2, unique_by=lambda x: x[0]
)
BASKETS = st.lists(st.tuples(LINES, st.booleans()), min_size=ORDERS, max_size=ORDERS)


class ReservationsAgree(RuleBasedStateMachine):
    """``aside`` is the plain model: units by order and line, and where; ``promised``: units by order and line."""

    @initialize(
        baskets=BASKETS,
        mode=st.sampled_from(("synchronous", "synchronous", "events")),
        level=st.sampled_from(("group", "node")),
    )
    def begin(self, baskets: list[tuple[list[tuple[int, int]], bool]], mode: str, level: str) -> None:
        self.at_node = mode == "synchronous" and level == "node"
        reserving = {"mode": mode, "point": "checkout", "ttl": f"{TTL}us", "expiry_lag": "0s", "lapsed": "recheck"}
        reserving["level"] = "node" if self.at_node else "group"
        arm = systems(
            movements=INSTANT, orders=INSTANT, posting=INSTANT, buffers={"store": 0, "dc": 0},
            publications={"own": {"mode": "query"}}, reserving=reserving,
            sourcing={"dc_pick": "2us", "store_pick": "2us", "rebroker": 0},
            saga={"mode": "orchestration"},  # so that nothing is released before its time
        )  # fmt: skip
        description, world = _world()
        self.plane = Plane(build(world, description, arm).memory)
        self.plane.put("physical", np.zeros(0, state.PHYSICAL))
        works = cast(Works, SimpleNamespace(plane=self.plane, world=world))
        self.days = Days(works, cast(Shop, None), cast(Census, None), None)
        self._put(baskets)
        self.baskets = baskets
        self.now = 0
        self.shelf = {(where, sku): STOCK for where in ("dc", "store") for sku in range(SKUS)}
        self.open: dict[int, set[int]] = {}
        self.accepted: dict[int, set[int]] = {}
        self.parcels: dict[int, list[tuple[int, int]]] = {}
        self.aside: dict[tuple[int, int], Place] = {}
        self.due: dict[int, int] = {}
        self.begun = 0

    def _put(self, baskets: list[tuple[list[tuple[int, int]], bool]]) -> None:
        checkouts = np.zeros(len(baskets), CHECKOUT)
        checkouts["order"] = np.arange(len(baskets))
        checkouts["lines"] = [len(lines) for lines, _ in baskets]
        checkouts["first_line"] = np.cumsum(checkouts["lines"]) - checkouts["lines"]
        checkouts["pickup"] = [STORE if pickup else -1 for _, pickup in baskets]
        wanted = np.array([line for lines, _ in baskets for line in lines], LINE)
        self.days._append(checkouts, wanted, np.zeros(len(baskets), np.int8))

    # ---- the model

    def _units(self, order: int, line: int) -> tuple[int, int]:
        return self.baskets[order][0][line]

    def _left(self, order: int, sku: int) -> int:
        """What can still be set aside for an order."""
        if self.baskets[order][1]:
            return self.shelf["store", sku] - self._aside(("store", sku))
        return self.shelf["dc", sku] - self._aside(("dc", sku)) - self._aside(("group", sku))

    def _aside(self, place: Place) -> int:
        return sum(self._units(*key)[1] for key, where in self.aside.items() if where == place)

    def _set_aside(self, order: int, lines: set[int]) -> set[int]:
        """Lines for which there is enough."""
        kept = set()
        for line in sorted(lines):
            sku, quantity = self._units(order, line)
            if self._left(order, sku) >= quantity:
                where = "store" if self.baskets[order][1] else "dc" if self.at_node else "group"
                self.aside[order, line] = (where, sku)
                kept.add(line)
        return kept

    def _give_back(self, order: int) -> None:
        for key in [key for key in self.aside if key[0] == order]:
            del self.aside[key]

    def _pass(self, span: int) -> None:
        """Time goes on, and holds lapse."""
        self.now += 2 * span
        for order in [order for order, due in self.due.items() if due < self.now]:
            del self.due[order]
            self._give_back(order)

    def _pick_one(self, orders: dict[int, Any], data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(orders)))

    # ---- what happens

    @precondition(lambda self: self.begun < ORDERS)
    @rule(span=st.integers(1, 9))
    def hold(self, span: int) -> None:
        order, self.begun = self.begun, self.begun + 1
        self._pass(span)
        wanted = range(len(self.baskets[order][0]))
        lines = {n for n in wanted if self._left(order, self._units(order, n)[0]) >= self._units(order, n)[1]}
        assert self.plane.check(order, self.now) == len(lines)
        if not lines:
            return
        lines = self._set_aside(order, lines)
        assert self.plane.hold(order, self.now) == len(lines)
        if lines:
            self.open[order], self.due[order] = lines, self.now + TTL

    @rule(span=st.integers(1, 30))
    def wait(self, span: int) -> None:
        self._pass(span)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), span=st.integers(1, 9))
    def place(self, data: st.DataObject, span: int) -> None:
        self._pass(span)
        order = self._pick_one(self.open, data)
        lines = self.open.pop(order)
        if self.due.pop(order, None) is None:
            lines = self._set_aside(order, lines)
        self.plane.place(order, 0, self.now)
        if lines:
            self.accepted[order] = lines

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def decline(self, data: st.DataObject) -> None:
        self._pass(1)
        order = self._pick_one(self.open, data)
        del self.open[order]
        self.due.pop(order, None)
        self._give_back(order)
        self.plane.end_open(order, int(Status.DECLINED), self.now)

    @precondition(lambda self: self.accepted)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self._pass(1)
        order = self._pick_one(self.accepted, data)
        del self.accepted[order]
        self._give_back(order)
        self.plane.cancel(order, self.now)

    @precondition(lambda self: self.accepted)
    @rule(data=st.data())
    def source(self, data: st.DataObject) -> None:
        self._pass(1)
        order = self._pick_one(self.accepted, data)
        first, ends = self.plane.source(order, 0, self.now)
        assert len(ends) == 1  # one node has all
        self.parcels[order] = [(first, ends[0])]
        for line in self.accepted.pop(order):
            where, sku = self.aside[order, line]
            self.aside[order, line] = ("dc" if where == "group" else where, sku)

    @precondition(lambda self: self.parcels)
    @rule(data=st.data())
    def pick(self, data: st.DataObject) -> None:
        order = self._pick_one(self.parcels, data)
        ((parcel, end),) = self.parcels.pop(order)
        self._pass(max(1, (end - self.now + 1) // 2))
        assert self.plane.pick(order, parcel, self.now) == 0
        for key in [key for key in self.aside if key[0] == order]:
            self.shelf[self.aside[key]] -= self._units(*key)[1]
        self._give_back(order)

    # ---- what must agree

    @invariant()
    def agree(self) -> None:
        self.plane.advance(self.now)
        pairs, skus = self.plane.memory["pairs"], self.plane.memory["skus"]
        for sku in range(SKUS):
            assert skus["reserved"][sku] == self._aside(("group", sku))
            for node, where in ((DC, "dc"), (STORE, "store")):
                pair = pairs[(pairs["sku"] == sku) & (pairs["node"] == node)][0]
                assert pair["resv"] == self._aside((where, sku))
                assert pair["viewed"] == pair["on_hand"] == self.shelf[where, sku]
        kept = [*self.accepted, *self.parcels]
        promised = sum(self._units(*key)[1] for key in self.aside if key[0] in kept)
        assert pairs["promised"].sum() + skus["unplaced"].sum() == promised
        assert invariants._reservations(self.plane, self.days) == []
        assert invariants._places(self.plane, self.days) == invariants._sums(self.plane) == []


TestReservationsAgree = ReservationsAgree.TestCase
TestReservationsAgree.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
