"""Members of consumer groups that die, or hang."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.journal.totals import FeedName
from twin.world.faults.occurrences import Drawn
from twin.world.tables import CRASH

Absence = tuple[int, int, int]
"""Start, whether it hangs (1) or is dead (0), end: in the order that merging needs."""


def crashes(drawn: Drawn) -> NDArray[np.void]:
    """Absences of members, merged where they touch."""
    found: dict[tuple[int, int], list[Absence]] = {}
    for absent in drawn.of("crash", "stuck"):
        fault = absent.fault
        assert fault.feed is not None, "a fault of a member names its group"
        stuck = int(fault.kind == "stuck")
        member = (FeedName[fault.feed.upper()].value, fault.member)
        found.setdefault(member, []).extend((start, stuck, end) for start, end in absent.spans)
    rows = [
        (*member, start, end, stuck) for member, listed in sorted(found.items()) for start, stuck, end in united(listed)
    ]
    return np.array(rows, CRASH)


def united(absences: Sequence[Absence]) -> list[Absence]:
    """Absences of one member, sorted; those that touch or overlap become one, of the kind that began first.

    Of two that began together, dead counts.
    """
    out: list[Absence] = []
    for start, stuck, end in sorted(absences):
        if out and start <= out[-1][2]:
            first, kind, last = out[-1]
            out[-1] = (first, kind, max(last, end))
        else:
            out.append((start, stuck, end))
    return out
