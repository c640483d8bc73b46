"""The clock: whole microseconds since the start of the simulation, and the order of things that share an instant.

Time is an ``int`` everywhere on the event path. 2**63 microseconds are 292,000 years, so sums never overflow.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

MICROSECOND: Final = 1
MILLISECOND: Final = 1_000
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

NEVER: Final = 2**62
"""Later than anything that happens, and still safe to add a duration to."""


class Tie(IntEnum):
    """Order of classes at one instant: a lower class happens first (design, section 4, "Ties").

    Within a class the order is by entity (a serial number of the world, never of insertion), then by the entity's step.
    """

    FAULT = 0
    DELIVERY = 1
    TILL = 2
    BATCH = 3
    ORDER = 4
    SCRAPE = 5


_ENTITY_BITS: Final = 48
_STEP_BITS: Final = 16


def tie_key(tie: Tie, entity: int, step: int) -> int:
    """Priority of an event among those at its instant: ``(class, entity, step)`` packed into one integer.

    ``entity`` must be below 2**48 and ``step`` below 2**16; both are non-negative.
    """
    return (int(tie) << (_ENTITY_BITS + _STEP_BITS)) | (entity << _STEP_BITS) | step
