"""What becomes of a step's calls when they are repeated, and when somebody finds an order that hangs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from twin.policies.calendars import first_tick

UNDO: Final = 1 << 7
"""Set in the number of a call that undoes a step."""

COPY: Final = 1 << 20
"""Set in the number of a handling of an event that was delivered again."""

_ATTEMPT: Final = 8


def call_number(kind: int, attempt: int) -> int:
    """What the luck of a call belongs to: ``kind`` is the place of its step, with UNDO if it undoes that; ``attempt``
    counts from 0.
    """
    return kind | attempt << _ATTEMPT


def effects(instants: Iterable[int], lifetime: int) -> int:
    """How often a step was really done whose calls were carried out at ``instants``.

    A key is remembered for ``lifetime`` from the effect on, and a call that comes with it then does nothing; 0: there
    are no keys.
    """
    count, known_until = 0, None
    for t in sorted(instants):
        if known_until is None or t >= known_until:
            count, known_until = count + 1, t + lifetime
    return count


def found(now: int, begun: int, *, sweep: int, stuck_after: int) -> int:
    """When a saga that began at ``begun`` and hangs from ``now`` on is found: at a search, once it is old enough."""
    return int(first_tick(max(now, begun + stuck_after), 0, sweep))
