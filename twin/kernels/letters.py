"""Dead letters that are handled once more (docs/model.md, section 4, "Dead letters")."""

from __future__ import annotations

from typing import Any

from twin.core.clock import NEVER
from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.journal.totals import Fate, Flow
from twin.kernels.applying import apply_first, message_of, miss
from twin.kernels.chance import law
from twin.kernels.codes import NOTES, RECORD
from twin.kernels.lanes import fail, is_bad, refresh
from twin.kernels.latency import count_never
from twin.kernels.memory import consumers, control, dead, dues, fates, flows, keys, lanes, letters, windows
from twin.kernels.state import NIL
from twin.kernels.traffic import Letter, Outcome
from twin.policies.calendars import up

_APPLY, _EXPIRE, _DIE = int(Outcome.APPLY), int(Outcome.EXPIRE), int(Outcome.DIE)
_IS_DEAD, _REDRIVEN, _GONE = int(Letter.DEAD), int(Letter.REDRIVEN), int(Letter.GONE)
_FATES, _DEAD, _EXPIRED, _LOST = len(Fate), int(Fate.DEAD_LETTER), int(Fate.EXPIRED), int(Fate.LOST)
_F_DEAD_LETTERED, _F_REDRIVEN = int(Flow.DEAD_LETTERED), int(Flow.REDRIVEN)


@kernel
def begin_letter(handle: int, who: int, floor: int) -> None:
    """The letter at the head of the redrive lane is next: when its handling begins, and how it ends."""
    consumer = consumers(handle)[who]
    k = consumer.redrive
    lane = lanes(handle)[k]
    letter, row = letters(handle)[lane.head], dead(handle)[lane.head]
    earliest = max(lane.free, letter.entered, floor, lane.last + consumer.redrive_gap)
    lane.start = up(windows(handle), lane.first_window, lane.last_window, earliest)
    if lane.start - letter.entered > consumer.retention:
        lane.outcome, dues(handle)[k] = _EXPIRE, lane.start
        return
    service = law(handle, consumer.law, bits(keys(handle)[consumer.key], row.entity, row.part))
    if is_bad(handle, who, row, lane.start):
        dues(handle)[k] = fail(lane, consumer, service)
    else:
        lane.outcome, dues(handle)[k] = _APPLY, lane.start + service


@kernel
def redrive(handle: int, who: int, i: int, t: int) -> None:
    """Dead letter ``i`` joins the redrive lane at ``t``."""
    lane = lanes(handle)[consumers(handle)[who].redrive]
    letter = letters(handle)[i]
    letter.state, letter.entered, letter.next = _REDRIVEN, t, NIL
    if lane.head != NIL:
        letters(handle)[lane.tail].next = i
        lane.tail = i
        return
    lane.head = lane.tail = i
    begin_letter(handle, who, 0)
    refresh(handle, who)


@kernel
def _end(handle: int, who: int, i: int, outcome: int, t: int) -> None:
    """The handling of a letter ends."""
    c, letter, row = control(handle)[0], letters(handle)[i], dead(handle)[i]
    if outcome == _DIE:
        letter.state, letter.since = _IS_DEAD, t
        flows(handle)[_F_DEAD_LETTERED] += 1
        return
    letter.state = _GONE
    c.dead -= 1
    fates(handle)[who * _FATES + _DEAD] -= 1
    fate = _EXPIRED if outcome == _EXPIRE else _LOST  # by policy skip, of a queue that gave it up
    if outcome == _APPLY:
        miss(handle, who, row, -1)
        fate = apply_first(handle, who, letter.number, row, t)
        flows(handle)[_F_REDRIVEN] += 1
    elif who != NOTES:
        count_never(handle, who, row)
    fates(handle)[who * _FATES + fate] += 1
    _tell_topic(handle, who, letter.number, fate)


@kernel
def _tell_topic(handle: int, who: int, number: int, fate: int) -> None:
    """The message may still be handed out again by its lane, which then asks for its fate."""
    c = control(handle)[0]
    if number < (c.notes_low if who == NOTES else c.moves_low):
        return
    row = message_of(handle, who, number)
    if who == RECORD:
        row.posted = fate
    else:
        row.seen = fate


@kernel
def handle_letter(handle: int, who: int, t: int) -> None:
    """What is under way on the redrive lane ends at ``t``."""
    k = consumers(handle)[who].redrive
    lane = lanes(handle)[k]
    i, outcome = lane.head, lane.outcome
    lane.head = letters(handle)[i].next
    lane.free, lane.last = t, lane.start
    if lane.head == NIL:
        dues(handle)[k] = NEVER
    else:
        begin_letter(handle, who, 0)
    _end(handle, who, i, outcome, t)


@kernel
def begin_letter_anew(handle: int, who: int, now: int) -> None:
    """A trouble is repaired: the letter that is next may fare otherwise."""
    lane = lanes(handle)[consumers(handle)[who].redrive]
    if lane.head != NIL and lane.start >= now:
        begin_letter(handle, who, now)


@kernel
def count_dead(handle: int) -> None:
    """The run ends: movements that are dead letters count as waiting until then."""
    for i in range(control(handle)[0].letters):
        letter: Any = letters(handle)[i]
        if letter.state != _GONE and letter.who != NOTES:
            count_never(handle, letter.who, dead(handle)[i])
