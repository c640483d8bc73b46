"""Messages are made, leave, wait in an outbox, and are sent (docs/model.md, section 4, "Sending")."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.clock import NEVER
from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.journal.totals import Fate, Flow
from twin.kernels.applying import lose, message_of
from twin.kernels.codes import NOTES, RECORD, VIEW, Part
from twin.kernels.lanes import join, strikes
from twin.kernels.memory import (
    consumers,
    control,
    far,
    flows,
    keys,
    late,
    moves,
    nodes,
    notes,
    outages,
    outboxes,
    pairs,
    skus,
    troubles,
    windows,
)
from twin.kernels.publication import note_movement, settle
from twin.kernels.queues import queue_join
from twin.kernels.state import NIL
from twin.kernels.traffic import PART_SHIFT, QUEUE, TOPIC_MOVES, TOPIC_NOTES
from twin.policies.calendars import covering
from twin.world.tables import TroubleKind

_RECEIPT, _RETURN, _COUNT, _CORRECTION, _RESTOCK = (
    int(Part.RECEIPT),
    int(Part.RETURN),
    int(Part.COUNT),
    int(Part.CORRECTION),
    int(Part.RESTOCK),
)
_COPIES, _LATE, _LOSS = int(TroubleKind.COPIES), int(TroubleKind.LATE), int(TroubleKind.LOST)
_LOST = int(Fate.LOST)
_MOVEMENTS, _RESERVE_MESSAGES = int(Flow.MOVEMENTS), int(Flow.RESERVE_MESSAGES)


@kernel
def _lane_of(handle: int, who: int, row: Any, key: int) -> int:
    """Lane in which a message with this key stands."""
    consumer = consumers(handle)[who]
    if consumer.lane_key != NIL:
        luck = bits(keys(handle)[consumer.lane_key], row.entity, row.part)
        return consumer.first + np.int64(luck % np.uint64(consumer.lanes))
    return consumer.first + key % consumer.lanes


@kernel
def _join(handle: int, who: int, row: Any, key: int, number: int, t: int, limit: int) -> None:
    """A message that is sent joins a lane of a feed, or its queue."""
    if consumers(handle)[who].stream == QUEUE:
        queue_join(handle, who, number, t, limit)
    else:
        join(handle, who, _lane_of(handle, who, row, key), number, t, limit)


@kernel
def _transmit(handle: int, topic: int, number: int, t: int, limit: int) -> None:
    """A message is sent."""
    if topic == TOPIC_NOTES:
        row = notes(handle)[number & control(handle)[0].notes_mask]
        row.sent = t
        _join(handle, NOTES, row, row.sku, number, t, limit)
        return
    row = moves(handle)[number & control(handle)[0].moves_mask]
    row.sent = t
    node = pairs(handle)[row.pair].node
    _join(handle, VIEW, row, node, number, t, limit)
    _join(handle, RECORD, row, node, number, t, limit)


@kernel
def _lose_everywhere(handle: int, topic: int, number: int, limit: int) -> None:
    if topic == TOPIC_NOTES:
        lose(handle, NOTES, message_of(handle, NOTES, number), _LOST, limit)
        return
    lose(handle, VIEW, message_of(handle, VIEW, number), _LOST, limit)
    lose(handle, RECORD, message_of(handle, RECORD, number), _LOST, limit)


@kernel
def _keep(handle: int, n: int, number: int, limit: int) -> None:
    """A movement waits in the outbox of its node, whose link is down."""
    box, capacity = outboxes(handle)[n], control(handle)[0].outbox_capacity
    if capacity == 0:
        _lose_everywhere(handle, TOPIC_MOVES, number, limit)
        return
    mask = control(handle)[0].moves_mask
    if box.size == capacity:
        oldest = box.head
        box.head = moves(handle)[oldest & mask].next
        box.size -= 1
        _lose_everywhere(handle, TOPIC_MOVES, oldest, limit)
    if box.size == 0:
        box.head = number
    else:
        moves(handle)[box.tail & mask].next = number
    box.tail = number
    box.size += 1


@kernel
def flush(handle: int, n: int, t: int) -> None:
    """The link of node ``n`` is up again: its outbox is sent."""
    box, mask = outboxes(handle)[n], control(handle)[0].moves_mask
    while box.size > 0:
        number = box.head
        row = moves(handle)[number & mask]
        box.head, row.next = row.next, NIL
        box.size -= 1
        _transmit(handle, TOPIC_MOVES, number, t, t - 1)


@kernel
def _go_out(handle: int, topic: int, number: int, t: int, limit: int) -> None:
    """A message leaves its system."""
    if topic == TOPIC_MOVES:
        n = pairs(handle)[moves(handle)[number & control(handle)[0].moves_mask].pair].node
        span = outages(handle)[nodes(handle)[n].link]
        if span.first < span.last and covering(windows(handle), span.first, span.last, t) >= 0:
            _keep(handle, n, number, limit)
            return
    _transmit(handle, topic, number, t, limit)


@kernel
def _leaves(handle: int, topic: int, row: Any) -> int:
    """When a message that was made in troubled times leaves; NEVER if it is lost. Counts its copies."""
    delay, lost, slow = 0, False, False
    for i in range(len(troubles(handle))):
        trouble = troubles(handle)[i]
        if trouble.feeds >> (NOTES if topic == TOPIC_NOTES else VIEW) & 1 == 0 or not strikes(trouble, row):
            continue
        if trouble.kind == _COPIES and row.copies == 0:
            row.copies = trouble.value
        elif trouble.kind == _LATE and not slow:
            slow, delay = True, trouble.value
        elif trouble.kind == _LOSS:
            lost = True
    if not lost:
        return row.t + delay
    c = control(handle)[0]
    return row.t + c.resend if c.confirmed != 0 else NEVER


@kernel
def _send(handle: int, topic: int, number: int, row: Any, limit: int) -> None:
    """A message was made: send it, unless it is lost, or late."""
    c, t = control(handle)[0], row.t
    if not c.trouble_from <= t < c.trouble_until:
        _go_out(handle, topic, number, t, limit)
        return
    row.troubled = 1
    leaves = _leaves(handle, topic, row)
    if leaves == NEVER:
        _lose_everywhere(handle, topic, number, limit)
    elif leaves > t:
        _put_off(handle, leaves, topic, number)
    else:
        _go_out(handle, topic, number, t, limit)


@kernel
def _is_before(a: Any, b: Any) -> bool:
    """Order of late messages: by when they leave, then by topic and number, which is the order of making."""
    if a.t != b.t:
        return a.t < b.t
    return a.topic < b.topic if a.topic != b.topic else a.number < b.number


@kernel
def _swap(heap: Any, i: int, j: int) -> None:
    t, topic, number = heap[i].t, heap[i].topic, heap[i].number
    heap[i].t, heap[i].topic, heap[i].number = heap[j].t, heap[j].topic, heap[j].number
    heap[j].t, heap[j].topic, heap[j].number = t, topic, number


@kernel
def _put_off(handle: int, t: int, topic: int, number: int) -> None:
    """A message leaves later: into the heap of those that do."""
    c, heap = control(handle)[0], late(handle)
    i = c.late
    c.late += 1
    heap[i].t, heap[i].topic, heap[i].number = t, topic, number
    while i > 0 and _is_before(heap[i], heap[(i - 1) // 2]):
        _swap(heap, i, (i - 1) // 2)
        i = (i - 1) // 2


@kernel
def send_late(handle: int) -> None:
    """The late message that is due first leaves."""
    c, heap = control(handle)[0], late(handle)
    t, topic, number = heap[0].t, heap[0].topic, heap[0].number
    c.late -= 1
    _swap(heap, 0, c.late)
    i = 0
    while True:
        child = 2 * i + 1
        if child + 1 < c.late and _is_before(heap[child + 1], heap[child]):
            child += 1
        if child >= c.late or not _is_before(heap[child], heap[i]):
            break
        _swap(heap, i, child)
        i = child
    _go_out(handle, topic, number, t, t - 1)


@kernel
def _link_unseen(handle: int, number: int, message: Any) -> None:
    """Enter the movement into the lists of those in flight to the view: of its pair, and of its SKU if pooled."""
    c = control(handle)[0]
    pair = pairs(handle)[message.pair]
    if pair.oldest == NIL:
        pair.oldest = number
    else:
        moves(handle)[pair.newest & c.moves_mask].next_pair = number
    pair.newest = number
    if pair.pooled == 0:
        return
    sku = skus(handle)[pair.sku]
    if sku.oldest == NIL:
        sku.oldest = number
        note_movement(handle, pair.sku, message.t)  # no copy is complete as long as one movement is unseen
    else:
        moves(handle)[sku.newest & c.moves_mask].next_sku = number
    sku.newest = number


@far
def _move(handle: int, t: int, p: int, delta: int, settles: int, entity: int, part: int, limit: int) -> int:
    c = control(handle)[0]
    number = c.moves_high
    c.moves_high += 1
    message, pair = moves(handle)[number & c.moves_mask], pairs(handle)[p]
    message.t, message.entity, message.part, message.pair = t, entity, part, p
    message.delta, message.settles, message.line = delta, settles, NIL
    message.level = pair.on_hand + pair.error
    message.next = message.next_post = message.next_pair = message.next_sku = NIL
    message.seen = message.posted = message.troubled = message.copies = message.held = 0
    # from these the view learns that it need not shun the pair any more
    message.receipt = part >> PART_SHIFT in (_RECEIPT, _RETURN, _COUNT, _CORRECTION, _RESTOCK)
    message.store = nodes(handle)[pair.node].is_dc == 0
    message.pooled = pair.pooled
    if pair.pooled != 0:
        settle(handle, pair.sku, limit)
    _link_unseen(handle, number, message)
    c.unseen += 1
    c.unposted += 1
    flows(handle)[_MOVEMENTS] += 1
    _send(handle, TOPIC_MOVES, number, message, limit)
    return number


@kernel
def move(handle: int, t: int, p: int, delta: int, settles: int, entity: int, part: int, limit: int) -> int:
    """A movement is made: append it to the topic, for the view and for the record; its number.

    It ``settles`` units that were reserved (a pick, in the view) or on order (a receipt, in the record).
    """
    number: int = _move(handle, t, p, delta, settles, entity, part, limit)
    return number


@far
def _note(handle: int, t: int, s: int, p: int, units: int, entity: int, part: int, line: int) -> int:
    c = control(handle)[0]
    # An order step makes it: the refreshes of this instant are over, even if it is applied at once.
    settle(handle, s, t)
    number = c.notes_high
    c.notes_high += 1
    message = notes(handle)[number & c.notes_mask]
    message.t, message.entity, message.part, message.pair = t, entity, part, p
    message.sku, message.delta, message.line, message.next = s, units, line, NIL
    message.seen = message.store = message.troubled = message.copies = message.held = 0
    message.pooled = 1
    c.unheard += 1
    flows(handle)[_RESERVE_MESSAGES] += 1
    _send(handle, TOPIC_NOTES, number, message, t)
    return number


@kernel
def note(handle: int, t: int, s: int, p: int, units: int, entity: int, part: int, line: int) -> None:
    """A reservation message is made: ``units`` of SKU ``s`` (at pair ``p`` unless NIL) are set aside or, negative,
    released.
    """
    _note(handle, t, s, p, units, entity, part, line)
