"""When a process of an order wakes (docs/model.md, sections 2 and 6)."""

from __future__ import annotations

from tests.reference.clock import Clock, Instant
from twin.core.clock import Tie, tie_key


class Waking:
    """How a process of an order wakes: in class ORDER, by the order's identity, then by the number of the waking."""

    def __init__(self, env: Clock, order: int, step: int) -> None:
        self._env, self._order, self._step = env, order, step

    def at(self, t: int) -> Instant:
        """The next waking."""
        instant = self.perhaps_at(t)
        self._step += 1
        return instant

    def has_come(self, instant: Instant) -> Instant:
        """The waking that was only possible is the next one."""
        self._step += 1
        return instant

    def perhaps_at(self, t: int) -> Instant:
        """The next waking, if nothing wakes the process before."""
        return Instant(self._env, t, tie_key(Tie.ORDER, self._order, self._step + 1))
