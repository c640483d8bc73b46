"""What befalls a lane by the clock: its member is lost, its system fails over, a trouble is repaired (docs/model.md,
section 4, "Streams").
"""

from __future__ import annotations

from twin.core.clock import NEVER
from twin.core.jit import kernel
from twin.journal.totals import Fate, Flow
from twin.kernels.applying import fate_of, lose, message_of
from twin.kernels.lanes import admit, begin, commit, end_batch, entered, follower, handed_out, link, strikes
from twin.kernels.memory import consumers, dues, flows, lanes, troubles
from twin.kernels.state import NIL
from twin.kernels.traffic import CatchUp, Outcome

_WAIT = int(Outcome.WAIT)
_POOLED_FIRST = int(CatchUp.POOLED_FIRST)
_LOST = int(Fate.LOST)
_HANDED_AGAIN = int(Flow.HANDED_AGAIN)


@kernel
def _hand_again(handle: int, who: int, k: int, first: int) -> None:
    """What was handled, from message ``first`` on, stands in the lane again, before the rest."""
    lane = lanes(handle)[k]
    number, count, high = first, 0, NIL
    while number != lane.head:
        count += 1
        if number != first and message_of(handle, who, number).pooled != 0:
            high = number
        if lane.kept == number:
            lane.kept = NIL
        number = follower(handle, who, number)
    if lane.high == NIL and consumers(handle)[who].catch_up == _POOLED_FIRST:
        old_head = lane.head != NIL and count > 0 and message_of(handle, who, lane.head).pooled != 0
        lane.high = lane.head if old_head else high
    lane.head = first
    lane.size += count
    lane.inside += count
    lane.again += count
    flows(handle)[_HANDED_AGAIN] += count


@kernel
def _break_off(handle: int, who: int, k: int, t: int) -> None:
    """Whoever works on lane ``k`` is interrupted at ``t``, before anything of that instant."""
    lane, consumer = lanes(handle)[k], consumers(handle)[who]
    if lane.head != NIL and lane.outcome != _WAIT and lane.start < t:
        if lane.repeated == 0:
            handed_out(handle, who, k)
        lane.last = lane.start
    elif lane.in_batch == 0:
        commit(lane, consumer.commit_interval, t, t)


@kernel
def _go_back(handle: int, who: int, k: int, first: int, t: int) -> None:
    """Lane ``k`` goes on from message ``first`` (from where it is, if that is NIL)."""
    lane = lanes(handle)[k]
    if lane.kept == lane.head:  # it is kept when it is handled, and what comes before it now may be before that
        lane.kept = NIL
    if first != NIL:
        _hand_again(handle, who, k, first)
    lane.again += lane.repeated > 0  # a head that was handled once, and whose copies were to come, begins anew
    lane.repeated = lane.in_batch = 0
    lane.committed = NIL
    lane.free = t
    if lane.head != NIL:
        begin(handle, who, k, 0)
    else:
        dues(handle)[k] = NEVER


@kernel
def lose_member(handle: int, who: int, k: int, t: int) -> None:
    """The member that works on lane ``k`` is lost: what was not committed is handed out again."""
    _break_off(handle, who, k, t)
    _go_back(handle, who, k, lanes(handle)[k].committed, t)


@kernel
def replay(handle: int, who: int, k: int, t: int) -> None:
    """Lane ``k`` is read again from where it was when the trouble began that is repaired."""
    _break_off(handle, who, k, t)
    first = lanes(handle)[k].kept
    lanes(handle)[k].kept = NIL
    _go_back(handle, who, k, first, t)


@kernel
def _is_lost_in_failover(handle: int, who: int, k: int, number: int, t: int) -> bool:
    lane, consumer = lanes(handle)[k], consumers(handle)[who]
    if number == lane.head and (lane.repeated > 0 or (lane.outcome != _WAIT and lane.start < t)):
        return False
    return t - consumer.unreplicated < entered(message_of(handle, who, number), who) < NEVER


@kernel
def _remove(handle: int, who: int, k: int, before: int, number: int, t: int) -> None:
    """Take a message out of its lane; ``before`` stands in front of it (or was handled last), NIL if nothing does."""
    lane = lanes(handle)[k]
    row, behind = message_of(handle, who, number), follower(handle, who, number)
    lane.again -= fate_of(row, who) != 0
    lane.size -= 1
    lane.inside -= 1
    if before != NIL:
        link(handle, who, before, behind)
    if lane.tail == number:
        lane.tail = before
    if lane.head == number:
        lane.head = behind
    if lane.high == number:
        lane.high = NIL
    lose(handle, who, row, _LOST, t - 1)


@kernel
def _last_handled(handle: int, who: int, k: int) -> int:
    """Message in front of the head that may be handed out again, or NIL."""
    lane = lanes(handle)[k]
    number, last = lane.committed if lane.committed != NIL else lane.kept, NIL
    while number != NIL and number != lane.head:
        last, number = number, follower(handle, who, number)
    return last


@kernel
def fail_over(handle: int, who: int, k: int, t: int) -> None:
    """Messages of lane ``k`` that no replica has are lost at ``t``, before anything of that instant."""
    lane = lanes(handle)[k]
    first, number, before = lane.head, lane.head, _last_handled(handle, who, k)
    high = NIL
    while number != NIL:
        behind = follower(handle, who, number)
        if _is_lost_in_failover(handle, who, k, number, t):
            _remove(handle, who, k, before, number, t)
        else:
            if number != lane.head and message_of(handle, who, number).pooled != 0:
                high = number
            before = number
        number = behind
    lane.high = high if consumers(handle)[who].catch_up == _POOLED_FIRST else NIL
    admit(handle, who, k, t)
    if lane.head == first:
        return
    lane.repeated = 0
    end_batch(handle, who, k)
    if lane.head == NIL:
        dues(handle)[k] = NEVER
    else:
        begin(handle, who, k, t)


@kernel
def begin_anew(handle: int, who: int, k: int, i: int, now: int) -> None:
    """Trouble ``i`` is repaired: if it hits what is next on lane ``k`` and has not begun, that may end otherwise."""
    lane, trouble = lanes(handle)[k], troubles(handle)[i]
    if lane.head == NIL or not strikes(trouble, message_of(handle, who, lane.head)):
        return
    if trouble.feeds >> who & 1 != 0 and (lane.outcome == _WAIT or lane.start >= now):
        begin(handle, who, k, now)
