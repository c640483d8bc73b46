"""What the shelves really had to promise, and why a belief differed (docs/model.md, section 9). Reads ledgers, changes
none.
"""

from __future__ import annotations

from typing import Any

from twin.core.clock import NEVER
from twin.core.jit import kernel
from twin.journal.orders import Cause, Mode, Refusal
from twin.kernels.codes import VIEW, Belief, Reserved, Reserving
from twin.kernels.memory import (
    channels,
    consumers,
    control,
    drifts,
    moves,
    nodes,
    outages,
    pairs,
    sku_drifts,
    skus,
    windows,
)
from twin.kernels.publication import belief_staleness, held_back, learnt, offer, oldest_unseen, own_units, settle
from twin.kernels.state import NIL
from twin.kernels.stock import sourceable
from twin.policies.availability import backed_units, free_units, sourceable_units
from twin.policies.calendars import touched

AS_SEEN, NO_ERROR, NO_DELAY, NO_BUFFER, NO_LOSS, NO_EXTRA = 0, 1, 2, 3, 4, 5
"""Readings of a pair: the view; the view without record error; with every movement delivered; without buffer; had no
message been lost; had none been repeated or overtaken.
"""

_BUFFER, _HOLD, _STALE, _RECORD, _LOSS, _DUPLICATE, _JOINT = (
    int(Refusal.BUFFER),
    int(Refusal.HOLD),
    int(Refusal.STALE),
    int(Refusal.RECORD),
    int(Refusal.LOSS),
    int(Refusal.DUPLICATE),
    int(Refusal.JOINT),
)
_LIMITED = int(Refusal.LIMITED)
_FILE = int(Belief.FILE)
_SYNCHRONOUS = int(Reserving.SYNCHRONOUS)
_NO = int(Reserved.NO)
_SHIP = int(Mode.SHIP)
_C_DEGRADED, _C_EXPIRED, _C_RECORD, _C_OUTAGE = (
    int(Cause.DEGRADED),
    int(Cause.EXPIRED_HOLD),
    int(Cause.RECORD_ERROR),
    int(Cause.OUTAGE),
)
_C_LOSS, _C_DUPLICATE = int(Cause.LOSS), int(Cause.DUPLICATE)
_C_BATCH, _C_QUEUE, _C_CACHE, _C_RACE, _C_JOINT = (
    int(Cause.BATCH_AGE),
    int(Cause.QUEUE_BACKLOG),
    int(Cause.CHANNEL_CACHE),
    int(Cause.RACE),
    int(Cause.JOINT),
)


@kernel
def _corrected(handle: int, p: int, reading: int) -> tuple[int, int]:
    """View and reservations of a pair under a reading."""
    pair, drift = pairs(handle)[p], drifts(handle)[p]
    if reading == NO_ERROR:
        return pair.viewed - pair.error, pair.resv
    if reading == NO_DELAY:
        return pair.on_hand + pair.error + drift.lost + drift.extra, pair.resv
    if reading == NO_LOSS:
        return pair.viewed - drift.lost, pair.resv - drift.resv_lost
    if reading == NO_EXTRA:
        return pair.viewed - drift.extra, pair.resv - drift.resv_extra
    return pair.viewed, pair.resv


@kernel
def _read(handle: int, p: int, reading: int, own: int) -> int:
    """What the pair would offer under a reading, had ``own`` units not been reserved there."""
    pair = pairs(handle)[p]
    view, resv = _corrected(handle, p, reading)
    return free_units(view, resv - own, 0 if reading == NO_BUFFER else pair.buffer, pair.blocked)


@kernel
def offered(handle: int, line: Any, reading: int, own: int) -> int:
    """What a pickup line's pair, or all pooled pairs of a ship line's SKU, would offer under a reading.

    Reservations for no node are left aside, and so are the ``own`` units that the line has reserved at its pair.
    """
    if line.mode != _SHIP:
        return _read(handle, line.pair, reading, own)
    total = 0
    for p in range(skus(handle)[line.sku].first, skus(handle)[line.sku].last):
        if pairs(handle)[p].pooled != 0:
            total += _read(handle, p, reading, own if p == line.pair else 0)
    return total


@kernel
def truth(handle: int, s: int, p: int) -> int:
    """T: what can still be promised, in truth, of pair ``p`` or of all pooled pairs."""
    if p != NIL:
        return pairs(handle)[p].on_hand - pairs(handle)[p].promised
    return skus(handle)[s].backed - skus(handle)[s].unplaced


@kernel
def could_back(handle: int, s: int, p: int, quantity: int) -> bool:
    """Whether the truth could have backed one more line: some single node had the units, and they were not promised."""
    if truth(handle, s, p) < quantity:
        return False
    if p != NIL:
        return True
    for q in range(skus(handle)[s].first, skus(handle)[s].last):
        pair = pairs(handle)[q]
        if pair.pooled != 0 and backed_units(pair.on_hand, pair.promised) >= quantity:
            return True
    return False


@kernel
def _surplus_holds(handle: int, s: int, p: int) -> int:
    """Units set aside in the view beyond what is promised: checkouts that are not orders (yet)."""
    if p != NIL:
        return max(0, pairs(handle)[p].resv - pairs(handle)[p].promised)
    total = skus(handle)[s].reserved - skus(handle)[s].unplaced
    for q in range(skus(handle)[s].first, skus(handle)[s].last):
        pair = pairs(handle)[q]
        if pair.pooled != 0:
            total += pair.resv - pair.promised
    return max(0, total)


@kernel
def refusal_reason(handle: int, line: Any, now: int) -> int:
    """First correction that alone would have let a refused line pass."""
    s, p, q = line.sku, line.pair, line.quantity
    if line.asks != 0:
        return _LIMITED
    seen = offered(handle, line, AS_SEEN, 0)
    b = line.belief
    if b + line.withheld + line_held_back(handle, line) + offered(handle, line, NO_BUFFER, 0) - seen >= q:
        return _BUFFER
    if b + _surplus_holds(handle, s, p) >= q:
        return _HOLD
    fresh = b + offered(handle, line, NO_DELAY, 0) - seen
    if p == NIL and line.asked_view == 0:
        fresh += max(0, offer(handle, s)) - max(0, learnt(handle, line.channel, s, now))
    if fresh >= q:
        return _STALE
    if b + offered(handle, line, NO_ERROR, 0) - seen >= q:
        return _RECORD
    lost, extra = _reserved_drift(handle, line)
    if b + offered(handle, line, NO_LOSS, 0) - seen + lost >= q:
        return _LOSS
    if b + offered(handle, line, NO_EXTRA, 0) - seen + extra >= q:
        return _DUPLICATE
    return _JOINT


@kernel
def _reserved_drift(handle: int, line: Any) -> tuple[int, int]:
    """Units by which R is too high for a ship line because messages were lost, or repeated."""
    if line.pair != NIL and line.mode != _SHIP:
        return 0, 0
    drift = sku_drifts(handle)[line.sku]
    return drift.lost, drift.extra


@kernel
def line_held_back(handle: int, line: Any) -> int:
    """Units of the pooled stock held back from the line's channel (none from pickup)."""
    return 0 if line.mode != _SHIP else held_back(handle, line.channel, line.sku)


@kernel
def _link_was_down(handle: int, number: int, now: int) -> bool:
    """Whether the link of the node of a movement in flight has been down since it was made."""
    message = moves(handle)[number & control(handle)[0].moves_mask]
    link = outages(handle)[nodes(handle)[pairs(handle)[message.pair].node].link]
    return touched(windows(handle), link.first, link.last, message.t, now)


@kernel
def _delay_cause(handle: int, s: int, p: int, now: int) -> int:
    """Name of the delay of movements: an outage touched their way, else the file's age, else the stream's queue."""
    c = control(handle)[0]
    oldest = oldest_unseen(handle, skus(handle)[s].oldest if p == NIL else pairs(handle)[p].oldest)
    span = outages(handle)[consumers(handle)[VIEW].outage]
    if oldest != NEVER and touched(windows(handle), span.first, span.last, oldest, now):
        return _C_OUTAGE
    if oldest != NEVER and _link_was_down(handle, skus(handle)[s].oldest if p == NIL else pairs(handle)[p].oldest, now):
        return _C_OUTAGE
    return _C_BATCH if c.movements_batch != 0 else _C_QUEUE


@kernel
def _copy_cause(handle: int, c: int, s: int, now: int) -> int:
    """Name of the age of a copy: an outage held up what it does not show, else the age of the file or cache itself."""
    channel = channels(handle)[c]
    settle(handle, s, now)
    age = belief_staleness(handle, c, s, now)
    span = outages(handle)[channel.outage]
    if age > 0 and touched(windows(handle), span.first, span.last, now - age, now):
        return _C_OUTAGE
    return _C_BATCH if channel.mode == _FILE else _C_CACHE


@kernel
def _own_reservation(handle: int, line: Any) -> int:
    """Units of the line itself that the view has set aside; a lapsed hold counts until the view has been told."""
    synchronous = channels(handle)[line.channel].reserving == _SYNCHRONOUS and line.unanswered == 0
    in_view = line.reserved != _NO if synchronous else line.told > 0
    return line.quantity if in_view else 0


@kernel
def _race(handle: int, line: Any, own: int) -> int:
    """Promises that the view has not been told of."""
    if line.pair != NIL:
        return max(0, pairs(handle)[line.pair].promised - pairs(handle)[line.pair].resv + own)
    sku = skus(handle)[line.sku]
    return max(0, sku.unplaced - sku.reserved + own)


@kernel
def _messages_to_blame(handle: int, line: Any, seen: int, at_pair: int) -> int:
    """Loss and repetition of messages, as bits, where correcting one alone would have refused the line."""
    lost, extra = _reserved_drift(handle, line)
    causes = 0
    if line.belief - (seen - offered(handle, line, NO_LOSS, at_pair)) + lost < line.quantity:
        causes |= 1 << _C_LOSS
    if line.belief - (seen - offered(handle, line, NO_EXTRA, at_pair)) + extra < line.quantity:
        causes |= 1 << _C_DUPLICATE
    return causes


@kernel
def without_own(handle: int, line: Any) -> tuple[int, int, int, int]:
    """Units of the line's own that the view has set aside, those of them at its pair, what the pairs offer without the
    latter, and what the view offers without all of them.
    """
    own = _own_reservation(handle, line)
    at_pair = own if line.pair != NIL else 0
    seen = offered(handle, line, AS_SEEN, at_pair)
    if line.mode != _SHIP:
        return own, at_pair, seen, seen
    return own, at_pair, seen, seen + own - at_pair - skus(handle)[line.sku].reserved


@kernel
def suspect_at_acceptance(handle: int, line: Any, now: int) -> int:
    """Causes, as bits, whose correction alone would have refused a line that the truth cannot back (0 bits: joint)."""
    s, q = line.sku, line.quantity
    p = line.pair if line.mode != _SHIP else NIL
    own, at_pair, seen, available = without_own(handle, line)
    causes = 0
    if available - line_held_back(handle, line) < q:  # a check now would have refused it
        if line.unanswered != 0:
            causes |= 1 << _C_DEGRADED
        if line.lapsed != 0:
            causes |= 1 << _C_EXPIRED
    if line.asks != 0:  # no belief was asked, so none could have refused it
        return causes
    if line.belief - (seen - offered(handle, line, NO_ERROR, at_pair)) < q:
        causes |= 1 << _C_RECORD
    if line.belief - (seen - offered(handle, line, NO_DELAY, at_pair)) < q:
        causes |= 1 << _delay_cause(handle, s, p, now)
    causes |= _messages_to_blame(handle, line, seen, at_pair)
    others = own_units(handle, line.channel, s) - line.owned * q
    if p == NIL and available - others - line_held_back(handle, line) < q:
        causes |= 1 << _copy_cause(handle, line.channel, s, now)
    if line.belief - _race(handle, line, own) < q:
        causes |= 1 << _C_RACE
    return causes


@kernel
def _seems_to_have(handle: int, p: int, reading: int) -> int:
    """What the pair would seem to have, under a reading, for an order that is already accepted."""
    view, resv = _corrected(handle, p, reading)
    return sourceable_units(view, resv, pairs(handle)[p].blocked)


@kernel
def suspect_at_sourcing(handle: int, p: int, quantity: int, own: int, now: int) -> int:
    """Causes, as bits, whose correction alone would have kept a pair that cannot back the line from being chosen; -1 if
    it can.

    ``own`` units of what the pair has promised are the line's own.
    """
    pair = pairs(handle)[p]
    promised = pair.promised - own
    if pair.on_hand - promised >= quantity:
        return -1
    causes = 0
    if _seems_to_have(handle, p, NO_ERROR) < quantity:
        causes |= 1 << _C_RECORD
    if _seems_to_have(handle, p, NO_DELAY) < quantity:
        causes |= 1 << _delay_cause(handle, pair.sku, p, now)
    had = sourceable(pair)
    if _seems_to_have(handle, p, NO_LOSS) < min(quantity, had):
        causes |= 1 << _C_LOSS
    if _seems_to_have(handle, p, NO_EXTRA) < min(quantity, had):
        causes |= 1 << _C_DUPLICATE
    if sourceable(pair) - max(0, promised - pair.resv) < quantity:
        causes |= 1 << _C_RACE
    return causes


@kernel
def hiding_causes(handle: int, s: int, quantity: int, now: int) -> int:
    """Causes, as bits, that keep pairs which could supply ``quantity`` from seeming to: correcting one alone would
    show the units of some pair.
    """
    causes = 0
    for p in range(skus(handle)[s].first, skus(handle)[s].last):
        pair = pairs(handle)[p]
        if pair.pooled == 0 or backed_units(pair.on_hand, pair.promised) < quantity:
            continue
        if _seems_to_have(handle, p, NO_ERROR) >= quantity:
            causes |= 1 << _C_RECORD
        if _seems_to_have(handle, p, NO_DELAY) >= quantity:
            causes |= 1 << _delay_cause(handle, s, p, now)
        if _seems_to_have(handle, p, NO_LOSS) >= quantity:
            causes |= 1 << _C_LOSS
        if _seems_to_have(handle, p, NO_EXTRA) >= quantity:
            causes |= 1 << _C_DUPLICATE
    return causes


@kernel
def first_cause(causes: int) -> int:
    """The first of a set of causes in the documented order; joint if there is none."""
    for k in range(1, _C_JOINT):
        if causes >> k & 1:
            return k
    return _C_JOINT
