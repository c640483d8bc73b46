"""Rows of what customers are told (docs/model.md, section 15)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np


class Notice(IntEnum):
    """What a customer is told."""

    ACCEPTED = 0  # the order
    READY = 1  # to be collected in the store
    SHIPPED = 2  # the last parcel was handed to the carrier
    REFUND = 3  # the money is on its way back


NOTICE: Final = np.dtype(
    [
        ("order", "i8"),  # or the return that is refunded
        ("number", "i8"),  # attempt of its luck: Notice; of a refund that of the claim's luck, and Notice
        ("notice", "i1"),  # Notice
        ("channel", "i2"),
        ("t", "i8"),  # since when there is something to tell
        ("t_told", "i8"),  # NONE if it has not come before the run ended, or never will
        ("t_asked", "i8"),  # the customer asked the service desk; NONE if not before the run ended
        ("lost", "i1"),  # 1: it never comes
    ]
)
"""A message to a customer."""
