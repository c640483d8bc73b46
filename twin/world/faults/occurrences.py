"""When the faults of a scenario come, each by its own luck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from twin.scenario.faults import Fault, FaultKind
from twin.scenario.scenario import Scenario
from twin.world.faults.durations import DurationTable
from twin.world.faults.spans import Span, spans
from twin.world.streams import Streams


@dataclass(frozen=True)
class Occurrences:
    """A fault of the scenario, the name of its stream, and all that it covers of the horizon."""

    fault: Fault
    stream: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Drawn:
    """The occurrences of all faults, by kind."""

    scenario: Scenario
    streams: Streams
    durations: Sequence[DurationTable]  # of each fault

    def of(self, *kinds: FaultKind) -> Iterator[Occurrences]:
        """Occurrences of the faults of some kinds, in the order of the scenario.

        Streams are numbered among the faults that fail in the same way at the same place, so that a new fault elsewhere
        moves no other's luck.
        """
        seen: Counter[str] = Counter()
        for fault, duration in zip(self.scenario.faults, self.durations, strict=True):
            if fault.kind in kinds:
                what = f"fault.{_what(fault)}"
                yield self._occurrences(fault, f"{what}.{seen[what]}", duration)
                seen[what] += 1

    def _occurrences(self, fault: Fault, stream: str, duration: DurationTable) -> Occurrences:
        horizon = self.scenario.calendar.horizon_us
        return Occurrences(fault, stream, tuple(spans(fault, duration.knots, horizon, self.streams.key(stream))))


def _what(fault: Fault) -> str:
    if fault.kind in ("outage", "absent"):
        place = f"{fault.node or ''}.{fault.region}" if fault.region is not None else fault.node or ""
        return f"{fault.system or fault.kind}.{place}"
    if fault.feed is not None:
        return f"{fault.kind}.{fault.feed}.{fault.member}"
    return f"{fault.kind}.{fault.system or fault.topic}"
