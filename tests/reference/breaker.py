"""A circuit breaker that keeps every result and looks at them anew each time (docs/model.md, section 6)."""

from __future__ import annotations

from dataclasses import dataclass

from twin.scenario.resilience import Breaker as Settings


@dataclass
class Permit:
    """A call let through: the phase that let it, and how it ended."""

    phase: int
    t: int | None = None
    rank: int = 0  # among all that ended
    failed: bool = False


class Breaker:
    """A phase is closed, or open until an instant, or half open; permits of other phases do not count."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._phase, self._kind, self._until = 0, "closed", 0
        self._permits: list[Permit] = []  # of this phase
        self._reports = 0
        self.openings = 0

    def is_open(self, now: int) -> bool:
        """Whether no call would be let through, and none as a probe either."""
        return self._kind == "open" and now < self._until

    def permit(self, now: int) -> Permit | None:
        """None if the call must not be made."""
        if self._settings.window == "off":
            return Permit(self._phase)
        if self._kind == "open" and now >= self._until:
            self._enter("half open")
        if self._kind == "open" or (self._kind == "half open" and len(self._permits) == self._settings.probes):
            return None
        self._permits.append(Permit(self._phase))
        return self._permits[-1]

    def report(self, permit: Permit, now: int, *, failed: bool) -> None:
        """The call ended."""
        self._reports += 1
        permit.t, permit.rank, permit.failed = now, self._reports, failed
        if self._settings.window == "off" or permit.phase != self._phase:
            return
        ended = self._in_window(now)
        probing = self._kind == "half open"
        if len(ended) < (self._settings.probes if probing else self._settings.minimum):
            return
        if sum(each.failed for each in ended) * 1_000_000 >= round(self._settings.threshold * 1e6) * len(ended):
            self._enter("open")
            self._until = now + self._settings.open
            self.openings += 1
        elif probing:
            self._enter("closed")

    def _in_window(self, now: int) -> list[Permit]:
        """Ended calls that the decision looks at, in the order in which they ended."""
        ended = [each for each in self._permits if each.t is not None]
        if self._kind == "half open":
            return ended
        if self._settings.window == "time":
            return [each for each in ended if each.t is not None and each.t > now - self._settings.span]
        return sorted(ended, key=lambda each: each.rank)[-self._settings.calls :]

    def _enter(self, kind: str) -> None:
        self._phase += 1
        self._kind, self._permits = kind, []
