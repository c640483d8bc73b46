"""When an alert is told, and when it is over; and what of a trouble it can tell."""

from __future__ import annotations

from typing import Final, NamedTuple

from twin.core.clock import NEVER


class Standing(NamedTuple):
    """An alert as the last check left it."""

    since: int
    """First check from which on its condition held at every check, or kept it standing; NEVER if it does not hold."""
    raised: int
    """Check at which it was told; NEVER if it was not yet."""
    held: int
    """Last check at which the condition held."""


QUIET: Final = Standing(since=NEVER, raised=NEVER, held=-NEVER)
"""As all alerts begin."""


def checked(before: Standing, *, holds: bool, now: int, hold: int, calm: int) -> Standing:
    """What a check makes of it: told once the condition has held for ``hold``; over at the first check at which it does
    not hold, nor has for ``calm``. One that was not told yet begins anew.
    """
    if holds:
        since = min(before.since, now)
        raised = min(before.raised, now) if now - since >= hold else before.raised
        return Standing(since, raised, held=now)
    if before.raised != NEVER and now - before.held < calm:
        return before
    return QUIET
