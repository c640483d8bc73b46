"""The story of an order (docs/model.md, section 6)."""

from __future__ import annotations

from collections.abc import Generator
from itertools import count
from typing import Any

import simpy

from tests.reference.assisting import Associates
from tests.reference.blame import Blame, backed_by_view, false_out_of_stock, gone, refusal_reason
from tests.reference.called import Called
from tests.reference.calls import Calls, Errands
from tests.reference.channels import VIEW, Channel, age
from tests.reference.clock import LAPSED, NOW, Instant, Process, among_orders
from tests.reference.consumers import set_aside
from tests.reference.contracts import Contracts
from tests.reference.degrading import ASKING_NOTHING, WITH_QUOTA, Watch
from tests.reference.gateway import Gateway
from tests.reference.identity import Identity
from tests.reference.ledgers import Pair
from tests.reference.notices import Notices
from tests.reference.orderlines import Line, Order
from tests.reference.refunds import Refunds
from tests.reference.release import Releases
from tests.reference.sagas import Sagas
from tests.reference.shop import Shop
from tests.reference.sourcing import Parcel, Rejected, Sourcing
from tests.reference.stock import Stock
from tests.reference.today import Today
from tests.reference.waking import Waking
from twin.core.clock import Tie, tie_key
from twin.journal.observability import SpanKind
from twin.journal.orders import Cause, Degraded, Refusal, Status
from twin.journal.tables import NONE
from twin.journal.totals import FeedName, Flow
from twin.world.tables import WorldDay

PARCEL_STEPS = 32
SAGA_STEPS = 32_768
REJECTED_STEPS = 16_384
DEADLINE_STEPS = 65_531
BACKORDERS = 40 << 40
CONFIRMING = 65_535
"""Step at which an order is confirmed beside its own story."""
Asking = Generator[simpy.Event, Any, bool]


class Orders:
    """Takes and fulfils orders."""

    def __init__(self, shop: Shop, channels: list[Channel], stock: Stock, refunds: Refunds, notices: Notices) -> None:
        self._refunds = refunds
        self._shop, self._channels, self._stock = shop, channels, stock
        self._env, self._systems = shop.env, shop.systems
        self._blame = Blame(shop)
        self.today, self.associates = Today(shop), Associates(shop, stock)
        self.sourcing = Sourcing(shop, stock, self._blame, refunds, notices, self.today)
        own = [channel.number for channel in channels if not channel.marketplace]
        self.contracts = Contracts(shop, own)
        identity, service, erp = Identity(shop), shop.systems.service, shop.systems.erp
        gateways = (
            Gateway(shop, name, settings.limits, settings.timeout, identity=identity, contracts=self.contracts)
            for name, settings in (("erp", erp), ("service", service))
        )
        counts = (Flow.ERP_CALLS, Flow.ERP_TIME_OUTS), (Flow.SERVICE_CALLS, Flow.SERVICE_TIME_OUTS)
        self._erp = Called(shop, "erp", erp, counts[0], system="erp", gateway=next(gateways))
        self._service = Called(shop, "service", service, counts[1], system=service.system, gateway=next(gateways))
        self._calls = Calls(shop)
        self.errands = Errands(shop, self._calls)
        self._watch = Watch(shop, channels, service=self._service, erp=self._erp)
        self._payment = shop.stream("payment", shop.systems.payment)
        self._releases = Releases(shop)
        self.sagas = Sagas(shop)
        self.placed: list[Order] = []
        if shop.systems.sourcing.shortage.backorders:
            shop.env.process(self._reviews())

    def arrivals(self, day: WorldDay) -> Process:
        """Customers of a day start their checkouts."""
        wanted = day.lines.tolist()
        names = day.checkouts.dtype.names or ()
        for values in day.checkouts.tolist():
            row = dict(zip(names, values, strict=True))
            order = self._order(row, wanted[row["first_line"] : row["first_line"] + row["lines"]])
            yield Instant(self._env, order.t, tie_key(Tie.ORDER, order.id, 0))
            for line in order.lines:
                line.price = self._shop.prices.listed(line.sku.number)
            self.placed.append(order)
            story = self._listed if order.channel.marketplace else self._cart
            self._env.process(story(order, Waking(self._env, order.id, 0)))

    def _order(self, row: dict[str, Any], wanted: list[tuple[int, int]]) -> Order:
        channel, pickup = self._channels[row["channel"]], row["pickup"] >= 0
        order = Order(
            row["order"],
            row["t"],
            channel,
            row["region"],
            row["x_km"],
            row["y_km"],
            pickup,
            bool(row["abandons"]),
            bool(row["declined"]),
            row["checkout"],
            bool(row["leaves"]),
            row["cart"],
        )
        for number, (sku, quantity) in enumerate(wanted):
            at = self._shop.skus[sku]
            pair = at.by_node[row["pickup"]] if pickup else None
            order.lines.append(Line(order.id, number, channel, at, quantity, order.t, pickup, pair, row["pickup"]))
        order.wish = self.today.wish(order)
        return order

    def _listed(self, order: Order, wake: Waking) -> Process:
        """A marketplace sells from its listing: check, reserve and accept at once."""
        if self._is_turned_away(order):
            return
        self._check(order)
        if self._systems.reserving.point not in ("none", "fulfilment"):
            self._set_aside_open(order, hold=False)
        if self._accept(order):
            self._env.process(self._deadlines(order))
            yield from self._keep_promise(order, wake)

    def _deadlines(self, order: Order) -> Process:
        """The marketplace waits for so long for the release of an order, and for its parcels."""
        rules = list(self._shop.scenario.demand.channels.values())[order.channel.number]
        wake = Waking(self._env, order.id, DEADLINE_STEPS)
        if rules.confirm_within:
            yield wake.at(order.t_accept + rules.confirm_within)
            if not order.confirmed:
                self._withdraw(order, Status.NOT_CONFIRMED)
                return
        if rules.ship_within:
            yield wake.at(order.t_accept + rules.ship_within)
            self._withdraw(order, Status.NOT_SHIPPED)

    def _withdraw(self, order: Order, status: Status) -> None:
        """What is not picked is cancelled."""
        now = self._env.now
        for line in order.lines:
            if line.status == Status.BACKORDERED:
                self._shop.flows[Flow.BACKORDERS_WITHDRAWN] += 1
            elif line.status != Status.ACCEPTED:
                continue
            elif line.parcel is None and not line.short_picks and line.t_short == NONE:
                self._take_back(line)
            else:
                self.sourcing.withdraw(order, line, among_orders(now))
            line.end(status, now)
        self._refunds.for_lines(order)

    def _is_turned_away(self, order: Order) -> bool:
        """A fallback may refuse an order when it is to be checked."""
        reason = self._watch.admit(order)
        if reason:
            for line in order.open_lines():
                line.degraded = order.degraded
            self._refuse_all(order, reason)
        return bool(reason)

    def _cart(self, order: Order, wake: Waking) -> Process:
        """The retailer's own channels: a cart is filled, and left or taken to the checkout."""
        reserving = self._systems.reserving
        in_cart = reserving.point == "cart"
        if in_cart:
            yield from self._ask(order, wake)
        if order.leaves:
            for line in order.lines:
                line.refusal, line.false_oos = Refusal.NONE, False
                line.end(Status.LEFT, self._env.now if line.status == Status.OPEN else line.t_end)
            return
        if in_cart and not order.open_lines():
            return
        if order.cart:
            yield wake.at(self._env.now + order.cart)
            if in_cart and reserving.extends:
                self._extend(order)
        if not in_cart:
            yield from self._ask(order, wake)
        yield from self._checkout(order, wake)

    def _ask(self, order: Order, wake: Waking) -> Process:
        """What is wanted is asked for; who wants it today is told, whatever comes of it."""
        self.associates.serve(order)
        if not order.open_lines():
            return
        yield from self._look(order, wake)
        if not order.leaves:
            self.today.told(order)

    def _look(self, order: Order, wake: Waking) -> Process:
        """What is wanted is checked, and reserved if that is done now."""
        if self._is_turned_away(order):
            return
        if not (yield from self._ask_first(order, wake)):
            return
        self._check(order)
        self._trace(order, SpanKind.CHECK, len(order.open_lines()))
        if self._systems.reserving.point in ("cart", "checkout"):
            yield from self._reserve(order, wake, hold=True)

    def _extend(self, order: Order) -> None:
        """Holds that have not lapsed begin anew."""
        for line in order.open_lines():
            if line.hold:
                self._env.process(self._lapse(line))

    def _checkout(self, order: Order, wake: Waking) -> Process:
        """The customer goes on with what is left, or goes away."""
        if order.abandons:
            self._end(order, Status.ABANDONED)
        if not order.open_lines():
            return
        if not (yield from self._before_payment(order, wake)):
            return
        paying = self._env.now if self._wakes_to_pay else self._env.now + order.checkout
        yield from self._pay(order, wake, paying)

    def _pay(self, order: Order, wake: Waking, paying: int) -> Process:
        """The payment begins, and with it the order is placed or declined."""
        paid = paying + self._payment.sample(order.id)
        self._shop.tracer.add(order.id, SpanKind.PAYMENT, 0, paying, paid, not order.declined)
        yield wake.at(paid)
        if order.declined:
            self._release(order)
            self._end(order, Status.DECLINED)
            return
        if self._systems.reserving.point == "order":
            yield from self._reserve(order, wake, hold=False)
        if self._accept(order):
            yield from self._keep_promise(order, wake)

    @property
    def _wakes_to_pay(self) -> bool:
        """Whether something happens between the checkout and the payment."""
        reserving = self._systems.reserving
        extends = reserving.extends and reserving.point in ("cart", "checkout")
        return extends or reserving.point == "payment" or self.errands.are_on or self._shop.prices.corrects

    def _before_payment(self, order: Order, wake: Waking) -> Asking:
        """Ask whoever has to be asked, set units aside if that is done now; false if the customer is lost."""
        if not self._wakes_to_pay:
            return True
        yield wake.at(self._env.now + order.checkout)
        if self._shop.prices.corrects and self._is_too_dear(order):
            return False
        failure = yield from self.errands.story(order, wake)
        if failure != Refusal.NONE:
            self._refuse_all(order, failure)
            return False
        if self._systems.reserving.point == "payment":
            return (yield from self._reserve(order, wake, hold=True))
        if self._systems.reserving.extends:
            self._extend(order)
        return True

    def _is_too_dear(self, order: Order) -> bool:
        """The customer is told what things really cost, and may leave over that."""
        leaves = self._shop.prices.tell_customer(order)
        if leaves:
            self._end(order, Status.ABANDONED)
        return leaves

    def _keep_promise(self, order: Order, wake: Waking) -> Process:
        """Fulfil the order; what a fallback let pass is first held against the view, or when the fallback is over."""
        standing = order.standing
        if standing is not None and order.strategy == "confirm_later":
            if standing.on:
                patience = wake.perhaps_at(self._env.now + standing.fallback.confirm_within)
                over = standing.over
                yield over | patience
                yield wake.at(self._env.now) if over.processed else wake.has_come(patience)
            else:
                yield wake.at(self._env.now)
            self._confirm(order)
        elif standing is not None and standing.fallback.recovery == "reconfirm":
            if standing.on:
                self._env.process(self._confirm_when_over(order, standing.over))
            else:
                yield wake.at(self._env.now)
                self._confirm(order)
        if order.promised_lines() and self.sagas.are_on:
            self._env.process(self._after_saga(order))
        elif order.promised_lines():
            yield from self._fulfil(order, wake, order.lines, 0)

    def _after_saga(self, order: Order) -> Process:
        """Other systems do their part before the order is released; if they cannot, it is cancelled."""
        wake = Waking(self._env, order.id, SAGA_STEPS)
        yield wake.at(self._env.now)
        span = self._shop.tracer.begin(order.id, SpanKind.SAGA, 0, self._env.now)
        completed = yield from self.sagas.story(order, wake)
        span.finish(self._env.now, int(completed))
        order.sets_out = self._env.now if completed else NONE
        if not completed:
            for line in order.promised_lines():
                self._take_back(line)
                line.end(Status.CANCELLED, self._env.now)
            self._refunds.for_lines(order)
        elif order.promised_lines():
            yield from self._fulfil(order, Waking(self._env, order.id, 0), order.lines, 0)

    def _confirm_when_over(self, order: Order, over: simpy.Event) -> Process:
        yield over
        yield Instant(self._env, self._env.now, tie_key(Tie.ORDER, order.id, CONFIRMING))
        if not order.parcels:
            self._confirm(order)

    def _confirm(self, order: Order) -> None:
        """Ask the view for what was promised without asking; cancel what it cannot back."""
        for line in order.promised_lines():
            if line.cause:
                continue
            if not backed_by_view(line):
                self._cancel(line)
                continue
            self._shop.flows[Flow.LINES_CONFIRMED] += 1
            if order.strategy == "confirm_later" and self._systems.reserving.point not in ("none", "fulfilment"):
                line.reserved = True
                set_aside(line, line.pair, line.quantity, among_orders(self._env.now))
        self._refunds.for_lines(order)

    def _cancel(self, line: Line) -> None:
        self._shop.flows[Flow.CONFIRMATIONS_CANCELLED] += 1
        self._take_back(line)
        if line.suspect not in (Cause.NONE, Cause.DEGRADED, Cause.JOINT):
            line.also |= 1 << line.suspect
        line.cause, line.t_short = Cause.DEGRADED, self._env.now
        line.end(Status.OVERSOLD, self._env.now)

    def _take_back(self, line: Line) -> None:
        """Nothing is promised any more, and nothing set aside."""
        if line.pair is not None:
            line.pair.promised -= line.quantity
        else:
            line.sku.unplaced -= line.quantity
        self._give_back(line)

    def _ask_first(self, order: Order, wake: Waking) -> Asking:
        """The call with which a checkout starts, if the arm has one."""
        if self._systems.erp.coupling == "direct":
            return self._watch.spares(order, "erp", 0) or (yield from self._call(self._erp, order, wake, 0))
        if self._systems.publications.own.mode == "query":
            return self._watch.spares(order, "service", 0) or (yield from self._call(self._service, order, wake, 0))
        return True

    def _call(self, system: Called, order: Order, wake: Waking, attempt: int) -> Asking:
        """A synchronous call; false if the customer is lost over it."""
        failure = yield from self._calls.ask(system, order, wake, attempt)
        return failure == Refusal.NONE or self._go_on_degraded(order, failure)

    def _go_on_degraded(self, order: Order, reason: Refusal) -> bool:
        """A system that the checkout needs gives no answer: sell on the last belief, or refuse."""
        degradation, channel, now = self._systems.degradation, order.channel, self._env.now
        has_belief = channel.publication.mode != "query" or channel.asks_down_system(now)
        if degradation.strategy == "fail_closed" or not has_belief or channel.silence(now) > degradation.max_age:
            self._refuse_all(order, reason)
            return False
        order.unanswered = True
        order.degraded = order.degraded or Degraded.SERVE_STALE
        return True

    def _check(self, order: Order) -> None:
        """Hold each line against what the channel believes."""
        channel, now = order.channel, self._env.now
        if order.standing is None and channel.silence(now) > self._systems.degradation.max_age:
            self._refuse_all(order, Refusal.CLOSED)
            return
        needs_down = channel.asks_down_system(now) or self._reserves_at_down_service(channel)
        if needs_down and not order.unanswered and not self._go_on_degraded(order, Refusal.CLOSED):
            return
        for line in order.open_lines():
            self._take_rules(order, line)
        if not self.today.ask(order, lambda pair: self._kept_at(order, pair)):
            self._refuse_today(order)
            return
        for line in order.open_lines():
            if not self._believes(order, line):
                self._refuse(line, Refusal.NO_STOCK)

    def _refuse_today(self, order: Order) -> None:
        """The customer wanted it today or not at all."""
        assert order.wish is not None
        for line in order.open_lines():
            line.t_decision, line.truth = self._env.now, line.backed()
            line.refusal, line.false_oos = Refusal.NOT_TODAY, order.wish.backed
            line.end(Status.REFUSED, self._env.now)

    def _take_rules(self, order: Order, line: Line) -> None:
        """The line is decided as its order is."""
        line.degraded, line.unanswered = order.degraded, order.unanswered
        line.asked = order.strategy not in (*ASKING_NOTHING, *WITH_QUOTA)

    def _reserves_at_down_service(self, channel: Channel) -> bool:
        reserving = self._systems.reserving
        if channel.marketplace or reserving.mode != "synchronous" or reserving.point not in ("cart", "checkout"):
            return False
        return self._service.outages.since(self._env.now) is not None

    def _believes(self, order: Order, line: Line) -> bool:
        """Check a line against its channel's belief, or against what its fallback goes by."""
        now = self._env.now
        line.t_decision, line.asked_copy = now, not line.bound
        if order.strategy in ASKING_NOTHING:
            return True
        if order.strategy in WITH_QUOTA:
            return self._is_left(order, line)
        if line.bound:
            line.belief, line.staleness = line.store().free(), age(line.store().trail.oldest(VIEW, NOW), now)
        else:
            line.belief, line.staleness = line.channel.belief(line.sku, now), line.channel.staleness(line.sku, now)
        self._withhold(order, line, of_copy=not line.bound)
        return line.belief >= line.quantity and self._is_allotted(line)

    def _withhold(self, order: Order, line: Line, *, of_copy: bool) -> None:
        """Hold back what the fallback does, and what the belief has probably missed."""
        kept, now = self._shop.kept, self._env.now
        line.withheld = order.withheld
        if line.bound:
            line.withheld = self._kept_at(order, line.store())
        elif kept.mind_age:
            age = self._view_age(now) + (line.channel.copy_age(line.sku, now) if of_copy else 0)
            line.withheld += kept.at_risk(age, pair=None, sku=line.sku.number)
        line.belief -= line.withheld

    def _kept_at(self, order: Order, pair: Pair) -> int:
        """What is held back from a line that can come from one pair only."""
        kept = self._shop.kept
        if not kept.mind_age:
            return order.withheld
        age = self._view_age(self._env.now)
        return order.withheld + kept.at_risk(age, pair=pair.number, sku=pair.sku.number)

    def _view_age(self, now: int) -> int:
        movements = self._systems.movements
        if movements.mode == "batch":
            return now - self._shop.loaded.get(FeedName.MOVEMENTS, 0)
        began = self._shop.outages(movements.system).since(now)
        return 0 if began is None else now - began

    def _is_allotted(self, line: Line) -> bool:
        """Whether the channel may still sell the units, if stock is allotted to it."""
        quota = None if line.bound else line.channel.quota
        if quota is None or quota[line.sku.number] >= line.quantity:
            return True
        line.asked, line.belief, line.staleness = False, quota[line.sku.number], 0
        line.t_decision = self._env.now
        return False

    def _is_left(self, order: Order, line: Line) -> bool:
        """Check a line against what its fallback may still sell."""
        assert order.standing is not None
        line.t_decision, line.belief = self._env.now, order.standing.left(line.sku)
        return line.belief >= line.quantity

    def _believes_view(self, order: Order, line: Line) -> bool:
        """Check a shipped line at the reservation service."""
        now = self._env.now
        line.t_decision, line.asked_copy = now, False
        line.belief = line.sku.offered() - line.channel.held_back(line.sku)
        self._withhold(order, line, of_copy=False)
        line.staleness = age(line.sku.trail.oldest(VIEW, NOW), now)
        return line.belief >= line.quantity and self._is_allotted(line)

    def _reserve(self, order: Order, wake: Waking, *, hold: bool) -> Asking:
        """The reservation point; false if no line is left."""
        if not order.open_lines():
            return False
        calls = self._systems.reserving.mode == "synchronous" and not self._watch.spares(order, "service", 1)
        if calls and not (yield from self._call(self._service, order, wake, 1)):
            return False
        self._set_aside_open(order, hold=hold)
        if hold:
            self._trace(order, SpanKind.HOLD, len(order.open_lines()))
        return bool(order.open_lines())

    def _set_aside_open(self, order: Order, *, hold: bool) -> None:
        if order.strategy == "confirm_later":
            return
        for line in order.open_lines():
            self._take_rules(order, line)
            if not self._set_aside(order, line):
                self._refuse(line, Refusal.NO_STOCK)
            elif hold:
                line.hold = True
                self._env.process(self._lapse(line))

    def _set_aside(self, order: Order, line: Line) -> bool:
        """Check a line where it is reserved, and set its units aside; false if there are not enough."""
        reserving = self._systems.reserving
        at_service = reserving.mode == "synchronous" and not line.channel.marketplace and not line.unanswered
        believes = self._believes_view if at_service and not line.bound else self._believes
        if not believes(order, line):
            return False
        if at_service and not line.bound and reserving.level == "node":
            able = self.sourcing.choice.candidates(line, order, order.lines)
            if not able:
                line.belief = 0
                return False
            self.sourcing.choose(line, able[0])
        line.reserved, line.by_message = True, not at_service
        line.took_own = not at_service and line.channel.takes_own and not line.bound
        self._tell(line, line.quantity)
        return True

    def _tell(self, line: Line, units: int) -> None:
        """Reserve units, or give them back (negative), the way the line reserves."""
        moment = among_orders(self._env.now)
        if line.by_message:
            self._stock.note(line, units, moment)
        else:
            set_aside(line, line.pair, units, moment)
        if line.took_own:
            line.channel.take(line.sku, units)

    def _give_back(self, line: Line) -> None:
        """Undo the reservation of a line that was not accepted."""
        line.hold = False
        if line.reserved:
            self._tell(line, -line.quantity)
            line.reserved = line.took_own = False
            if not line.bound:
                line.pair = None

    def _lapse(self, line: Line) -> Process:
        """A hold waits for its time, unless it is extended before."""
        reserving = self._systems.reserving
        line.holds += 1
        mine = line.holds
        yield Instant(self._env, self._env.now + reserving.ttl + reserving.expiry_lag, LAPSED)
        if line.hold and line.holds == mine:
            self._give_back(line)
            line.lapsed = True
            self._shop.flows[Flow.LAPSED_HOLDS] += 1

    def _release(self, order: Order) -> None:
        for line in order.open_lines():
            self._give_back(line)

    def _end(self, order: Order, status: Status) -> None:
        for line in order.open_lines():
            line.end(status, self._env.now)

    def _refuse_all(self, order: Order, reason: Refusal) -> None:
        """Open lines are refused for a reason that is not stock; what they reserved is released."""
        self._release(order)
        for line in order.open_lines():
            line.t_decision = self._env.now
            self._refuse(line, reason)

    def _refuse(self, line: Line, reason: Refusal) -> None:
        line.truth, line.false_oos = line.backed(), false_out_of_stock(line)
        line.refusal = reason
        if reason == Refusal.NO_STOCK and line.false_oos:
            line.refusal = refusal_reason(line, self._env.now)
        line.end(Status.REFUSED, self._env.now)

    def _accept(self, order: Order) -> bool:
        """The order is placed: every open line becomes a promise."""
        for line in order.open_lines():
            line.hold = False
            if line.lapsed and self._systems.reserving.lapsed == "recheck":
                if not self._set_aside(order, line):
                    self._refuse(line, Refusal.NO_STOCK)
                    continue
                line.lapsed = False
            if order.strategy in WITH_QUOTA and not self._take_of_quota(order, line):
                continue
            if order.strategy not in (*ASKING_NOTHING, *WITH_QUOTA) and not self._take_of_allotment(line):
                continue
            self._promise(line)
            order.t_accept = self._env.now
            order.sets_out = NONE if self.sagas.are_on else self._env.now
        return order.t_accept >= 0

    def _take_of_quota(self, order: Order, line: Line) -> bool:
        """Take the units off what the fallback may sell, or refuse the line."""
        assert order.standing is not None
        if not self._is_left(order, line):
            self._give_back(line)
            self._refuse(line, Refusal.NO_STOCK)
            return False
        order.standing.sold[line.sku.number] += line.quantity
        return True

    def _take_of_allotment(self, line: Line) -> bool:
        """Take the units off what was allotted to the channel, or refuse the line."""
        if not self._is_allotted(line):
            self._give_back(line)
            self._refuse(line, Refusal.NO_STOCK)
            return False
        if line.channel.quota is not None and not line.bound:
            line.channel.quota[line.sku.number] -= line.quantity
        return True

    def _promise(self, line: Line) -> None:
        self._blame.at_acceptance(line)
        self._shop.prices.settle(line)
        line.status = Status.ACCEPTED
        line.pool_mark = gone(line.sku.pooled)
        if line.pair is not None:
            line.mark = gone([line.pair])
            line.pair.promised += line.quantity
        else:
            line.sku.unplaced += line.quantity

    def _fulfil(self, order: Order, wake: Waking, lines: list[Line], wave: int) -> Process:
        """A wave of the order is released, sourced and picked."""
        release = self._shop.tracer.begin(order.id, SpanKind.RELEASE, wave, self._env.now) if wave else None
        released = yield self._releases.join(order, wave)
        yield wake.at(released)
        order.confirmed = True
        if not order.promised_lines():
            return
        if wave == 0 and self._systems.erp.coupling != "consumer":
            yield from self._until_mended(order, wake)
            if not order.promised_lines():
                return
            self._released(order)
            self._shop.flows[Flow.ERP_CREATIONS] += 1
            created = self._erp.join(order, 2)
            self._shop.tracer.until(order.id, SpanKind.CREATION, wave, self._env.now, created)
            yield wake.at((yield created))
        if release is not None:
            release.finish(self._env.now)
        self._released(order)
        parcels = self.sourcing.source(order, [line for line in lines if line.status == Status.ACCEPTED])
        self._refunds.for_lines(order)
        for parcel in parcels[1:]:
            own = Waking(self._env, order.id, PARCEL_STEPS * (parcel.number + 1))
            self._env.process(self._pick(order, own, parcel))
        if parcels:
            yield from self._pick(order, wake, parcels[0])

    def _released(self, order: Order) -> None:
        """An order has left its release behind, for the first time."""
        if not order.released:
            order.released = True
            self._shop.tracer.add(order.id, SpanKind.RELEASE, 0, order.sets_out, self._env.now)

    def _trace(self, order: Order, kind: SpanKind, outcome: int) -> None:
        """Something that takes no time."""
        self._shop.tracer.add(order.id, kind, 0, self._env.now, self._env.now, outcome)

    def longest_wait(self, t: int) -> int:
        """How long the oldest accepted order has been open without a parcel."""
        waiting = (
            order
            for order in self.placed
            if not order.parcels and any(line.t_short == NONE for line in order.promised_lines())
        )
        return max((t - order.t_accept for order in waiting), default=0)

    def _until_mended(self, order: Order, wake: Waking) -> Process:
        """An order that cannot be created in the ERP waits until it can."""
        found, channel = self._env.now, order.channel.number
        while self.contracts.broken("erp", channel):
            yield self.contracts.changed()
        if self._env.now > found:
            yield wake.at(self._env.now)

    def _fulfil_again(self, rejected: Rejected, wave: int) -> Process:
        """Lines that another order's pick had rejected are released once more."""
        order = rejected.order
        wake = Waking(self._env, order.id, REJECTED_STEPS + PARCEL_STEPS * wave)
        yield wake.at(self._env.now)
        yield from self._fulfil(order, wake, rejected.lines, wave)

    def _reviews(self) -> Process:
        """Now and then somebody looks whether there is what customers wait for."""
        for k in count(1):
            yield self._shop.batch_time(k * self._systems.sourcing.shortage.review, BACKORDERS)
            waves, given_up = self.sourcing.review(self.placed)
            for order in given_up:
                self._refunds.for_lines(order)
            for wave in waves:
                wave.order.waves += 1
                self._env.process(self._fulfil_again(wave, wave.order.waves))

    def _pick(self, order: Order, wake: Waking, parcel: Parcel) -> Process:
        """A parcel is picked; what was short is brokered again."""
        done = yield parcel.taken
        yield wake.at(done)
        again, rejected = self.sourcing.pick(order, parcel)
        self._refunds.for_lines(order)
        for other in rejected:
            self._refunds.for_lines(other.order)
            if other.lines:
                other.order.waves += 1
                self._env.process(self._fulfil_again(other, other.order.waves))
        if again:
            order.waves += 1
            yield from self._fulfil(order, wake, again, order.waves)
        elif order.pickup and self.sourcing.collection.is_on:
            yield from self.sourcing.collection.story(order, parcel, wake)
