"""Sales while the till system of a store is down: by hand, and keyed in when it is back (docs/model.md, section 3)."""

from __future__ import annotations

from twin.core.jit import kernel
from twin.journal.totals import Flow
from twin.kernels.codes import Part
from twin.kernels.memory import by_hand, control, flows, nodes, outages, pairs, windows
from twin.kernels.sending import move
from twin.policies.calendars import covering

_BY_HAND, _KEYED_IN = int(Flow.TILL_UNITS_BY_HAND), int(Flow.TILL_UNITS_KEYED_IN)
_SALE = int(Part.SALE)


@kernel
def sold_by_hand(handle: int, t: int, p: int, units: int, entity: int) -> int:
    """A sale, already off the shelf, is written on paper if the till system of its store is down: 1 if it is."""
    span = outages(handle)[nodes(handle)[pairs(handle)[p].node].pos]
    if span.first == span.last or covering(windows(handle), span.first, span.last, t) < 0:
        return 0
    c = control(handle)[0]
    row = by_hand(handle)[c.by_hand]
    row.entity, row.pair, row.units = entity, p, units
    c.by_hand += 1
    pairs(handle)[p].error += units
    flows(handle)[_BY_HAND] += units
    return 1


@kernel
def key_in(handle: int, p: int, units: int, entity: int, now: int) -> None:
    """A sale that was written on paper is entered: its movement is made."""
    pairs(handle)[p].error -= units
    flows(handle)[_KEYED_IN] += units
    move(handle, now, p, -units, 0, entity, _SALE, now - 1)
