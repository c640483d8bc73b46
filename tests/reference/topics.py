"""How messages are sent: at once, later, from an outbox, or never (docs/model.md, section 4, "Sending")."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic

from tests.reference.clock import LEAVING, Instant, Outages, Process, fault_key
from tests.reference.messages import Delivery, M
from tests.reference.middleware import Feed
from tests.reference.shop import Shop
from tests.reference.troubles import Troubles

OUTBOX = 1


@dataclass(slots=True, eq=False)
class Sending(Generic[M]):
    """A message, once for each feed of its topic."""

    feeds: list[Feed[M]]
    deliveries: list[Delivery[M]]

    def go(self) -> None:
        """It is sent to all its consumers."""
        for feed, delivery in zip(self.feeds, self.deliveries, strict=True):
            feed.send(delivery)

    def fail(self, over: Sending[M] | None = None) -> None:
        """It is lost for all its consumers, perhaps over another that has just been made."""
        causes: list[Delivery[M] | None] = list(over.deliveries) if over is not None else [None] * len(self.deliveries)
        for feed, delivery, cause in zip(self.feeds, self.deliveries, causes, strict=True):
            feed.lose(delivery, over=cause)


class Outbox(Generic[M]):
    """What a node could not send while its link was down."""

    def __init__(self, shop: Shop, node: int) -> None:
        self._env, self._node = shop.env, node
        self._capacity = shop.systems.outbox.capacity
        self._link: Outages = shop.outages("link", node)
        self._kept: deque[Sending[M]] = deque()
        shop.env.process(self._empty())

    def send(self, sending: Sending[M]) -> None:
        """Send, if the link is up; else keep it, and lose what has waited longest if that is too much."""
        if self._link.since(self._env.now) is None:
            sending.go()
            return
        self._kept.append(sending)
        if len(self._kept) > self._capacity:
            self._kept.popleft().fail(sending)

    def _empty(self) -> Process:
        """When an outage of the link ends, all that was kept is sent."""
        for end in self._link.ends:
            yield Instant(self._env, end, fault_key(OUTBOX, self._node))
            while self._kept:
                self._kept.popleft().go()


class Topic(Generic[M]):
    """Takes the messages that are made to the feeds that carry them."""

    def __init__(self, shop: Shop, troubles: Troubles, feeds: list[Feed[M]]) -> None:
        self._env, self._settings = shop.env, shop.systems.outbox
        self._troubles, self._feeds = troubles, feeds
        self._outboxes: list[Outbox[M]] = [Outbox(shop, node.number) for node in shop.nodes]
        self._made = 0

    def make(self, message: M) -> None:
        """A message is made, and leaves its system now or later."""
        message.serial, self._made = self._made, self._made + 1
        sending = Sending(self._feeds, [feed.expect(message) for feed in self._feeds])
        topic = self._feeds[0].number  # what hits messages on their way hits them for all feeds of the topic
        lost = self._troubles.lost(message, topic)
        if lost and not self._settings.confirmed:
            sending.fail()
            return
        delay = self._settings.resend if lost else self._troubles.lateness(message, topic)
        if delay:
            self._env.process(self._leave_later(message, sending, delay))
        else:
            self._leave(message, sending)

    def _leave_later(self, message: M, sending: Sending[M], delay: int) -> Process:
        yield Instant(self._env, message.t + delay, LEAVING)
        self._leave(message, sending)

    def _leave(self, message: M, sending: Sending[M]) -> None:
        if message.source is None:
            sending.go()
        else:
            self._outboxes[message.source.number].send(sending)
