"""Stores send each other stock (docs/model.md, section 8, "Transfers")."""

from __future__ import annotations

from itertools import count

import numpy as np

from tests.reference.clock import Process, after_reloads
from tests.reference.ledgers import Movement, Node, Pair
from tests.reference.receiving import Dock
from tests.reference.shop import Shop
from tests.reference.stock import DISPATCH, Stock
from twin.journal.tables import NONE
from twin.journal.totals import Flow
from twin.policies.transfers import matched, units_of_cover

REVIEW, ARRIVAL, FIRST = 24 << 40, 25 << 40, 1 << 25


class Transfers:
    """Regions that even out their stock."""

    def __init__(self, shop: Shop, stock: Stock, dock: Dock) -> None:
        self._shop, self._stock, self._dock = shop, stock, dock
        self._settings = settings = shop.systems.transfers
        self._lead = shop.stream("transfer", settings.lead)
        self.rows: list[list[int]] = []
        if settings.interval:
            for region in range(len(shop.shifts)):
                shop.env.process(self._reviews(region))

    def _reviews(self, region: int) -> Process:
        shop, settings, erp = self._shop, self._settings, self._shop.outages("erp")
        for review in count():
            yield shop.batch_time(erp.up(settings.phase + review * settings.interval), REVIEW | region)
            loads: dict[tuple[Node, Node], list[tuple[Pair, int]]] = {}
            for sku in shop.skus:
                stores = [p for p in sku.by_node.values() if not p.node.is_dc and p.node.region == region]
                for source, target, units in self._plan(stores):
                    sent = self._dispatch(source, target, units, FIRST + review)
                    if sent:
                        loads.setdefault((source.node, target.node), []).append((target, sent))
            for source_node, target_node in sorted(loads, key=lambda way: (way[0].number, way[1].number)):
                load = loads[source_node, target_node]
                shop.env.process(self._way(source_node, target_node, load, review))

    def _plan(self, stores: list[Pair]) -> list[tuple[Pair, Pair, int]]:
        """Who gives what to whom, of one SKU."""
        daily = np.array([self._shop.world.estate.mean_daily[pair.number] for pair in stores])
        keeps = units_of_cover(self._settings.above, daily).tolist()
        wants = units_of_cover(self._settings.below, daily).tolist()
        surplus = [max(0, pair.record - keep) for pair, keep in zip(stores, keeps, strict=True)]
        need = [max(0, want - pair.record - pair.on_order) for pair, want in zip(stores, wants, strict=True)]
        plan = matched(surplus, need, self._settings.least) if stores else []
        return [(stores[source], stores[target], units) for source, target, units in plan]

    def _dispatch(self, source: Pair, target: Pair, wanted: int, number: int) -> int:
        """What is there of it leaves."""
        sent = min(wanted, max(0, source.on_hand - source.promised))
        if sent:
            t, entity = self._shop.env.now, number << 32 | target.number
            self._stock.move(Movement(source, -sent, t=t, moment=after_reloads(t), entity=entity, part=DISPATCH))
            self._shop.flows[Flow.DISPATCHED_UNITS] += sent
            target.on_order += sent
        return sent

    def _way(self, source: Node, target: Node, load: list[tuple[Pair, int]], review: int) -> Process:
        """From one store to another."""
        now, way = self._shop.env.now, source.number << 20 | target.number
        told = [[source.number, target.number, pair.sku.number, units, now, NONE] for pair, units in load]
        self.rows += told
        arrival = now + self._lead.sample(way, review)
        yield self._shop.batch_time(arrival, ARRIVAL | way)
        for row, (pair, units) in zip(told, load, strict=True):
            row[-1] = arrival
            self._dock.receive(pair, units, units, FIRST + review, after_reloads(arrival))
