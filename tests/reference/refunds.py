"""Refunds: claims, files and events, the payment provider, people, the ERP's books (docs/model.md, section 12)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

from tests.reference.clock import AT_ONCE, Clock, Instant, Process
from tests.reference.orderlines import Order
from tests.reference.sagas import NO_LIMIT, People
from tests.reference.shop import Shop, rows_of
from tests.reference.stations import Station
from twin.core.clock import Tie, tie_key
from twin.journal.orders import Status
from twin.journal.returns import Claim as Kind
from twin.journal.returns import RefundEnd
from twin.journal.tables import NONE
from twin.policies.backoff import pause as backoff
from twin.world.tables import SYSTEMS

REFUND = 30 << 40
LOST = (Status.OVERSOLD, Status.CANCELLED, Status.NOT_COLLECTED, Status.NOT_CONFIRMED, Status.NOT_SHIPPED)
"""What was paid and is not handed over."""
Trying = Generator[simpy.Event, Any, bool]


class Steps:
    """How a process of class BATCH wakes: by its entity, then by the number of the waking."""

    def __init__(self, env: Clock, entity: int) -> None:
        self._env, self._entity, self._step = env, entity, 0

    def at(self, t: int) -> Instant:
        """The next waking."""
        self._step += 1
        return Instant(self._env, t, tie_key(Tie.BATCH, self._entity, self._step))

    def until(self, t: int, *, since: int | None = None) -> Process:
        """A wait that began now, or at ``since``: a waking if it takes time."""
        if t > (self._env.now if since is None else since):
            yield self.at(t)


@dataclass(slots=True, eq=False)
class Claim:
    """Somebody wants money back."""

    number: int
    kind: Kind
    order: int
    line: int
    channel: int
    cents: int
    due: int
    matter: list[tuple[int, Claim]]  # effects of payments for the same thing, whose claim it was; calls in their order
    started: bool = False
    told: int = NONE
    paid: int = NONE
    end: int = NONE
    outcome: RefundEnd = RefundEnd.OPEN
    calls: int = 0
    failures: int = 0
    cases: int = 0
    human: int = 0
    waited: int = 0
    by_hand: dict[int, int] = field(default_factory=dict)

    def luck(self, call: int = 0) -> int:
        """Attempt of its luck."""
        who = {Kind.RETURN: 0, Kind.SECOND: 1, Kind.CANCELLED: 2 + self.line}[self.kind]
        return (who << 20) + call

    def finish(self, outcome: RefundEnd, t: int) -> None:
        self.outcome, self.end = outcome, t


class Refunds:
    """Whoever pays back."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self._env = shop, shop.env
        self.are_on = shop.systems.returns.mode == "inspected"
        self.settings = shop.systems.returns.refunds
        self._broker, self._files = shop.outages(self.settings.broker), shop.outages(self.settings.files)
        self._provider, self._erp = shop.outages("payment"), shop.outages("erp")
        payment = self.settings.payment
        self._payments = Station(shop.env, payment.servers or NO_LIMIT, shop.slowness("payment"))
        self._books = Station(shop.env, self.settings.posting_servers or NO_LIMIT, shop.slowness("erp"))
        self._people = People(shop, payment.human, "refund.human")
        self._event = shop.stream("refund.event", self.settings.event)
        self._service = shop.stream("refund.call", payment.service)
        self._posting = shop.stream("refund.posting", self.settings.posting)
        self._backoff, self._error = shop.stream("refund.backoff"), shop.stream("refund.error")
        self._errors = [row for row in rows_of(shop.world.errors) if row["system"] == SYSTEMS.index("payment")]
        self.claims: list[Claim] = []
        self._paid_back: set[tuple[int, int]] = set()
        self._chain: simpy.Process | None = None
        """Who starts the last claims of lines, one after another."""

    def claim(self, kind: Kind, order: int, channel: int, cents: int, due: int, line: int = NONE) -> Claim:
        """One more claim, of a matter of its own."""
        claim = Claim(len(self.claims), kind, order, line, channel, cents, due, [])
        self.claims.append(claim)
        return claim

    def start(self, claim: Claim) -> None:
        """Nothing stands in its way any more."""
        claim.started = True
        self._env.process(self._pay_back(claim, Steps(self._env, REFUND | claim.number)))

    def start_when_due(self, claim: Claim) -> None:
        """The online shop finds out by itself."""
        claim.started = True
        self._env.process(self._second(claim))

    def deny(self, claim: Claim) -> None:
        """Nothing is owed."""
        claim.finish(RefundEnd.DENIED, self._env.now)

    def _second(self, claim: Claim) -> Process:
        steps = Steps(self._env, REFUND | claim.number)
        yield steps.at(claim.due)
        if self.settings.unified:
            claim.finish(RefundEnd.RECOGNISED, self._env.now)
        else:
            yield from self._pay_back(claim, steps)

    def for_lines(self, order: Order) -> None:
        """Something happened to an order: what it will not get is paid back."""
        claims = []
        for line in order.lines if self.are_on else ():
            lost = line.status in LOST
            if not lost or (order.id, line.number) in self._paid_back:
                continue
            self._paid_back.add((order.id, line.number))
            now, channel = self._env.now, line.channel.number
            claims.append(self.claim(Kind.CANCELLED, order.id, channel, line.price * line.quantity, now, line.number))
        if claims:
            self._chain = self._env.process(self._in_turn(claims, self._chain))

    def _in_turn(self, claims: list[Claim], before: simpy.Process | None) -> Process:
        """Each goes as far as it can in no time, before the next begins."""
        if before is not None and before.is_alive:
            yield before
        for claim in claims:
            self.start(claim)
            yield Instant(self._env, self._env.now, AT_ONCE)

    def _pay_back(self, claim: Claim, steps: Steps) -> Process:
        yield from steps.until(self._heard(claim))
        claim.told = self._env.now
        if not (yield from self._insist(claim, steps)):
            asked = self._env.now
            done = yield self._people.take(claim, claim.luck())
            yield from steps.until(done, since=asked)
            if not self._has_been_paid(claim):
                claim.matter.append((self._env.now, claim))
        claim.paid = self._env.now
        if self.settings.keys and self._first_payment(claim, self._env.now) is not claim:
            claim.finish(RefundEnd.RECOGNISED, self._env.now)
            return
        asked = self._env.now
        done = yield self._books.join(self._posting.sample(claim.order, claim.luck()), self._erp.up)
        yield from steps.until(done, since=asked)
        claim.finish(RefundEnd.POSTED, self._env.now)

    def _heard(self, claim: Claim) -> int:
        now, settings = self._env.now, self.settings
        if claim.kind == Kind.CANCELLED or claim.channel == NONE:
            return now
        if settings.unified:
            return self._broker.up(now) + self._event.sample(claim.order, claim.luck())
        file = settings.phase
        while file < now or self._files.since(file) is not None:
            file += settings.interval
        return file

    def _insist(self, claim: Claim, steps: Steps) -> Trying:
        """Call the provider again and again."""
        retry = self.settings.payment.retry
        last = retry.wait
        for call in range(retry.attempts):
            if call > 0:
                last = backoff(
                    retry.jitter,
                    wait=retry.wait,
                    factor=retry.factor,
                    cap=retry.cap,
                    retry=call,
                    previous=last,
                    random_bits=self._backoff.bits(claim.order, claim.luck(call)),
                )
                yield from steps.until(self._env.now + last)
            if (yield from self._call(claim, claim.luck(call), steps)):
                return True
            claim.failures += 1
        return False

    def _call(self, claim: Claim, number: int, steps: Steps) -> Trying:
        claim.calls += 1
        if self._provider.since(self._env.now) is not None:
            return False
        asked = self._env.now
        taken = self._payments.join(self._service.sample(claim.order, number), self._provider.up)

        def moves_money(event: simpy.Event) -> None:
            if not self._errs(claim, number, event.value):
                claim.matter.append((event.value, claim))

        assert taken.callbacks is not None
        taken.callbacks.append(moves_money)
        done = yield taken
        patience = self._provider.up(self._env.now) + self.settings.payment.timeout
        yield from steps.until(min(done, patience), since=asked)
        return done <= patience and not self._errs(claim, number, done)

    def _errs(self, claim: Claim, number: int, t: int) -> bool:
        parts = [row["parts"] for row in self._errors if row["start"] <= t < row["end"]]
        return bool(parts) and self._error.below(10**6, claim.order, number) < parts[0]

    def _has_been_paid(self, claim: Claim) -> bool:
        payments = [whose for t, whose in claim.matter if t <= self._env.now]
        return bool(payments) if self.settings.keys else claim in payments

    def _first_payment(self, claim: Claim, last: int) -> Claim | None:
        """Whose payment was the first of the matter, among those until ``last``."""
        payments = sorted((payment for payment in claim.matter if payment[0] <= last), key=lambda payment: payment[0])
        return payments[0][1] if payments else None

    def longest_wait(self, t: int) -> int:
        """How long the customer waits who has waited longest."""
        waiting = (claim for claim in self.claims if claim.outcome == RefundEnd.OPEN and claim.kind != Kind.SECOND)
        return max((t - claim.due for claim in waiting), default=0)

    def payments(self, claim: Claim) -> int:
        """How often money went out for a claim before the horizon."""
        last = self._shop.world.horizon_us - 1
        if self.settings.keys:
            return int(self._first_payment(claim, last) is claim)
        return sum(whose is claim and t <= last for t, whose in claim.matter)

    def rows(self) -> list[tuple[int, ...]]:
        """Rows of the journal."""
        return [
            (
                claim.number,
                claim.kind,
                claim.order,
                claim.line,
                claim.channel,
                claim.cents,
                claim.due,
                claim.told,
                claim.paid,
                claim.end,
                claim.outcome,
                claim.calls,
                claim.failures,
                claim.cases,
                claim.human,
                claim.waited,
                self.payments(claim),
            )
            for claim in self.claims
        ]
