"""Luck in kernels: durations of the arm's laws, and whether a share of a million is hit."""

from __future__ import annotations

import numpy as np

from twin.core.jit import kernel
from twin.core.laws import BINS, sample
from twin.kernels.memory import knots


@kernel
def law(handle: int, row: int, random_bits: np.uint64) -> int:
    """A duration of law ``row``, us."""
    start = row * (BINS + 1)
    return sample(knots(handle)[start : start + BINS + 1], random_bits)
