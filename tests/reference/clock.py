"""Instants with a documented order, moments for looking back, and outages (docs/model.md, section 2)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from twin.core.clock import Tie, tie_key
from twin.world.tables import SYSTEMS

Process = Generator[simpy.Event, Any, Any]

FREED = tie_key(Tie.FAULT, 0, 0)
"""A server is free again before anything else happens at that instant."""

AT_ONCE = 2
"""Priority of what happens after everything that a step of an order brings about at its own instant."""

LEAVING = tie_key(Tie.FAULT, 2**48 - 1, 0)
"""Messages leave late after everything else of class FAULT; among themselves in the order in which they were made."""

LAPSED = tie_key(Tie.ORDER, 2**48 - 1, 0)
"""Holds are released after all order steps; among themselves in the order in which they were made."""

NOW = 2**62
"""A moment after everything that has happened."""


class Clock(simpy.Environment):
    """SimPy's environment, on which time is whole microseconds."""

    _now: int

    @property
    def now(self) -> int:
        return self._now


class Instant(simpy.Event):
    """Happens at ``t``; the explicit priority decides the order among events of one instant, insertion never does."""

    def __init__(self, env: Clock, t: int, priority: int) -> None:
        self.env = env
        self.callbacks = []
        self._ok = True
        self._value = None
        env.schedule(self, priority, t - env.now)  # type: ignore[arg-type]  # SimPy declares two priorities, its queue takes any number


def fault_key(kind: int, number: int) -> int:
    """Order among the faults of an instant."""
    return tie_key(Tie.FAULT, kind << 40 | number, 0)


def before_orders(t: int) -> int:
    """The moment at ``t`` after class BATCH and before class ORDER, but before reloads: what a listing holds that is
    extracted at ``t``.
    """
    return 4 * t


def after_reloads(t: int) -> int:
    """The moment at ``t`` of a reload and of what comes after it in class BATCH: what a copy refreshed then holds."""
    return 4 * t + 1


def among_orders(t: int) -> int:
    """The moment of what class ORDER does at ``t``."""
    return 4 * t + 2


def instant(moment: int) -> int:
    """The instant of a moment of class BATCH or ORDER."""
    return moment // 4


def before_all(t: int) -> int:
    """The moment when nothing of instant ``t`` has happened yet."""
    return 4 * t - 1


class Outages:
    """When one system is down: disjoint spans ``[start, end)``, in order."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self.starts = [start for start, _ in spans]
        self.ends = [end for _, end in spans]

    def since(self, t: int) -> int | None:
        """Start of the outage that covers ``t``."""
        at = bisect_right(self.starts, t) - 1
        return self.starts[at] if at >= 0 and t < self.ends[at] else None

    def up(self, t: int) -> int:
        """First instant >= ``t`` outside."""
        at = bisect_right(self.starts, t) - 1
        return self.ends[at] if at >= 0 and t < self.ends[at] else t

    def touched(self, begin: int, end: int) -> bool:
        """Whether an outage meets ``[begin, end]``."""
        return any(start <= end and begin < stop for start, stop in zip(self.starts, self.ends, strict=True))


class Slowness:
    """When what one system begins takes longer: spans, and by how many millionths."""

    def __init__(self, rows: list[tuple[int, int, int]]) -> None:
        self._rows = rows

    def pace(self, duration: int, start: int) -> int:
        """How long a service takes that begins at ``start``."""
        factors = [parts for begin, end, parts in self._rows if begin <= start < end]
        return duration * max(factors) // 10**6 if factors else duration


def up_in_all(systems: list[Outages], t: int) -> int:
    """First instant >= ``t`` at which all systems are up."""
    later = t
    for outages in systems:
        later = outages.up(later)
    return later if later == t else up_in_all(systems, later)


def outages_by_system(windows: NDArray[np.void]) -> dict[tuple[str, int], Outages]:
    """Outages per (system, node); node -1 for a central system."""
    spans: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for system, node, start, end in windows.tolist():
        spans.setdefault((SYSTEMS[system], node), []).append((start, end))
    return {where: Outages(listed) for where, listed in spans.items()}
