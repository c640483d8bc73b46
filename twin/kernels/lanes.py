"""Lanes: a partition's messages, and the one consumer that works through them (docs/model.md, section 4, "Streams")."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.clock import NEVER
from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.core.shares import MILLION
from twin.journal.totals import Fate
from twin.kernels.applying import fate_of, finish, lose, message_of
from twin.kernels.chance import law
from twin.kernels.codes import NOTES, RECORD
from twin.kernels.memory import (
    consumers,
    control,
    dues,
    expect_pair,
    keys,
    lanes,
    troubles,
    windows,
)
from twin.kernels.state import NIL
from twin.kernels.traffic import PART_SHIFT, CatchUp, Outcome, Overflow, Policy
from twin.policies.calendars import up
from twin.world.tables import TroubleKind

_MILLION = np.uint64(MILLION)
_POISON = int(TroubleKind.POISON)
_APPLY, _EXPIRE, _LOSE, _DIE, _WAIT = (
    int(Outcome.APPLY),
    int(Outcome.EXPIRE),
    int(Outcome.LOSE),
    int(Outcome.DIE),
    int(Outcome.WAIT),
)
_BLOCK, _DIVERT = int(Policy.BLOCK), int(Policy.DIVERT)
_NEWEST, _POOLED_FIRST = int(CatchUp.NEWEST), int(CatchUp.POOLED_FIRST)
_HOLD_BACK, _DROP_OLDEST = int(Overflow.HOLD_BACK), int(Overflow.DROP_OLDEST)
_LOST = int(Fate.LOST)


@kernel
def follower(handle: int, who: int, number: int) -> int:
    """Message behind ``number`` in its lane, or NIL."""
    row = message_of(handle, who, number)
    return row.next_post if who == RECORD else row.next


@kernel
def link(handle: int, who: int, number: int, behind: int) -> None:
    """Put message ``behind`` (or nothing) behind ``number``."""
    row = message_of(handle, who, number)
    if who == RECORD:
        row.next_post = behind
    else:
        row.next = behind


@kernel
def strikes(trouble: Any, row: Any) -> bool:
    """Whether a trouble hits a message."""
    if not trouble.start <= row.t < trouble.end or trouble.parts >> (row.part >> PART_SHIFT) & 1 == 0:
        return False
    return np.int64(bits(trouble.key, row.entity, row.part) % _MILLION) < trouble.share


@kernel
def is_bad(handle: int, who: int, row: Any, at: int) -> bool:
    """Whether consumer ``who`` cannot handle a message at ``at``."""
    for i in range(len(troubles(handle))):
        trouble = troubles(handle)[i]
        if (
            trouble.kind == _POISON
            and trouble.feeds >> who & 1 != 0
            and trouble.repaired > at
            and strikes(trouble, row)
        ):
            return True
    return False


@kernel
def _arrival(consumer: Any, row: Any) -> int:
    return row.sent + (consumer.store_link if row.store != 0 else consumer.dc_link)


@kernel
def entered(row: Any, who: int) -> int:
    """When a message came into the topic, for one of its feeds; NEVER while it is held back."""
    return row.entered_post if who == RECORD else row.entered


@kernel
def fail(lane: Any, consumer: Any, service: int) -> int:
    """The handling that begins at ``lane.start`` is of a bad message: when it ends."""
    if consumer.policy == _BLOCK:
        lane.outcome = _WAIT
        return NEVER
    if consumer.policy == _DIVERT:
        lane.outcome = _DIE
        return lane.start + consumer.attempts * service + consumer.pauses
    lane.outcome = _LOSE
    return lane.start + service


@kernel
def begin(handle: int, who: int, k: int, floor: int) -> None:
    """The message at the head of lane ``k`` is next: when its handling begins (from ``floor`` on), and how it ends."""
    lane, consumer = lanes(handle)[k], consumers(handle)[who]
    row = message_of(handle, who, lane.head)
    earliest = max(lane.free, floor, lane.last + consumer.gap)
    if lane.repeated == 0:
        earliest = max(earliest, _arrival(consumer, row))
    lane.start = up(windows(handle), lane.first_window, lane.last_window, earliest)
    if lane.start - entered(row, who) > consumer.retention:
        lane.outcome, dues(handle)[k] = _EXPIRE, lane.start
        return
    service = law(handle, consumer.law, bits(keys(handle)[consumer.key], row.entity, row.part))
    if row.troubled != 0 and is_bad(handle, who, row, lane.start):
        dues(handle)[k] = fail(lane, consumer, service)
    else:
        lane.outcome, dues(handle)[k] = _APPLY, lane.start + service


@kernel
def refresh_due(handle: int) -> None:
    """Find the next thing to happen on the lanes to the view."""
    c = control(handle)[0]
    c.due, c.due_lane = NEVER, NIL
    for k in range(consumers(handle)[NOTES].redrive + 1):
        if dues(handle)[k] < c.due:
            c.due, c.due_lane = dues(handle)[k], k


@kernel
def refresh_post_due(handle: int) -> None:
    """The same for the record."""
    c = control(handle)[0]
    c.post_due, c.post_due_lane = NEVER, NIL
    for k in range(consumers(handle)[RECORD].first, consumers(handle)[RECORD].redrive + 1):
        if dues(handle)[k] < c.post_due:
            c.post_due, c.post_due_lane = dues(handle)[k], k


@kernel
def refresh(handle: int, who: int) -> None:
    """Find the next thing to happen where consumer ``who`` acts."""
    if who == RECORD:
        refresh_post_due(handle)
    else:
        refresh_due(handle)


@kernel
def _sooner(handle: int, who: int, k: int) -> None:
    """Lane ``k`` has a message again: it may be the next thing to happen."""
    c, due = control(handle)[0], dues(handle)[k]
    if who == RECORD:
        if due < c.post_due or (due == c.post_due and k < c.post_due_lane):
            c.post_due, c.post_due_lane = due, k
    elif due < c.due or (due == c.due and k < c.due_lane):
        c.due, c.due_lane = due, k


@kernel
def enter(row: Any, who: int, t: int) -> None:
    """A message comes into the topic, for one of its feeds."""
    if who == RECORD:
        row.entered_post = t
    else:
        row.entered = t


@kernel
def _drop_second(handle: int, who: int, k: int, limit: int) -> None:
    """The message behind the head is lost."""
    lane = lanes(handle)[k]
    second = follower(handle, who, lane.head)
    link(handle, who, lane.head, follower(handle, who, second))
    if lane.tail == second:
        lane.tail = lane.head
    lane.size -= 1
    row = message_of(handle, who, second)
    lane.again -= fate_of(row, who) != 0
    lose(handle, who, row, _LOST, limit)


@kernel
def _is_turned_away(handle: int, who: int, k: int, number: int, row: Any, limit: int) -> bool:
    """A full partition is sent one more message: whether that is lost."""
    lane, consumer = lanes(handle)[k], consumers(handle)[who]
    if consumer.overflow == _HOLD_BACK:
        enter(row, who, NEVER)
        if lane.outside == NIL:
            lane.outside = number
        return False
    if consumer.overflow == _DROP_OLDEST and consumer.limit > 1:
        _drop_second(handle, who, k, limit)
        return False
    lose(handle, who, row, _LOST, limit)
    return True


@kernel
def _insert(handle: int, who: int, k: int, number: int, row: Any) -> None:
    """A message joins a lane in which others wait."""
    lane, consumer = lanes(handle)[k], consumers(handle)[who]
    place = lane.tail
    if consumer.catch_up == _NEWEST:
        place = lane.head
    elif consumer.catch_up == _POOLED_FIRST and row.pooled != 0:
        place = lane.head if lane.high == NIL else lane.high
        lane.high = number
    link(handle, who, number, follower(handle, who, place))
    link(handle, who, place, number)
    if place == lane.tail:
        lane.tail = number


@kernel
def join(handle: int, who: int, k: int, number: int, t: int, limit: int) -> None:
    """A message that is sent at ``t``, when copies have been refreshed up to ``limit``, joins lane ``k``."""
    lane, consumer = lanes(handle)[k], consumers(handle)[who]
    row = message_of(handle, who, number)
    enter(row, who, t)
    if consumer.limit > 0 and lane.size >= consumer.limit:
        if _is_turned_away(handle, who, k, number, row, limit):
            return
    else:
        lane.inside += 1
    lane.size += 1
    if lane.head != NIL:
        _insert(handle, who, k, number, row)
        return
    if lane.committed != NIL or lane.kept != NIL:  # what was handled last may be handed out again, and this behind it
        link(handle, who, lane.tail, number)
    lane.head = lane.tail = number
    if consumer.stream != 0:
        begin(handle, who, k, 0)
        _sooner(handle, who, k)


@kernel
def commit(lane: Any, interval: int, before: int, now: int) -> None:
    """While nothing was under way, positions were committed as often as ``interval`` allows, if once ``before``."""
    at = max(lane.free, lane.committed_at + interval)
    if at < before:
        lane.committed_at = at + (now - at) // interval * interval if interval > 0 else now
        lane.committed = NIL


@kernel
def _will_be_replayed(handle: int, who: int, start: int) -> bool:
    """Whether what is handled from ``start`` on will be handed out again once a trouble is repaired."""
    delay = consumers(handle)[who].replay_delay
    for i in range(len(troubles(handle))):
        trouble = troubles(handle)[i]
        names = trouble.kind == _POISON and trouble.feeds >> who & 1 != 0
        if names and trouble.start <= start and (trouble.repaired == NEVER or start < trouble.repaired + delay):
            return True
    return False


@kernel
def handed_out(handle: int, who: int, k: int) -> None:
    """The head's handling has begun, for the first time: it polls, unless it is of the batch under way."""
    lane, consumer = lanes(handle)[k], consumers(handle)[who]
    if lane.in_batch == 0:
        commit(lane, consumer.commit_interval, lane.start + 1, lane.start)
        lane.polled = lane.start
    keeps = lane.committed != NIL or lane.kept != NIL or lane.again > 0
    lane.pin = min(lane.pin, lane.head) if keeps else lane.head
    if consumer.replays != 0 and lane.kept == NIL and _will_be_replayed(handle, who, lane.start):
        lane.kept = lane.head
    if lane.committed == NIL:
        lane.committed = lane.head
    lane.in_batch += 1


@kernel
def end_batch(handle: int, who: int, k: int) -> None:
    """The batch under way is over unless the message that is at the head now belongs to it."""
    lane, consumer = lanes(handle)[k], consumers(handle)[who]
    if (
        lane.head == NIL
        or lane.in_batch >= consumer.poll
        or _arrival(consumer, message_of(handle, who, lane.head)) > lane.polled
    ):
        lane.in_batch = 0


@kernel
def admit(handle: int, who: int, k: int, t: int) -> None:
    """Messages that were held back enter the topic while there is room."""
    lane = lanes(handle)[k]
    while lane.outside != NIL and lane.inside < consumers(handle)[who].limit:
        enter(message_of(handle, who, lane.outside), who, t)
        lane.outside = follower(handle, who, lane.outside)
        lane.inside += 1


@kernel
def leave(handle: int, who: int, k: int, t: int) -> None:
    """The head of a lane is done with at ``t``; the next message's turn has come."""
    lane, consumer = lanes(handle)[k], consumers(handle)[who]
    lane.head = follower(handle, who, lane.head)
    lane.size -= 1
    lane.inside -= 1
    if lane.high == lane.head:
        lane.high = NIL
    lane.repeated = 0
    if lane.outside != NIL:
        admit(handle, who, k, t)
    if consumer.stream == 0:
        return
    lane.free, lane.last = t, lane.start
    if consumer.loses != 0:
        end_batch(handle, who, k)
    if lane.head == NIL:
        dues(handle)[k] = NEVER
        return
    row = message_of(handle, who, lane.head)
    if row.pair != NIL:
        expect_pair(handle, row.pair)
    begin(handle, who, k, 0)


@kernel
def handle_head(handle: int, who: int, k: int, t: int) -> None:
    """What is under way on lane ``k`` ends at ``t``."""
    lane = lanes(handle)[k]
    number, outcome = lane.head, lane.outcome
    row = message_of(handle, who, number)
    if consumers(handle)[who].loses != 0 and lane.repeated == 0:
        handed_out(handle, who, k)
        lane.again -= fate_of(row, who) != 0
    if lane.repeated < row.copies:
        lane.repeated += 1
        lane.free, lane.last = t, lane.start
        begin(handle, who, k, 0)
    else:
        leave(handle, who, k, t)
    finish(handle, who, number, outcome, t)
