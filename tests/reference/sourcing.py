"""Which node supplies a line, and what happens when it is picked (docs/model.md, section 7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import simpy

from tests.reference.blame import Blame, cause_of, gone
from tests.reference.carriage import Carrier
from tests.reference.choosing import Choice, nodes_of
from tests.reference.clock import among_orders, before_orders
from tests.reference.collection import Collection
from tests.reference.ledgers import Movement, Node, Pair
from tests.reference.notices import Notices
from tests.reference.orderlines import Line, Order
from tests.reference.refunds import Refunds
from tests.reference.shop import Shop
from tests.reference.shortages import Shortages
from tests.reference.staff import Staff
from tests.reference.stations import Station
from tests.reference.stock import CORRECTION, Stock
from tests.reference.today import Today
from tests.reference.traces import Span
from twin.core.clock import DAY
from twin.journal.observability import SpanKind
from twin.journal.orders import Cause, Decline, Degraded, Status
from twin.journal.tables import NONE
from twin.journal.totals import Flow
from twin.policies.calendars import next_list, next_open

PICK = 1 << 24


@dataclass(slots=True)
class Parcel:
    """Lines of one order that one node picks together."""

    number: int
    node: Node
    lines: list[Line]
    taken: simpy.Event  # happens when a picker takes it; its value is when the pick ends
    span: Span | None = None  # of the pick, once it is known when it begins


@dataclass(slots=True)
class Rejected:
    """Lines of one order that have to be brokered again because another order found nothing."""

    order: Order
    lines: list[Line]


class Sourcing:
    """Finds nodes, has parcels picked."""

    def __init__(
        self, shop: Shop, stock: Stock, blame: Blame, refunds: Refunds, notices: Notices, today: Today
    ) -> None:
        self._today = today
        self._shop, self._stock, self._blame = shop, stock, blame
        self._settings = settings = shop.systems.sourcing
        self._reserves = shop.systems.reserving.point != "none"
        self._pickers = [Station(shop.env, node.pickers) for node in shop.nodes]
        self.staff = Staff(shop, self._pickers)
        self._dc_pick = shop.stream("pick", settings.dc_pick)
        self._store_pick = shop.stream("pick", settings.store_pick)
        self._to_pick: dict[Pair, list[tuple[Order, Line]]] = {}
        self._damaged = shop.stream("damaged")
        self.shortages = Shortages(shop)
        self.collection = Collection(
            shop, stock, self._pickers, opening=self._opening, refunds=refunds, notices=notices
        )
        self.carrier = Carrier(shop)
        self.choice = Choice(shop, self._pickers, self.carrier)
        self._pack, self._transit = shop.stream("pack", settings.pack), shop.stream("transit", settings.transit)

    def choose(self, line: Line, pair: Pair) -> None:
        """The line is to come from this pair."""
        self._blame.at_choice(line, pair, pair.promised)
        line.pair, line.node, line.mark = pair, pair.node.number, gone([pair])

    def source(self, order: Order, lines: list[Line]) -> list[Parcel]:
        """Give each line of a wave its node; the parcels that result have joined their pick stations."""
        for line in lines:
            self._hurry(order, line)
        free = [line for line in lines if line.pair is None]
        room, shared, kept_away = self.choice.room(order), None, False
        if room is None or room > 0:
            shared, kept_away = self._node_for_all(order, free, lines)
        for line in lines:
            if line.pair is not None:
                if not line.reserved and not line.short_picks:
                    self._reserve_at_store(line)
                continue
            for common in (shared, None):  # once more, if the customer takes another item
                pair, was_full = self._node_for(order, line, lines, shared=common, room=room)
                kept_away = kept_away or was_full
                if not self._place(order, line, lines, pair):
                    break
        if free:
            self._shop.flows[Flow.SOURCINGS] += 1
            self._shop.flows[Flow.CAPPED_SOURCINGS] += kept_away
        parcels = self._parcels(order, [line for line in lines if line.status == Status.ACCEPTED])
        if parcels and order.t_release == NONE:
            order.t_release = self._shop.env.now
        return parcels

    def _node_for_all(self, order: Order, lines: list[Line], wave: list[Line]) -> tuple[int | None, bool]:
        """The node preferred for the first line among those that could supply all lines, and whether another one would
        be if no store ever had enough.
        """
        if not lines:
            return None, False
        first: list[int | None] = []
        for mind_caps in (True, False):
            able = [
                [pair.node.number for pair in self.choice.candidates(line, order, wave, mind_caps=mind_caps)]
                for line in lines
            ]
            shared = [node for node in able[0] if all(node in nodes for nodes in able)]
            first.append(shared[0] if shared else None)
        return first[0], first[0] != first[1]

    def _node_for(
        self, order: Order, line: Line, wave: list[Line], *, shared: int | None, room: int | None
    ) -> tuple[Pair | None, bool]:
        """Where the line comes from, if it can, and whether it would be another if no store ever had enough."""
        if shared is not None:
            return line.sku.by_node[shared], False
        if self._settings.split == "never":
            return None, False
        along = nodes_of(wave, but=line)
        able = self.choice.candidates(line, order, wave)
        if room is not None and len(along) >= room:
            return next((pair for pair in able if pair.node.number in along), None), False
        wanted = self.choice.candidates(line, order, wave, mind_caps=False)
        return able[0] if able else None, able[:1] != wanted[:1]

    def _place(self, order: Order, line: Line, wave: list[Line], pair: Pair | None) -> bool:
        """The line goes to a node, or is short; whether it goes on as another item, which has no node yet."""
        moment = among_orders(self._shop.env.now)
        if pair is None and self.choice.limits:
            kept_away = bool(self.choice.candidates(line, order, wave, mind_caps=False))
        else:
            kept_away = False
        line.sku.unplaced -= line.quantity
        if line.reserved:
            line.sku.reserve(-line.quantity, moment)
        if pair is None:
            return self._oversell(order, line, line.backed(), at_pair=False, kept_away=kept_away)
        self._promise_from(line, pair)
        return False

    def _promise_from(self, line: Line, pair: Pair) -> None:
        """A pair is to supply a line that was in the pool so far."""
        self.choose(line, pair)
        line.reserved = self._reserves
        pair.promised += line.quantity
        if self._reserves:
            pair.change(among_orders(self._shop.env.now), resv=line.quantity)

    def _hurry(self, order: Order, line: Line) -> None:
        """A line whose pick was short may still be there today, from another node, if parcels are not limited."""
        limited = self._settings.split == "never" or self._settings.most_parcels > 0
        pair = self._today.node_again(order, line, may_change=not limited)
        if pair is None:
            return
        line.today = True
        line.sku.unplaced -= line.quantity
        if line.reserved:
            line.sku.reserve(-line.quantity, among_orders(self._shop.env.now))
        self._promise_from(line, pair)

    def _reserve_at_store(self, line: Line) -> None:
        """A pickup line that nothing was set aside for."""
        pair = line.store()
        self._blame.at_choice(line, pair, pair.promised - line.quantity)
        line.reserved = self._reserves
        if self._reserves:
            pair.change(among_orders(self._shop.env.now), resv=line.quantity)

    def _oversell(self, order: Order, line: Line, left: int, *, at_pair: bool, kept_away: bool = False) -> bool:
        """Nobody has it; whether the customer takes something else."""
        if not line.cause:
            self._name_cause(line, left, at_pair=at_pair, kept_away=kept_away)
        return self.shortages.answer(line, order)

    def _name_cause(self, line: Line, left: int, *, at_pair: bool, kept_away: bool) -> None:
        line.cause = cause_of(line, left, at_pair=at_pair)
        if line.cause == Cause.JOINT and not line.suspect and kept_away:
            line.cause = Cause.FRAGMENTED
        elif line.cause == Cause.JOINT and not line.suspect and not at_pair and line.degraded == Degraded.DC_ONLY:
            line.cause = Cause.DEGRADED
        elif line.cause == Cause.JOINT and not line.suspect and not at_pair:
            self._blame.hidden(line)
            line.cause = Cause(line.suspect)

    def _parcels(self, order: Order, lines: list[Line]) -> list[Parcel]:
        """Lines of one node travel together; parcels queue in the order of their first line."""
        by_node: dict[tuple[int, bool], list[Line]] = {}
        for line in lines:
            by_node.setdefault((line.node, line.today), []).append(line)
        return [self._parcel(order, self._shop.nodes[node], together) for (node, _), together in by_node.items()]

    def _parcel(self, order: Order, node: Node, lines: list[Line]) -> Parcel:
        number, order.parcels = order.parcels, order.parcels + 1
        if not order.pickup and not lines[0].today:
            self.choice.give(node)
        law = self._dc_pick if node.is_dc else self._store_pick
        takes = law.sample(order.id, number)
        taken = self._pickers[node.number].join(takes, self._opening(node))
        parcel = Parcel(number, node, lines, taken)
        for line in lines:
            line.parcel = parcel
            self._to_pick.setdefault(line.store(), []).append((order, line))
        self._trace(order, parcel, takes)
        return parcel

    def _trace(self, order: Order, parcel: Parcel, takes: int) -> None:
        wait = self._shop.tracer.begin(order.id, SpanKind.PICK_WAIT, parcel.number, self._shop.env.now)

        def begins(taken: simpy.Event) -> None:
            done: int = cast(int, taken.value)
            wait.finish(done - takes)
            parcel.span = self._shop.tracer.begin(order.id, SpanKind.PICK, parcel.number, done - takes)

        assert parcel.taken.callbacks is not None
        parcel.taken.callbacks.append(begins)

    def _opening(self, node: Node) -> Callable[[int], int]:
        day = self._shop.env.now // DAY
        if node.is_dc:
            return self._shop.outages("wms", node.number).up
        shift = self._shop.shifts[node.region][day]
        link = self._shop.outages("link", node.number)

        waves, told = self._settings.store_waves, self._shop.env.now
        if waves:
            told = next_list(told, node.opens, node.closes, shift, waves)

        def opening(t: int) -> int:
            t = max(t, told)
            later = link.up(next_open(t, node.opens, node.closes, shift))
            return later if later == t else opening(later)

        return opening

    def pick(self, order: Order, parcel: Parcel) -> tuple[list[Line], list[Rejected]]:
        """The pick ends: what is there is taken; returns the lines to be brokered again, and those of other orders."""
        now, again, rejected, found = self._shop.env.now, list[Line](), list[Rejected](), list[Line]()
        for line in [line for line in parcel.lines if line.parcel is parcel]:
            pair = line.store()
            self._to_pick[pair].remove((order, line))
            line.parcel = None
            self._shop.flows[Flow.PICKS] += 1
            reason = self._finds(line)
            if reason == Decline.NONE:
                self._take(line, now)
                line.came_in = parcel
                found.append(line)
                continue
            self._shop.flows[Flow.SHORT_PICKS] += 1
            self._decline(line, reason, now)
            if self._broker_again(order, line):
                again.append(line)
            if reason == Decline.NOT_IN_STOCK and self._settings.cascade:
                rejected += self._reject_others(order, pair)
        assert parcel.span is not None
        parcel.span.finish(now, len(found))
        if found:
            self._hand_over(order, parcel, found, now)
        return again, rejected

    def _finds(self, line: Line) -> Decline:
        """What the picker finds."""
        on_hand, wanted = line.store().on_hand, line.quantity
        if on_hand < wanted:
            return Decline.MISMATCH if on_hand else Decline.NOT_IN_STOCK
        share = round(self._shop.scenario.estate.record_error.damaged * 10**6)
        last = on_hand < 2 * wanted
        worn = last and share and self._damaged.below(10**6, line.order, line.number << 4 | line.short_picks) < share
        return Decline.DAMAGED if worn else Decline.NONE

    def _decline(self, line: Line, reason: Decline, now: int) -> None:
        """The picker found too little; the node may say so."""
        pair, missing = line.store(), line.quantity
        line.decline = reason
        if reason == Decline.DAMAGED:
            pair.on_hand -= missing
            pair.err += missing
            pair.shrunk += missing
            self._shop.flows[Flow.DAMAGED_UNITS] += missing
        pair.change(among_orders(now), blocked=True)
        pair.short = True
        if self._settings.declines != "correct":
            return
        counted = pair.on_hand + pair.err
        change = {
            Decline.NOT_IN_STOCK: -counted,
            Decline.MISMATCH: pair.on_hand - missing,
            Decline.DAMAGED: -missing,
        }[reason]
        if change:
            self._shop.flows[Flow.PICK_CORRECTIONS] += 1
            self._shop.flows[Flow.PICK_CORRECTED_UNITS] += abs(change)
            part = CORRECTION | line.number << 4 | line.short_picks
            told = Movement(pair, change, t=now, moment=among_orders(now), entity=line.order, part=part)
            told.receipt = True
            self._stock.recount(told)

    def _reject_others(self, order: Order, pair: Pair) -> list[Rejected]:
        """Everybody else who waits for this item here is told that there is none."""
        others = [(other, line) for other, line in self._to_pick[pair] if other is not order]
        out: list[Rejected] = []
        for other, line in sorted(others, key=lambda each: (each[0].id, each[1].number)):
            self._to_pick[pair].remove((other, line))
            line.parcel, line.decline = None, Decline.REJECTED
            line.rejections += 1
            self._shop.flows[Flow.REJECTED_LINES] += 1
            if not out or out[-1].order is not other:
                out.append(Rejected(other, []))
            if self._broker_again(other, line):
                out[-1].lines.append(line)
        return out

    def _hand_over(self, order: Order, parcel: Parcel, found: list[Line], now: int) -> None:
        ready, tracer = now + self._pack.sample(order.id, parcel.number), self._shop.tracer
        tracer.add(order.id, SpanKind.PACK, parcel.number, now, ready)
        order.t_pick = max(order.t_pick, now)
        order.t_ready = max(order.t_ready, ready)
        self.carrier.fetch(order, parcel, now, ready)
        if found[0].today:
            self._today.hand_over(order, parcel, found, ready)
            return
        done = ready if order.pickup else ready + self._transit.sample(order.id, parcel.number)
        if not order.pickup:
            tracer.add(order.id, SpanKind.TRANSIT, parcel.number, ready, done)
        if not (order.pickup and self.collection.is_on):
            order.t_done = max(order.t_done, done)

    def review(self, placed: list[Order]) -> tuple[list[Rejected], list[Order]]:
        """What waits for stock is looked at, the oldest first: lines to be released anew, and orders that lost some."""
        now, waves, given_up = self._shop.env.now, list[Rejected](), list[Order]()
        waiting = [(line, order) for order in placed for line in order.lines if line.status == Status.BACKORDERED]
        for line, order in sorted(waiting, key=lambda each: (each[0].t_short, each[1].id, each[0].number)):
            if self.shortages.is_over(line):
                given_up.append(order)
            elif self._seems_there(line, order):
                self._place_again(line, now)
                wave = next((wave for wave in waves if wave.order is order), None)
                if wave is None:
                    wave = Rejected(order, [])
                    waves.append(wave)
                wave.lines.append(line)
        return waves, given_up

    def _seems_there(self, line: Line, order: Order) -> bool:
        """Whether one node seems to have the line, and there is enough for all who came before."""
        units = [pair.have() for pair in line.sku.pooled if order.may_come_from(pair)]
        return max(units, default=0) >= line.quantity <= sum(units) - line.sku.unplaced

    def _place_again(self, line: Line, now: int) -> None:
        line.status = Status.ACCEPTED
        line.sku.unplaced += line.quantity
        self._shop.flows[Flow.BACKORDERS_PLACED] += 1
        if self._reserves:
            line.sku.reserve(line.quantity, before_orders(now))
            line.reserved = True

    def withdraw(self, order: Order, line: Line, moment: int) -> None:
        """Nobody is to pick a line any more that has been at a node, or is to go to one once more."""
        if line.parcel is None:
            line.sku.unplaced -= line.quantity
            if line.reserved:
                line.sku.reserve(-line.quantity, moment)
            return
        pair, line.parcel = line.store(), None
        self._to_pick[pair].remove((order, line))
        pair.promised -= line.quantity
        if line.reserved:
            pair.change(moment, resv=-line.quantity)

    def _take(self, line: Line, now: int) -> None:
        pair = line.store()
        pair.promised -= line.quantity
        self._shop.flows[Flow.PICKED_UNITS] += line.quantity
        part = PICK | line.number << 4 | line.short_picks
        movement = Movement(pair, -line.quantity, t=now, moment=among_orders(now), entity=line.order, part=part)
        movement.settles = line.quantity if line.reserved else 0
        self._stock.move(movement)
        if line.pickup and self.collection.is_on:
            line.status = Status.READY
            pair.set_aside += line.quantity
        else:
            line.end(Status.SUPPLIED, now)

    def _broker_again(self, order: Order, line: Line) -> bool:
        """After a short pick, or a rejection: look for another node, or give up."""
        pair = line.store()
        pair.promised -= line.quantity
        if line.reserved:
            pair.change(among_orders(self._shop.env.now), resv=-line.quantity)
        line.short_picks += 1
        reserved, line.reserved = line.reserved, False
        if line.pickup or line.short_picks > self._settings.rebroker:
            return self._oversell(order, line, pair.on_hand - pair.promised, at_pair=True)
        line.pair = None
        line.hurries, line.today = line.today, False
        line.sku.unplaced += line.quantity
        if reserved:
            line.sku.reserve(line.quantity, among_orders(self._shop.env.now))
            line.reserved = True
        return True
