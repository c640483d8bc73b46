"""Spans of time that are known from the start: a system is down, errs or is slow, a coupling is broken."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Self

import numpy as np

from twin.core.hashing import bits
from twin.core.shares import MILLION
from twin.world.tables import SYSTEMS
from twin.world.world import World

_start: Final = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans ``[start, end)`` that neither touch nor overlap, in their order."""

    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of_outages(cls, world: World, system: str) -> Self:
        """When a central system is down."""
        rows = world.windows[world.windows["system"] == SYSTEMS.index(system)]
        return cls(tuple(rows[["start", "end"]].tolist()))

    @classmethod
    def merged(cls, spans: Iterable[tuple[int, int]]) -> Self:
        """The union of spans, empty ones left out."""
        out: list[tuple[int, int]] = []
        for start, end in sorted(span for span in spans if span[0] < span[1]):
            if out and start <= out[-1][1]:
                out[-1] = (out[-1][0], max(out[-1][1], end))
            else:
                out.append((start, end))
        return cls(tuple(out))

    def up(self, t: int) -> int:
        """First instant >= ``t`` outside."""
        place = bisect_right(self.spans, t, key=_start) - 1
        return max(t, self.spans[place][1]) if place >= 0 else t

    def since(self, t: int) -> int | None:
        """Start of the one that covers ``t``."""
        place = bisect_right(self.spans, t, key=_start) - 1
        return self.spans[place][0] if place >= 0 and t < self.spans[place][1] else None

    def cover(self, t: int) -> bool:
        """Whether ``t`` lies inside one."""
        return self.up(t) > t

    def before(self, t: int) -> int:
        """How much of them lies before ``t``."""
        return sum(min(end, t) - start for start, end in self.spans if start < t)


@dataclass(frozen=True, slots=True)
class Errors:
    """Windows (start, end, parts of a million) in which answers are errors, in their order."""

    windows: tuple[tuple[int, int, int], ...]
    key: np.uint64

    @classmethod
    def of(cls, world: World, system: str, stream: str) -> Self:
        """When a system errs; ``stream`` decides about each call."""
        rows = world.errors[world.errors["system"] == SYSTEMS.index(system)]
        return cls(tuple(rows[["start", "end", "parts"]].tolist()), world.streams.key(stream))

    def hit(self, entity: int, attempt: int, t: int) -> bool:
        """Whether the answer that a caller gets at ``t`` is an error."""
        place = bisect_right(self.windows, t, key=_start) - 1
        if place < 0 or t >= self.windows[place][1]:
            return False
        return int(bits(self.key, entity, attempt)) % MILLION < self.windows[place][2]


@dataclass(frozen=True, slots=True)
class Slowdowns:
    """Windows (start, end, parts of a million) in which what begins takes longer, in their order."""

    windows: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, world: World, system: str) -> Self:
        """When a system is slow."""
        rows = world.slowdowns[world.slowdowns["system"] == SYSTEMS.index(system)]
        return cls(tuple(rows[["start", "end", "parts"]].tolist()))

    def paced(self, duration: int, start: int) -> int:
        """How long a service takes that begins at ``start``."""
        place = bisect_right(self.windows, start, key=_start) - 1
        if place < 0 or start >= self.windows[place][1]:
            return duration
        return duration * self.windows[place][2] // MILLION
