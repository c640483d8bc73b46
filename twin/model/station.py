"""Stations of the control plane: one that serves in the order of arrival, and one with a queue of its own for orders of
service that the recursion over the server that is free first cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush, heapreplace

import simpy

from twin.core.clock import NEVER
from twin.model.process import Alarm, Turn
from twin.model.windows import Slowdowns


class FifoStation:
    """First come, first served, by the server that is free first: what the kernels' stations do, for what the control
    plane calls.
    """

    def __init__(self, servers: int, *, opening: Callable[[int], int], slow: Slowdowns) -> None:
        """``servers``: 0 for as many as there are jobs; ``opening``: the first instant from one on at which a service
        may begin.
        """
        self._free = [0] * servers
        self._opening, self._slow = opening, slow

    def serve(self, duration: int, now: int) -> tuple[int, int]:
        """When the service of a job that comes now begins, and ends."""
        start = self._opening(max(now, self._free[0] if self._free else 0))
        done = start + self._slow.paced(duration, start)
        if self._free:
            heapreplace(self._free, done)
        return start, done


class QueuedStation:
    """Servers that begin the waiting job of the lowest rank, then of the lowest place among all that ever came.

    Who is free begins before everything else of an instant; a job that comes later begins at once if it can.
    """

    def __init__(
        self, env: simpy.Environment, servers: int, gap: int, *, opening: Callable[[int], int], newest_first: bool
    ) -> None:
        """``servers``: 0 for as many as there are jobs; ``gap``: least time between two starts, us; ``opening``: the
        first instant from one on at which a service may begin.
        """
        self._free = [0] * servers
        self._gap, self._next = gap, 0
        self._opening = opening
        self._sign = -1 if newest_first else 1
        self._came = 0
        self._waiting: list[tuple[int, int, Callable[[int], int], Turn]] = []
        self._filed: list[tuple[int, int, Callable[[int], int], Turn]] = []
        self._filed_until = NEVER
        self._alarm = Alarm(env, self._serve)

    def join(self, rank: int, service: Callable[[int], int], *, joins: int, now: int) -> int | Turn:
        """A job comes that joins the queue at ``joins``, together with all others that wait for that instant: when it
        ends, or a turn to be called then. ``service`` tells from its start how long it takes.
        """
        self._came += 1
        if joins == now and self._ready(now) <= now:  # then nobody waits, who could have begun before
            return self._begin(service, now)
        turn = Turn(NEVER)
        job = (rank, self._sign * self._came, service, turn)
        if joins > now:
            self._filed.append(job)
            self._filed_until = joins
        else:
            heappush(self._waiting, job)
        self._look(now)
        return turn

    def _ready(self, now: int) -> int:
        """First instant from now on at which a service can begin."""
        return self._opening(max(now, self._next, self._free[0] if self._free else 0))

    def _begin(self, service: Callable[[int], int], now: int) -> int:
        done = now + service(now)
        if self._free:
            heapreplace(self._free, done)
        self._next = now + self._gap
        return done

    def _serve(self, now: int) -> None:
        """Let in what was filed until now, and begin what can begin."""
        if self._filed_until <= now:
            self._waiting += self._filed
            heapify(self._waiting)
            self._filed, self._filed_until = [], NEVER
        while self._waiting and self._ready(now) <= now:
            _, _, service, turn = heappop(self._waiting)
            turn.call(self._begin(service, now))
        self._look(now)

    def _look(self, now: int) -> None:
        """Look again when something can happen."""
        self._alarm.set(min(self._filed_until, self._ready(now) if self._waiting else NEVER))
