"""The table of physical events of a day, in its order: time, node, pair."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY
from twin.core.jit import kernel
from twin.world.tables import PHYSICAL

RANK_BITS: Final = 24
KIND_BITS: Final = 2
"""A key is ``time of day << 26 | rank << 2 | kind``: 37 + 24 + 2 bits, so it is never negative.

The rank counts pairs by node, then SKU.
"""

PAIRS_MAX: Final = 2**RANK_BITS

_SHIFT: Final = RANK_BITS + KIND_BITS


@kernel
def decode(
    keys: NDArray[np.uint64], day_start: int, by_node: NDArray[np.int32], quantity: NDArray[np.int16], out: Any
) -> None:
    """Write sorted keys as rows; units that vanish or are misplaced go one by one."""
    mask, kinds = (1 << _SHIFT) - 1, (1 << KIND_BITS) - 1
    for i in range(keys.size):
        key = np.int64(keys[i])
        low = key & mask
        out[i].t = day_start + (key >> _SHIFT)
        out[i].pair = by_node[low >> KIND_BITS]
        out[i].kind = low & kinds
        out[i].quantity = 1 if low & kinds else quantity[i]


def table(
    keys: NDArray[np.uint64], *, day: int, by_node: NDArray[np.int32], quantity: NDArray[np.int16]
) -> NDArray[np.void]:
    """PHYSICAL rows of a day from its sorted keys; ``quantity`` holds the units of each row that is a sale."""
    rows = np.zeros(keys.size, PHYSICAL)
    decode(keys, day * DAY, by_node, quantity, rows)
    return rows
