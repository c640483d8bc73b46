"""What the customer is offered whose line is short: to wait, or nothing (docs/model.md, section 7, "Shortages")."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.core.shares import MILLION
from twin.journal.orders import Mode, Status
from twin.journal.totals import Flow
from twin.kernels.memory import control, flows, offers
from twin.kernels.state import NIL

_OVERSOLD, _BACKORDERED = int(Status.OVERSOLD), int(Status.BACKORDERED)
_PICKUP = int(Mode.PICKUP)
_BEGUN, _AGAIN = int(Flow.BACKORDERED), int(Flow.BACKORDERED_AGAIN)
_NUMBER = np.uint64(MILLION)
SHORT_PICKS_MAX = 15
"""A line that was short more often is not tried again: four bits of a pick's identity tell how often it was."""


@kernel
def _would_wait(handle: int, line: Any) -> bool:
    """Whether the customer rather waits than has the line cancelled."""
    offer = offers(handle)[line.channel]
    return np.int64(bits(offer.waits_key, line.order, 0) % _NUMBER) < offer.waits


@kernel
def _waits(handle: int, line: Any, first: bool) -> bool:
    """Whether a short line is backordered; ``first``: it has not been short before."""
    if control(handle)[0].backorders == 0 or line.mode == _PICKUP or line.short_picks > SHORT_PICKS_MAX:
        return False
    return _would_wait(handle, line) if first else True


@kernel
def let_down(handle: int, line: Any, order: Any, now: int) -> None:
    """The line is cancelled for lack of stock."""
    line.status, line.t_end = _OVERSOLD, now
    order.open -= 1
    control(handle)[0].let_down += 1


@kernel
def fall_short(handle: int, line: Any, order: Any, now: int) -> None:
    """Nobody can supply the line now, and nothing is promised or set aside for it any more."""
    first = line.t_short == NIL
    if first:
        line.t_short = now
    if not _waits(handle, line, first):
        let_down(handle, line, order, now)
        return
    line.status = _BACKORDERED
    line.pair, line.parcel = NIL, NIL
    flows(handle)[_BEGUN if first else _AGAIN] += 1
