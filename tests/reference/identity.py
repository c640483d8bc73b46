"""The identity provider: a process for each fetch, an event for all who wait for it (docs/model.md, section 6)."""

from __future__ import annotations

from collections import Counter, defaultdict

import simpy

from tests.reference.clock import FREED, Instant, Process
from tests.reference.shop import Shop, rows_of
from twin.journal.totals import Flow
from twin.world.tables import SYSTEMS


class Identity:
    """Gives each channel its tokens."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self._env = shop, shop.env
        self._settings = shop.systems.credentials
        self._law = shop.stream("identity.call", self._settings.service)
        self._error = shop.stream("identity.error")
        self._outages = shop.outages("identity")
        self._errors = [row for row in rows_of(shop.world.errors) if SYSTEMS[row["system"]] == "identity"]
        self._valid: defaultdict[int, int] = defaultdict(int)
        self._fetches: dict[int, simpy.Event] = {}  # the last of each channel
        self._reached: Counter[int] = Counter()

    def valid(self, channel: int) -> bool:
        """Whether the channel has a token; has one fetched if it has none, or will soon have none."""
        now = self._env.now
        fetch = self._fetches.get(channel)
        if self._valid[channel] - now <= self._settings.ahead and (fetch is None or fetch.triggered):
            self._begin(channel)
        return now < self._valid[channel]

    def fetched(self, channel: int) -> simpy.Event:
        """Happens when the last fetch ends; its value is whether it brought a token."""
        return self._fetches[channel]

    def _begin(self, channel: int) -> None:
        self._fetches[channel] = self._env.event()
        end, brings = self._outcome(channel)
        self._shop.flows[Flow.TOKEN_FAILURES] += not brings
        if end == self._env.now:
            self._end(channel, brings)
        else:
            self._env.process(self._wait(channel, end, brings))

    def _wait(self, channel: int, end: int, brings: bool) -> Process:
        yield Instant(self._env, end, FREED)
        self._end(channel, brings)

    def _end(self, channel: int, brings: bool) -> None:
        if brings:
            self._valid[channel] = self._env.now + self._settings.lifetime
        self._fetches[channel].succeed(brings)

    def _outcome(self, channel: int) -> tuple[int, bool]:
        now = self._env.now
        if self._outages.since(now) is not None:
            return now, False
        self._shop.flows[Flow.TOKEN_FETCHES] += 1
        entity = channel << 32 | self._reached[channel]
        self._reached[channel] += 1
        time = self._law.sample(entity)
        if time > self._settings.timeout:
            return now + self._settings.timeout, False
        end = now + time
        parts = [row["parts"] for row in self._errors if row["start"] <= end < row["end"]]
        return end, not parts or self._error.below(1_000_000, entity) >= parts[0]
