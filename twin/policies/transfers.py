"""Which store sends stock to which (docs/model.md, section 8, "Transfers")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

_WEEK_DAYS: Final = 7


class Transfer(NamedTuple):
    """Units of a SKU that go from one of its pairs to another, both by their place among those looked at."""

    source: int
    target: int
    units: int


def units_of_cover(weeks: float, daily: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole units, rounded up, that cover so many weeks of each pair's demand."""
    return np.ceil(weeks * _WEEK_DAYS * daily).astype(np.int64)


def matched(surplus: Sequence[int], need: Sequence[int], least: int) -> list[Transfer]:
    """Who sends what to whom: the neediest pair first (the first of equals), each from the pair that has most to spare
    then (the first of equals), and not less than ``least`` units.
    """
    spare, plan = list(surplus), []
    for target in sorted((place for place, units in enumerate(need) if units > 0), key=lambda place: -need[place]):
        source = max(range(len(spare)), key=lambda place: (spare[place], -place))
        units = min(spare[source], need[target])
        if units < max(least, 1):
            continue
        spare[source] -= units
        plan.append(Transfer(source, target, units))
    return plan
