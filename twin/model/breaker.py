"""A circuit breaker: lets calls through while a system answers, none for a while if it does not, then a few probes."""

from __future__ import annotations

from collections import deque
from typing import Final

from twin.core.shares import MILLION, parts
from twin.scenario.resilience import Breaker as Settings

REJECTED: Final = -1
"""In place of a permit: the call must not be made."""


class Breaker:
    """One system's breaker. Every permit must be reported on once; a report counts only in the state that gave the
    permit, so that calls made before the breaker opened decide nothing about its probes.

    States: closed; open until an instant; half open, which begins with the first call after that instant.
    """

    __slots__ = (
        "_failures", "_half_open", "_most", "_permits_left", "_results", "_settings", "_span",
        "_state", "_threshold", "until",
    )  # fmt: skip

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._threshold = parts(settings.threshold)
        self._most = settings.calls if settings.window == "count" else None
        self._span = settings.span if settings.window == "time" else None
        self._results: deque[tuple[int, bool]] = deque()
        self._failures = 0
        self._half_open = False
        self._permits_left = 0
        self._state = 0  # number of the present state; a permit carries it
        self.until: int | None = None  # open until this instant

    def permit(self, now: int) -> int:
        """A permit for one call, or REJECTED."""
        if self.until is not None:
            if now < self.until:
                return REJECTED
            self._enter(half_open=True)
        if self._half_open:
            if self._permits_left == 0:
                return REJECTED
            self._permits_left -= 1
        return self._state

    def report(self, permit: int, *, failed: bool, now: int) -> bool:
        """The call of ``permit`` failed, or was answered; whether the breaker opens over it."""
        if permit != self._state or self.until is not None:
            return False
        self._results.append((now, failed))
        self._failures += failed
        self._forget(now)
        enough = self._settings.probes if self._half_open else self._settings.minimum
        if len(self._results) < enough:
            return False
        if self._failures * MILLION >= self._threshold * len(self._results):
            self._enter(half_open=False)
            self.until = now + self._settings.open
            return True
        if self._half_open:
            self._enter(half_open=False)
        return False

    def _forget(self, now: int) -> None:
        """Drop what has left the window; probes are all remembered."""
        if self._half_open:
            return
        results = self._results
        while (self._most is not None and len(results) > self._most) or (
            self._span is not None and results[0][0] <= now - self._span
        ):
            self._failures -= results.popleft()[1]

    def _enter(self, *, half_open: bool) -> None:
        self._state += 1
        self._results.clear()
        self._failures = 0
        self._half_open, self._permits_left = half_open, self._settings.probes if half_open else 0
        self.until = None
