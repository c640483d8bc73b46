"""Counts of lines by day and by channel, for tables and figures of the report."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY
from twin.measure.cohort import Cohort, Integers


def by_day(cohort: Cohort) -> dict[str, Integers]:
    """Lines demanded, accepted, oversold, refused, false out-of-stock per day; ``day`` counts from the start."""
    first, last = cohort.start_us // DAY, (cohort.end_us - 1) // DAY
    counts = _counts(cohort, cohort.lines["t_demand"] // DAY - first, int(last - first) + 1)
    return {"day": np.arange(first, last + 1), **counts}


def by_channel(cohort: Cohort) -> dict[str, Integers]:
    """The same columns per channel (``channel`` is its number in the scenario's order)."""
    counts = _counts(cohort, cohort.lines["channel"], len(cohort.channels))
    return {"channel": np.arange(len(cohort.channels)), **counts}


def _counts(cohort: Cohort, group: NDArray[Any], groups: int) -> dict[str, Integers]:
    masks = {
        "demanded": np.ones(cohort.lines.size, bool),
        "accepted": cohort.accepted,
        "oversold": cohort.oversold,
        "refused": cohort.refused,
        "false_oos": cohort.false_oos,
    }
    return {name: np.bincount(group[mask], minlength=groups) for name, mask in masks.items()}
