"""Queues: messages handed out to competing members, taken back, handed out again (docs/model.md, section 4, "Queues").

A queue has two lanes of its own, for messages that are ready and for those that pause, and one for each member, with
what it holds and has not acknowledged. The lane of the ready ones counts what must not be forgotten: messages that have
a fate and are in the queue all the same, and those that a member goes on handling although they were taken back.
"""

from __future__ import annotations

from typing import Any

from twin.core.clock import NEVER
from twin.core.jit import kernel
from twin.journal.totals import Fate, Flow
from twin.kernels.applying import fate_of, finish, lose, message_of
from twin.kernels.codes import NOTES, RECORD
from twin.kernels.lanes import begin, enter, follower, link, refresh
from twin.kernels.memory import (
    consumers,
    control,
    dues,
    far,
    flows,
    lanes,
    move_tickets,
    note_tickets,
    post_tickets,
    windows,
)
from twin.kernels.state import NIL
from twin.kernels.traffic import OWN_LANES, Change, Outcome, Overflow
from twin.policies.calendars import up

_APPLY, _DIE = int(Outcome.APPLY), int(Outcome.DIE)
_REJECT = int(Overflow.REJECT)
_IN_FLIGHT, _LOST = int(Fate.IN_FLIGHT), int(Fate.LOST)
_HANDED_AGAIN = int(Flow.HANDED_AGAIN)
_PAUSED, _MEMBERS = 1, OWN_LANES
"""Lanes behind the first: of those that pause, and of the first member."""
_LOST_MEMBER, _GIVEN_UP = int(Change.LOST), int(Change.GIVEN_UP)


@kernel
def _ticket(handle: int, who: int, number: int) -> Any:
    c = control(handle)[0]
    if who == NOTES:
        return note_tickets(handle)[number & c.notes_mask]
    if who == RECORD:
        return post_tickets(handle)[number & c.moves_mask]
    return move_tickets(handle)[number & c.moves_mask]


@kernel
def _append(handle: int, who: int, k: int, number: int) -> None:
    """A message joins the end of lane ``k``."""
    lane = lanes(handle)[k]
    link(handle, who, number, NIL)
    if lane.head == NIL:
        lane.head = number
    else:
        link(handle, who, lane.tail, number)
    lane.tail = number
    lane.size += 1


@kernel
def _take(handle: int, who: int, k: int) -> int:
    """Take the first message off lane ``k``."""
    lane = lanes(handle)[k]
    number = lane.head
    lane.head = follower(handle, who, number)
    lane.size -= 1
    return number


@kernel
def _remember(handle: int, who: int, number: int) -> None:
    """A message must not be forgotten although its fate may be known."""
    ready = lanes(handle)[consumers(handle)[who].first]
    ready.pin = min(ready.pin, number) if ready.again > 0 else number
    ready.again += 1


@kernel
def _forget(handle: int, who: int) -> None:
    lanes(handle)[consumers(handle)[who].first].again -= 1


@kernel
def _leave(handle: int, who: int, number: int, outcome: int, t: int) -> None:
    """A message is out of the queue."""
    if fate_of(message_of(handle, who, number), who) != _IN_FLIGHT:
        _forget(handle, who)
    finish(handle, who, number, outcome, t)


@kernel
def _conclude(handle: int, who: int, number: int, outcome: int, t: int) -> None:
    """A message was handled, and is still in the queue."""
    row = message_of(handle, who, number)
    before = fate_of(row, who)
    finish(handle, who, number, outcome, t)
    if before == _IN_FLIGHT:
        _remember(handle, who, number)


@kernel
def _give_back(handle: int, who: int, number: int, pause: int, t: int) -> None:
    """A message is ready again, before the others; or later; or it was handed out too often."""
    consumer, ticket = consumers(handle)[who], _ticket(handle, who, number)
    if ticket.times >= consumer.delivery_limit:
        _leave(handle, who, number, _DIE, t)
    elif pause > 0:
        ticket.handed = t
        _append(handle, who, consumer.first + _PAUSED, number)
    else:
        ready = lanes(handle)[consumer.first]
        link(handle, who, number, ready.head)
        if ready.head == NIL:
            ready.tail = number
        ready.head = number
        ready.size += 1


@kernel
def _room(handle: int, who: int) -> int:
    """Lane of the member with room that holds fewest messages, the first of several; NIL if none has room."""
    consumer, best = consumers(handle)[who], NIL
    fewest = consumer.prefetch
    for k in range(consumer.first + _MEMBERS, consumer.first + _MEMBERS + consumer.members):
        lane = lanes(handle)[k]
        if lane.out == 0 and lane.size < fewest:
            best, fewest = k, lane.size
    return best


@kernel
def _up(handle: int, who: int, t: int) -> int:
    """First instant from ``t`` on at which the queue is up."""
    ready = lanes(handle)[consumers(handle)[who].first]
    return up(windows(handle), ready.first_window, ready.last_window, t)


@kernel
def _start(handle: int, who: int, k: int, t: int) -> None:
    """Member ``k`` turns to the first message that it holds."""
    lane = lanes(handle)[k]
    if lane.head == NIL:
        lane.ends = NEVER
    else:
        begin(handle, who, k, t)
        lane.ends = dues(handle)[k]


@kernel
def _schedule(handle: int, who: int, k: int) -> None:
    """What is next for member ``k``: the end of its handling, or a message that it has held for too long."""
    lane = lanes(handle)[k]
    dues(handle)[k] = lane.ends
    if lane.head != NIL:
        limit = _ticket(handle, who, lane.head).handed + consumers(handle)[who].visibility
        dues(handle)[k] = min(lane.ends, _up(handle, who, limit))


@kernel
def _hand_out(handle: int, who: int, t: int) -> None:
    """Hand out what is ready, as long as a member has room."""
    first = consumers(handle)[who].first
    opens = _up(handle, who, t)
    while lanes(handle)[first].head != NIL and opens == t:
        k = _room(handle, who)
        if k == NIL:
            break
        number = _take(handle, who, first)
        ticket, lane = _ticket(handle, who, number), lanes(handle)[k]
        flows(handle)[_HANDED_AGAIN] += ticket.times > 0
        ticket.handed, ticket.times = t, ticket.times + 1
        _append(handle, who, k, number)
        if lane.size == 1 and lane.ghost == NIL:
            _start(handle, who, k, t)
        _schedule(handle, who, k)
    dues(handle)[first] = opens if lanes(handle)[first].head != NIL and opens > t else NEVER
    paused = lanes(handle)[first + _PAUSED].head
    returned = consumers(handle)[who].returned
    dues(handle)[first + _PAUSED] = NEVER if paused == NIL else _ticket(handle, who, paused).handed + returned


@kernel
def _end(handle: int, who: int, k: int, t: int) -> None:
    """The handling of member ``k`` ends."""
    lane = lanes(handle)[k]
    lane.free, lane.last = t, lane.start
    outcome, number, ghost = lane.outcome, lane.head, lane.ghost
    if ghost != NIL:  # nobody waits for its acknowledgement
        lane.ghost = NIL
        _forget(handle, who)
        if outcome == _APPLY:
            _conclude(handle, who, ghost, outcome, t)
    elif outcome == _APPLY and lane.repeated < message_of(handle, who, number).copies:
        lane.repeated += 1
        _start(handle, who, k, t)
        _conclude(handle, who, number, outcome, t)
        return
    else:
        _take(handle, who, k)
        if outcome == _DIE:
            _give_back(handle, who, number, consumers(handle)[who].returned, t)
        else:
            _leave(handle, who, number, outcome, t)
    lane.repeated = 0
    _start(handle, who, k, t)


@kernel
def _take_back(handle: int, who: int, k: int, t: int) -> None:
    """Member ``k`` has held a message for too long; a handling that has begun goes on all the same."""
    lane = lanes(handle)[k]
    begun = lane.ghost == NIL and lane.start < t
    idle = lane.ghost == NIL and lane.start >= t
    number = _take(handle, who, k)
    if begun:
        lane.ghost = number
        _remember(handle, who, number)
    elif idle:
        lane.repeated = 0
        _start(handle, who, k, t)
    _give_back(handle, who, number, 0, t)


@far
def _queue_event(handle: int, who: int, k: int, t: int) -> int:
    first = consumers(handle)[who].first
    if k == first + _PAUSED:
        _give_back(handle, who, _take(handle, who, k), 0, t)
    elif k > first:
        if lanes(handle)[k].ends == t:
            _end(handle, who, k, t)
        else:
            _take_back(handle, who, k, t)
        _schedule(handle, who, k)
    _hand_out(handle, who, t)
    refresh(handle, who)
    return 0


@kernel
def queue_event(handle: int, who: int, k: int, t: int) -> None:
    """What is due at lane ``k`` of a queue."""
    _queue_event(handle, who, k, t)


@kernel
def _drop_first(handle: int, who: int, limit: int) -> None:
    """The first of the ready messages is lost."""
    row = message_of(handle, who, _take(handle, who, consumers(handle)[who].first))
    if fate_of(row, who) != _IN_FLIGHT:
        _forget(handle, who)
    lose(handle, who, row, _LOST, limit)


@far
def _queue_join(handle: int, who: int, number: int, t: int, limit: int) -> int:
    consumer = consumers(handle)[who]
    first, ready = consumer.first, lanes(handle)[consumer.first]
    _ticket(handle, who, number).times = 0
    enter(message_of(handle, who, number), who, t)
    if consumer.limit > 0 and ready.size >= consumer.limit:
        if consumer.overflow == _REJECT:
            lose(handle, who, message_of(handle, who, number), _LOST, limit)
            return 0
        _drop_first(handle, who, limit)
    _append(handle, who, first, number)
    _hand_out(handle, who, t)
    refresh(handle, who)
    return 0


@kernel
def queue_join(handle: int, who: int, number: int, t: int, limit: int) -> None:
    """A message that is sent at ``t``, when copies have been refreshed up to ``limit``, joins the queue."""
    _queue_join(handle, who, number, t, limit)


@kernel
def _lose_member(handle: int, who: int, k: int, t: int) -> None:
    """A member is dead or stuck at ``t``, before anything of that instant: what it is about is broken off."""
    lane = lanes(handle)[k]
    if lane.ends != NEVER and lane.start < t:
        lane.last = lane.start
    if lane.ghost != NIL:
        lane.ghost = NIL
        _forget(handle, who)
    lane.repeated, lane.free = 0, t
    _start(handle, who, k, t)
    _schedule(handle, who, k)


@kernel
def _give_up_member(handle: int, who: int, k: int, t: int) -> None:
    """A member is noticed as dead or stuck: what it holds is ready again, in its order."""
    lane = lanes(handle)[k]
    held = lane.size
    for place in range(held):
        number = lane.head
        for _ in range(held - 1 - place):
            number = follower(handle, who, number)
        _give_back(handle, who, number, 0, t)
    lane.head, lane.size, lane.out, lane.ends = NIL, 0, 1, NEVER
    dues(handle)[k] = NEVER


@kernel
def change_member(handle: int, who: int, member: int, what: int, t: int) -> None:
    """A member of a queue is lost, given up or taken in again, before anything else of ``t``."""
    k = consumers(handle)[who].first + _MEMBERS + member
    if what == _LOST_MEMBER:
        _lose_member(handle, who, k, t)
    elif what == _GIVEN_UP:
        _give_up_member(handle, who, k, t)
    else:
        lanes(handle)[k].out = 0
    _hand_out(handle, who, t)
    refresh(handle, who)


@kernel
def begin_queue_anew(handle: int, who: int, now: int) -> None:
    """A trouble is repaired: what has not begun may end otherwise."""
    consumer = consumers(handle)[who]
    for k in range(consumer.first + _MEMBERS, consumer.first + _MEMBERS + consumer.members):
        lane = lanes(handle)[k]
        if lane.head != NIL and lane.ghost == NIL and lane.start >= now:
            _start(handle, who, k, now)
            _schedule(handle, who, k)
