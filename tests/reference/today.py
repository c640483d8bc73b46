"""Orders that are to be there on the day of the order (docs/model.md, section 7, "Same day")."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING

from tests.reference.clock import Process
from tests.reference.ledgers import Node, Pair
from tests.reference.orderlines import Line, Order
from tests.reference.shop import Shop
from tests.reference.stations import Station
from tests.reference.traces import Span
from tests.reference.waking import Waking
from twin.core.clock import DAY
from twin.journal.observability import SpanKind
from twin.journal.same_day import Offer
from twin.journal.tables import NONE
from twin.journal.totals import Flow

if TYPE_CHECKING:
    from tests.reference.sourcing import Parcel

DROP_STEPS = 57_344
"""Step at which the first drop of an order begins; each has eight."""


@dataclass(slots=True)
class Wish:
    """What a customer was told who wants the order today."""

    only: bool
    answer: Offer = Offer.NOT_ASKED
    backed: bool = False
    node: int = NONE
    asked: int = NONE
    due: int = NONE
    until: int = NONE  # its node can be changed until then


@dataclass(slots=True)
class Drop:
    """A parcel on its way to a customer who waits for it today."""

    order: Order
    parcel: Parcel
    units: int
    ready: int
    span: Span
    booked: int = NONE
    left: int = NONE
    delivered: int = NONE

    def row(self) -> tuple[int, ...]:
        """Row of the journal."""
        place = self.order.id, self.parcel.number, self.parcel.node.number, self.units
        return (*place, self.ready, self.booked, self.left, self.delivered)


class Today:
    """Promises orders for today, and has couriers bring them."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._settings = settings = shop.systems.same_day
        self._channels = list(shop.scenario.demand.channels.values())
        self._wants, self._only = shop.stream("same_day"), shop.stream("same_day.only")
        self._drive = shop.stream("courier.drive", settings.drive)
        self._outages = shop.outages("courier")
        self._couriers: dict[int, Station] = {}
        self.answered: list[Order] = []
        self.drops: list[Drop] = []

    def wish(self, order: Order) -> Wish | None:
        """What the customer wants; luck decides, and no arm."""
        demand = self._channels[order.channel.number]
        if order.pickup or order.channel.marketplace or not self._wants.happens(demand.same_day_share, order.id):
            return None
        return Wish(self._only.happens(demand.same_day_only, order.id))

    def ask(self, order: Order, withheld: Callable[[Pair], int]) -> bool:
        """The customer is told whether the order can be there today; false if that ends the order."""
        wish, now = order.wish, self._shop.env.now
        if wish is None:
            return True
        hour = (now + self._shop.shifts[order.region][now // DAY]) % DAY
        wish.asked = now
        wish.answer = self._refusal(order, hour)
        if wish.answer == Offer.OFFERED:
            self._look_for_node(order, wish, withheld)
        if wish.answer == Offer.OFFERED:
            wish.due, wish.until = now - hour + self._settings.by, now - hour + self._settings.cut_off
        return wish.answer == Offer.OFFERED or not wish.only

    def _refusal(self, order: Order, hour: int) -> Offer:
        """Why nobody looks for a node; OFFERED if somebody does."""
        settings = self._settings
        reasons = {
            Offer.OFF: not settings.on,
            Offer.NO_ANSWER: order.standing is not None or order.unanswered,
            Offer.LATE: hour >= settings.cut_off,
            Offer.DOWN: settings.quote and self._outages.since(self._shop.env.now) is not None,
        }
        return next((answer for answer, holds in reasons.items() if holds), Offer.OFFERED)

    def _look_for_node(self, order: Order, wish: Wish, withheld: Callable[[Pair], int]) -> None:
        near = self._in_reach(order)
        seeming = [node for node in near if _all_there(order, node, lambda pair: pair.free() - withheld(pair))]
        if not seeming:
            wish.answer = Offer.NO_STOCK if near else Offer.NO_NODE
            wish.backed = any(_all_there(order, node, lambda pair: pair.on_hand - pair.promised) for node in near)
            return
        wish.node = seeming[0].number
        for line in order.open_lines():
            line.today, line.node, line.pair = True, wish.node, line.sku.by_node[wish.node]

    def _in_reach(self, order: Order) -> list[Node]:
        """Nodes that may supply today, the nearest first."""
        allowed = [node for node in self._shop.nodes if self._settings.dcs or not node.is_dc]
        allowed = [node for node in allowed if node.number != order.away_from]
        near = [node for node in allowed if _squared(node, order) <= self._settings.radius_km**2]
        return sorted(near, key=lambda node: (_squared(node, order), node.number))

    def node_again(self, order: Order, line: Line, *, may_change: bool) -> Pair | None:
        """Another node that may supply a line whose pick was short, while there is time."""
        hurries, line.hurries = line.hurries, False
        if not may_change or not hurries or order.wish is None or self._shop.env.now >= order.wish.until:
            return None
        pairs = (line.sku.by_node.get(node.number) for node in self._in_reach(order))
        return next((pair for pair in pairs if pair is not None and pair.have() >= line.quantity), None)

    def hand_over(self, order: Order, parcel: Parcel, found: list[Line], ready: int) -> None:
        """A parcel of a customer who waits for it today was picked."""
        units = sum(line.quantity for line in found)
        self._shop.flows[Flow.SAME_DAY_UNITS] += units
        span = self._shop.tracer.begin(order.id, SpanKind.TRANSIT, parcel.number, ready)
        drop = Drop(order, parcel, units, ready, span)
        self.drops.append(drop)
        self._shop.env.process(self._bring(drop))

    def _bring(self, drop: Drop) -> Process:
        """A drop is packed, booked on a run, and driven to its customer."""
        env, settings, order = self._shop.env, self._settings, drop.order
        wake = Waking(env, order.id, DROP_STEPS + 8 * drop.parcel.number)
        if drop.ready > env.now:
            yield wake.at(drop.ready)
        up = self._outages.up(drop.ready)
        if up > drop.ready:
            yield wake.at(up)
        drop.booked = up
        if settings.dispatch:
            run = -(-up // settings.dispatch) * settings.dispatch
            if run > up:
                yield wake.at(run)
        joined, takes = env.now, self._takes(drop)
        back = yield self._station(drop.parcel.node).join(2 * takes, lambda t: t)
        drop.left = back - 2 * takes
        if drop.left > joined:
            yield wake.at(drop.left)
        drop.delivered = drop.left + takes
        drop.span.finish(drop.delivered)
        order.t_done = max(order.t_done, drop.delivered)
        self._shop.flows[Flow.COURIER_UNITS] += drop.units

    def _takes(self, drop: Drop) -> int:
        distance = isqrt(_squared(drop.parcel.node, drop.order) * self._settings.per_km**2)
        return self._drive.sample(drop.order.id, drop.parcel.number) + distance

    def _station(self, node: Node) -> Station:
        place = node.number if self._settings.pool == "store" else node.region
        if place not in self._couriers:
            self._couriers[place] = Station(self._shop.env, self._settings.couriers)
        return self._couriers[place]

    def told(self, order: Order) -> None:
        """The customer has started the checkout, and been told whatever there was to tell."""
        if order.wish is not None:
            self.answered.append(order)

    def wishes(self) -> list[tuple[int, ...]]:
        """Rows of the journal."""
        return sorted(_row(order.id, order.wish) for order in self.answered if order.wish is not None)

    def rows(self) -> list[tuple[int, ...]]:
        """Rows of the journal: what couriers bring."""
        return sorted(self._seen(drop) for drop in self.drops)

    def _seen(self, drop: Drop) -> tuple[int, ...]:
        """What has happened before the end of the run."""
        horizon = self._shop.world.horizon_us
        if drop.left >= horizon:
            drop.left = drop.delivered = NONE
        return drop.row()


def _row(order: int, wish: Wish) -> tuple[int, ...]:
    return order, wish.answer, wish.only, wish.backed, wish.node, wish.asked, wish.due


def _squared(node: Node, order: Order) -> int:
    return (node.x - order.x) ** 2 + (node.y - order.y) ** 2


def _all_there(order: Order, node: Node, units: Callable[[Pair], int]) -> bool:
    """Whether each line of the order, by itself, finds enough units at the node."""
    lines = order.open_lines()
    pairs: Iterable[Pair | None] = (line.sku.by_node.get(node.number) for line in lines)
    wanted = zip(pairs, lines, strict=True)
    return all(pair is not None and units(pair) >= line.quantity for pair, line in wanted)
