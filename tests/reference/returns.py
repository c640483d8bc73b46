"""Goods that come back: counters, inspectors, shelves (docs/model.md, section 12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.reference.clock import Process, before_orders
from tests.reference.ledgers import Movement, Node, Pair, Sku
from tests.reference.refunds import Claim, Refunds, Steps
from tests.reference.shop import Shop
from tests.reference.stations import Station
from tests.reference.stock import RETURN, Stock, first_dc
from twin.core.clock import DAY
from twin.journal.returns import Claim as Kind
from twin.journal.returns import Condition, ReturnEnd
from twin.journal.tables import NONE
from twin.journal.totals import Flow
from twin.policies.calendars import next_open
from twin.policies.returns import stays
from twin.world.tables import WorldDay

ARRIVES = 2 << 40


@dataclass(slots=True, eq=False)
class Goods:
    """What somebody brought back."""

    entity: int
    sku: Sku
    units: int
    channel: int
    origin: Node
    node: Node
    received: int
    condition: int
    claim: Claim
    graded: int = NONE
    end: int = NONE
    outcome: ReturnEnd = ReturnEnd.LIMBO
    labour: int = 0

    def finish(self, outcome: ReturnEnd, t: int) -> None:
        self.outcome, self.end = outcome, t

    def row(self) -> tuple[int, ...]:
        return (
            self.entity,
            self.channel,
            self.sku.number,
            self.units,
            self.origin.number,
            self.node.number,
            self.received,
            self.graded,
            self.end,
            self.condition if self.graded != NONE else NONE,
            self.outcome,
            self.labour,
        )


class Returns:
    """Takes goods back."""

    def __init__(self, shop: Shop, stock: Stock, refunds: Refunds) -> None:
        self._shop, self._stock, self._refunds = shop, stock, refunds
        self._settings = settings = shop.systems.returns
        self._put_away = shop.stream("returns.put_away", settings.put_away)
        self._trip = shop.stream("returns.to_dc", settings.to_dc)
        self._second = shop.stream("returns.second", shop.scenario.demand.returns.second_case)
        look = settings.inspection
        self._at_dc = shop.stream("returns.inspection", look.dc)
        self._at_store = shop.stream("returns.inspection", look.store)
        self._inspectors = {
            node: Station(shop.env, look.dc_staff if node.is_dc else look.store_staff) for node in shop.nodes
        }
        self.all: list[Goods] = []

    def day(self, day: WorldDay) -> Process:
        """Goods come back, one after another."""
        shop, names = self._shop, day.returns.dtype.names or ()
        for index, values in enumerate(day.returns.tolist()):
            row = dict(zip(names, values, strict=True))
            place = ARRIVES | day.day << 24 | index
            yield shop.batch_time(row["t"], place)
            entity, sku = day.day << 40 | index, shop.skus[row["sku"]]
            if not self._refunds.are_on:
                self._shelve(first_dc(sku), row["quantity"], entity)
                continue
            claim = self._refunds.claim(Kind.RETURN, entity, row["channel"], row["cents"], row["t"])
            node, t = shop.nodes[row["node"]], row["t"]
            goods = Goods(entity, sku, row["quantity"], row["channel"], node, node, t, row["condition"], claim)
            self.all.append(goods)
            if row["twice"]:
                due = row["t"] + self._second.sample(entity)
                second = self._refunds.claim(Kind.SECOND, entity, row["channel"], row["cents"], due)
                second.matter = claim.matter
                self._refunds.start_when_due(second)
            shop.env.process(self._take_in(goods, Steps(shop.env, place)))

    def _take_in(self, goods: Goods, steps: Steps) -> Process:
        """From the counter to a shelf."""
        env, refunds = self._shop.env, self._refunds.settings
        foreign = not refunds.unified and refunds.across == "dc" and goods.channel != NONE
        if foreign and not goods.node.is_dc:
            goods.node = self._shop.nodes[goods.node.supplied_by]
            yield from steps.until(env.now + self._trip.sample(goods.entity))
        self._perhaps_refund(goods, "receipt")
        yield from self._inspect(goods, steps)
        if goods.condition == Condition.FRAUD:
            goods.finish(ReturnEnd.REJECTED, env.now)
            if not goods.claim.started:
                self._refunds.deny(goods.claim)
            return
        self._perhaps_refund(goods, "inspection")
        unsold = self._settings.open_box == "write_off"
        if goods.condition == Condition.DAMAGED or (unsold and goods.condition == Condition.OPEN_BOX):
            goods.finish(ReturnEnd.WRITTEN_OFF, env.now)
        else:
            yield from self._bring_to_a_shelf(goods, steps)
        self._perhaps_refund(goods, "restock")

    def _perhaps_refund(self, goods: Goods, at: str) -> None:
        if self._refunds.settings.at == at:
            self._refunds.start(goods.claim)

    def _inspect(self, goods: Goods, steps: Steps) -> Process:
        env, node = self._shop.env, goods.node
        labour = (self._at_dc if node.is_dc else self._at_store).sample(goods.entity)
        joined = env.now
        done = yield self._inspectors[node].join(labour, self._hours(node))
        yield from steps.until(done, since=joined)
        goods.graded, goods.labour = env.now, labour

    def _hours(self, node: Node) -> Callable[[int], int]:
        """When inspectors begin to work on something."""
        look, shift = self._settings.inspection, self._shop.shifts[node.region][self._shop.env.now // DAY]
        opens, closes = (look.dc_opens, look.dc_closes) if node.is_dc else (node.opens, node.closes)
        return lambda t: int(next_open(t, opens, closes, shift))

    def _bring_to_a_shelf(self, goods: Goods, steps: Steps) -> Process:
        env, pair = self._shop.env, goods.sku.by_node.get(goods.node.number)
        here = stays(
            self._settings.restock,
            is_dc=goods.node.is_dc,
            stocked=pair is not None,
            position=pair.record + pair.on_order if pair is not None else 0,
            reorder=pair.reorder if pair is not None else -1,
        )
        shelved = env.now + self._put_away.sample(goods.entity)
        if not here:
            goods.node = self._shop.nodes[goods.node.supplied_by]
            shelved += self._trip.sample(goods.entity, 1)
        yield from steps.until(shelved)
        self._shelve(goods.sku.by_node[goods.node.number], goods.units, goods.entity)
        goods.finish(ReturnEnd.RESTOCKED, env.now)

    def _shelve(self, pair: Pair, units: int, entity: int) -> None:
        """Units are on a shelf, and a movement tells of it."""
        t = self._shop.env.now
        self._shop.flows[Flow.RETURNED_UNITS] += units
        movement = Movement(pair, units, t=t, moment=before_orders(t), entity=entity, part=RETURN)
        movement.receipt = True
        self._stock.move(movement)

    def rows(self) -> list[tuple[int, ...]]:
        """Rows of the journal."""
        return [goods.row() for goods in self.all]
