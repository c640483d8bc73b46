"""Which messages may be forgotten: those that are in flight to nobody, and that nobody will be handed again."""

from __future__ import annotations

from twin.core.jit import kernel
from twin.kernels.codes import NOTES, RECORD, VIEW
from twin.kernels.lanes import commit
from twin.kernels.memory import consumers, control, lanes, moves, notes
from twin.kernels.state import NIL


@kernel
def _pinned(handle: int, who: int, now: int, low: int) -> int:
    """First number from ``low`` on that a lane of ``who`` may have to handle again, or to hand out again."""
    consumer = consumers(handle)[who]
    if consumer.loses == 0 and consumer.repeats == 0:
        return low
    for k in range(consumer.first, consumer.first + consumer.lanes):
        lane = lanes(handle)[k]
        if lane.repeated > 0:
            low = min(low, lane.head)
        if consumer.loses != 0 and lane.in_batch == 0 and (lane.head == NIL or lane.start > now):
            commit(lane, consumer.commit_interval, now + 1, now)
        if lane.committed != NIL or lane.kept != NIL or lane.again > 0:
            low = min(low, lane.pin)
    return low


@kernel
def reclaim(handle: int, now: int) -> None:
    """Let go of messages that are in flight to nobody, and will not be handed out again."""
    c = control(handle)[0]
    end = _pinned(handle, RECORD, now, _pinned(handle, VIEW, now, c.moves_high))
    while c.moves_low < end:
        row = moves(handle)[c.moves_low & c.moves_mask]
        if row.seen == 0 or row.posted == 0:
            break
        c.moves_low += 1
    end = _pinned(handle, NOTES, now, c.notes_high)
    while c.notes_low < end and notes(handle)[c.notes_low & c.notes_mask].seen != 0:
        c.notes_low += 1
