"""Journal tables of goods that come back and of refunds (docs/model.md, section 12)."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Condition(IntEnum):
    """What an inspection finds of something that came back."""

    AS_NEW = 0
    OPEN_BOX = 1  # used or opened
    DAMAGED = 2  # nobody can sell it any more
    FRAUD = 3  # not what was bought


class ReturnEnd(IntEnum):
    """What became of something that came back."""

    LIMBO = 0  # neither sold again nor given up
    RESTOCKED = 1
    WRITTEN_OFF = 2
    REJECTED = 3  # it was not what had been bought


RETURN = np.dtype(
    [
        ("entity", "i8"),  # day << 40 | index in the world's day
        ("channel", "i2"),  # NONE: bought at a till
        ("sku", "i4"),
        ("quantity", "i4"),
        ("origin", "i4"),  # node where it was handed in
        ("node", "i4"),  # on whose shelf it is, or is to be; else where it was last
        ("t_received", "i8"),  # handed in
        ("t_graded", "i8"),
        ("t_end", "i8"),
        ("condition", "i1"),  # Condition; NONE until it was graded
        ("outcome", "i1"),  # ReturnEnd
        ("labour", "i8"),  # us of its inspection; 0 until it was graded
    ]
)
"""Something that came back, in the order of that."""


class Claim(IntEnum):
    """Why money is to be paid back."""

    RETURN = 0
    SECOND = 1  # the online shop's own case of a return that a store has a case of
    CANCELLED = 2  # a line that was paid, and oversold or cancelled


class RefundEnd(IntEnum):
    """What became of a claim."""

    OPEN = 0
    POSTED = 1  # paid, and booked in the ERP
    RECOGNISED = 2  # another claim of the same return had been paid
    DENIED = 3  # the goods were not what had been bought


REFUND = np.dtype(
    [
        ("refund", "i8"),  # number of the claim, in the order in which they arose
        ("kind", "i1"),  # Claim
        ("entity", "i8"),  # of the return; the order
        ("line", "i2"),  # of the order; NONE
        ("channel", "i2"),
        ("cents", "i8"),
        ("t_due", "i8"),  # since when the customer waits
        ("t_start", "i8"),  # who pays has heard of it
        ("t_paid", "i8"),  # who pays knows that it is paid, or was before
        ("t_end", "i8"),
        ("outcome", "i1"),  # RefundEnd
        ("calls", "i4"),
        ("failures", "i4"),
        ("cases", "i4"),  # that came to people
        ("human", "i8"),  # us that people worked on them
        ("waited", "i8"),  # us from a case to its end
        ("paid", "i4"),  # how often money really went out for it
    ]
)
"""A claim to be paid back."""
