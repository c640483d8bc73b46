"""What runs by the clock as SimPy processes: a feed's file every so often, an outage that freezes answers."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import simpy
from numpy.typing import NDArray

from twin.core.clock import Tie
from twin.core.hashing import bits
from twin.core.laws import sample
from twin.journal.tables import NONE
from twin.journal.totals import FeedName
from twin.journal.writer import Journal
from twin.kernels.codes import NOTES, RECORD, VIEW
from twin.model.build import knots_of
from twin.model.lanes import carriers
from twin.model.plane import Plane
from twin.model.process import Instant
from twin.model.windows import Spans
from twin.policies.calendars import next_job
from twin.scenario.systems import Feed, Publication
from twin.world.tables import SYSTEMS
from twin.world.world import World

Process = Generator[simpy.Event, Any, None]

FEED_KIND: Final = 5 << 40
_FEED_NAMES: Final = {
    VIEW: ("movements", FeedName.MOVEMENTS),
    NOTES: ("orders", FeedName.ORDERS),
    RECORD: ("posting", FeedName.POSTING),
}
_MANTISSA: Final = 53


@dataclass(frozen=True, slots=True)
class Works:
    """What clockwork processes share."""

    env: simpy.Environment
    world: World
    plane: Plane
    journal: Journal
    _outages: dict[tuple[str, ...], Spans] = field(default_factory=dict)
    """When any of some systems is down, as far as somebody has asked."""

    def at(self, t: int, entity: int) -> Instant:
        """The instant ``t`` in class BATCH."""
        return Instant(self.env, t, Tie.BATCH, entity)

    def luck(self, stream: str, entity: int, attempt: int = 0) -> np.uint64:
        """Random bits of an entity in a stream of the world."""
        return np.uint64(bits(self.world.streams.key(stream), entity, attempt))  # numba hands back a plain integer

    def duration(self, knots: NDArray[np.int64], stream: str, entity: int, attempt: int = 0) -> int:
        """A duration of a law, us."""
        return int(sample(knots, self.luck(stream, entity, attempt)))

    def up(self, t: int, *systems: str) -> int:
        """First instant >= ``t`` at which all ``systems`` are up."""
        if systems not in self._outages:
            numbers = [SYSTEMS.index(system) for system in systems]
            rows = self.world.windows[np.isin(self.world.windows["system"], numbers)]
            self._outages[systems] = Spans.merged(rows[["start", "end"]].tolist())
        return self._outages[systems].up(t)


def uniform(random_bits: np.uint64, span: int) -> int:
    """A whole number of microseconds, uniform in ``[0, span)``; 0 if the span is."""
    return int(random_bits) % span if span else 0


def happens(random_bits: np.uint64, share: float) -> bool:
    """Whether an event of probability ``share`` happens."""
    return (int(random_bits) >> (64 - _MANTISSA)) < share * 2.0**_MANTISSA


def feed_jobs(works: Works, feed: Feed, who: int) -> Process:
    """Files of a feed: extract, wait for the load, apply, again and again."""
    name, number = _FEED_NAMES[who]
    knots = knots_of(feed.job)
    systems = carriers(feed, who)
    k, live = 0, 0
    while True:
        due = feed.phase + k * feed.interval
        start = max(due + uniform(works.luck(f"{name}.jitter", k), feed.start_jitter), live)
        extract = works.up(start, *systems)
        yield works.at(extract, FEED_KIND | who)
        rows = works.plane.extract_feed(who, extract)
        live = extract + works.duration(knots, f"{name}.job", k) + rows * feed.per_row
        yield works.at(live, FEED_KIND | who)
        failed = happens(works.luck(f"{name}.failure", k), feed.failure)
        if not failed:
            failed = not works.plane.load_feed(who, live)
        if who == VIEW and not failed:
            works.plane.control["viewed_at"] = extract
        works.journal.jobs.append((number, NONE, due, extract, live, rows, failed))
        k = next_job(k, live, feed.phase, feed.interval)


def query_outages(works: Works, publication: Publication, channels: list[int]) -> Process:
    """While a queried system is down, its channels keep the answers of the instant it went down."""
    windows = works.world.windows
    table = works.plane.memory["channels"]
    for window in windows[windows["system"] == SYSTEMS.index(publication.system)]:
        start, end = int(window["start"]), int(window["end"])
        yield Instant(works.env, start, Tie.FAULT, 0)
        for channel in channels:
            works.plane.freeze(channel, start - 1)
            table["down"][channel] = 1
        yield Instant(works.env, end, Tie.FAULT, 0)
        table["down"][channels] = 0
