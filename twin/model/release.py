"""Who is released first while orders wait for their release (docs/model.md, section 6, "Release")."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits
from twin.core.laws import sample
from twin.model.build import gap_of, knots_of
from twin.model.jobs import Works
from twin.model.process import Turn
from twin.model.station import QueuedStation
from twin.model.windows import Slowdowns, Spans
from twin.scenario.order_release import ORDER_MODES, Release

_LAST: Final = 1 << 62
"""Class of an order that no priority is given to."""

Releasing = Generator["int | Turn", None, int]
"""Part of a story that ends when the order is released."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The release of an arm that does not take the oldest first."""

    station: QueuedStation
    slow: Slowdowns
    step: NDArray[np.int64]
    key: np.uint64
    classes: NDArray[np.int64]
    """[channel, mode]"""

    @classmethod
    def of(cls, works: Works, release: Release, channels: tuple[str, ...]) -> Self | None:
        """The desk of an arm; ``None`` where kernels keep the queue, or there is none."""
        if release.order == "oldest":
            return None
        opening = Spans.of_outages(works.world, release.system).up
        station = QueuedStation(
            works.env,
            release.workers,
            gap_of(release.rate),
            opening=opening,
            newest_first=release.order == "newest",
        )
        slow = Slowdowns.of(works.world, release.system)
        key = works.world.streams.key("release.step")
        return cls(station, slow, knots_of(release.step), key, _classes(release, channels))

    def pass_through(self, order: int, wave: int, kind: tuple[int, int], joins: int, now: int) -> Releasing:
        """A wave of an order of a kind (channel, mode) that joins the queue at ``joins``."""
        duration = int(sample(self.step, np.uint64(bits(self.key, order, wave))))
        rank = int(self.classes[kind])
        turn = self.station.join(rank, lambda start: self.slow.paced(duration, start), joins=joins, now=now)
        yield turn
        if isinstance(turn, int):
            return turn
        assert turn.called_at is not None
        return turn.called_at


def _classes(release: Release, channels: tuple[str, ...]) -> NDArray[np.int64]:
    """The lowest class that an order is given by its channel or its mode."""
    given = release.priorities
    lowest = [[min(given.get(channel, _LAST), given.get(mode, _LAST)) for mode in ORDER_MODES] for channel in channels]
    return np.array(lowest, np.int64)
