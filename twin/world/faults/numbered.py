"""Names of the faults' streams of luck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from twin.scenario.faults import Fault, FaultKind


def numbered(faults: Sequence[Fault], *kinds: FaultKind) -> Iterator[tuple[str, Fault]]:
    """Faults of some kinds with the names of their streams.

    Numbered among those that fail in the same way at the same place, so that a new fault elsewhere moves no other's
    luck.
    """
    seen: Counter[str] = Counter()
    for fault in faults:
        if fault.kind in kinds:
            what = f"fault.{_what(fault)}"
            yield f"{what}.{seen[what]}", fault
            seen[what] += 1


def _what(fault: Fault) -> str:
    if fault.kind == "outage":
        place = f"{fault.node or ''}.{fault.region}" if fault.region is not None else fault.node or ""
        return f"{fault.system}.{place}"
    if fault.feed is not None:
        return f"{fault.kind}.{fault.feed}.{fault.member}"
    return f"{fault.kind}.{fault.system or fault.topic}"
