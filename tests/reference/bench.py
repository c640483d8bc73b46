"""A shop without customers, in which a test makes movements by hand and sees when the view learns of them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from tests.reference.clock import NOW, Instant, Process, before_orders, instant
from tests.reference.ledgers import Movement, Pair
from tests.reference.shop import Shop
from tests.reference.stock import Stock
from tests.reference.worlds import Tree, WithReturns, merged, scenario, systems
from twin.core.clock import SECOND, Tie, tie_key
from twin.journal.totals import Fate, FeedName, Flow
from twin.world.tables import CRASH, FAILOVER, SYSTEMS, TROUBLE, WINDOW, TroubleKind

EVERY_KIND = 0b1111111
MILLION = 1_000_000

_PLAIN: Tree = {
    "mode": "stream",
    "system": "broker",
    "partitions": 1,
    "store_link": "0s",
    "dc_link": "0s",
    "service": "10s",
    "job": "0s",
    "per_row": "0s",
}
_NO_SHIPPING: Tree = {
    "estate": {
        "stores": {
            "count": 3,
            "clusters": [{"name": "sells", "assortment": 20, "ships": 0.0, "weekly_lines": 700, "share": 1.0}],
        }
    }
}


class Bench:
    """One SKU's pair at a DC and one at a store; a message takes 10 s, and every service has one partition."""

    def __init__(self, *changes: Tree, **world: list[tuple[int, ...]]) -> None:
        """``changes`` go to both feeds of movements, or under ``systems``; tables of the world are rows in seconds."""
        feed = merged(_PLAIN, *(change.get("feed", {}) for change in changes))
        rest = [{key: value for key, value in change.items() if key != "feed"} for change in changes]
        arm = systems("hybrid", {"movements": feed, "posting": feed, "buffers": {"store": 0, "dc": 0}}, *rest)
        described = scenario(1, {"hybrid": arm}, _NO_SHIPPING)
        self.shop = Shop(_world(described, world), described, described.arms["hybrid"])
        self.stock = Stock(self.shop, [])
        self.dc = next(pair for pair in self.shop.pairs if pair.node.is_dc)
        self.store = next(pair for pair in self.shop.pairs if not pair.node.pooled)
        self._made: list[Movement] = []

    def make(self, *seconds: int, pair: Pair | None = None, delta: int = 1) -> None:
        """Movements are made at these instants; one sold unit comes back each time, unless ``delta`` says otherwise."""
        for t in seconds:
            place = pair or self.dc
            entity = len(self._made)
            moment = before_orders(t * SECOND)
            movement = Movement(place, delta, t=t * SECOND, moment=moment, entity=entity, part=0)
            movement.receipt = True
            self._made.append(movement)
            self.shop.env.process(self._make(movement))

    def _make(self, movement: Movement) -> Process:
        yield Instant(self.shop.env, movement.t, tie_key(Tie.TILL, movement.entity, 0))
        self.stock.move(movement)

    def run(self, *, until: int = 10_000) -> list[int | None]:
        """When the view learnt of each movement, in seconds; ``None`` where it did not."""
        self.shop.env.run(until=until * SECOND)
        return [seconds(instant(movement.seen)) if movement.seen < NOW else None for movement in self._made]

    def fates(self, feed: FeedName = FeedName.MOVEMENTS) -> dict[Fate, int]:
        """How many messages had each fate, those that none had left out."""
        return {Fate(fate): number for name, fate, number in self.stock.fates() if name == feed and number}

    def flow(self, flow: Flow) -> int:
        """A total, of the view and the record together."""
        return self.shop.flows[flow]

    def changes(self) -> list[int]:
        """When what the DC offers changed, in seconds."""
        return [seconds(instant(moment)) for moment in self.dc.sku.offer.moments[1:]]


def seconds(us: int) -> int:
    """Whole seconds; nothing here happens between them."""
    assert us % SECOND == 0
    return us // SECOND


def trouble(kind: TroubleKind, start: int, end: int, *, value: int = 0, feeds: int = 0b101) -> tuple[int, ...]:
    """A row that hits every movement; ``value`` is in seconds where it is a time."""
    amount = value * SECOND if kind == TroubleKind.LATE else value
    return int(kind), feeds, EVERY_KIND, start * SECOND, end * SECOND, MILLION, amount, 1, 0


def crash(member: int, start: int, end: int, *, stuck: int = 0) -> tuple[int, ...]:
    """A row for the consumers of the view."""
    return int(FeedName.MOVEMENTS), member, start * SECOND, end * SECOND, stuck


def outage(system: str, start: int, end: int, *, node: int = -1) -> tuple[int, ...]:
    return SYSTEMS.index(system), node, start * SECOND, end * SECOND


def failover(t: int) -> tuple[int, ...]:
    return SYSTEMS.index("broker"), t * SECOND


def _world(described: Any, tables: dict[str, list[tuple[int, ...]]]) -> WithReturns:
    world = WithReturns(described, 0)
    types = {"windows": WINDOW, "crashes": CRASH, "failovers": FAILOVER, "troubles": TROUBLE}
    for name, dtype in types.items():
        setattr(world, name, np.array(tables.get(name, []), dtype))
    world.start = dataclasses.replace(world.start, receipts=world.start.receipts[:0])
    return world
