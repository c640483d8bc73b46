"""Fallbacks and the watch that turns them on and off (docs/model.md, section 6, "Fallbacks")."""

from __future__ import annotations

from collections import Counter
from itertools import count

import simpy

from tests.reference.called import Called
from tests.reference.channels import Channel
from tests.reference.clock import Outages, Process
from tests.reference.ledgers import Sku
from tests.reference.orderlines import Order
from tests.reference.shop import Shop
from twin.journal.orders import Degraded, Refusal
from twin.journal.tables import NONE
from twin.policies.degrading import OFF, failing, grown, looked, share_of, silent
from twin.scenario.degradation import Fallback

LOOK_KIND = 8 << 40
ASKING_NOTHING = ("fail_open", "confirm_later")
WITH_QUOTA = ("dc_only", "allotment")


class Standing:
    """How a fallback stands with one channel."""

    def __init__(self, shop: Shop, fallback: Fallback, channel: Channel) -> None:
        self._env = shop.env
        self.fallback, self.channel = fallback, channel
        self.state = OFF
        self.over = simpy.Event(shop.env)
        self.allowed: dict[int, int] = {}  # units of each SKU
        self.sold: Counter[int] = Counter()
        self.spell: list[int] = []  # the row of the journal, while it is on

    @property
    def strategy(self) -> Degraded:
        return Degraded[self.fallback.strategy.upper()]

    @property
    def on(self) -> bool:
        return self.state.on

    def left(self, sku: Sku) -> int:
        """Units that the channel may still sell."""
        return self.allowed[sku.number] - self.sold[sku.number]

    def end(self) -> None:
        """It is over, for all who wait for that."""
        self.spell[-1] = self._env.now
        self.over.succeed()
        self.over = simpy.Event(self._env)


class Watch:
    """Looks at what can be observed, every so often."""

    def __init__(self, shop: Shop, channels: list[Channel], *, service: Called, erp: Called) -> None:
        self._shop, self._settings = shop, shop.systems.degradation
        self._called = {"service": service, "erp": erp}
        self._movements = shop.outages(shop.systems.movements.system)
        names = list(shop.scenario.demand.channels)
        self._standings = [
            [Standing(shop, fallback, channel) for channel in channels if self._concerns(fallback, channel, names)]
            for fallback in self._settings.fallbacks
        ]
        self._dc_stock: dict[int, tuple[int, dict[int, int]]] = {}  # by fallback: when it was counted, by SKU
        if self._settings.fallbacks:
            shop.env.process(self._looks())

    def _concerns(self, fallback: Fallback, channel: Channel, names: list[str]) -> bool:
        name = names[channel.number]
        if fallback.channels and name not in fallback.channels:
            return False
        if fallback.of == "publication" and channel.marketplace:
            return False
        return fallback.strategy != "shed" or self._settings.priorities.get(name, 0) < fallback.below

    def standing(self, channel: Channel) -> Standing | None:
        """The first fallback that is on for a channel."""
        standings = (each for listed in self._standings for each in listed if each.channel is channel)
        return next((each for each in standings if each.on), None)

    def spares(self, order: Order, system: str, attempt: int) -> bool:
        """Whether an order does not make a call: 0 asks what there is, 1 reserves."""
        if order.standing is None:
            return False
        fallback = order.standing.fallback
        if fallback.strategy in ASKING_NOTHING or fallback.strategy in WITH_QUOTA or fallback.of == system:
            return True
        return fallback.of == "publication" and (system, attempt) == ("service", 0)

    def admit(self, order: Order) -> Refusal:
        """An order arrives: how it is decided, and whether it is refused at once."""
        standing = order.standing = self.standing(order.channel)
        if standing is None:
            return Refusal.NONE
        fallback = standing.fallback
        order.degraded = standing.strategy
        order.unanswered = self._goes_without(order)
        if fallback.strategy == "shed":
            return Refusal.SHED
        if fallback.strategy == "fail_closed" or (fallback.strategy == "dc_only" and order.pickup):
            return Refusal.CLOSED
        return self._with_belief(order, fallback)

    def _with_belief(self, order: Order, fallback: Fallback) -> Refusal:
        if fallback.strategy not in ("serve_stale", "growing_buffer"):
            return Refusal.NONE
        channel, now = order.channel, self._shop.env.now
        silence = channel.silence(now)
        asks = channel.publication.mode == "query"
        if silence > fallback.max_age or (order.unanswered and asks and not channel.asks_down_system(now)):
            return Refusal.CLOSED
        if fallback.strategy == "growing_buffer":
            order.withheld = grown(silence, round(fallback.buffer_rate * 1e6))
        return Refusal.NONE

    def _goes_without(self, order: Order) -> bool:
        """Whether it goes on as if a call had failed."""
        standing, systems = order.standing, self._shop.systems
        assert standing is not None
        if standing.fallback.strategy in (*ASKING_NOTHING, *WITH_QUOTA):
            return True
        if order.channel.marketplace:
            return False
        query = systems.publications.own.mode == "query"
        direct = systems.erp.coupling == "direct"
        reserves = systems.reserving.mode == "synchronous" and systems.reserving.point != "none"
        return {
            "movements": False,
            "publication": query,
            "service": (query and not direct) or reserves,
            "erp": direct,
        }[standing.fallback.of]

    def _looks(self) -> Process:
        for k in count():
            yield self._shop.batch_time(k * self._settings.watch, LOOK_KIND)
            for place, standings in enumerate(self._standings):
                if standings:
                    self._look(place, standings)

    def _look(self, place: int, standings: list[Standing]) -> None:
        now, fallback = self._shop.env.now, standings[0].fallback
        ill, well = self._condition(fallback, standings[0].channel)
        if fallback.strategy == "dc_only" and self._is_due(place, standings, well):
            self._dc_stock[place] = now, {sku.number: _in_dcs(sku) for sku in self._shop.skus}
        for standing in standings:
            if standing.channel.marketplace and standing.channel.outages.since(now) is not None:
                continue
            before = standing.state
            standing.state = looked(before, ill=ill, well=well, now=now, dwell=fallback.dwell, calm=fallback.calm)
            if standing.on and not before.on:
                self._begin(place, standing)
            elif before.on and not standing.on:
                standing.end()

    def _is_due(self, place: int, standings: list[Standing], well: bool) -> bool:
        if place not in self._dc_stock:
            return True
        aged = self._shop.env.now - self._dc_stock[place][0] >= standings[0].fallback.refresh
        return well and aged and not any(standing.on for standing in standings)

    def _condition(self, fallback: Fallback, channel: Channel) -> tuple[bool, bool]:
        """Whether the system is ill, and whether it is well."""
        now = self._shop.env.now
        if fallback.when == "silence":
            since = self._outages(fallback, channel).since(now)
            return silent(0 if since is None else now - since, fallback.enter_after)
        called = self._called[fallback.of]
        if fallback.when == "breaker":
            return called.breaker.is_open(now), not called.breaker.is_open(now)
        ended = [failed for t, failed in called.results if t > now - fallback.span]
        enter, leave = (round(share * 1e6) for share in (fallback.enter_share, fallback.exit_share))
        return failing(sum(ended), len(ended), minimum=fallback.minimum, enter=enter, leave=leave)

    def _outages(self, fallback: Fallback, channel: Channel) -> Outages:
        if fallback.of == "movements":
            return self._movements
        return channel.outages if fallback.of == "publication" else self._called[fallback.of].outages

    def _begin(self, place: int, standing: Standing) -> None:
        shop, channel, fallback = self._shop, standing.channel, standing.fallback
        standing.spell = [place, channel.number, standing.strategy, shop.env.now, NONE]
        shop.fallbacks.append(standing.spell)
        standing.sold.clear()
        if fallback.strategy == "dc_only":
            counted = self._dc_stock[place][1]
            standing.allowed = {sku.number: counted[sku.number] - channel.held_back(sku) for sku in shop.skus}
        elif fallback.strategy == "allotment":
            standing.allowed = {sku.number: fallback.units or self._share(standing, sku) for sku in shop.skus}

    def _share(self, standing: Standing, sku: Sku) -> int:
        """Part of what the channel believes, before copies are refreshed at this instant."""
        channel, now = standing.channel, self._shop.env.now
        believed = channel.belief(sku, now if channel.publication.mode == "query" else now - 1)
        return share_of(believed, round(standing.fallback.share * 1e6))


def _in_dcs(sku: Sku) -> int:
    """What the view offers in DCs, less what is reserved for no node."""
    return max(0, sum(pair.free() for pair in sku.pooled if pair.node.is_dc) - sku.reserved)
