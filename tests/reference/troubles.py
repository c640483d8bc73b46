"""What goes wrong with messages, who notices, and when it is repaired (docs/model.md, sections 4 and 11)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import simpy

from tests.reference.clock import NOW, Instant, Process, fault_key
from tests.reference.messages import Message
from tests.reference.shop import Shop, rows_of
from twin.core.hashing import bits
from twin.core.shares import MILLION
from twin.journal.observability import By
from twin.journal.tables import NONE
from twin.journal.totals import FeedName
from twin.world.tables import TroubleKind

KIND_SHIFT = 24
REPAIR = 4


class Trouble:
    """One trouble, as one arm's people notice and repair it."""

    def __init__(self, shop: Shop, number: int, row: dict[str, int], *, detect: int, repair: int) -> None:
        self._env = shop.env
        self.number, self.kind, self.start = number, TroubleKind(row["kind"]), row["start"]
        self.value = row["value"]
        self._row, self._repair = row, repair
        self.repairable = self.kind == TroubleKind.POISON or bool(row["until_repaired"])
        self.noticed, self.by = self.start + detect, By.PEOPLE
        self.repaired = NOW
        self.over = simpy.Event(shop.env)  # its repair
        self._alarm = simpy.Event(shop.env)  # an alert tells of it
        if self.repairable:
            shop.env.process(self._work())

    def _work(self) -> Process:
        """Somebody repairs it: when people have noticed, or sooner if an alert tells them."""
        yield self._alarm | Instant(self._env, self.noticed + self._repair, fault_key(REPAIR, self.number))
        if self._alarm.triggered:
            yield Instant(self._env, self.noticed + max(1, self._repair), fault_key(REPAIR, self.number))
        self.repaired = self._env.now
        self.over.succeed()

    def hits(self, message: Message, feed: FeedName) -> bool:
        """Whether it hits a message, for a feed."""
        row = self._row
        end = min(row["end"], self.repaired) if row["until_repaired"] else row["end"]
        if not self.start <= message.t < end:
            return False
        if not self.concerns(feed) or not row["parts"] >> (message.part >> KIND_SHIFT) & 1:
            return False
        return int(bits(np.uint64(row["key"]), message.entity, message.part)) % MILLION < row["share"]

    def concerns(self, feed: FeedName) -> bool:
        """Whether it is a trouble of a feed."""
        return bool(self._row["feeds"] >> feed & 1)

    def tell(self, since: int) -> None:
        """An alert stands, of something that has been so since a check; one that began before tells nothing."""
        now = self._env.now
        if self.start <= since and now < self.noticed:
            self.noticed, self.by = now, By.ALERT
            self._alarm.succeed()

    def row(self, horizon: int) -> tuple[int, ...]:
        """Row of the journal."""
        known = self.noticed < horizon
        by = self.by if known else By.NOBODY
        noticed = self.noticed if known else NONE
        repaired = self.repaired if self.repaired < horizon else NONE
        return self.number, self.kind, self.start, noticed, by, repaired, self.repairable


class Troubles:
    """The world's troubles."""

    def __init__(self, shop: Shop) -> None:
        operations = shop.systems.operations
        detect = shop.stream("trouble.detect", operations.detect)
        repair = shop.stream("trouble.repair", operations.repair)
        self.all = [
            Trouble(shop, number, row, detect=detect.sample(number), repair=repair.sample(number))
            for number, row in enumerate(rows_of(shop.world.troubles))
        ]

    def lost(self, message: Message, feed: FeedName) -> bool:
        """Whether the message is lost on its way."""
        return any(self._hitting(TroubleKind.LOST, message, feed))

    def lateness(self, message: Message, feed: FeedName) -> int:
        """How much later than it was made the message leaves."""
        return next((trouble.value for trouble in self._hitting(TroubleKind.LATE, message, feed)), 0)

    def copies(self, message: Message, feed: FeedName) -> int:
        """How many times more the message is sent."""
        return next((trouble.value for trouble in self._hitting(TroubleKind.COPIES, message, feed)), 0)

    def poisons(self, message: Message, feed: FeedName) -> list[Trouble]:
        """All that makes the message bad for the feed."""
        return list(self._hitting(TroubleKind.POISON, message, feed))

    def of(self, feed: FeedName) -> Iterator[Trouble]:
        """Troubles that make messages bad for the feed."""
        return (trouble for trouble in self.all if trouble.kind == TroubleKind.POISON and trouble.concerns(feed))

    def _hitting(self, kind: TroubleKind, message: Message, feed: FeedName) -> Iterator[Trouble]:
        return (trouble for trouble in self.all if trouble.kind == kind and trouble.hits(message, feed))
