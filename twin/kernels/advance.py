"""Advance the data plane to an instant: everything that happens by itself, in the order of docs/model.md, section 2."""

from __future__ import annotations

from typing import Any, Final

from twin.core.clock import NEVER
from twin.core.jit import kernel
from twin.journal.totals import Flow
from twin.kernels.codes import Part
from twin.kernels.counting import find, misplace
from twin.kernels.holding import lapse
from twin.kernels.memory import control, expect_pair, far, flows, holds, late, letters, pairs, physical, skus
from twin.kernels.sending import move, send_late
from twin.kernels.stock import change_on_hand
from twin.kernels.tills import sold_by_hand
from twin.kernels.topics import book_until, deliver, deliver_post
from twin.world.tables import Physical

ROOM: Final = 8192
"""Free messages that every control-plane kernel may rely on; :func:`advance` stops when fewer are left."""

FULL: Final = -1
"""Returned when a ring must grow before time can go on."""

_AHEAD: Final = 4
"""Physical events between asking for a pair's cache line and using it."""

_LINES, _UNITS, _LOST, _SHRINK = (
    int(Flow.TILL_LINES),
    int(Flow.TILL_UNITS),
    int(Flow.TILL_UNITS_LOST),
    int(Flow.SHRINK_UNITS),
)
_SALE = int(Part.SALE)
_IS_SALE, _IS_SHRINK, _IS_MISPLACED = int(Physical.SALE), int(Physical.SHRINK), int(Physical.MISPLACED)


@kernel
def _sell(handle: int, t: int, p: int, wanted: int, entity: int) -> None:
    """A walk-in brings units to the till: the shelf decides, not the belief."""
    pair = pairs(handle)[p]
    there = pair.on_hand
    if control(handle)[0].tills_respect != 0:
        there = max(0, there - max(pair.promised, pair.resv))
    taken = min(wanted, there)
    flows(handle)[_LINES] += 1
    flows(handle)[_UNITS] += taken
    flows(handle)[_LOST] += wanted - taken
    if taken == 0:
        return
    change_on_hand(handle, p, -taken)
    pair.sold += taken
    if pair.pooled != 0:
        skus(handle)[pair.sku].sold += taken
    if control(handle)[0].paper != 0 and sold_by_hand(handle, t, p, taken, entity) != 0:
        return
    move(handle, t, p, -taken, 0, entity, _SALE, t - 1)


@kernel
def _vanish(handle: int, p: int, units: int) -> None:
    """Units leave the shelf without a movement: the record does not learn of it."""
    pair = pairs(handle)[p]
    taken = min(units, pair.on_hand)
    if taken == 0:
        return
    pair.error += taken
    change_on_hand(handle, p, -taken)
    pair.shrunk += taken
    if pair.pooled != 0:
        skus(handle)[pair.sku].shrunk += taken
    flows(handle)[_SHRINK] += taken


@kernel
def _physical_event(handle: int) -> None:
    c = control(handle)[0]
    event = physical(handle)[c.physical]
    entity = c.day << 40 | c.physical
    c.physical += 1
    if c.physical + _AHEAD < len(physical(handle)):
        expect_pair(handle, physical(handle)[c.physical + _AHEAD].pair)
    if event.kind == _IS_SALE:
        _sell(handle, event.t, event.pair, event.quantity, entity)
    elif event.kind == _IS_SHRINK:
        _vanish(handle, event.pair, event.quantity)
    elif event.kind == _IS_MISPLACED:
        misplace(handle, event.pair, event.quantity)
    else:
        find(handle, event.pair)


@kernel
def _has_room(handle: int, c: Any) -> bool:
    """Whether an order's step can count on ROOM in every ring and table that grows."""
    moves = c.moves_mask - (c.moves_high - c.moves_low)
    notes = c.notes_mask - (c.notes_high - c.notes_low)
    holds = c.holds_mask - (c.holds_high - c.holds_low)
    return min(moves, notes, holds, len(late(handle)) - c.late, len(letters(handle)) - c.letters) >= ROOM


@far
def _advance(handle: int, now: int) -> int:
    c = control(handle)[0]
    events = len(physical(handle))
    c.went_back += now < c.now
    while True:
        sale = physical(handle)[c.physical].t if c.physical < events else NEVER
        hold = holds(handle)[c.holds_low & c.holds_mask].due if c.holds_low < c.holds_high else NEVER
        leaves = late(handle)[0].t if c.late > 0 else NEVER
        post = c.post_due if c.eager != 0 else NEVER
        due = min(c.due, post)
        if min(due, sale, leaves) > now and hold >= now:
            break
        if c.applied_room <= 0 or not _has_room(handle, c):
            return FULL
        if leaves <= due and leaves <= sale and leaves <= hold:
            send_late(handle)
        elif due <= sale and due <= hold:
            if post < c.due:
                deliver_post(handle)
            else:
                deliver(handle)
        elif sale <= hold:
            _physical_event(handle)
        else:
            lapse(handle)
    if not _has_room(handle, c):
        return FULL
    book_until(handle, now)  # while the pairs are still in the cache
    c.now = now
    return 0


@kernel
def advance(handle: int, now: int) -> int:
    """Carry out all deliveries and physical events up to and including ``now``, and releases of holds before it.

    Returns 0, or FULL if a ring must grow first; calling again goes on where it stopped.
    """
    done: int = _advance(handle, now)
    return done
