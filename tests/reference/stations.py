"""FIFO stations with real queues: synchronous calls and pickers (docs/model.md, sections 6 and 7)."""

from __future__ import annotations

from collections.abc import Callable

import simpy

from tests.reference.clock import FREED, Clock, Instant, Process, Slowness


class Station:
    """Servers that serve in the order of arrival; a service starts at ``opening(t)``, ``t`` when a server is free."""

    def __init__(self, env: Clock, servers: int, slowness: Slowness | None = None) -> None:
        self._env = env
        self._slowness = slowness or Slowness([])
        self._servers = simpy.Resource(env, servers)

    def join(self, service: int, opening: Callable[[int], int]) -> simpy.Event:
        """Join the queue; the event happens when a server takes the job and its value is when the service will end."""
        taken = self._env.event()
        self._env.process(self._serve(service, opening, taken))
        return taken

    def withdraw(self, until: int) -> Process:
        """One server less, from when it is the turn of whoever comes now."""
        with self._servers.request() as turn:
            yield turn
            if self._env.now < until:
                yield Instant(self._env, until, FREED)

    def _serve(self, service: int, opening: Callable[[int], int], taken: simpy.Event) -> Process:
        with self._servers.request() as turn:
            yield turn
            start = opening(self._env.now)
            done = start + self._slowness.pace(service, start)
            taken.succeed(done)
            yield Instant(self._env, done, FREED)
