"""What happens on lanes as time goes on, and what happens to them all at once: a file, a lost member, a repair."""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.journal.orders import Status
from twin.kernels.applying import fate_of, finish, message_of
from twin.kernels.codes import NOTES, RECORD, VIEW
from twin.kernels.lane_faults import begin_anew, fail_over, lose_member, replay
from twin.kernels.lanes import follower, handle_head, is_bad, leave, refresh, refresh_due, refresh_post_due
from twin.kernels.letters import begin_letter_anew, handle_letter
from twin.kernels.memory import consumers, control, lanes, lines, moves, notes, orders, troubles
from twin.kernels.queues import begin_queue_anew, change_member, queue_event
from twin.kernels.reclaim import reclaim
from twin.kernels.state import NIL
from twin.kernels.traffic import QUEUE, Outcome, Policy
from twin.world.tables import TroubleKind

_ACCEPTED = int(Status.ACCEPTED)

_APPLY, _LOSE, _DIE = int(Outcome.APPLY), int(Outcome.LOSE), int(Outcome.DIE)
_BLOCK, _DIVERT = int(Policy.BLOCK), int(Policy.DIVERT)
_POISON = int(TroubleKind.POISON)
_CONSUMERS = 3


@kernel
def _handle(handle: int, who: int, k: int, t: int) -> None:
    """Carry out what is due on a lane of a stream or queue."""
    if consumers(handle)[who].stream == QUEUE:
        queue_event(handle, who, k, t)
    else:
        handle_head(handle, who, k, t)


@kernel
def deliver(handle: int) -> None:
    """Carry out what is due next on the lanes to the view."""
    c = control(handle)[0]
    k, t = c.due_lane, c.due
    if k < consumers(handle)[NOTES].first:
        _handle(handle, VIEW, k, t)
    elif k < consumers(handle)[VIEW].redrive:
        _handle(handle, NOTES, k, t)
    else:
        handle_letter(handle, VIEW if k == consumers(handle)[VIEW].redrive else NOTES, t)
    refresh_due(handle)


@kernel
def deliver_post(handle: int) -> None:
    """Carry out what is due next on the lanes to the record."""
    c = control(handle)[0]
    k, t = c.post_due_lane, c.post_due
    if k == consumers(handle)[RECORD].redrive:
        handle_letter(handle, RECORD, t)
    else:
        _handle(handle, RECORD, k, t)
    refresh_post_due(handle)


@kernel
def book_until(handle: int, now: int) -> None:
    """Carry out the postings of a stream that end at or before ``now``, and let go of what is done with."""
    while control(handle)[0].post_due <= now:
        deliver_post(handle)
    reclaim(handle, now)


@kernel
def lose_members(handle: int, who: int, k: int, now: int) -> None:
    """A lane's member is lost; see :func:`twin.kernels.lanes.lose_member`."""
    lose_member(handle, who, k, now)
    refresh(handle, who)


@kernel
def change_queue_member(handle: int, who: int, member: int, what: int, now: int) -> None:
    """A member of a queue is lost, given up or back; see :class:`twin.kernels.traffic.Change`."""
    change_member(handle, who, member, what, now)


@kernel
def fail_over_all(handle: int, outage: int, now: int) -> None:
    """The system of row ``outage`` changes to a replica: every stream that it carries."""
    for who in range(_CONSUMERS):
        consumer = consumers(handle)[who]
        if consumer.stream == 1 and consumer.outage == outage:
            for k in range(consumer.first, consumer.first + consumer.lanes):
                fail_over(handle, who, k, now)
            refresh(handle, who)


@kernel
def repair(handle: int, i: int, now: int) -> None:
    """Trouble ``i`` is repaired."""
    trouble = troubles(handle)[i]
    trouble.repaired = now
    if trouble.until_repaired != 0:
        trouble.end = min(trouble.end, now)
    if trouble.kind != _POISON:
        return
    for who in range(_CONSUMERS):
        consumer = consumers(handle)[who]
        if consumer.stream == QUEUE:
            begin_queue_anew(handle, who, now)
        elif consumer.stream != 0:
            for k in range(consumer.first, consumer.first + consumer.lanes):
                begin_anew(handle, who, k, i, now)
        begin_letter_anew(handle, who, now)
        refresh(handle, who)


@kernel
def replay_stream(handle: int, who: int, now: int) -> None:
    """The partitions of a feed are read again from where a trouble began."""
    consumer = consumers(handle)[who]
    for k in range(consumer.first, consumer.first + consumer.lanes):
        replay(handle, who, k, now)
    refresh(handle, who)


@kernel
def _oldest_note(handle: int, now: int) -> int:
    c = control(handle)[0]
    number = c.notes_low
    while number < c.notes_high and notes(handle)[number & c.notes_mask].seen != 0:
        number += 1
    return now - notes(handle)[number & c.notes_mask].t if number < c.notes_high else 0


@kernel
def _is_new(handle: int, order: Any) -> bool:
    """Whether a line of the order is to be supplied that has not been short."""
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        if lines(handle)[i].status == _ACCEPTED and lines(handle)[i].t_short == NIL:
            return True
    return False


@kernel
def oldest_unreleased(handle: int, now: int) -> int:
    """How long the oldest accepted order has been open without a parcel, us; 0 if there is none."""
    c = control(handle)[0]
    settled, longest = True, 0
    for i in range(max(0, c.unreleased - c.order_base), len(orders(handle))):
        order = orders(handle)[i]
        if order.t_demand >= now or order.lines == 0:  # an empty table has a row without lines
            break
        over = order.open <= 0 or order.t_release != NIL or (order.t_accept != NIL and not _is_new(handle, order))
        if not over and order.t_accept != NIL:
            longest = max(longest, now - order.t_accept)
        settled = settled and over
        if settled:
            c.unreleased = c.order_base + i + 1
    return longest


@kernel
def oldest_waiting(handle: int, who: int, now: int) -> int:
    """Age of the oldest message on its way to a consumer, us; 0 if there is none."""
    if who == NOTES:
        return _oldest_note(handle, now)
    c = control(handle)[0]
    number = max(c.moves_low, c.first_unposted if who == RECORD else c.first_unseen)
    while number < c.moves_high and fate_of(moves(handle)[number & c.moves_mask], who) != 0:
        number += 1
    if who == RECORD:
        c.first_unposted = number
    else:
        c.first_unseen = number
    return now - moves(handle)[number & c.moves_mask].t if number < c.moves_high else 0


@kernel
def extract_feed(handle: int, who: int) -> int:
    """A feed's job starts: mark the messages that are in its file; their number."""
    consumer = consumers(handle)[who]
    consumer.mark = lanes(handle)[consumer.first].size
    return consumer.mark


@kernel
def _is_unreadable(handle: int, who: int, now: int) -> bool:
    """Whether the file holds a message that it fails on as a whole."""
    consumer = consumers(handle)[who]
    if consumer.policy != _BLOCK:
        return False
    number = lanes(handle)[consumer.first].head
    for _ in range(consumer.mark):
        row = message_of(handle, who, number)
        if row.troubled != 0 and is_bad(handle, who, row, now):
            return True
        number = follower(handle, who, number)
    return False


@kernel
def load_feed(handle: int, who: int, now: int) -> int:
    """A feed's job is live: handle the messages of its file, in the order in which they were sent; 0 if it fails on
    one of them.
    """
    if _is_unreadable(handle, who, now):
        return 0
    consumer = consumers(handle)[who]
    k = consumer.first
    for _ in range(consumer.mark):
        number = lanes(handle)[k].head
        row = message_of(handle, who, number)
        outcome = _APPLY
        if row.troubled != 0 and is_bad(handle, who, row, now):
            outcome = _DIE if consumer.policy == _DIVERT else _LOSE
        leave(handle, who, k, now)
        for _ in range(row.copies + 1):
            finish(handle, who, number, outcome, now)
    reclaim(handle, now)
    return 1
