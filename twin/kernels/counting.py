"""What the shelf holds and nobody knows of: units in the wrong place, and counts that set the source system right
(docs/model.md, sections 3 and 8).
"""

from __future__ import annotations

from twin.core.jit import kernel
from twin.journal.totals import Flow
from twin.kernels.codes import Part
from twin.kernels.memory import flows, pairs, stocktakes
from twin.kernels.sending import move
from twin.kernels.stock import change_on_hand
from twin.kernels.traffic import PART_SHIFT

_MISPLACED, _FOUND = int(Flow.MISPLACED_UNITS), int(Flow.FOUND_UNITS)
_COUNT = int(Part.COUNT)


@kernel
def misplace(handle: int, p: int, units: int) -> None:
    """Units are put where nobody finds them: they cannot be sold, and the source system still counts them."""
    pair = pairs(handle)[p]
    taken = min(units, pair.on_hand)
    if taken == 0:
        return
    pair.error += taken
    change_on_hand(handle, p, -taken)
    stocktakes(handle)[p].misplaced += taken
    flows(handle)[_MISPLACED] += taken


@kernel
def find(handle: int, p: int) -> None:
    """All units of a pair that were misplaced are back on the shelf."""
    pair, side = pairs(handle)[p], stocktakes(handle)[p]
    units = side.misplaced
    if units == 0:
        return
    pair.error -= units
    change_on_hand(handle, p, units)
    side.misplaced = 0
    flows(handle)[_FOUND] += units


@kernel
def count_pair(handle: int, p: int, miss: int, finds: int, entity: int, now: int) -> int:
    """Somebody counts a pair, ``miss`` units wrong, and the source system is set to that. Returns what it said before.

    A correction is a movement like any other; what was right needs none.
    """
    if finds != 0:
        find(handle, p)
    pair = pairs(handle)[p]
    before = pair.on_hand + pair.error
    delta = max(0, pair.on_hand + miss) - before
    if delta != 0:
        pair.error += delta
        stocktakes(handle)[p].corrected += delta
        move(handle, now, p, delta, 0, entity, _COUNT << PART_SHIFT, now - 1)
    return before
