"""What a replayed log says of demand before the simulation starts; in place of the laws of a drawn world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Fit:
    """Fitted on the days of the log before those that are replayed; already multiplied by the replay's scale."""

    names: tuple[str, ...]  # article codes, the most popular first
    popularity: NDArray[np.float64]  # share of lines, sums to 1
    price_cents: NDArray[np.int64]  # median price
    units_daily: NDArray[np.float64]  # per SKU, units a day over the whole log
    dispersion: float  # E[u^2] / E[u] of the units of a line
    units_mean: float  # mean units of a line
    lines_weekly: NDArray[np.float64] | None = None  # per store of the estate; for a log of till sales only
    sold: NDArray[np.int64] | None = None  # [n, 2]: (store, SKU) seen on a shelf; for a log of till sales only
