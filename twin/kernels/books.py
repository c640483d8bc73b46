"""People set the record right by hand (docs/model.md, section 13)."""

from __future__ import annotations

from twin.core.jit import kernel
from twin.kernels.memory import drifts
from twin.kernels.stock import post


@kernel
def correct(handle: int, p: int, units: int) -> None:
    """The record of a pair is changed by ``units``, without a movement."""
    post(handle, p, units)
    drift = drifts(handle)[p]
    drift.record += units
    drift.again = 0
    drift.corrected += units
