"""Sagas that meet no trouble: how long they take is a matter of luck alone (docs/model.md, section 6, "Sagas")."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.core.laws import sample
from twin.core.shares import MILLION
from twin.kernels.state import NIL

CALL, HOP, REDELIVERY = 0, 1, 2
"""Keys of the streams of luck."""

WAKINGS_SHIFT = 48


@kernel
def clear_run(
    calls: NDArray[np.int64],
    patience: NDArray[np.int64],
    hop: NDArray[np.int64],
    keys: NDArray[np.uint64],
    redelivered: int,
    order: int,
) -> int:
    """How long the saga of ``order`` takes, us, if no system is in trouble, and above ``WAKINGS_SHIFT`` in how many
    wakings after its first; NIL if luck alone brings trouble: a call outlasts its caller's patience, or an event comes
    twice.

    ``calls`` holds the knots of each step's law, ``hop`` those of an event's way (empty: steps follow at once).
    """
    took, wakings = 0, 0
    for place in range(patience.size + 1):
        if hop.size > 0:
            way = sample(hop, bits(keys[HOP], order, place))
            took += way
            wakings += way > 0
        if place == patience.size:
            break
        call = sample(calls[place], bits(keys[CALL], order, place))
        if call > patience[place]:
            return NIL
        took += call
        wakings += call > 0
        if redelivered > 0 and bits(keys[REDELIVERY], order, place) % np.uint64(MILLION) < np.uint64(redelivered):
            return NIL
    return took | wakings << WAKINGS_SHIFT
