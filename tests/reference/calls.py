"""Synchronous calls of checkouts, made again and again (docs/model.md, section 6, "A call"), and the errands before a
payment.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, cast

import simpy

from tests.reference.called import Called
from tests.reference.clock import AT_ONCE, NOW, Instant
from tests.reference.gateway import Passage
from tests.reference.orderlines import Order
from tests.reference.shop import Shop
from tests.reference.waking import Waking
from twin.journal.checkout import Answer, Errand
from twin.journal.observability import SpanKind
from twin.journal.orders import Refusal
from twin.journal.totals import Flow
from twin.policies.backoff import pause as backoff

IN_VAIN = (Refusal.REJECTED, Refusal.GONE)
"""A call that failed so is not made again."""
CUSTOMER_CALL, TAX_CALL = 4, 3
Ending = Generator[simpy.Event, Any, Refusal]
"""Ends with why it failed; NONE if it did not."""


class Calls:
    """How checkouts call systems."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self._env = shop, shop.env
        self._backoff = shop.stream("call.backoff")

    def ask(self, system: Called, order: Order, wake: Waking, number: int) -> Ending:
        """Call until there is an answer, as often as the arm allows."""
        env, retry = self._env, self._shop.systems.resilience.retry
        asked, pause = env.now, retry.wait
        failure = Refusal.NONE
        if system.gateway is not None and system.gateway.keeps_back(order):
            return Refusal.RESIDENCY
        for again in range(retry.attempts):
            if again:
                luck = self._backoff.bits(order.id, number | again << 8)
                pause = backoff(
                    retry.jitter,
                    wait=retry.wait,
                    factor=retry.factor,
                    cap=retry.cap,
                    retry=again,
                    previous=pause,
                    random_bits=luck,
                )
                yield wake.at(env.now + max(pause, _advice(system, order, failure)))
            failure = yield from self._try(system, order, wake, number | again << 8)
            if failure == Refusal.NONE or failure in IN_VAIN:
                break
        order.call += env.now - asked
        return failure

    def _try(self, system: Called, order: Order, wake: Waking, attempt: int) -> Ending:
        """One call."""
        flows, asked = self._shop.flows, self._env.now
        permit = system.breaker.permit(asked)
        if permit is None:
            flows[Flow.CALLS_REJECTED] += 1
            return Refusal.REJECTED
        passage = Passage(Refusal.NONE, asked)
        if system.gateway is not None:
            passage = yield from system.gateway.enter(order, wake)
        failure = passage.failure
        if failure == Refusal.NONE:
            failure = yield from self._reach(system, order, wake, attempt, passage)
        system.results.append((self._env.now, failure != Refusal.NONE))
        before = system.breaker.openings
        system.breaker.report(permit, self._env.now, failed=failure != Refusal.NONE)
        flows[Flow.BREAKER_OPENINGS] += system.breaker.openings - before
        return failure

    def _reach(self, system: Called, order: Order, wake: Waking, attempt: int, passage: Passage) -> Ending:
        """The call has come through to its system."""
        now, flows, tracer = self._env.now, self._shop.flows, self._shop.tracer
        if system.outages.since(now) is not None:
            if system.gateway is not None:
                system.gateway.hold(order, passage.slot, None)
            tracer.add(order.id, SpanKind.CALL, attempt, now, now, 0)
            return Refusal.CLOSED
        flows[system.calls] += 1
        flows[Flow.CALLS_AGAIN] += attempt >= 1 << 8
        taken = system.join(order, attempt)
        tracer.until(order.id, SpanKind.CALL, attempt, now, taken)
        if system.gateway is not None:
            system.gateway.hold(order, passage.slot, taken)
        return (yield from self._wait(system, order, wake, attempt, taken, passage.since))

    def _wait(self, system: Called, order: Order, wake: Waking, attempt: int, taken: simpy.Event, since: int) -> Ending:
        """Queue for an answer, as long as patience lasts that began at ``since``."""
        now, end = self._env.now, since + system.timeout
        patience = wake.perhaps_at(end) if end > now else Instant(self._env, now, AT_ONCE)
        yield taken | patience
        done: int = cast(int, taken.value) if taken.processed else NOW
        if done > end:
            if end > now:
                yield wake.has_come(patience)
            self._shop.flows[system.time_outs] += 1
            return Refusal.TIME_OUT
        if done > now:
            yield wake.at(done)
        if system.errs(order, attempt, done):
            self._shop.flows[Flow.CALL_ERRORS] += 1
            return Refusal.ERROR
        return Refusal.NONE


def _advice(system: Called, order: Order, failure: Refusal) -> int:
    """How long a system wants to be left alone."""
    refused = failure == Refusal.THROTTLED and system.gateway is not None
    return system.gateway.retry_after(order) if refused and system.gateway is not None else 0


class Errands:
    """Who is asked before a customer pays."""

    def __init__(self, shop: Shop, calls: Calls) -> None:
        self._env, self._calls = shop.env, calls
        tax, customer = shop.systems.tax, shop.systems.customer_check
        self._all: list[tuple[Errand, Called, int, bool]] = []
        if customer.on:
            crm = Called(shop, "crm", customer, (Flow.CRM_CALLS, Flow.CRM_TIME_OUTS), system="crm")
            self._all.append((Errand.CUSTOMER, crm, CUSTOMER_CALL, customer.fallback == "refuse"))
        if tax.on:
            engine = Called(shop, "tax", tax, (Flow.TAX_CALLS, Flow.TAX_TIME_OUTS), system="tax")
            self._all.append((Errand.TAX, engine, TAX_CALL, tax.fallback == "refuse"))
        self.rows: list[tuple[int, ...]] = []

    @property
    def are_on(self) -> bool:
        """Whether anybody is asked."""
        return bool(self._all)

    def story(self, order: Order, wake: Waking) -> Ending:
        """Ask everybody in turn, until somebody who is needed gives no answer."""
        for errand, system, number, needed in self._all:
            asked = self._env.now
            failure = yield from self._calls.ask(system, order, wake, number)
            answer = Answer.ANSWERED
            if failure != Refusal.NONE:
                answer = Answer.LOST if needed else Answer.WITHOUT
            self.rows.append((order.id, errand, asked, self._env.now, answer, failure))
            if answer == Answer.LOST:
                return failure
        return Refusal.NONE
