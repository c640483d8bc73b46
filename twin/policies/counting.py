"""Which pairs a node counts, and by how much a count is wrong (docs/model.md, section 8, "Counting")."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY, NEVER

_MANTISSA: Final = 53
_SIZES: Final = 64
"""Errors of a count beyond so many units are cut off."""


class Why(IntEnum):
    """Why a pair is counted; the more urgent comes first."""

    SHORT_PICK = 0
    ZERO = 1  # the belief has come down to the threshold
    SILENT = 2  # nothing was sold for too long although the record says that there is something
    CALENDAR = 3


NOT_LISTED: Final = len(Why)
"""In the place of a reason."""


def abc_classes(value: NDArray[np.float64], a_share: float, b_share: float) -> NDArray[np.int64]:
    """Class (0 A, 1 B, 2 C) of each of a node's pairs: by falling value (the first of equals first), A until the pairs
    before make up ``a_share`` of the whole, B until ``b_share``.
    """
    order = np.argsort(-value, kind="stable")
    before = np.cumsum(value[order]) - value[order]
    whole = float(value.sum())
    classes = np.empty(value.size, np.int64)
    classes[order] = np.where(before < a_share * whole, 0, np.where(before < b_share * whole, 1, 2))
    return classes


def in_turn(size: int, every: int) -> NDArray[np.int64]:
    """When the calendar first names each of the ``size`` pairs of a class, one after another, that is counted ``every``
    us; NEVER without a calendar.
    """
    return np.arange(size, dtype=np.int64) * every // size if every else np.full(size, NEVER)


def rounds_of(first: NDArray[np.int64], every: NDArray[np.int64], now: int) -> NDArray[np.int64]:
    """How many of the instants ``first + k * every`` have come by ``now`` (inclusive), pair by pair."""
    return np.where(every > 0, np.maximum((now - first) // np.maximum(every, 1) + 1, 0), 0)


def silence_limits(expected_units: float, daily: NDArray[np.float64]) -> NDArray[np.int64]:
    """How long each pair, which sells ``daily`` units a day, takes to sell ``expected_units``; NEVER if it sells none,
    or silence is not looked at.
    """
    if expected_units <= 0:
        return np.full(daily.size, NEVER)
    days = expected_units / np.where(daily > 0, daily, np.inf)
    limits = np.where(days > 0, np.minimum(np.rint(days * DAY), float(NEVER)), float(NEVER))
    return limits.astype(np.int64)


def miscount_limits(share: float, mean_units: float) -> tuple[int, ...]:
    """Parts of 2**53 of counts that are wrong by at least 1, 2, ... units: ``share`` of all, geometric in size."""
    more = 1 - 1 / mean_units
    return tuple(int(share * more**k * 2.0**_MANTISSA) for k in range(_SIZES))


def miscount(luck: int, limits: tuple[int, ...]) -> int:
    """Units by which a count is wrong: size from the top 53 bits, up or down by the lowest."""
    drawn, size = luck >> (64 - _MANTISSA), 0
    while size < _SIZES and drawn < limits[size]:
        size += 1
    return size if luck & 1 else -size
