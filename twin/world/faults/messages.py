"""Trouble with messages: poisoned, repeated, late, lost."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.shares import MILLION, parts
from twin.journal.totals import FeedName
from twin.scenario.faults import FEEDS, MESSAGES, Fault, FaultKind, MessageKind
from twin.world.faults.occurrences import Drawn
from twin.world.tables import TROUBLE, TroubleKind

_KINDS: Final[dict[FaultKind, TroubleKind]] = {
    "poison": TroubleKind.POISON,
    "schema": TroubleKind.POISON,
    "duplicates": TroubleKind.COPIES,
    "late": TroubleKind.LATE,
    "lost": TroubleKind.LOST,
}

_PARTS: Final[dict[MessageKind, int]] = {
    "sale": 0,
    "pick": 1,
    "receipt": 2,
    "dispatch": 3,
    "return": 4,
    "reserve": 5,
    "release": 6,
    "count": 7,
    "correction": 8,
    "restock": 9,
}
"""Kinds of message by number (docs/model.md, "Identities")."""


def troubles(drawn: Drawn) -> NDArray[np.void]:
    """One row per occurrence, in the order of the scenario's faults, then of time."""
    rows = []
    for troubled in drawn.of(*_KINDS):
        # All occurrences share the stream: a message is made once, so it asks it once for each fault.
        hit = drawn.streams.key(f"{troubled.stream}.messages")
        rows += [_row(troubled.fault, start, end, hit) for start, end in troubled.spans]
    return np.array(rows, TROUBLE)


def _row(fault: Fault, start: int, end: int, key: np.uint64) -> tuple[int | np.uint64, ...]:
    share = MILLION if fault.share is None else parts(fault.share)
    hits = int(_KINDS[fault.kind]), _feeds(fault), _parts(fault)
    return *hits, start, end, share, _value(fault), key, int(fault.ends == "repaired")


def _feeds(fault: Fault) -> int:
    """Bit mask over :class:`FeedName`. What happens to a message before it arrives happens for every consumer."""
    return sum(1 << FeedName[feed.upper()] for feed in set(fault.feeds or FEEDS[fault.topic]))


def _parts(fault: Fault) -> int:
    """Bit mask over kinds of message."""
    return sum(1 << _PARTS[kind] for kind in set(fault.of or MESSAGES[fault.topic]))


def _value(fault: Fault) -> int:
    return {"duplicates": fault.copies, "late": fault.by}.get(fault.kind, 0)
