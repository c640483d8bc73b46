"""Journal tables of the books: each close, and what people had to clear up (docs/model.md, section 13)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np


class Document(IntEnum):
    """What an exception is about."""

    STOCK = 0  # the record of a pair
    ACCEPTED = 1  # that a line was sold
    LET_DOWN = 2  # that a line which was sold will not be supplied


class ExceptionEnd(IntEnum):
    """What became of an exception."""

    OPEN = 0
    CLEARED = 1  # somebody set the ERP right
    MATCHED = 2  # it had healed before anybody took it up


IN_STOCK: Final = (
    "shelf",  # what is there
    "operations",  # what the nodes' own systems say
    "commerce",  # the view
    "finance",  # the record
    "late",  # of operations less finance: movements on their way
    "dead",  # dead letters
    "repeated",  # booked more than once (finance has them, so they count against the others)
    "missing",  # the rest: lost, expired, overtaken by a level
    "finance_gap",  # sizes of operations less finance, added up over pairs
    "commerce_gap",  # the same of commerce less finance
    "standing",  # of the finance gap, what people have to set right
)
"""What a close says of stock, each in units and in cents at cost."""

CLOSE = np.dtype(
    [
        ("close", "i4"),
        ("t_due", "i8"),
        ("t", "i8"),  # when it took place
        *((f"{name}_{unit}", "i8") for name in IN_STOCK for unit in ("units", "cents")),
        ("accepted_cents", "i8"),  # price of lines that were sold since the start
        ("supplied_cents", "i8"),  # of these, supplied
        ("let_down_cents", "i8"),  # of these, oversold or cancelled
        ("booked_cents", "i8"),  # sold less let down, as far as the ERP has booked it
        ("refunds_due_cents", "i8"),  # owed to customers since the start
        ("refunds_booked_cents", "i8"),  # of refunds, what the ERP has booked
        ("listed", "i4"),  # exceptions that this close made
        ("matched", "i4"),  # exceptions that it found healed
        ("waiting", "i4"),  # exceptions that wait to be taken up, after it
    ]
)
"""A close, in the order of their numbers."""

EXCEPTION = np.dtype(
    [
        ("number", "i4"),
        ("close", "i4"),  # that made it
        ("document", "i1"),  # Document
        ("node", "i4"),  # of the pair; NONE
        ("sku", "i4"),
        ("order", "i8"),  # NONE of stock
        ("line", "i2"),
        ("units", "i8"),  # by which operations exceeds finance, when it was listed; 0 of an order
        ("cents", "i8"),  # size of that at cost; price of the line
        ("t_listed", "i8"),
        ("t_begin", "i8"),
        ("t_end", "i8"),
        ("outcome", "i1"),  # ExceptionEnd
        ("corrected", "i8"),  # units by which the record was changed
    ]
)
"""Something that did not match and was not going to."""
