"""Contracts between channels and called systems: what a release breaks, and when the people have mended it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heapreplace
from typing import Final, NamedTuple

import numpy as np

from twin.core.clock import DAY
from twin.core.hashing import bits
from twin.core.laws import sample
from twin.model.build import knots_of
from twin.model.windows import Spans
from twin.scenario.releases import ApiRelease
from twin.scenario.systems import Systems
from twin.world.world import World

ADAPTER: Final = 1 << 15
"""Stands for the channel in the identity of the one coupling of all channels."""

_RELEASE_SHIFT: Final = 16
_SYSTEMS: Final = ("service", "erp")


class Coupling(NamedTuple):
    """What speaks to a system: a channel's client, or the adapter."""

    system: str
    number: int  # channel, or ADAPTER


class Rework(NamedTuple):
    """A coupling follows a release: when it is broken, and how much work that is. Sorted as it is begun."""

    ready: int
    release: int
    coupling: Coupling
    at: int
    labour: int
    given: int | None  # the instant at which it is done, if that does not depend on the people


@dataclass(frozen=True, slots=True)
class Contracts:
    """When each channel's calls to each system find its coupling broken, and what mending takes."""

    broken: dict[Coupling, Spans]
    labour: int
    """Working time begun before the horizon, us."""

    def spans(self, system: str, channel: int) -> Spans | None:
        """When the coupling of a channel to a system is broken; ``None``: never."""
        return self.broken.get(Coupling(system, channel)) or self.broken.get(Coupling(system, ADAPTER))

    def time(self, channels: int, horizon: int) -> int:
        """Time before the horizon in which couplings were broken, summed over channels and systems, us."""
        couplings = (self.spans(system, channel) for system in _SYSTEMS for channel in range(channels))
        return sum(spans.before(horizon) for spans in couplings if spans is not None)


def contracts_of(world: World, releases: tuple[ApiRelease, ...], systems: Systems, own: frozenset[int]) -> Contracts:
    """What the releases do to an arm; ``own`` are the channels that the retailer runs."""
    coupled = couplings(systems, len(world.estate.channels), own)
    works = sorted(_reworks(world, releases, systems, coupled))
    free = [0] * systems.contracts.people
    heapify(free)
    broken: dict[Coupling, list[tuple[int, int]]] = {}
    labour = 0
    for work in works:
        begun, done = _carried_out(work, free, systems.contracts.workday)
        broken.setdefault(work.coupling, []).append((work.at, done))
        labour += work.labour if begun < world.horizon_us else 0
    return Contracts({coupling: Spans.merged(spans) for coupling, spans in broken.items()}, labour)


def couplings(systems: Systems, channels: int, own: frozenset[int]) -> tuple[Coupling, ...]:
    """What speaks to the called systems in an arm."""
    asks = systems.publications.own.mode == "query" or systems.reserving.mode == "synchronous"
    direct, adapter = sorted(own), [ADAPTER]
    of_service = (direct if systems.contracts.service == "direct" else adapter) if asks else []
    of_erp = {"direct": list(range(channels)), "adapter": adapter, "consumer": []}[systems.erp.coupling]
    return tuple(
        Coupling(system, number)
        for system, listed in zip(_SYSTEMS, (of_service, of_erp), strict=True)
        for number in listed
    )


def _reworks(
    world: World, releases: tuple[ApiRelease, ...], systems: Systems, coupled: tuple[Coupling, ...]
) -> Iterator[Rework]:
    key, settings = world.streams.key("rework"), systems.contracts
    for number, release in enumerate(releases):
        knots = knots_of(release.rework)
        given = settings.migrated.get(release.version)
        ready = release.at if settings.migrate == "late" else max(0, release.at - release.notice)
        for coupling in coupled:
            if coupling.system == release.system:
                luck = np.uint64(bits(key, number << _RELEASE_SHIFT | coupling.number, 0))
                yield Rework(ready, number, coupling, release.at, int(sample(knots, luck)), given)


def _carried_out(work: Rework, free: list[int], workday: int) -> tuple[int, int]:
    """When a rework is begun, by the first who is free (a heap of instants), and done."""
    if work.given is not None:
        return work.at, work.given
    begun = max(work.ready, free[0])
    done = begun + work.labour * DAY // workday
    heapreplace(free, done)
    return begun, done
