"""What can be observed of an arm's systems: how long they are silent, how calls end, whether a breaker is open."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from twin.core.shares import parts
from twin.kernels.codes import ERP, SERVICE
from twin.model.breaker import Breaker
from twin.model.windows import Spans
from twin.policies.degrading import failing, silent
from twin.scenario.degradation import Degradation, Fallback


class Results:
    """How the calls of a system ended, for as long as some fallback looks back."""

    def __init__(self, span: int) -> None:
        self._span = span
        self._ended: deque[tuple[int, bool]] = deque()

    def note(self, now: int, *, failed: bool) -> None:
        """A call has ended."""
        self._ended.append((now, failed))
        while self._ended[0][0] <= now - self._span:
            self._ended.popleft()

    def count(self, now: int, span: int) -> tuple[int, int]:
        """Calls that failed, and calls that ended, within ``span``."""
        recent = [failed for t, failed in self._ended if t > now - span]
        return sum(recent), len(recent)


@dataclass(frozen=True, slots=True)
class Observed:
    """What can be seen of an arm's systems."""

    movements: Spans
    publications: tuple[Spans, ...]
    """By channel."""
    service: Spans
    erp: Spans
    breakers: Mapping[int, Breaker | None]
    """By station."""
    results: Mapping[int, Results]

    def silence(self, of: str, channel: int, t: int) -> int:
        """How long one system has not been heard."""
        spans = self.publications[channel] if of == "publication" else getattr(self, of)
        return _lasted(spans, t)

    def age(self, channel: int, t: int, *, marketplace: bool) -> int:
        """Silence of a channel's sources: docs/model.md, section 5."""
        movements, own = _lasted(self.movements, t), _lasted(self.publications[channel], t)
        return max(0, movements - own) if marketplace else max(movements, own)

    def conditions(self, fallback: Fallback, channel: int, now: int) -> tuple[bool, bool]:
        """Whether the fallback's system is ill, and whether it is well."""
        if fallback.when == "silence":
            return silent(self.silence(fallback.of, channel, now), fallback.enter_after)
        station = station_of(fallback)
        if fallback.when == "breaker":
            breaker = self.breakers[station]
            is_open = breaker is not None and breaker.until is not None and now < breaker.until
            return is_open, not is_open
        failed, ended = self.results[station].count(now, fallback.span)
        enter, leave = parts(fallback.enter_share), parts(fallback.exit_share)
        return failing(failed, ended, minimum=fallback.minimum, enter=enter, leave=leave)


def _lasted(spans: Spans, t: int) -> int:
    since = spans.since(t)
    return 0 if since is None else t - since


def station_of(fallback: Fallback) -> int:
    """Station of a called system."""
    return ERP if fallback.of == "erp" else SERVICE


def results_of(degradation: Degradation) -> dict[int, Results]:
    """Where calls are noted, by station: nowhere if no fallback looks at them."""
    spans: dict[int, int] = {}
    for fallback in degradation.fallbacks:
        if fallback.when == "errors":
            station = station_of(fallback)
            spans[station] = max(spans.get(station, 0), fallback.span)
    return {station: Results(span) for station, span in spans.items()}
