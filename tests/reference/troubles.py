"""What goes wrong with messages, and when it is repaired (docs/model.md, section 4, "Troubles")."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.reference.messages import Message
from tests.reference.shop import Shop, rows_of
from twin.core.hashing import bits
from twin.core.shares import MILLION
from twin.journal.tables import FeedName
from twin.world.tables import TroubleKind

KIND_SHIFT = 24


class Troubles:
    """The world's troubles, as one arm's operations repair them."""

    def __init__(self, shop: Shop) -> None:
        operations = shop.systems.operations
        detect = shop.stream("trouble.detect", operations.detect)
        repair = shop.stream("trouble.repair", operations.repair)
        self._rows = rows_of(shop.world.troubles)
        for number, row in enumerate(self._rows):
            row["repaired"] = row["start"] + detect.sample(number) + repair.sample(number)

    def lost(self, message: Message, feed: FeedName) -> bool:
        """Whether the message is lost on its way."""
        return bool(self._values(TroubleKind.LOST, message, feed))

    def lateness(self, message: Message, feed: FeedName) -> int:
        """How much later than it was made the message leaves."""
        return next(iter(self._values(TroubleKind.LATE, message, feed)), 0)

    def copies(self, message: Message, feed: FeedName) -> int:
        """How many times more the message is sent."""
        return next(iter(self._values(TroubleKind.COPIES, message, feed)), 0)

    def repairs(self, message: Message, feed: FeedName) -> list[int]:
        """When all that makes the message bad for the feed is repaired."""
        return self._values(TroubleKind.POISON, message, feed, "repaired")

    def repaired(self, feed: FeedName) -> Iterator[tuple[int, int]]:
        """When each trouble began that makes messages bad for the feed, and when it is repaired."""
        for row in self._rows:
            if row["kind"] == TroubleKind.POISON and row["feeds"] >> feed & 1:
                yield row["start"], row["repaired"]

    def _values(self, kind: TroubleKind, message: Message, feed: FeedName, column: str = "value") -> list[int]:
        """A column of the troubles of a kind that hit the message."""
        return [row[column] for row in self._rows if row["kind"] == kind and _hits(row, message, feed)]


def _hits(row: dict[str, int], message: Message, feed: FeedName) -> bool:
    if not row["start"] <= message.t < row["end"]:
        return False
    if not row["feeds"] >> feed & 1 or not row["parts"] >> (message.part >> KIND_SHIFT) & 1:
        return False
    return int(bits(np.uint64(row["key"]), message.entity, message.part)) % MILLION < row["share"]
