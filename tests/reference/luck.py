"""Luck of entities: the shared hash, and laws as plain lists of knots."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from twin.core.hashing import bits
from twin.core.laws import BINS, table
from twin.scenario.laws import Law


class Streams(Protocol):
    """What names the streams of a replication."""

    def key(self, name: str) -> np.uint64: ...


class Stream:
    """One named stream, with the law that its bits are read by."""

    def __init__(self, streams: Streams, name: str, law: Law | None = None) -> None:
        self._key = streams.key(name)
        knots = table(law.law, law.mean, law.cv).tolist() if law is not None else [0, 0]
        self._knots = knots
        self._constant = knots[0] if min(knots) == max(knots) else None

    def bits(self, entity: int, attempt: int = 0) -> int:
        """64 uniform bits."""
        return int(bits(self._key, entity, attempt))

    def below(self, span: int, entity: int, attempt: int = 0) -> int:
        """Uniform whole number in [0, span); 0 if the span is."""
        return self.bits(entity, attempt) % span if span else 0

    def happens(self, share: float, entity: int, attempt: int = 0) -> bool:
        """Whether an event of probability ``share`` happens: the top 53 bits as a fraction."""
        return (self.bits(entity, attempt) >> 11) < share * 2.0**53

    def sample(self, entity: int, attempt: int = 0) -> int:
        """The law's value: the knot of the top 11 bits, and 20 bits of the way to the next."""
        if self._constant is not None:
            return int(self._constant)
        drawn = self.bits(entity, attempt)
        at = drawn >> 64 - BINS.bit_length() + 1
        low, high = self._knots[at], self._knots[at + 1]
        return int(low + ((high - low) * (drawn >> 33 & 0xFFFFF) >> 20))
