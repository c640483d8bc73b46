"""What a fit says of itself, in the same words for every law."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A fitted law in a line: its value, how far it is from what it was fitted to, from the days that were kept
    apart, and from the default.
    """

    what: str
    value: str
    n: int  # values that it was fitted to
    measure: str  # of the distances
    fitted: float | None  # distance to the days of the fit
    held_out: float | None  # distance to the days kept apart
    chance: float | None  # mean distance of as many values as those kept apart, if they did come from the law
    then: str = ""  # the value in figures: days of the fit, and days kept apart
    default: str = ""
    against: float | None = None  # distance of the default
