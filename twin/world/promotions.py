"""Promotions: factors on the demand of some SKUs for some time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY
from twin.scenario.demand import Promotion


class Promotions:
    """The promotions of a scenario, over a catalogue ranked by popularity."""

    def __init__(self, promotions: Sequence[Promotion], popularity: NDArray[np.float64]) -> None:
        self._promotions = promotions
        self._ranked = np.argsort(-popularity, kind="stable")

    def epochs(self, day: int) -> list[tuple[int, int]]:
        """Spans of a day in which no promotion starts or ends."""
        start, end = day * DAY, (day + 1) * DAY
        marks = {mark for item in self._promotions for mark in (item.start, item.start + item.duration)}
        cuts = [start, *sorted(mark for mark in marks if start < mark < end), end]
        return list(pairwise(cuts))

    def at_tills(self, instant: int) -> NDArray[np.float64] | None:
        """Factor per SKU on till sales at an instant; ``None`` without promotion."""
        return self._factors([item for item in self._running(instant) if item.tills])

    def at_channel(self, instant: int, channel: str) -> NDArray[np.float64] | None:
        """Factor per SKU on a channel's demand at an instant; ``None`` without promotion."""
        return self._factors([item for item in self._running(instant) if not item.channels or channel in item.channels])

    def _running(self, instant: int) -> list[Promotion]:
        return [item for item in self._promotions if item.start <= instant < item.start + item.duration]

    def _factors(self, running: list[Promotion]) -> NDArray[np.float64] | None:
        """Promotions that overlap on a SKU multiply."""
        if not running:
            return None
        factors = np.ones(self._ranked.size)
        for item in running:
            factors[self._ranked[item.first_rank - 1 : item.first_rank - 1 + item.top_skus]] *= item.multiplier
        return factors
