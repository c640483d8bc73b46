"""FIFO stations with real queues: synchronous calls and pickers (docs/model.md, sections 6 and 7)."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush

import simpy

from tests.reference.clock import FREED, Clock, Instant, Process, Slowness


class Station:
    """Servers that serve in the order of arrival; a service starts at ``opening(t)``, ``t`` when a server is free."""

    def __init__(self, env: Clock, servers: int, slowness: Slowness | None = None) -> None:
        self._env = env
        self._slowness = slowness or Slowness([])
        self._servers = simpy.Resource(env, servers)
        self._ends: list[int] = []  # of services that have a server
        self._waiting: list[Callable[[int], int]] = []  # when each would end whose turn came at an instant

    def join(self, service: int, opening: Callable[[int], int]) -> simpy.Event:
        """Join the queue; the event happens when a server takes the job and its value is when the service will end."""
        taken = self._env.event()
        self._waiting.append(lambda t: self._done(service, opening(t)))
        self._env.process(self._serve(service, opening, taken))
        return taken

    def withdraw(self, until: int) -> None:
        """One server less, from when it is the turn of whoever comes now."""
        self._waiting.append(lambda t: max(t, until))
        self._env.process(self._withdraw(until))

    def _withdraw(self, until: int) -> Process:
        with self._servers.request() as turn:
            yield turn
            done = max(self._env.now, until)
            self._waiting.pop(0)
            self._ends.append(done)
            yield Instant(self._env, done, FREED)
            self._ends.remove(done)

    def _done(self, service: int, start: int) -> int:
        return start + self._slowness.pace(service, start)

    def _serve(self, service: int, opening: Callable[[int], int], taken: simpy.Event) -> Process:
        with self._servers.request() as turn:
            yield turn
            done = self._done(service, opening(self._env.now))
            self._waiting.pop(0)
            self._ends.append(done)
            taken.succeed(done)
            yield Instant(self._env, done, FREED)
            self._ends.remove(done)

    def idle_from(self) -> int:
        """When a server has nothing to do, if nothing more comes: all that waits is thought through to its end."""
        now = self._env.now
        free = [*self._ends, *(now for _ in range(self._servers.capacity - len(self._ends)))]
        heapify(free)
        for ends in self._waiting:
            heappush(free, ends(max(now, heappop(free))))
        return max(now, free[0])
