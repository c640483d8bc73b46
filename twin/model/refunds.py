"""Refunds: from what starts them, through the payment provider, into the books (docs/model.md, section 12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from typing import Any, Final, Self

import numpy as np

from twin.core.clock import Tie, tie_key
from twin.core.hashing import bits
from twin.journal.orders import LET_DOWN
from twin.journal.returns import Claim as Kind
from twin.journal.returns import RefundEnd
from twin.journal.tables import NONE
from twin.model.claims import Claim, Matter
from twin.model.gateway import pause_before
from twin.model.jobs import Works
from twin.model.notices import Notices
from twin.model.participants import People, Timed
from twin.model.process import LightProcess, Story
from twin.model.station import FifoStation
from twin.model.windows import Errors, Slowdowns, Spans
from twin.policies.calendars import first_tick
from twin.scenario.returns import Payback
from twin.scenario.returns import Refunds as Settings
from twin.scenario.returns import Returns as ReturnSettings

Telling = Generator[int, None, int]
"""Part of a story that ends at an instant."""

Trying = Generator[int, None, tuple[bool, int]]
"""Part of a story: whether it succeeded, and when that was known."""

REFUND_KIND: Final = 30 << 40


class Refunds:
    """All that an arm has to pay back."""

    def __init__(self, works: Works, settings: Settings, notices: Notices | None) -> None:
        self._works, self._settings, self._horizon = works, settings, works.world.horizon_us
        self._notices = notices
        self._payments, self._post = Payments(works, settings.payment), Postings(works, settings)
        self._event = Timed(works, settings.event, "refund.event")
        self._broker = Spans.of_outages(works.world, settings.broker)
        self._files = Spans.of_outages(works.world, settings.files)
        self._control = works.plane.control
        self._lines: dict[int, set[int]] = {}
        """Lines of each order that are paid back."""
        self.open: dict[int, Claim] = {}
        """By number; so the first is the one that arose first."""
        self.let_down = 0
        """Lines that were promised and ended without being supplied, at the last look."""
        self.of_lines = 0
        """Lines that are paid back."""
        self.arisen = 0
        self.due_cents = 0
        """What customers were owed since the start, whether it is paid or not; second cases of the same left aside."""
        self.booked_cents = 0
        """What the ERP has booked of refunds since the start."""
        self.ended: Counter[RefundEnd] = Counter()
        self.wrong: list[str] = []
        """Claims that were not paid as their end says: there must be none."""

    @classmethod
    def of(cls, works: Works, settings: ReturnSettings, notices: Notices | None) -> Self | None:
        """The refunds of an arm; ``None`` if it does not look at money."""
        return None if settings.mode == "at_once" else cls(works, settings.refunds, notices)

    def claim(
        self, kind: Kind, matter: Matter, *, identity: int, channel: int, cents: int, due: int, line: int = NONE
    ) -> Claim:
        """A claim arises."""
        claim = Claim(self.arisen, kind, identity, line, channel, cents, due, matter)
        self.open[claim.number] = claim
        self.arisen += 1
        self.due_cents += cents if kind != Kind.SECOND else 0
        return claim

    def matter(self) -> Matter:
        """Something that is to be paid for once."""
        return Matter(self._settings.keys)

    def look_at(self, orders: Iterable[int], now: int) -> None:
        """A step of orders is over: lines of them that were paid and will not be supplied are paid back."""
        let_down = self._control["let_down"]
        if let_down == self.let_down:
            return
        self.let_down = int(let_down)
        for order in orders:
            self._look_at(order, now)

    def _look_at(self, order: int, now: int) -> None:
        row, known = self._works.plane.order(order), self._lines.setdefault(order, set())
        first = int(row["first"]) - int(self._control["line_base"])
        lines = self._works.plane.memory["lines"][first : first + int(row["lines"])]
        for place in np.flatnonzero(np.isin(lines["status"], LET_DOWN)).tolist():
            if place not in known:
                known.add(place)
                self._pay_back(lines[place], int(row["order"]), place, now)

    def _pay_back(self, line: Any, order: int, place: int, now: int) -> None:
        cents, channel = int(line["price_cents"]) * int(line["quantity"]), int(line["channel"])
        claim = self.claim(
            Kind.CANCELLED, self.matter(), identity=order, channel=channel, cents=cents, due=now, line=place
        )
        self.of_lines += 1
        self.start(claim, now)

    def start(self, claim: Claim, now: int) -> None:
        """What the claim waited for has happened."""
        claim.started = True
        LightProcess(self._works.env, self._refund(claim, now), tie_key(Tie.BATCH, REFUND_KIND | claim.number, 0))

    def start_second(self, claim: Claim) -> None:
        """The online shop's own case of a return comes up when it is due."""
        claim.started = True
        LightProcess(self._works.env, self._second(claim), tie_key(Tie.BATCH, REFUND_KIND | claim.number, 0))

    def deny(self, claim: Claim, now: int) -> None:
        """The goods are not what was bought: nothing is paid back, if it is not too late."""
        if not claim.started:
            self._end(claim, RefundEnd.DENIED, now)

    def _second(self, claim: Claim) -> Story:
        yield claim.t_due
        if self._settings.unified:
            self._end(claim, RefundEnd.RECOGNISED, claim.t_due)
        else:
            yield from self._refund(claim, claim.t_due)

    def _refund(self, claim: Claim, now: int) -> Story:
        """Who pays hears of it, pays, and the ERP books the credit."""
        now = claim.t_start = yield from _until(now, self._told(claim, now))
        paid, now = yield from self._payments.pay(claim, now)
        if not paid:
            now = yield from _until(now, self._payments.people.handle(claim, claim.attempt(), now))
            if not claim.has_paid(now):
                claim.note(now)
        claim.t_paid = now
        if not claim.moved_money(now):
            self._end(claim, RefundEnd.RECOGNISED, now)
            return
        now = yield from _until(now, self._post.done(claim, now))
        self._end(claim, RefundEnd.POSTED, now)

    def _told(self, claim: Claim, now: int) -> int:
        """When who pays hears of a claim that starts now."""
        settings = self._settings
        if claim.kind == Kind.CANCELLED or claim.channel == NONE:
            return now
        if settings.unified:
            return self._broker.up(now) + self._event.of(claim.order, claim.attempt())
        file = int(first_tick(now, settings.phase, settings.interval))
        while self._files.cover(file):
            file = int(first_tick(self._files.up(file), settings.phase, settings.interval))
        return file

    def _end(self, claim: Claim, outcome: RefundEnd, now: int) -> None:
        claim.outcome, claim.t_end = outcome, now
        del self.open[claim.number]
        if outcome == RefundEnd.POSTED:
            self.booked_cents += claim.cents
            if self._notices is not None:
                self._notices.of_claim(claim, now)
        elif outcome == RefundEnd.DENIED and claim.kind != Kind.SECOND:
            self.due_cents -= claim.cents
        self.ended[outcome] += 1
        row = claim.row(self._horizon)
        times = row[-1]
        if (outcome == RefundEnd.POSTED) != (times > 0) or (self._settings.keys and times > 1):
            self.wrong.append(f"{claim.number} ended as {outcome.name} and was paid {times} times")
        self._works.journal.end_refund(row)

    def longest_wait(self, now: int) -> int:
        """How long the customer has waited who has waited longest."""
        return next((now - claim.t_due for claim in self.open.values() if claim.kind != Kind.SECOND), 0)

    def write_open(self) -> None:
        """The run ends: rows of the claims that are not over."""
        for claim in self.open.values():
            self._works.journal.end_refund(claim.row(self._horizon))


class Payments:
    """The payment provider as refunds call it, and the people who pay back what it did not."""

    def __init__(self, works: Works, settings: Payback) -> None:
        self._retry, self._timeout = settings.retry, settings.timeout
        self._down = Spans.of_outages(works.world, "payment")
        self._errors = Errors.of(works.world, "payment", "refund.error")
        slow = Slowdowns.of(works.world, "payment")
        self._station = FifoStation(settings.servers, opening=self._down.up, slow=slow)
        self._service = Timed(works, settings.service, "refund.call")
        self._backoff_key = works.world.streams.key("refund.backoff")
        self.people = People(works, settings.human, "refund.human")

    def pay(self, claim: Claim, now: int) -> Trying:
        """Call until it is answered well, as often as the arm allows."""
        previous = self._retry.wait
        for call in range(self._retry.attempts):
            if call:
                luck = int(bits(self._backoff_key, claim.order, claim.attempt(call)))
                previous = pause_before(self._retry, call, previous, luck)
                now = yield from _until(now, now + previous)
            answered, known = self._call(claim, claim.attempt(call), now)
            now = yield from _until(now, known)
            if answered:
                return True, now
            claim.failures += 1
        return False, now

    def _call(self, claim: Claim, attempt: int, now: int) -> tuple[bool, int]:
        """One call: whether it is answered well and in time, and when the caller knows."""
        claim.calls += 1
        if self._down.cover(now):
            return False, now
        begun, done = self._station.serve(self._service.of(claim.order, attempt), now)
        errs = self._errors.hit(claim.order, attempt, done)
        if not errs:
            claim.note(done)
        return (False, begun + self._timeout) if done - begun > self._timeout else (not errs, done)


class Postings:
    """The ERP as it books credits."""

    def __init__(self, works: Works, settings: Settings) -> None:
        opening, slow = Spans.of_outages(works.world, "erp").up, Slowdowns.of(works.world, "erp")
        self._station = FifoStation(settings.posting_servers, opening=opening, slow=slow)
        self._law = Timed(works, settings.posting, "refund.posting")

    def done(self, claim: Claim, now: int) -> int:
        """When a credit is booked that comes now."""
        return self._station.serve(self._law.of(claim.order, claim.attempt()), now)[1]


def _until(now: int, t: int) -> Telling:
    """A wait, which is a waking if it takes time."""
    if t > now:
        yield t
    return t
