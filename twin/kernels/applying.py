"""What messages do to beliefs: applied, applied again, lost, dead (docs/model.md, section 4, "Applying")."""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.journal.totals import Fate, Flow
from twin.kernels.codes import NOTES, RECORD, VIEW
from twin.kernels.latency import count_after_all, count_latency, count_never, count_visibility
from twin.kernels.memory import (
    consumers,
    control,
    dead,
    drifts,
    far,
    fates,
    flows,
    letters,
    lines,
    moves,
    notes,
    pairs,
    sku_drifts,
    skus,
    watched,
)
from twin.kernels.publication import settle
from twin.kernels.state import NIL
from twin.kernels.stock import change_reserved, change_view, post, set_blocked
from twin.kernels.traffic import Letter, Outcome

_IN_FLIGHT, _APPLIED, _SUPERSEDED, _DEAD, _EXPIRED, _LOST = (
    int(Fate.IN_FLIGHT),
    int(Fate.APPLIED),
    int(Fate.SUPERSEDED),
    int(Fate.DEAD_LETTER),
    int(Fate.EXPIRED),
    int(Fate.LOST),
)
_FATES = len(Fate)
_APPLY, _EXPIRE, _LOSE = int(Outcome.APPLY), int(Outcome.EXPIRE), int(Outcome.LOSE)
_APPLIED_AGAIN, _DEAD_LETTERED = int(Flow.APPLIED_AGAIN), int(Flow.DEAD_LETTERED)
_IS_DEAD = int(Letter.DEAD)


@kernel
def message_of(handle: int, who: int, number: int) -> Any:
    """Message ``number`` of the topic of consumer ``who``."""
    if who == NOTES:
        return notes(handle)[number & control(handle)[0].notes_mask]
    return moves(handle)[number & control(handle)[0].moves_mask]


@kernel
def fate_of(row: Any, who: int) -> int:
    """What has become of a message to consumer ``who``."""
    return row.posted if who == RECORD else row.seen


@kernel
def _set_fate(handle: int, who: int, row: Any, fate: int) -> None:
    """A message is not in flight any more."""
    c = control(handle)[0]
    fates(handle)[who * _FATES + fate] += 1
    if who == RECORD:
        row.posted = fate
        c.unposted -= 1
        return
    row.seen = fate
    if who == NOTES:
        c.unheard -= 1
        return
    c.unseen -= 1
    let_go(handle, row.pair)


@kernel
def _is_known(row: Any) -> bool:
    """Whether the view does not wait for a movement (any more)."""
    return row.seen != 0 or row.held != 0


@kernel
def let_go(handle: int, p: int) -> None:
    """The oldest movements of a pair, and of its SKU's pooled pairs, that the view waits for may be others now."""
    mask = control(handle)[0].moves_mask
    pair = pairs(handle)[p]
    while pair.oldest != NIL and _is_known(moves(handle)[pair.oldest & mask]):
        pair.oldest = moves(handle)[pair.oldest & mask].next_pair
    if pair.pooled == 0:  # copies of its SKU need not have been settled
        return
    sku = skus(handle)[pair.sku]
    while sku.oldest != NIL and _is_known(moves(handle)[sku.oldest & mask]):
        sku.oldest = moves(handle)[sku.oldest & mask].next_sku


@kernel
def _net(drift: Any) -> None:
    """A level that comes late can make good what was lost, or repeated."""
    if (drift.lost > 0) != (drift.extra > 0) and drift.lost != 0 and drift.extra != 0:
        size = min(abs(drift.lost), abs(drift.extra))
        drift.lost -= size if drift.lost > 0 else -size
        drift.extra -= size if drift.extra > 0 else -size


@kernel
def _reading(handle: int, row: Any, number: int) -> tuple[int, int]:
    """By how much a movement wants to change the view, and what becomes of it."""
    consumer, drift = consumers(handle)[VIEW], drifts(handle)[row.pair]
    if row.held != 0 and control(handle)[0].supersedes != 0:
        return 0, _SUPERSEDED
    if consumer.level == 0:
        return row.delta, _APPLIED
    if consumer.versioned != 0 and number < drift.latest:
        return 0, _SUPERSEDED
    drift.latest = max(drift.latest, number)
    return row.level - pairs(handle)[row.pair].viewed, _APPLIED


@kernel
def _change_of_view(handle: int, row: Any, number: int, again: int) -> tuple[int, int]:
    """By how much the view changes when a movement is applied (again), and its fate."""
    level = consumers(handle)[VIEW].level
    if level == 0 and again == 0 and row.held == 0:
        return row.delta, _APPLIED
    change, fate = _reading(handle, row, number)
    if again != 0 and fate == _SUPERSEDED:
        return change, fate
    drift = drifts(handle)[row.pair]
    drift.extra += change if again != 0 or row.held != 0 else change - row.delta
    if level != 0:
        _net(drift)
    return change, fate


@kernel
def _remember(handle: int, number: int, row: Any) -> None:
    """A snapshot that is under way, or will be compared, asks what the view applied by itself."""
    drift = drifts(handle)[row.pair]
    if number > drift.heard:
        drift.heard, drift.heard_at = number, row.t
    if number >= control(handle)[0].extracted:
        drift.since += row.delta


@kernel
def _change_of_record(handle: int, row: Any, number: int, again: int) -> tuple[int, int]:
    """The same for the record."""
    consumer = consumers(handle)[RECORD]
    if consumer.level == 0:
        if again != 0:
            drifts(handle)[row.pair].record += row.delta
            drifts(handle)[row.pair].again += row.delta
        return row.delta, _APPLIED
    drift = drifts(handle)[row.pair]
    change, fate = 0, _SUPERSEDED
    if consumer.versioned == 0 or number >= drift.latest_post:
        change, fate = row.level - pairs(handle)[row.pair].record, _APPLIED
        drift.latest_post = max(drift.latest_post, number)
    drift.record += change if again != 0 else change - row.delta
    drift.again += change if again != 0 else 0
    return change, fate


@kernel
def see(handle: int, number: int, row: Any, t: int) -> int:
    """The view applies a movement for the first time, at ``t``; its fate."""
    change, fate = _change_of_view(handle, row, number, 0)
    if control(handle)[0].reloads != 0 and fate == _APPLIED:
        _remember(handle, number, row)
    change_view(handle, row.pair, change, 0 if row.receipt != 0 else -row.settles, t - 1)
    if row.receipt != 0:
        set_blocked(handle, row.pair, 0, t - 1)
    count_visibility(handle, row, pairs(handle)[row.pair], t)
    if row.line != NIL:
        watched(handle)[row.line].seen = t
    return fate


@kernel
def _see_again(handle: int, number: int, row: Any, t: int) -> int:
    change, fate = _change_of_view(handle, row, number, 1)
    if fate == _SUPERSEDED:
        return fate
    settled = 0 if row.receipt != 0 else -row.settles
    change_view(handle, row.pair, change, settled, t - 1)
    drifts(handle)[row.pair].resv_extra += settled
    if row.receipt != 0:
        set_blocked(handle, row.pair, 0, t - 1)
    return fate


@kernel
def book(handle: int, number: int, row: Any, t: int) -> int:
    """The record applies a movement for the first time, at ``t``; its fate."""
    c = control(handle)[0]
    change, fate = _change_of_record(handle, row, number, 0)
    post(handle, row.pair, change)
    if row.receipt != 0:
        pairs(handle)[row.pair].on_order -= row.settles
    if c.window_from <= row.t < c.window_to:
        count_latency(handle, 2, 0, t - row.t)
    if row.line != NIL:
        watched(handle)[row.line].posted = t
    return fate


@kernel
def _set_aside(handle: int, row: Any, t: int) -> None:
    if row.pair == NIL:
        change_reserved(handle, row.sku, row.delta, t - 1)
    else:
        change_view(handle, row.pair, 0, row.delta, t - 1)


@kernel
def hear(handle: int, row: Any, t: int) -> int:
    """The view applies a reservation message for the first time; its fate."""
    c = control(handle)[0]
    _set_aside(handle, row, t)
    if row.line >= c.line_base:
        lines(handle)[row.line - c.line_base].told += 1 if row.delta > 0 else -1
    return _APPLIED


@kernel
def _hear_again(handle: int, row: Any, t: int) -> int:
    _set_aside(handle, row, t)
    if row.pair == NIL:
        sku_drifts(handle)[row.sku].extra += row.delta
    else:
        drifts(handle)[row.pair].resv_extra += row.delta
    return _APPLIED


@kernel
def apply_first(handle: int, who: int, number: int, row: Any, t: int) -> int:
    """A consumer applies a message for the first time; its fate."""
    if who == VIEW:
        return see(handle, number, row, t)
    if who == RECORD:
        return book(handle, number, row, t)
    return hear(handle, row, t)


@kernel
def _apply_again(handle: int, who: int, number: int, row: Any, t: int) -> None:
    """A consumer meets a message that it has applied before."""
    if consumers(handle)[who].idempotent != 0:
        return
    if who == VIEW:
        fate = _see_again(handle, number, row, t)
    elif who == RECORD:
        change, fate = _change_of_record(handle, row, number, 1)
        post(handle, row.pair, change)
    else:
        fate = _hear_again(handle, row, t)
    if fate == _APPLIED:
        flows(handle)[_APPLIED_AGAIN] += 1


@kernel
def miss(handle: int, who: int, row: Any, sign: int) -> None:
    """The belief goes without a message (``sign`` 1), or has it after all (-1)."""
    if who == NOTES:
        if row.pair == NIL:
            sku_drifts(handle)[row.sku].lost -= sign * row.delta
        else:
            drifts(handle)[row.pair].resv_lost -= sign * row.delta
        return
    drift = drifts(handle)[row.pair]
    if who == RECORD:
        drift.record -= sign * row.delta
        return
    if row.held == 0:  # else the view has it from a snapshot
        drift.lost -= sign * row.delta
    if row.receipt == 0:
        drift.resv_lost += sign * row.settles


@kernel
def _go_missing(handle: int, who: int, row: Any, limit: int) -> None:
    """A message will not arrive; copies that were refreshed up to ``limit`` still waited for it."""
    if who == VIEW and row.pooled != 0:
        settle(handle, pairs(handle)[row.pair].sku, limit)
    miss(handle, who, row, 1)


@kernel
def lose(handle: int, who: int, row: Any, fate: int, limit: int) -> None:
    """A message that was in flight is lost to a consumer, or has expired; refreshes up to ``limit`` came before."""
    if fate_of(row, who) != _IN_FLIGHT:
        return
    _go_missing(handle, who, row, limit)
    _set_fate(handle, who, row, fate)
    if who != NOTES:
        count_never(handle, who, row)


@kernel
def _die(handle: int, who: int, number: int, row: Any, t: int) -> None:
    """A message goes to the dead-letter queue."""
    c = control(handle)[0]
    _go_missing(handle, who, row, t - 1)
    _set_fate(handle, who, row, _DEAD)
    dead(handle)[c.letters] = row
    letter = letters(handle)[c.letters]
    letter.number, letter.since, letter.entered, letter.next = number, t, NIL, NIL
    letter.who, letter.state = who, _IS_DEAD
    c.letters += 1
    c.dead += 1
    flows(handle)[_DEAD_LETTERED] += 1


@kernel
def _make_good(handle: int, who: int, number: int, row: Any, t: int) -> None:
    """A message that was skipped is handed out again, and can be applied now."""
    if who != NOTES:
        count_after_all(handle, who, row)
    miss(handle, who, row, -1)
    fate = apply_first(handle, who, number, row, t)
    fates(handle)[who * _FATES + _LOST] -= 1
    fates(handle)[who * _FATES + fate] += 1
    if who == RECORD:
        row.posted = fate
    else:
        row.seen = fate


@far
def _finish(handle: int, who: int, number: int, outcome: int, t: int) -> int:
    row = message_of(handle, who, number)
    fate = fate_of(row, who)
    if fate == _IN_FLIGHT:
        if outcome == _APPLY:
            _set_fate(handle, who, row, apply_first(handle, who, number, row, t))
        elif outcome == _EXPIRE:
            lose(handle, who, row, _EXPIRED, t - 1)
        elif outcome == _LOSE:
            lose(handle, who, row, _LOST, t - 1)
        else:
            _die(handle, who, number, row, t)
    elif outcome == _APPLY and fate in (_APPLIED, _SUPERSEDED):
        _apply_again(handle, who, number, row, t)
    elif outcome == _APPLY and fate == _LOST and consumers(handle)[who].replays != 0:
        _make_good(handle, who, number, row, t)
    return fate


@kernel
def finish(handle: int, who: int, number: int, outcome: int, t: int) -> None:
    """The handling of a message has ended."""
    _finish(handle, who, number, outcome, t)
