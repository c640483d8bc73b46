"""What becomes of the messages of a feed when they are handled (docs/model.md, section 4, "Streams")."""

from __future__ import annotations

from typing import Generic

import simpy

from tests.reference.clock import before_orders
from tests.reference.messages import Consumer, Delivery, M, Place
from tests.reference.shop import Shop
from tests.reference.troubles import Trouble
from twin.journal.totals import Fate, FeedName, Flow
from twin.policies.backoff import pause
from twin.scenario.systems import Feed as Settings

HANDLED = (Fate.APPLIED, Fate.SUPERSEDED)


class Handler(Generic[M]):
    """Decides what becomes of a feed's messages."""

    def __init__(self, shop: Shop, number: FeedName, settings: Settings, consumer: Consumer[M]) -> None:
        self._env, self._flows = shop.env, shop.flows
        self._settings, self._consumer = settings, consumer
        self._service = shop.stream(f"{number.name.lower()}.service", settings.service)
        self.dead_letters: list[Delivery[M]] = []  # that are not being redriven
        self.replayed: list[Trouble] = []  # what was handled since they began is handled again once they are repaired
        failing = settings.failing
        self._attempts = failing.attempts if settings.mode != "queue" else 1  # a queue hands out again instead
        self._pauses = sum(
            pause("none", wait=failing.wait, factor=failing.factor, cap=failing.cap, retry=k, previous=0, random_bits=0)
            for k in range(1, self._attempts)
        )

    def expired(self, place: Place[M], start: int) -> bool:
        """Whether a message is not kept until ``start``."""
        assert place.entered is not None
        return start - place.entered > self._settings.topic.retention

    def waits_for(self, place: Place[M], start: int) -> list[simpy.Event]:
        """Repairs, of which one at least must come before a handling can begin that would begin now, at ``start``."""
        if self._settings.failing.policy != "block" or self.expired(place, start):
            return []
        return [trouble.over for trouble in place.delivery.poisons if start < trouble.repaired]

    def will_replay(self, start: int) -> bool:
        """Whether what is handled from ``start`` on is read again later."""
        delay = self._settings.failing.redrive_delay
        return any(each.start <= start < each.repaired + delay for each in self.replayed)

    def plan(self, place: Place[M], start: int) -> tuple[Fate, int]:
        """What a handling that begins at ``start`` makes of its message, and when it ends."""
        if self.expired(place, start):
            return Fate.EXPIRED, start
        delivery, failing = place.delivery, self._settings.failing
        service = self._service.sample(delivery.message.entity, delivery.message.part)
        if not delivery.bad(start):
            return Fate.APPLIED, start + service
        if failing.policy == "divert":
            return Fate.DEAD_LETTER, start + self._attempts * service + self._pauses
        return Fate.LOST, start + service

    def end(self, delivery: Delivery[M], outcome: Fate, *, pending: Fate = Fate.IN_FLIGHT) -> None:
        """A handling ends. It decides about a message that is ``pending``; another message has its fate already."""
        skipped = self._settings.failing.replay and delivery.fate == Fate.LOST and outcome == Fate.APPLIED
        if delivery.fate == pending or skipped:
            self._decide(delivery, outcome)
        elif outcome == Fate.APPLIED and delivery.fate in HANDLED and not self._settings.consumers.idempotent:
            again = self._consumer.apply_again(delivery.message, self._moment(delivery))
            self._flows[Flow.APPLIED_AGAIN] += again

    def lose(self, delivery: Delivery[M], *, over: Delivery[M] | None = None) -> None:
        """A message is gone before it was handled, perhaps over another that was made now; nothing happens to one that
        has a fate already.
        """
        if delivery.fate == Fate.IN_FLIGHT:
            self._decide(delivery, Fate.LOST, self._moment(over or delivery))

    def _decide(self, delivery: Delivery[M], outcome: Fate, moment: int | None = None) -> None:
        message, before = delivery.message, delivery.fate
        moment = self._moment(delivery) if moment is None else moment
        if outcome == Fate.APPLIED:
            if before in (Fate.DEAD_LETTER, Fate.LOST):
                self._consumer.recover(message)
                self._flows[Flow.REDRIVEN] += before == Fate.DEAD_LETTER
            if not self._consumer.apply(message, moment):
                outcome = Fate.SUPERSEDED
        elif before == Fate.IN_FLIGHT:
            self._consumer.miss(message, moment)
        if outcome == Fate.DEAD_LETTER:
            delivery.died = self._env.now
            self.dead_letters.append(delivery)
            self._flows[Flow.DEAD_LETTERED] += 1
        delivery.fate = outcome

    def _moment(self, delivery: Delivery[M]) -> int:
        """Of what happens now; a message is not handled before the moment at which it was made."""
        return max(before_orders(self._env.now), delivery.message.moment)
