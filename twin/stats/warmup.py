"""Where the influence of the initial state ends: MSER-5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

BATCH: Final = 5


def mser5(series: Sequence[float]) -> int | None:
    """Number of leading observations to cut, a multiple of 5; ``None`` where the series is too short to tell.

    Means of batches of 5 are cut at the d that minimises the squared standard error of what remains,
    sum (x - mean)^2 / (n - d)^2 (White, Cobb & Spratt 2000, "A comparison of five steady-state truncation heuristics").
    A minimum in the second half means that the run never settled, and is refused as is usual (Hoad, Robinson & Davies
    2010). Ties take the earliest cut.
    """
    values = np.asarray(series, np.float64)
    if not np.isfinite(values).all():
        raise ValueError("the series must be finite")
    batches = values[: values.size // BATCH * BATCH].reshape(-1, BATCH).mean(axis=1)
    if batches.size < 4:
        return None
    # The last few batches would look settled by chance alone; they can only be reached from the refused half.
    errors = [_squared_error(batches[cut:]) for cut in range(batches.size - 1)]
    best = int(np.argmin(errors))
    return None if best > batches.size // 2 else best * BATCH


def _squared_error(remaining: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(((remaining - remaining.mean()) ** 2).sum()) / remaining.size**2
