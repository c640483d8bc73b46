"""The story of an order, from the cart to the last pick."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from twin.core.clock import Tie, tie_key
from twin.journal.orders import Status
from twin.kernels import steps
from twin.kernels.codes import SERVICE, Asks, Point
from twin.model.calling import LOST, Asking, call_out, run_errands
from twin.model.fallbacks import CHECK_CALL, RESERVE_CALL, Rule
from twin.model.process import LightProcess, Series, Story
from twin.model.shop import Customer, Shop, arrival_key

_PARCEL_STEPS: Final = 32
_SAGA_STEP: Final = 32_768
_REJECTED_STEP: Final = 16_384
_RECHECK_STEP: Final = 65_534
_ABANDONED, _DECLINED = int(Status.ABANDONED), int(Status.DECLINED)


def arrive(shop: Shop, customers: Iterator[Customer]) -> None:
    """The customers of a day come one after another; each begins a story at its own instant."""

    def begin(customer: Customer) -> None:
        shop.process(shop.env, checkout(shop, customer), customer.key)

    Series(shop.env, ((customer.t, customer.key, customer) for customer in customers), begin)


def checkout(shop: Shop, customer: Customer) -> Story:
    """A customer opens a cart and starts the checkout; the story goes on until nothing of the order is open."""
    plane, now = shop.plane, customer.t
    if shop.point == Point.CART and (customer.leaves or customer.cart):
        yield from _held_in_cart(shop, customer)
        return
    if customer.leaves:
        plane.leave(customer.number, now)
        return
    if customer.cart:
        now += customer.cart
        yield now
    rule = shop.fallbacks.at(customer.channel) if shop.fallbacks is not None else None
    if customer.channel in shop.marketplaces:
        yield from _listed(shop, customer, rule)
        return
    now = yield from _ask(shop, customer, rule, now)
    if now != LOST:
        yield from _go_on(shop, customer, rule, now)


def _held_in_cart(shop: Shop, customer: Customer) -> Story:
    """Units are set aside when they go into the cart: the customer may leave it, or start the checkout later."""
    rule = shop.fallbacks.at(customer.channel) if shop.fallbacks is not None else None
    now = yield from _ask(shop, customer, rule, customer.t)
    if customer.leaves:
        shop.plane.leave(customer.number, int(shop.env.now))
    elif now != LOST:
        now += customer.cart
        yield now
        if shop.extends:
            shop.plane.extend(customer.number, now)
        yield from _go_on(shop, customer, rule, now)


def _ask(shop: Shop, customer: Customer, rule: Rule | None, now: int) -> Asking:
    """What the customer wants is checked, and set aside if the arm does so now: when that was done, or LOST. Who wants
    it today has been told then.
    """
    if shop.associates is not None and not shop.associates.serve(customer, now):
        return LOST
    now = yield from _look(shop, customer, rule, now)
    if customer.today and not customer.leaves and shop.couriers is not None:
        shop.couriers.told(customer.number)
    return now


def _look(shop: Shop, customer: Customer, rule: Rule | None, now: int) -> Asking:
    if _turned_away(shop, customer, rule, now):
        return LOST
    if shop.calls_first is not None and not _spares(rule, shop.calls_first, CHECK_CALL):
        now = yield from call_out(shop, customer, shop.calls_first, CHECK_CALL, now)
        if now == LOST:
            return LOST
    if not shop.plane.check(customer.number, now):
        return LOST
    if shop.point in (Point.CART, Point.CHECKOUT):
        now = yield from _reserve(shop, customer, rule, now)
    return now


def _turned_away(shop: Shop, customer: Customer, rule: Rule | None, now: int) -> bool:
    """Whether a fallback refuses the order at once; if not, it is told how it is decided."""
    if rule is None or shop.fallbacks is None:
        return False
    return shop.fallbacks.turns_away(rule, customer.number, customer.channel, now)


def _go_on(shop: Shop, customer: Customer, rule: Rule | None, now: int) -> Story:
    """The customer leaves the checkout, or goes on to pay."""
    if customer.abandons:
        shop.plane.end_open(customer.number, _ABANDONED, now)
    else:
        yield from _pay(shop, customer, rule, now)


def _listed(shop: Shop, customer: Customer, rule: Rule | None) -> Story:
    """A marketplace hands over a paid order."""
    if _turned_away(shop, customer, rule, customer.t):
        return
    release = shop.plane.take_listed(customer.number, customer.t)
    if release != steps.NOTHING:
        if shop.deadlines is not None:
            shop.deadlines.begin(customer.number, customer.order, customer.channel, customer.t)
        yield from _accepted(shop, customer, rule, release)


def _pay(shop: Shop, customer: Customer, rule: Rule | None, now: int) -> Story:
    """The customer pays, and the order is placed."""
    number, plane = customer.number, shop.plane
    now += customer.checkout
    if shop.prepares:
        now = yield from _before_payment(shop, customer, rule, now)
        if now == LOST:
            return
    plane.pay(number, now, now + customer.payment)
    now += customer.payment
    yield now
    if customer.declined:
        plane.end_open(number, _DECLINED, now)
        return
    last = shop.point == Point.ORDER
    if last and shop.calls_to_reserve and not _spares(rule, SERVICE, RESERVE_CALL):
        now = yield from call_out(shop, customer, SERVICE, RESERVE_CALL, now)
        if now == LOST:
            return
    release = plane.place(number, int(last), now)
    if release != steps.NOTHING:
        yield from _accepted(shop, customer, rule, release)


def _before_payment(shop: Shop, customer: Customer, rule: Rule | None, now: int) -> Asking:
    """What other systems have to say is asked, and holds are made or extended: when the payment begins, or LOST."""
    yield now
    if shop.prices is not None and shop.prices.corrects and _leaves_over_price(shop, customer, now):
        return LOST
    if shop.errands:
        now = yield from run_errands(shop, customer, now)
    if now == LOST:
        return LOST
    if shop.point == Point.PAYMENT:
        return (yield from _reserve(shop, customer, rule, now))
    if shop.extends:
        shop.plane.extend(customer.number, now)
    return now


def _leaves_over_price(shop: Shop, customer: Customer, now: int) -> bool:
    """The customer is told the list prices, and may leave over one that is higher than what was shown."""
    assert shop.prices is not None
    if not shop.plane.correct(customer.number, now) or not shop.prices.walks_away(customer.order, customer.channel):
        return False
    shop.plane.walk_away(customer.number, now)
    return True


def _accepted(shop: Shop, customer: Customer, rule: Rule | None, release: int) -> Story:
    """What is promised is kept; ``release``: when the order is released, if nothing comes before."""
    if rule is not None:
        yield from _promised(shop, customer, rule)
    elif shop.sagas is not None:
        _begin_saga(shop, customer, release)
    else:
        yield from fulfil(shop, customer, 0, release)


def _begin_saga(shop: Shop, customer: Customer, now: int) -> None:
    """The order goes on as a process of its own, whose wakings are counted apart from those of its parcels."""
    assert shop.sagas is not None
    clear = shop.sagas.clear_run(customer.order, now)
    if clear is None:
        LightProcess(shop.env, _saga(shop, customer, now), tie_key(Tie.ORDER, customer.order, _SAGA_STEP))
    else:
        end, wakings = clear
        key = tie_key(Tie.ORDER, customer.order, _SAGA_STEP + wakings)
        LightProcess(shop.env, _clear_saga(shop, customer, now, end), key)


def _saga(shop: Shop, customer: Customer, now: int) -> Story:
    """The order is released when its saga has completed, and cancelled when what was done has been undone."""
    assert shop.sagas is not None
    yield now  # what the acceptance sent is on its way before
    shop.plane.begin_saga(customer.number, now)
    completed, now = yield from shop.sagas.run(customer.order, now)
    _end_saga(shop, customer, now, completed=completed)


def _clear_saga(shop: Shop, customer: Customer, began: int, end: int) -> Story:
    """The same of a saga that will meet no trouble: its delays taken as one."""
    assert shop.sagas is not None
    shop.plane.begin_saga(customer.number, began)
    yield end
    shop.sagas.end_clear_run(customer.order, began, end)
    _end_saga(shop, customer, end, completed=True)


def _end_saga(shop: Shop, customer: Customer, now: int, *, completed: bool) -> None:
    shop.plane.end_saga(customer.number, now, completed=completed)
    if shop.gone(customer.number):
        return
    if completed:
        release = steps.released_at(shop.plane.handle, customer.number, 0, now)
        shop.process(shop.env, fulfil(shop, customer, 0, release), customer.key)
    else:
        shop.plane.cancel(customer.number, now)
        shop.refund(customer.number, now)


def _spares(rule: Rule | None, station: int, call: int) -> bool:
    """Whether a fallback spares the order a call."""
    return rule is not None and (station, call) in rule.spared


def _promised(shop: Shop, customer: Customer, rule: Rule) -> Story:
    """An order is accepted that a fallback decided: it may have to be confirmed, now or when that is over."""
    now = int(shop.env.now)
    if rule.asks == Asks.LATER:
        now = yield from _await_confirmation(rule, customer, now)
        if shop.gone(customer.number) or not _confirm(shop, customer.number, now):
            return
    elif rule.reconfirms:
        if rule.on(customer.channel):
            rule.taken.setdefault(customer.channel, []).append((customer.number, customer.order))
        else:
            yield now  # what the acceptance sent is on its way before
            if not _confirm(shop, customer.number, now):
                return
    if shop.sagas is not None:
        _begin_saga(shop, customer, now)
    else:
        yield from fulfil(shop, customer, 0, steps.released_at(shop.plane.handle, customer.number, 0, now))


def _confirm(shop: Shop, number: int, now: int) -> int:
    """Lines of an order that the view can back; the others are cancelled."""
    left = shop.plane.confirm(number, now)
    shop.refund(number, now)
    return left


def _await_confirmation(rule: Rule, customer: Customer, now: int) -> Asking:
    """Wait until the fallback is over, or for as long as the arm allows: when that is."""
    if not rule.on(customer.channel):
        yield now  # what the acceptance sent is on its way before
        return now
    turn = rule.wait(customer.channel, now + rule.fallback.confirm_within)
    yield turn
    return rule.waited(customer.channel, turn)


def recheck(shop: Shop, number: int, order: int, now: int) -> None:
    """A fallback is over: hold an order that it let pass against the view, if it is not sourced yet."""
    LightProcess(shop.env, _recheck(shop, number, now), tie_key(Tie.ORDER, order, _RECHECK_STEP))


def _recheck(shop: Shop, number: int, now: int) -> Story:
    yield now
    if shop.fallbacks is None or not shop.plane.awaits_sourcing(number):
        return
    if not _confirm(shop, number, now):
        shop.fallbacks.cancelled.add(number)


def _reserve(shop: Shop, customer: Customer, rule: Rule | None, now: int) -> Asking:
    """Reserve before the order is placed, with a hold that may lapse: when that was done, or LOST."""
    if shop.calls_to_reserve and not _spares(rule, SERVICE, RESERVE_CALL):
        now = yield from call_out(shop, customer, SERVICE, RESERVE_CALL, now)
        if now == LOST:
            return LOST
    return now if shop.plane.hold(customer.number, now) else LOST


def fulfil(shop: Shop, customer: Customer, wave: int, release: int) -> Story:
    """A wave of the order's lines is released, sourced and picked."""
    number, plane, now = customer.number, shop.plane, release
    if shop.desk is None:
        yield now
    else:
        kind, came = plane.kind(number), int(shop.env.now)
        now = yield from shop.desk.pass_through(customer.order, wave, kind, release, came)
    if wave == 0 and shop.deadlines is not None:
        shop.deadlines.confirm(number)
    if shop.gone(number):
        return
    if shop.creates_in_erp and wave == 0:
        broken = shop.erp_broken[customer.channel] if shop.erp_broken is not None else None
        if broken is not None and broken.cover(now):
            now = broken.up(now)
            yield now
            if shop.gone(number):
                return
        now = plane.create(number, wave, now)
        yield now
        if shop.gone(number):
            return
    first, ends = plane.source(number, wave, now)
    shop.refund(number, now)
    for parcel, end in enumerate(ends[1:], first + 1):
        key = tie_key(Tie.ORDER, customer.order, _PARCEL_STEPS * (parcel + 1))
        shop.process(shop.env, parcel_story(shop, customer, parcel, end), key)
    if ends:
        yield from parcel_story(shop, customer, first, ends[0])


def parcel_story(shop: Shop, customer: Customer, parcel: int, end: int) -> Story:
    """A parcel is picked; what was short is brokered again, and what is to be collected waits for its customer."""
    yield end
    if shop.plane.is_sealed(customer.number):
        return  # its lines have left the parcel, and the day
    wave = shop.plane.pick(customer.number, parcel, end)
    rejected = shop.plane.rejected(end) if shop.cascades else []
    if shop.refunds is not None:
        shop.refunds.look_at([customer.number, *(number for number, _ in rejected)], end)
    for number, again in rejected:
        if again:
            begin_again(shop, number, again, end)
    if customer.today and shop.couriers is not None:
        shop.couriers.take(customer.number, parcel, end)
    if wave:
        release = steps.released_at(shop.plane.handle, customer.number, wave, end)
        yield from fulfil(shop, customer, wave, release)
    elif shop.counter is not None:
        yield from shop.counter.await_customer(customer.number, customer.channel, end)


def begin_again(shop: Shop, number: int, wave: int, now: int) -> None:
    """A wave that no parcel of its order brought about goes on in a process of its own: of lines that were rejected
    because another order had found nothing, or that waited for stock.
    """
    row = shop.plane.order(number)
    order, channel = int(row["order"]), int(row["channel"])
    customer = Customer(
        number,
        order,
        now,
        channel,
        leaves=0,
        abandons=0,
        declined=0,
        cart=0,
        checkout=0,
        payment=0,
        key=arrival_key(order),
        today=int(row["wants"]),
    )
    key = tie_key(Tie.ORDER, order, _REJECTED_STEP + _PARCEL_STEPS * wave)
    shop.process(shop.env, _again(shop, customer, wave, now), key)


def _again(shop: Shop, customer: Customer, wave: int, now: int) -> Story:
    yield now  # its own turn among what happens at this instant
    release = steps.released_at(shop.plane.handle, customer.number, wave, now)
    yield from fulfil(shop, customer, wave, release)
