"""When a fallback is on, and how much it lets a channel sell; all from what can be observed, never from the truth."""

from __future__ import annotations

from typing import Final, NamedTuple

from twin.core.clock import HOUR, NEVER
from twin.core.shares import MILLION


class Watched(NamedTuple):
    """A fallback as one channel's watch left it at its last look."""

    on: bool
    since: int
    """When it went on (off: when it went off), us."""
    well_since: int
    """On: the look at which all had been well from then on; NEVER if the last one was not."""


BUFFER_MAX: Final = 10**9
"""A growing buffer ends somewhere: ledgers hold 32 bits."""

OFF = Watched(on=False, since=0, well_since=NEVER)
"""As all fallbacks begin."""


def looked(before: Watched, *, ill: bool, well: bool, now: int, dwell: int, calm: int) -> Watched:
    """What a look makes of it: on as soon as the system is ill; off once it has been well for ``calm``, but not before
    ``dwell`` is over. Neither ill nor well changes nothing but that the calm begins anew.
    """
    if not before.on:
        return Watched(on=True, since=now, well_since=NEVER) if ill else before
    since = NEVER if not well else min(before.well_since, now)
    over = since + calm <= now and before.since + dwell <= now
    return Watched(on=False, since=now, well_since=NEVER) if over else before._replace(well_since=since)


def silent(silence: int, enter_after: int) -> tuple[bool, bool]:
    """Ill, and well, of a system that has not been heard for ``silence``."""
    return silence > enter_after, silence == 0


def failing(failed: int, ended: int, *, minimum: int, enter: int, leave: int) -> tuple[bool, bool]:
    """Ill, and well, of a system of whose ``ended`` calls ``failed`` did; shares in parts of a million.

    Too few calls say nothing against it: a fallback that makes no calls would never end otherwise.
    """
    if ended < minimum:
        return False, True
    return failed * MILLION >= enter * ended, failed * MILLION <= leave * ended


def grown(age: int, rate: int) -> int:
    """Units of a buffer that grows by ``rate`` millionths of a unit an hour over ``age``."""
    return min(age * rate // (HOUR * MILLION), BUFFER_MAX)


def share_of(value: int, share: int) -> int:
    """Whole units in ``share`` parts of a million of a belief."""
    return max(0, value) * share // MILLION
