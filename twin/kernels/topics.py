"""Messages: appended to a topic, handled lane by lane as a stream, or applied at once as a batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.clock import NEVER
from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.core.laws import BINS as LAW_BINS
from twin.core.laws import sample
from twin.journal.tables import Flow
from twin.kernels.latency import count_latency, count_visibility
from twin.kernels.memory import (
    consumers,
    control,
    expect_pair,
    flows,
    keys,
    knots,
    lanes,
    lines,
    moves,
    nodes,
    notes,
    outages,
    pairs,
    skus,
    windows,
)
from twin.kernels.publication import note_movement, settle
from twin.kernels.state import NIL, NOTES, PART_SHIFT, RECORD, VIEW, Belief, Part
from twin.kernels.stock import change_reserved, change_view, post, set_blocked
from twin.policies.calendars import up

_QUERY, _FILE = int(Belief.QUERY), int(Belief.FILE)
_RECEIPT, _RETURN = int(Part.RECEIPT), int(Part.RETURN)
_MOVEMENTS, _SEEN, _POSTED = int(Flow.MOVEMENTS), int(Flow.SEEN), int(Flow.POSTED)
_RESERVE_MESSAGES, _RESERVE_APPLIED = int(Flow.RESERVE_MESSAGES), int(Flow.RESERVE_APPLIED)
_ERP = 0


@kernel
def law(handle: int, row: int, random_bits: np.uint64) -> int:
    """A duration of law ``row``, us."""
    start = row * (LAW_BINS + 1)
    return sample(knots(handle)[start : start + LAW_BINS + 1], random_bits)


@kernel
def _up(handle: int, consumer: Any, t: int) -> int:
    span = outages(handle)[consumer.outage]
    t = up(windows(handle), span.first, span.last, t)
    if consumer.erp == 0:
        return t
    erp = outages(handle)[_ERP]
    while True:
        later = up(windows(handle), erp.first, erp.last, t)
        if later == t:
            return t
        t = up(windows(handle), span.first, span.last, later)


@kernel
def _completion(handle: int, consumer: Any, lane: Any, message: Any) -> int:
    """When the lane's consumer will have handled ``message``."""
    link = consumer.store_link if message.store != 0 else consumer.dc_link
    start = _up(handle, consumer, max(lane.free, message.t + link))
    return start + law(handle, consumer.law, bits(keys(handle)[consumer.key], message.entity, message.part))


@kernel
def _refresh_due(handle: int) -> None:
    """Find the next delivery to the view."""
    c = control(handle)[0]
    c.due, c.due_lane = NEVER, NIL
    last = consumers(handle)[NOTES].first + consumers(handle)[NOTES].lanes
    for k in range(consumers(handle)[VIEW].first, last):
        if lanes(handle)[k].due < c.due:
            c.due, c.due_lane = lanes(handle)[k].due, k


@kernel
def _refresh_post_due(handle: int) -> None:
    c = control(handle)[0]
    c.post_due, c.post_due_lane = NEVER, NIL
    consumer = consumers(handle)[RECORD]
    for k in range(consumer.first, consumer.first + consumer.lanes):
        if lanes(handle)[k].due < c.post_due:
            c.post_due, c.post_due_lane = lanes(handle)[k].due, k


@kernel
def _join(handle: int, who: int, lane_number: int, message: int) -> None:
    """Put a message at the end of a lane; if the lane was empty, its completion is known."""
    lane, consumer, c = lanes(handle)[lane_number], consumers(handle)[who], control(handle)[0]
    if lane.head != NIL:
        if who == VIEW:
            moves(handle)[lane.tail & c.moves_mask].next = message
        elif who == NOTES:
            notes(handle)[lane.tail & c.notes_mask].next = message
        else:
            moves(handle)[lane.tail & c.moves_mask].next_post = message
        lane.tail = message
        return
    lane.head = lane.tail = message
    if consumer.stream == 0:
        return
    row = notes(handle)[message & c.notes_mask] if who == NOTES else moves(handle)[message & c.moves_mask]
    lane.due = _completion(handle, consumer, lane, row)
    if who == RECORD:
        if lane.due < c.post_due:
            c.post_due, c.post_due_lane = lane.due, lane_number
    elif lane.due < c.due:
        c.due, c.due_lane = lane.due, lane_number


@kernel
def _leave(handle: int, who: int, lane_number: int) -> None:
    """Take the first message of a lane away; it was handled at ``lane.due`` if the lane is a stream's."""
    lane, consumer, c = lanes(handle)[lane_number], consumers(handle)[who], control(handle)[0]
    if who == VIEW:
        lane.head = moves(handle)[lane.head & c.moves_mask].next
    elif who == NOTES:
        lane.head = notes(handle)[lane.head & c.notes_mask].next
    else:
        lane.head = moves(handle)[lane.head & c.moves_mask].next_post
    if consumer.stream == 0:
        return
    lane.free = lane.due
    if lane.head == NIL:
        lane.due = NEVER
        return
    row = notes(handle)[lane.head & c.notes_mask] if who == NOTES else moves(handle)[lane.head & c.moves_mask]
    if row.pair != NIL:
        expect_pair(handle, row.pair)
    lane.due = _completion(handle, consumer, lane, row)


@kernel
def _link_unseen(handle: int, number: int, message: Any) -> None:
    """Enter the movement into the lists of those that the view has not seen: of its pair, and of its SKU if pooled."""
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


@kernel
def move(handle: int, t: int, p: int, delta: int, settles: int, entity: int, part: int, limit: int) -> None:
    """A movement is made: append it to the topic, for the view and for the record.

    It ``settles`` units that were reserved (a pick, in the view) or on order (a receipt, in the record).
    """
    c = control(handle)[0]
    number = c.moves_high
    c.moves_high += 1
    message = moves(handle)[number & c.moves_mask]
    message.t, message.entity, message.part, message.pair = t, entity, part, p
    message.delta, message.settles, message.line = delta, settles, NIL
    message.next = message.next_post = message.next_pair = message.next_sku = NIL
    message.seen = message.posted = 0
    message.receipt = part >> PART_SHIFT == _RECEIPT or part >> PART_SHIFT == _RETURN
    pair = pairs(handle)[p]
    message.store = nodes(handle)[pair.node].is_dc == 0
    if pair.pooled != 0:
        settle(handle, pair.sku, limit)
    _link_unseen(handle, number, message)
    view, record = consumers(handle)[VIEW], consumers(handle)[RECORD]
    _join(handle, VIEW, view.first + pair.node % view.lanes, number)
    _join(handle, RECORD, record.first + pair.node % record.lanes, number)
    c.unseen += 1
    c.unposted += 1
    flows(handle)[_MOVEMENTS] += 1


@kernel
def note(handle: int, t: int, s: int, p: int, units: int, entity: int, part: int, line: int) -> None:
    """A reservation message is sent: ``units`` of SKU ``s`` (at pair ``p`` unless NIL) are set aside or, negative,
    released.
    """
    c = control(handle)[0]
    # An order step sends it: the refreshes of this instant are over, even if it is applied at once.
    settle(handle, s, t)
    number = c.notes_high
    c.notes_high += 1
    message = notes(handle)[number & c.notes_mask]
    message.t, message.entity, message.part, message.pair = t, entity, part, p
    message.sku, message.delta, message.line, message.next, message.seen, message.store = s, units, line, NIL, 0, 0
    consumer = consumers(handle)[NOTES]
    _join(handle, NOTES, consumer.first + s % consumer.lanes, number)
    flows(handle)[_RESERVE_MESSAGES] += 1


@kernel
def see(handle: int, number: int, t: int) -> None:
    """The view applies a movement at ``t``."""
    c = control(handle)[0]
    mask = c.moves_mask
    message = moves(handle)[number & mask]
    pair = pairs(handle)[message.pair]
    change_view(handle, message.pair, message.delta, 0 if message.receipt != 0 else -message.settles, t - 1)
    if message.receipt != 0:
        set_blocked(handle, message.pair, 0, t - 1)
    count_visibility(handle, message, pair, t)
    message.seen = 1
    pair.oldest = message.next_pair  # a pair's movements share a lane, so they are seen in their order
    sku = skus(handle)[pair.sku]
    while sku.oldest != NIL and moves(handle)[sku.oldest & mask].seen != 0:
        sku.oldest = moves(handle)[sku.oldest & mask].next_sku
    c.unseen -= 1
    flows(handle)[_SEEN] += 1


@kernel
def _hear(handle: int, number: int, t: int) -> None:
    """The view applies a reservation message at ``t``."""
    c = control(handle)[0]
    message = notes(handle)[number & c.notes_mask]
    if message.pair == NIL:
        change_reserved(handle, message.sku, message.delta, t - 1)
    else:
        change_view(handle, message.pair, 0, message.delta, t - 1)
    if message.line >= c.line_base:
        lines(handle)[message.line - c.line_base].told = message.delta > 0
    flows(handle)[_RESERVE_APPLIED] += 1
    message.seen = 1
    while c.notes_low < c.notes_high and notes(handle)[c.notes_low & c.notes_mask].seen != 0:
        c.notes_low += 1


@kernel
def _book(handle: int, number: int, t: int) -> None:
    """The record applies a movement at ``t``."""
    c = control(handle)[0]
    message = moves(handle)[number & c.moves_mask]
    post(handle, message.pair, message.delta)
    if message.receipt != 0:
        pairs(handle)[message.pair].on_order -= message.settles
    if c.window_from <= message.t < c.window_to:
        count_latency(handle, 2, 0, t - message.t)
    message.posted = 1
    c.unposted -= 1
    flows(handle)[_POSTED] += 1


@kernel
def oldest_waiting(handle: int, who: int, now: int) -> int:
    """Age of the oldest movement that a consumer (view or record) has not applied, us; 0 if there is none.

    Lanes keep the order in which movements were made, so the oldest is the first of its lane.
    """
    oldest, consumer, mask = now, consumers(handle)[who], control(handle)[0].moves_mask
    for k in range(consumer.first, consumer.first + consumer.lanes):
        head = lanes(handle)[k].head
        if head != NIL:
            oldest = min(oldest, moves(handle)[head & mask].t)
    return now - oldest


@kernel
def reclaim(handle: int) -> None:
    """Let go of movements that view and record have both applied."""
    c = control(handle)[0]
    while c.moves_low < c.moves_high:
        message = moves(handle)[c.moves_low & c.moves_mask]
        if message.seen == 0 or message.posted == 0:
            return
        c.moves_low += 1


@kernel
def deliver(handle: int) -> None:
    """Carry out the next delivery to the view."""
    c = control(handle)[0]
    k, t = c.due_lane, c.due
    number = lanes(handle)[k].head
    if k < consumers(handle)[NOTES].first:
        _leave(handle, VIEW, k)
        see(handle, number, t)
    else:
        _leave(handle, NOTES, k)
        _hear(handle, number, t)
    _refresh_due(handle)


@kernel
def book_until(handle: int, now: int) -> None:
    """Carry out the postings of a stream that end at or before ``now``, and let go of what is done with."""
    c = control(handle)[0]
    while c.post_due <= now:
        k, t = c.post_due_lane, c.post_due
        number = lanes(handle)[k].head
        _leave(handle, RECORD, k)
        _book(handle, number, t)
        _refresh_post_due(handle)
    reclaim(handle)


@kernel
def extract_feed(handle: int, who: int) -> int:
    """A feed's job starts: mark the messages that are in its file; their number."""
    c = control(handle)[0]
    consumer = consumers(handle)[who]
    consumer.mark = c.notes_high if who == NOTES else c.moves_high
    rows = 0
    number = lanes(handle)[consumer.first].head
    while number != NIL:
        rows += 1
        if who == NOTES:
            number = notes(handle)[number & c.notes_mask].next
        elif who == VIEW:
            number = moves(handle)[number & c.moves_mask].next
        else:
            number = moves(handle)[number & c.moves_mask].next_post
    return rows


@kernel
def load_feed(handle: int, who: int, t: int) -> None:
    """A feed's job is live: apply the messages of its file, in the order in which they were made."""
    consumer = consumers(handle)[who]
    k = consumer.first
    while lanes(handle)[k].head != NIL and lanes(handle)[k].head < consumer.mark:
        number = lanes(handle)[k].head
        _leave(handle, who, k)
        if who == VIEW:
            see(handle, number, t)
        elif who == NOTES:
            _hear(handle, number, t)
        else:
            _book(handle, number, t)
    reclaim(handle)
