"""Trouble with messages: poisoned, repeated, late, lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from twin.core.shares import MILLION, parts
from twin.journal.tables import FeedName
from twin.scenario.faults import FEEDS, MESSAGES, Fault, FaultKind, MessageKind
from twin.scenario.scenario import Scenario
from twin.world.faults.numbered import numbered
from twin.world.faults.spans import spans
from twin.world.streams import Streams
from twin.world.tables import TROUBLE, TroubleKind

_KINDS: Final[dict[FaultKind, TroubleKind]] = {
    "poison": TroubleKind.POISON,
    "schema": TroubleKind.POISON,
    "duplicates": TroubleKind.COPIES,
    "late": TroubleKind.LATE,
    "lost": TroubleKind.LOST,
}

_PARTS: Final[tuple[MessageKind, ...]] = get_args(MessageKind)
"""Kinds of message by number (docs/model.md, "Identities")."""


def troubles(scenario: Scenario, streams: Streams) -> NDArray[np.void]:
    """One row per occurrence, in the order of the scenario's faults, then of time; clipped to the horizon."""
    rows = [
        row for stream, fault in numbered(scenario.faults, *_KINDS) for row in _rows(scenario, streams, stream, fault)
    ]
    return np.array(rows, TROUBLE)


def _rows(scenario: Scenario, streams: Streams, stream: str, fault: Fault) -> Iterator[tuple[int | np.uint64, ...]]:
    kind = _KINDS[fault.kind]
    share = MILLION if fault.share is None else parts(fault.share)
    # All occurrences share the stream: a message is made once, so it asks it once for each.
    hit = streams.key(f"{stream}.messages")
    for start, end in spans(fault, scenario.calendar.horizon_us, streams.key(stream)):
        yield int(kind), _feeds(fault), _parts(fault), start, end, share, _value(fault), hit


def _feeds(fault: Fault) -> int:
    """Bit mask over :class:`FeedName`. What happens to a message before it arrives happens for every consumer."""
    return sum(1 << FeedName[feed.upper()] for feed in set(fault.feeds or FEEDS[fault.topic]))


def _parts(fault: Fault) -> int:
    """Bit mask over kinds of message."""
    return sum(1 << _PARTS.index(kind) for kind in set(fault.of or MESSAGES[fault.topic]))


def _value(fault: Fault) -> int:
    return {"duplicates": fault.copies, "late": fault.by}.get(fault.kind, 0)
