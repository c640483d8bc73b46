"""Blame: how many oversold lines each cause accounts for, and which causes would have sufficed as well.

Counts are whole lines, so the causes sum to the total exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.journal.orders import Cause
from twin.measure.cohort import Cohort, cohort_of
from twin.measure.promises import CAUSES
from twin.scenario.scenario import Scenario


@dataclass(frozen=True)
class Blame:
    """Oversold lines of one run, or of several, by cause."""

    lines: dict[Cause, int]
    also: dict[tuple[Cause, Cause], int]
    """Lines of the first cause that correcting the second alone would have prevented too; only pairs that occur."""

    @property
    def total(self) -> int:
        """Oversold lines: the sum over the causes."""
        return sum(self.lines.values())

    def shares(self) -> dict[Cause, float] | None:
        """Each cause's share of the oversold lines; ``None`` if there are none."""
        return {cause: count / self.total for cause, count in self.lines.items()} if self.total else None


def blame(folder: Path, scenario: Scenario, arm: str) -> Blame:
    """Blame for the cohort of one run; raises as :func:`twin.measure.kpis.measure` does."""
    return blame_cohort(cohort_of(folder, scenario, arm))


def blame_cohort(cohort: Cohort) -> Blame:
    """Blame for a cohort; every cause has an entry, most of them may be 0."""
    causes, also = (cohort.lines[name][cohort.oversold] for name in ("cause", "also"))
    pairs = {
        (cause, other): int(np.count_nonzero((causes == cause) & (also >> other & 1 == 1)))
        for cause in CAUSES
        for other in CAUSES
        if other is not cause  # the cause itself is among the sufficient ones, and says nothing new
    }
    return Blame(
        lines={cause: int(np.count_nonzero(causes == cause)) for cause in CAUSES},
        also={pair: count for pair, count in pairs.items() if count},
    )


def pooled(blames: Iterable[Blame]) -> Blame:
    """Blame over the replications of an arm."""
    lines = dict.fromkeys(CAUSES, 0)
    also: dict[tuple[Cause, Cause], int] = {}
    for one in blames:
        for cause, count in one.lines.items():
            lines[cause] += count
        for pair, count in one.also.items():
            also[pair] = also.get(pair, 0) + count
    return Blame(lines, dict(sorted(also.items())))
