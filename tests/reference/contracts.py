"""Releases that break couplings, and the people who mend them: processes and a resource (docs/model.md, section 6)."""

from __future__ import annotations

from itertools import pairwise

import simpy

from tests.reference.clock import FREED, Instant, Process
from tests.reference.shop import Shop
from twin.core.clock import DAY
from twin.journal.totals import Flow
from twin.scenario.releases import ApiRelease

ADAPTER = 1 << 15

Work = tuple[int, int]
"""Number of a release, and the coupling that follows it."""


class Contracts:
    """Who must follow which release, and whether they have."""

    def __init__(self, shop: Shop, own: list[int]) -> None:
        self._shop, self._env, self._settings = shop, shop.env, shop.systems.contracts
        self._releases = shop.scenario.releases
        self._own, self._all = own, list(range(len(shop.scenario.demand.channels)))
        self._people = simpy.Resource(shop.env, self._settings.people)
        self._mended: dict[Work, int] = {}
        self._change = shop.env.event()
        for number, release in enumerate(self._releases):
            luck = shop.stream("rework", release.rework)
            for coupling in sorted({self._coupling(release.system, channel) for channel in self._channels(release)}):
                labour = luck.sample(number << 16 | coupling)
                shop.env.process(self._follow((number, coupling), release, labour))

    def broken(self, system: str, channel: int) -> bool:
        """Whether the channel's calls to a system are GONE now."""
        now = self._env.now
        return any(start <= now < end for start, end in self._spans(system, channel, later=now + 1))

    def changed(self) -> simpy.Event:
        """Happens when something is mended."""
        return self._change

    def account(self, horizon: int) -> None:
        """The run ends: count the time in which couplings were broken."""
        for system in ("service", "erp"):
            for channel in self._all:
                spans = self._spans(system, channel, later=horizon)
                edges = sorted({min(edge, horizon) for span in spans for edge in span})
                covered = (b - a for a, b in pairwise(edges) if any(s <= a < e for s, e in spans))
                self._shop.flows[Flow.BROKEN_US] += sum(covered)

    def _spans(self, system: str, channel: int, later: int) -> list[tuple[int, int]]:
        """When releases were there and the channel's coupling had not followed; ``later`` ends what still lasts."""
        return [
            (release.at, self._mended.get((number, self._coupling(system, channel)), later))
            for number, release in enumerate(self._releases)
            if release.system == system and channel in self._channels(release)
        ]

    def _channels(self, release: ApiRelease) -> list[int]:
        """Channels behind the couplings that a release concerns."""
        systems = self._shop.systems
        if release.system == "erp":
            return [] if systems.erp.coupling == "consumer" else self._all
        called = systems.publications.own.mode == "query" or systems.reserving.mode == "synchronous"
        return self._own if called else []

    def _coupling(self, system: str, channel: int) -> int:
        how = self._settings.service if system == "service" else self._shop.systems.erp.coupling
        return channel if how == "direct" else ADAPTER

    def _follow(self, work: Work, release: ApiRelease, labour: int) -> Process:
        """A coupling is reworked."""
        env, flows = self._env, self._shop.flows
        given = self._settings.migrated.get(release.version)
        if given is not None:
            env.process(self._due(release.at, labour))
            yield Instant(env, given, FREED)
        else:
            ahead = self._settings.migrate == "ahead"
            yield Instant(env, max(0, release.at - release.notice) if ahead else release.at, FREED)
            with self._people.request() as turn:
                yield turn
                flows[Flow.REWORK_US] += labour
                yield Instant(env, env.now + labour * DAY // self._settings.workday, FREED)
        self._mended[work] = env.now
        self._change.succeed()
        self._change = env.event()

    def _due(self, at: int, labour: int) -> Process:
        yield Instant(self._env, at, FREED)
        self._shop.flows[Flow.REWORK_US] += labour
