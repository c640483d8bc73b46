"""Traces: every step of some orders (docs/model.md, section 11)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

import simpy

from tests.reference.clock import NOW, instant
from tests.reference.ledgers import Movement
from tests.reference.luck import Stream
from twin.journal.observability import SpanKind
from twin.journal.orders import Status
from twin.journal.tables import NONE

if TYPE_CHECKING:
    from tests.reference.orderlines import Order

PICK = 1
KIND_SHIFT = 24


class Span:
    """A step that may be over or not."""

    def __init__(self, order: int, kind: SpanKind, number: int, start: int) -> None:
        self.order, self.kind, self.number, self.start = order, kind, number, start
        self.end, self.outcome = NOW, 0

    def finish(self, end: int, outcome: int = 1) -> None:
        """It is over, now or at an instant that is known already."""
        self.end, self.outcome = end, outcome

    def row(self, horizon: int) -> tuple[int, ...]:
        """Row of the journal."""
        if self.end < horizon:
            return self.order, self.kind, self.number, self.start, self.end, self.outcome
        return self.order, self.kind, self.number, self.start, NONE, 0


class Tracer:
    """Writes down what it is told of the orders in its sample."""

    def __init__(self, luck: Stream, share: float) -> None:
        self._luck, self._parts = luck, round(share * 10**6)
        self._spans: list[Span] = []

    def begin(self, order: int, kind: SpanKind, number: int, start: int) -> Span:
        """A step of an order begins."""
        span = Span(order, kind, number, start)
        if self._parts and self._luck.below(10**6, order) < self._parts:
            self._spans.append(span)
        return span

    def add(self, order: int, kind: SpanKind, number: int, start: int, end: int, outcome: int = 1) -> None:
        """A step whose end is known."""
        self.begin(order, kind, number, start).finish(end, outcome)

    def until(self, order: int, kind: SpanKind, number: int, start: int, taken: simpy.Event) -> None:
        """A service that is asked for: its end is known when a server takes it."""
        span = self.begin(order, kind, number, start)
        assert taken.callbacks is not None
        taken.callbacks.append(lambda event: span.finish(cast(int, event.value)))

    def rows(self, orders: Iterable[Order], movements: Iterable[Movement], horizon: int) -> list[tuple[int, ...]]:
        """What is known at the end, with the checkouts of the orders and the messages of their picks."""
        for order in orders:
            self._checkout(order)
        for movement in movements:
            if movement.part >> KIND_SHIFT == PICK:
                line = (movement.part & 0xFFFFFF) >> 4
                seen = instant(movement.seen) if movement.seen < NOW else NOW
                self.add(movement.entity, SpanKind.VIEW, line, movement.t, seen)
                self.add(movement.entity, SpanKind.POSTING, line, movement.t, movement.posted_at)
        return sorted(span.row(horizon) for span in self._spans if span.start < horizon)

    def _checkout(self, order: Order) -> None:
        goes_on = (Status.OPEN, Status.ACCEPTED, Status.BACKORDERED)
        over = NOW if any(line.status in goes_on for line in order.lines) else max(line.t_end for line in order.lines)
        told_no = (Status.OPEN, Status.REFUSED, Status.ABANDONED, Status.DECLINED, Status.LEFT)
        accepted = sum(line.status not in told_no for line in order.lines)
        end = order.t_accept if order.t_accept != NONE else over
        self.add(order.id, SpanKind.CHECKOUT, 0, order.t, end, accepted)
        if order.sets_out != NONE and order.sets_out <= over and not order.released:
            self.add(order.id, SpanKind.RELEASE, 0, order.sets_out, over, 0)
