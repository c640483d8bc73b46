"""Journal tables of delivery on the day of the order: what customers were told, and what couriers brought."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Offer(IntEnum):
    """What a customer was told who wants an order today; the first that holds, in this order."""

    NOT_ASKED = 0  # it was refused before
    OFF = 1  # the arm does not deliver today
    NO_ANSWER = 2  # a fallback decided the order, or it went without the answer of a system
    LATE = 3  # after the cut-off
    DOWN = 4  # the courier's system gave no quote
    NO_NODE = 5  # no node is near enough
    NO_STOCK = 6  # none that is near enough seemed to have all of it
    OFFERED = 7


SAME_DAY = np.dtype(
    [
        ("order", "i8"),
        ("answer", "i1"),  # Offer
        ("only", "i1"),  # 1: today or not at all
        ("backed", "i1"),  # NO_STOCK only: a node that is near enough had all of it in truth
        ("node", "i4"),  # that was to supply it, NONE if it was not offered
        ("t_asked", "i8"),  # NONE if NOT_ASKED
        ("t_due", "i8"),  # until when it was promised to be there
    ]
)
"""A customer who started a checkout and wants the order today."""

DROP = np.dtype(
    [
        ("order", "i8"),
        ("parcel", "i2"),
        ("node", "i4"),
        ("units", "i4"),
        ("t_ready", "i8"),  # packed
        ("t_booked", "i8"),  # on a run of the courier
        ("t_left", "i8"),  # with a courier
        ("t_delivered", "i8"),  # known when it leaves
    ]
)
"""A parcel that a courier is to bring. What happens at or after the horizon is NONE, but for ``t_ready``, known at the
pick, and ``t_delivered``.
"""
