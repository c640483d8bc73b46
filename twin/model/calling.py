"""A synchronous call of a checkout: through breaker and gateway to its station, and again if it fails (docs/model.md,
section 6, "A call").
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from twin.journal.checkout import Answer
from twin.journal.orders import Refusal
from twin.journal.totals import Flow
from twin.kernels import steps
from twin.kernels.codes import CRM, ERP, SERVICE, TAX
from twin.model.breaker import REJECTED
from twin.model.gateway import RETRY_SHIFT
from twin.model.process import Turn
from twin.model.shop import Customer, Shop

LOST: Final = -1
"""Instead of an instant: the customer is gone."""
_NONE, _CLOSED, _TIME_OUT, _ERROR, _REJECTED = (
    int(reason) for reason in (Refusal.NONE, Refusal.CLOSED, Refusal.TIME_OUT, Refusal.ERROR, Refusal.REJECTED)
)
_THROTTLED, _GONE, _RESIDENCY = (int(reason) for reason in (Refusal.THROTTLED, Refusal.GONE, Refusal.RESIDENCY))
_IN_VAIN: Final = frozenset((_REJECTED, _GONE))
"""A call that failed so is not made again."""
_TIME_OUTS: Final = {
    SERVICE: int(Flow.SERVICE_TIME_OUTS),
    ERP: int(Flow.ERP_TIME_OUTS),
    TAX: int(Flow.TAX_TIME_OUTS),
    CRM: int(Flow.CRM_TIME_OUTS),
}
_CALLS_AGAIN, _CALLS_REJECTED, _CALL_ERRORS, _OPENINGS = (
    int(flow) for flow in (Flow.CALLS_AGAIN, Flow.CALLS_REJECTED, Flow.CALL_ERRORS, Flow.BREAKER_OPENINGS)
)

Asking = Generator["int | Turn", None, int]
"""Part of a story that ends at an instant, or with LOST."""

Attempt = Generator["int | Turn", None, tuple[int, int]]
"""Part of a story: a call, which ends with why it failed, and when the caller knew."""


def call_out(shop: Shop, customer: Customer, station: int, call: int, now: int) -> Asking:
    """A synchronous call of the checkout, made again as often as the arm allows: when the order goes on, or LOST."""
    failure, now = yield from _insist(shop, customer, station, call, now)
    return now if failure == _NONE or shop.plane.give_up(customer.number, failure, now) else LOST


def run_errands(shop: Shop, customer: Customer, now: int) -> Asking:
    """What is asked of other systems before the payment, one after another: when the customer can pay, or LOST."""
    for errand in shop.errands:
        asked = now
        failure, now = yield from _insist(shop, customer, errand.station, errand.call, now)
        answer = Answer.ANSWERED if failure == _NONE else Answer.WITHOUT if errand.goes_on else Answer.LOST
        shop.journal.end_errand((customer.order, errand.what, asked, now, answer, failure))
        if answer == Answer.LOST:
            shop.plane.refuse(customer.number, failure, now)
            return LOST
        shop.plane.answered(customer.number, now)
    return now


def _insist(shop: Shop, customer: Customer, station: int, call: int, now: int) -> Attempt:
    """A call, made again as often as the arm allows: why the last failed, _NONE if one was answered, and when."""
    gateway = shop.gateways[station]
    pause, failure = gateway.retry.wait, _NONE
    if gateway.entry is not None and gateway.entry.keeps_back(shop.plane.region(customer.number)):
        return _RESIDENCY, now
    for retry in range(gateway.retry.attempts):
        if retry:
            pause = gateway.pause(customer.order, call, retry, pause)
            now += pause if failure != _THROTTLED else max(pause, gateway.retry_after(customer.channel, now))
            yield now
        failure, now = yield from _attempt(shop, customer, station, call | retry << RETRY_SHIFT, now)
        if failure == _NONE or failure in _IN_VAIN:
            break
    return failure, now


def _attempt(shop: Shop, customer: Customer, station: int, attempt: int, now: int) -> Attempt:
    """One call: why it failed, _NONE if it was answered, and when the caller knew."""
    gateway = shop.gateways[station]
    breaker = gateway.breaker
    permit = breaker.permit(now) if breaker is not None else 0
    if permit == REJECTED:
        shop.plane.count(_CALLS_REJECTED)
        return _REJECTED, now
    failure, since = _NONE, now
    if gateway.entry is not None:
        region = shop.plane.ask(customer.number, now)
        failure, since, now = yield from gateway.entry.enter(customer.channel, region, now)
    if failure == _NONE:
        failure, ended = _reach(shop, customer, station, attempt, since, now)
        if ended > now:
            yield ended
            now = ended
        _count_failure(shop, station, failure)
    if gateway.results is not None:
        gateway.results.note(now, failed=failure != _NONE)
    if breaker is not None and breaker.report(permit, failed=failure != _NONE, now=now):
        shop.plane.count(_OPENINGS)
    return failure, now


def _reach(shop: Shop, customer: Customer, station: int, attempt: int, since: int, now: int) -> tuple[int, int]:
    """The system is called by a customer who has waited ``since``: why it will fail, and when the caller knows."""
    plane, gateway = shop.plane, shop.gateways[station]
    done = plane.call(station, customer.number, attempt, now)
    if gateway.entry is not None:
        gateway.entry.answered(customer.channel, now if done == steps.DOWN else done, now)
    if done == steps.DOWN:
        return _CLOSED, now
    if attempt >> RETRY_SHIFT:
        plane.count(_CALLS_AGAIN)
    if done - since > gateway.timeout:
        return _TIME_OUT, since + gateway.timeout
    if gateway.errors.windows and gateway.errs(customer.order, attempt, done):
        return _ERROR, done
    return _NONE, done


def _count_failure(shop: Shop, station: int, failure: int) -> None:
    if failure == _TIME_OUT:
        shop.plane.count(_TIME_OUTS[station])
    elif failure == _ERROR:
        shop.plane.count(_CALL_ERRORS)
