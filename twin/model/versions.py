"""Contracts between channels and called systems: what a release breaks, and when the people have mended it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapreplace
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

    broken: dict[tuple[str, int], Spans]
    labour: int
    """Working time begun before the horizon, us."""

    def time(self, horizon: int) -> int:
        """Time before the horizon in which couplings were broken, summed over channels and systems, us."""
        return sum(spans.before(horizon) for spans in self.broken.values())


def contracts_of(world: World, releases: tuple[ApiRelease, ...], systems: Systems, own: frozenset[int]) -> Contracts:
    """What the releases do to an arm; ``own`` are the channels that the retailer runs."""
    channels = {"service": sorted(own), "erp": list(range(len(world.estate.channels)))}
    works = sorted(_reworks(world, releases, systems, couplings(systems, channels)))
    free = [0] * systems.contracts.people
    broken: dict[tuple[str, int], list[tuple[int, int]]] = {}
    labour = 0
    for work in works:
        begun, done = _carried_out(work, free, systems.contracts.workday)
        labour += work.labour if begun < world.horizon_us else 0
        system, number = work.coupling
        for channel in channels[system] if number == ADAPTER else (number,):
            broken.setdefault((system, channel), []).append((work.at, done))
    merged = ((where, Spans.merged(spans)) for where, spans in broken.items())
    return Contracts({where: spans for where, spans in merged if spans.spans}, labour)


def couplings(systems: Systems, channels: dict[str, list[int]]) -> tuple[Coupling, ...]:
    """What speaks to the called systems in an arm, whose ``channels`` could speak to each."""
    asks = systems.publications.own.mode == "query" or systems.reserving.mode == "synchronous"
    how = {"service": systems.contracts.service if asks else "consumer", "erp": systems.erp.coupling}
    numbers = {
        system: {"direct": listed, "adapter": [ADAPTER], "consumer": []}[how[system]]
        for system, listed in channels.items()
    }
    return tuple(Coupling(system, number) for system, listed in numbers.items() for number in listed)


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
