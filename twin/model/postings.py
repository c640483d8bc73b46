"""Movements that the record has not booked: on their way, or dead letters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.journal.totals import Fate
from twin.kernels.codes import RECORD
from twin.kernels.traffic import Letter
from twin.model.plane import Plane


def on_their_way(plane: Plane) -> NDArray[np.void]:
    """Movements on their way to the record."""
    low, high, mask = (int(plane.control[f"moves_{part}"]) for part in ("low", "high", "mask"))
    rows: NDArray[np.void] = plane.memory["moves"][np.arange(low, high) & mask]
    waiting: NDArray[np.void] = rows[rows["posted"] == Fate.IN_FLIGHT]
    return waiting


def dead(plane: Plane) -> NDArray[np.void]:
    """Movements that are dead letters to the record, those that are being redriven too."""
    letters = plane.memory["letters"][: int(plane.control["letters"])]
    rows: NDArray[np.void] = plane.memory["dead"][: letters.size]
    mine: NDArray[np.void] = rows[(letters["who"] == RECORD) & (letters["state"] != Letter.GONE)]
    return mine
