"""Rows of what a checkout asks of other systems before its customer pays (docs/model.md, section 6, "Errands")."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np


class Errand(IntEnum):
    """What is asked, in the order in which it is."""

    CUSTOMER = 0  # of the CRM: who the customer is
    TAX = 1  # of the tax engine: what is due


class Answer(IntEnum):
    """How it ended for the customer."""

    ANSWERED = 0
    WITHOUT = 1  # no call was answered, and the order went on: an estimated tax, a customer on trust
    LOST = 2  # no call was answered, and the order was refused


ERRAND: Final = np.dtype(
    [
        ("order", "i8"),
        ("errand", "i1"),  # Errand
        ("t_asked", "i8"),
        ("t_end", "i8"),  # answered, or nobody tried any longer
        ("answer", "i1"),  # Answer
        ("failure", "i1"),  # Refusal: how the last call failed; NONE if it did not
    ]
)
"""An errand that is over; one that was under way when the run ended has no row."""
