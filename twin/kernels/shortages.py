"""What the customer is offered whose line is short: another item, to wait, or nothing (docs/model.md, section 7,
"Shortages").
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.core.shares import MILLION
from twin.journal.orders import Mode, Status
from twin.journal.totals import Flow
from twin.kernels.barring import is_barred
from twin.kernels.codes import Point, Reserved
from twin.kernels.memory import control, ending, flows, offers, pairs, skus, substitutes
from twin.kernels.state import NIL
from twin.kernels.stock import change_reserved, change_unplaced, free_of

_OVERSOLD, _BACKORDERED = int(Status.OVERSOLD), int(Status.BACKORDERED)
_PICKUP, _SHIP = int(Mode.PICKUP), int(Mode.SHIP)
_BEGUN, _AGAIN = int(Flow.BACKORDERED), int(Flow.BACKORDERED_AGAIN)
_OFFERED, _TAKEN = int(Flow.SUBSTITUTES_OFFERED), int(Flow.SUBSTITUTES_TAKEN)
_NEVER, _GROUP = int(Point.NONE), int(Reserved.GROUP)
_NUMBER = np.uint64(MILLION)
_ALL = 2
SHORT_PICKS_MAX = 15
"""A line that was short more often is not tried again: four bits of a pick's identity tell how often it was."""


@kernel
def _would_wait(handle: int, line: Any) -> bool:
    """Whether the customer may wait, and rather does than has the line cancelled."""
    if ending(handle)[line.sku] != 0 and control(handle)[0].backorders != _ALL:
        return False
    offer = offers(handle)[line.channel]
    return np.int64(bits(offer.waits_key, line.order, 0) % _NUMBER) < offer.waits


@kernel
def _waits(handle: int, line: Any, first: bool) -> bool:
    """Whether a short line is backordered; ``first``: it has not been short before."""
    if control(handle)[0].backorders == 0 or line.mode == _PICKUP or line.short_picks > SHORT_PICKS_MAX:
        return False
    return _would_wait(handle, line) if first else line.sku == line.wanted


@kernel
def let_down(handle: int, line: Any, order: Any, now: int) -> None:
    """The line is cancelled for lack of stock."""
    line.status, line.t_end = _OVERSOLD, now
    order.open -= 1
    control(handle)[0].let_down += 1


@kernel
def _seems_free(handle: int, s: int, order: Any, quantity: int) -> bool:
    """Whether a SKU is offered for sale, by a node that the order may come from too."""
    if skus(handle)[s].offered - skus(handle)[s].reserved < quantity:
        return False
    for p in range(skus(handle)[s].first, skus(handle)[s].last):
        pair = pairs(handle)[p]
        if is_barred(handle, pair, order):
            return False
        if pair.pooled != 0 and pair.node != order.barred and free_of(pair) >= quantity:
            return True
    return False


@kernel
def _takes(handle: int, line: Any, order: Any) -> bool:
    """Whether the line's customer is offered a substitute for it, and takes it."""
    if control(handle)[0].substitutes == 0 or line.mode == _PICKUP or line.short_picks > SHORT_PICKS_MAX:
        return False
    s = substitutes(handle)[line.sku]
    if s == NIL or not _seems_free(handle, s, order, line.quantity):
        return False
    flows(handle)[_OFFERED] += 1
    offer = offers(handle)[line.channel]
    takes = np.int64(bits(offer.takes_key, line.order, line.line) % _NUMBER) < offer.takes
    flows(handle)[_TAKEN] += takes
    return takes


@kernel
def _replace(handle: int, line: Any, now: int) -> None:
    """The line is a promise of its substitute."""
    line.sku, line.mode = substitutes(handle)[line.wanted], _SHIP
    line.pair, line.parcel = NIL, NIL
    change_unplaced(handle, line.sku, line.quantity)
    if control(handle)[0].point != _NEVER:
        change_reserved(handle, line.sku, line.quantity, now)
        line.reserved = _GROUP


@kernel
def fall_short(handle: int, line: Any, order: Any, now: int) -> bool:
    """Nobody can supply the line now, and nothing is promised or set aside for it any more. Whether it goes on at once,
    with a substitute.
    """
    first = line.t_short == NIL
    if first:
        line.t_short = now
        if _takes(handle, line, order):
            _replace(handle, line, now)
            return True
    if not _waits(handle, line, first):
        let_down(handle, line, order, now)
        return False
    line.status, line.mode = _BACKORDERED, _SHIP
    line.pair, line.parcel = NIL, NIL
    flows(handle)[_BEGUN if first else _AGAIN] += 1
    return False
