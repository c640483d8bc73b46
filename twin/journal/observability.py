"""Journal tables of what an arm sees of itself: alerts, incidents, and the steps of traced orders (docs/model.md,
section 11).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Signal(IntEnum):
    """What an alert looks at."""

    LAG = 0  # messages of a feed that are not handled yet
    AGE = 1  # of the oldest of them, less a batch feed's interval
    DEAD_LETTERS = 2  # of a feed
    MISSING = 3  # messages lost to a feed, or expired, since the check before
    RELEASE_TIME = 4  # how long the oldest accepted order has waited for its release
    ACCURACY = 5  # pairs whose view differs from the shelf
    REFUND_TIME = 6  # how long the oldest refund that is due has not been posted


ALERT = np.dtype(
    [
        ("alert", "i2"),  # its place in the arm's list
        ("signal", "i1"),  # Signal
        ("feed", "i2"),  # FeedName, NONE if it is of the whole arm
        ("start", "i8"),  # first check at which its condition held
        ("raised", "i8"),  # check at which it was told
        ("ended", "i8"),  # NONE if it still stood
    ]
)
"""An alert that was told, in the order of that."""


class By(IntEnum):
    """Who noticed a trouble."""

    NOBODY = 0
    PEOPLE = 1
    ALERT = 2


INCIDENT = np.dtype(
    [
        ("trouble", "i4"),  # row of the world's table
        ("kind", "i1"),  # twin.world.tables.TroubleKind
        ("start", "i8"),
        ("noticed", "i8"),  # NONE if it was not
        ("by", "i1"),  # By
        ("repaired", "i8"),  # NONE if it was not; also if it ends by itself
        ("repairable", "i1"),  # 0: it ends by itself, whatever anybody does
    ]
)
"""A trouble with messages, as the arm met it."""


class SpanKind(IntEnum):
    """Steps of an order that is traced (docs/model.md, section 11)."""

    CHECKOUT = 0
    CALL = 1
    CHECK = 2
    HOLD = 3
    PAYMENT = 4
    RELEASE = 5
    CREATION = 6
    PICK_WAIT = 7
    PICK = 8
    PACK = 9
    TRANSIT = 10
    VIEW = 11
    POSTING = 12
    SAGA = 13
    COLLECTION = 14


SPAN = np.dtype(
    [
        ("order", "i8"),
        ("span", "i1"),  # SpanKind
        ("number", "i4"),  # attempt, wave, parcel or line
        ("start", "i8"),
        ("end", "i8"),  # NONE if it was not over
        ("outcome", "i2"),  # 0 also while it is not over
    ]
)
"""A step of a traced order, sorted by all columns."""
