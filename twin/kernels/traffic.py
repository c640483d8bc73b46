"""Records of messages on their way, and of what carries them. Names follow docs/model.md, section 4."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np

MESSAGE = np.dtype(
    [
        ("t", "i8"),  # made
        ("sent", "i8"),
        ("entered", "i8"),  # came into the topic, for the feed to the view; NEVER while it is held back
        ("entered_post", "i8"),  # the same for the feed to the record
        ("entity", "i8"),
        ("line", "i8"),  # notes: row of the line; moves: row of `watched`, NIL if nobody watches it
        ("next", "i8"),  # in its lane towards the view, or in an outbox
        ("next_post", "i8"),  # in its lane towards the record
        ("next_pair", "i8"),
        ("next_sku", "i8"),
        ("part", "i4"),
        ("pair", "i4"),
        ("sku", "i4"),
        ("delta", "i4"),
        ("settles", "i4"),
        ("level", "i4"),  # what its source system counts once it is made
        ("seen", "i1"),  # Fate to the view
        ("posted", "i1"),  # Fate to the record
        ("receipt", "i1"),
        ("store", "i1"),  # comes over a store's link
        ("pooled", "i1"),
        ("troubled", "i1"),  # made while some messages were in trouble
        ("copies", "i1"),
        ("held", "i1"),  # a snapshot that the view was set to covers it
    ]
)

CONSUMER = np.dtype(
    [
        ("stream", "i8"),  # 0: batch, 1: stream, QUEUE
        ("first", "i8"),  # its lanes
        ("lanes", "i8"),
        ("store_link", "i8"),
        ("dc_link", "i8"),
        ("law", "i8"),
        ("key", "i8"),
        ("outage", "i8"),
        ("mark", "i8"),  # batch: messages of the lane that are in the extract under way
        ("lane_key", "i8"),  # key of the luck that chooses a lane; NIL: keyed by node or SKU
        ("level", "i8"),  # 1: messages say what their source counts
        ("versioned", "i8"),
        ("idempotent", "i8"),
        ("retention", "i8"),
        ("limit", "i8"),
        ("overflow", "i8"),  # Overflow
        ("unreplicated", "i8"),
        ("catch_up", "i8"),  # CatchUp
        ("gap", "i8"),  # least time between two starts
        ("policy", "i8"),  # Policy
        ("attempts", "i8"),
        ("pauses", "i8"),  # between all attempts together
        ("replays", "i8"),  # 1: what was skipped is read again after a repair
        ("replay_delay", "i8"),
        ("loses", "i8"),  # 1: a member may be lost, so what was handled since a commit is remembered
        ("repeats", "i8"),  # 1: a message may come more than once, so one that was handled may be needed again
        ("poll", "i8"),
        ("commit_interval", "i8"),
        ("redrive", "i8"),  # its lane for dead letters
        ("redrive_gap", "i8"),
        ("newest_first", "i8"),  # dead letters
        ("members", "i8"),  # of a queue; their lanes are behind its own two
        ("prefetch", "i8"),
        ("visibility", "i8"),
        ("delivery_limit", "i8"),
        ("returned", "i8"),  # pause of a message whose handling failed
    ]
)

LANE = np.dtype(
    [
        ("head", "i8"),
        ("tail", "i8"),
        ("free", "i8"),  # end of the last handling
        ("start", "i8"),  # beginning of the head's handling
        ("last", "i8"),  # beginning of the handling before
        ("first_window", "i8"),  # when nobody works on it: a range of windows
        ("last_window", "i8"),
        ("size", "i8"),  # messages in it
        ("high", "i8"),  # pooled_first: last message of a pooled pair behind the head
        ("inside", "i8"),  # messages in it that have entered the topic
        ("outside", "i8"),  # first one that has not
        ("repeated", "i8"),  # times that the head has been handled before, its copies
        ("committed", "i8"),  # first message handled and not committed; NIL if there is none
        ("committed_at", "i8"),
        ("kept", "i8"),  # first message handled since a trouble began that will be replayed; NIL if there is none
        ("polled", "i8"),
        ("in_batch", "i8"),  # messages of the batch under way that were begun; 0 if none is
        ("pin", "i8"),  # lowest number that may be handed out again
        ("again", "i8"),  # messages in it that were handled before
        ("outcome", "i8"),  # Outcome of the head's handling
        ("ends", "i8"),  # member of a queue: end of its handling
        ("ghost", "i8"),  # message that it goes on handling although it was taken back; NIL if there is none
        ("out", "i8"),  # 1: the queue has given it up
    ]
)
"""When the head's handling ends stands in the table ``dues``, which is searched at every step."""

TICKET = np.dtype([("handed", "i8"), ("times", "i8")])
"""When a queue's message was handed out last (or failed), and how often; in the row of the message in its ring."""

LETTER = np.dtype(
    [
        ("number", "i8"),  # of the message
        ("since", "i8"),  # when it became a dead letter
        ("entered", "i8"),  # joined the redrive lane
        ("next", "i8"),
        ("who", "i8"),
        ("state", "i8"),  # Letter
    ]
)
"""A dead letter; its message is in the row of the same number of ``dead``."""

LATE = np.dtype([("t", "i8"), ("number", "i8"), ("topic", "i8")])
"""A message that leaves later than it was made: a heap."""

TROUBLE = np.dtype(
    [
        ("kind", "i8"),
        ("feeds", "i8"),
        ("parts", "i8"),
        ("start", "i8"),
        ("end", "i8"),
        ("share", "i8"),
        ("value", "i8"),
        ("key", "u8"),
        ("until_repaired", "i8"),  # 1: its end is its repair, if that is earlier
        ("repaired", "i8"),  # NEVER until it is
    ]
)

DRIFT = np.dtype(
    [
        ("latest", "i8"),  # last message of the pair that was applied to the view, by number
        ("latest_post", "i8"),
        ("heard", "i8"),  # last made movement that the view has applied, by number; kept only for reloads
        ("heard_at", "i8"),  # when it was made
        ("since", "i4"),  # units of movements made after the extract under way that the view has applied
        ("lost", "i4"),
        ("extra", "i4"),
        ("resv_lost", "i4"),
        ("resv_extra", "i4"),
        ("record", "i4"),
        ("again", "i4"),  # of that, what the record took more than once since people last corrected it
        ("corrected", "i4"),  # units by which people corrected the record, since the start
    ]
)
"""By how much beliefs about a pair are off because messages went missing or were repeated."""

SKU_DRIFT = np.dtype([("lost", "i4"), ("extra", "i4")])
"""The same for R, the units reserved for no node."""

WATCHED = np.dtype([("order", "i8"), ("line", "i8"), ("t", "i8"), ("seen", "i8"), ("posted", "i8")])
"""A pick of a traced order: when it was, and when its movement reached the view and the record; NIL if it has not."""

OUTBOX = np.dtype([("head", "i8"), ("tail", "i8"), ("size", "i8")])


class CatchUp(IntEnum):
    """Where a message joins its lane."""

    OLDEST = 0
    NEWEST = 1
    POOLED_FIRST = 2


class Overflow(IntEnum):
    """What a full partition does with one more message."""

    HOLD_BACK = 0
    DROP_OLDEST = 1
    REJECT = 2


class Policy(IntEnum):
    """What becomes of a message that cannot be handled."""

    BLOCK = 0
    DIVERT = 1
    SKIP = 2


class Rule(IntEnum):
    """How a snapshot is laid over what the view has learnt since its extract."""

    OVERWRITE = 0
    YOUNGER = 1
    REPLAY = 2


class Change(IntEnum):
    """What becomes of a member of a queue."""

    LOST = 0  # dead or stuck
    GIVEN_UP = 1  # noticed
    BACK = 2  # after it had been given up


class Outcome(IntEnum):
    """How a handling ends."""

    APPLY = 0
    EXPIRE = 1
    LOSE = 2
    DIE = 3
    WAIT = 4  # it cannot begin before a repair


class Letter(IntEnum):
    """Where a dead letter is."""

    DEAD = 0
    REDRIVEN = 1  # on the redrive lane
    GONE = 2  # applied after all


TOPIC_MOVES, TOPIC_NOTES = 0, 1

QUEUE: Final = 2
"""Mode of a consumer: one queue, whose members compete for its messages."""

OWN_LANES: Final = 2
"""Lanes of a queue before those of its members."""

PART_SHIFT: Final = 24
"""The kind of a message stands in these bits of its ``part`` and up."""
