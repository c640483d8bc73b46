"""Journal tables of prices: what was listed and shown from when, and what was sold at another price than the list's
(docs/model.md, section 14).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np

TILLS: Final = 0
"""The outlet of all tills; channel ``c`` is outlet ``1 + c``."""

AT_START: Final = -1
"""Number of the change by which a price of time 0 came to be."""


class Settled(IntEnum):
    """How it was settled what a line costs."""

    NONE = 0  # it was not
    HONOURED = 1  # the customer pays what the channel shows
    LOWERED = 2  # the channel showed more than the list, and the customer pays the list price
    CORRECTED = 3  # the channel showed another price, and the customer was told the list price
    WALKED_AWAY = 4  # the customer was told a higher price for something in the order, and left


LIST_PRICE = np.dtype(
    [
        ("change", "i4"),  # AT_START, then 0, 1, ...
        ("t", "i8"),
        ("sku", "i4"),
        ("price_cents", "i4"),
        ("promotion", "i1"),  # 1: because a promotion of the SKU begins or ends
    ]
)
"""List prices of the world: those of the start of each SKU, then the changes. Empty if there are none."""

SHOWN_PRICE = np.dtype(
    [
        ("t", "i8"),
        ("outlet", "i2"),  # TILLS, or 1 + channel
        ("sku", "i4"),
        ("change", "i4"),  # of the list price that is shown from then on
        ("price_cents", "i4"),
    ]
)
"""An outlet shows another price, in the order in which that happened."""

PRICE_JOB = np.dtype(
    [
        ("outlet", "i2"),
        ("due", "i8"),
        ("extract", "i8"),
        ("live", "i8"),
        ("rows", "i4"),  # SKUs whose price it changed
        ("failed", "i1"),
    ]
)
"""A file of prices that went live, or failed then."""

PRICE_EVENT = np.dtype(
    [
        ("outlet", "i2"),
        ("sent", "i4"),  # one for each change that was not told ahead
        ("lost", "i4"),
        ("overtaken", "i4"),  # that came when the outlet showed a younger price, and changed nothing
        ("under_way", "i4"),  # at the end of the run
    ]
)
"""What became of the events of an outlet that is told by events."""

MISPRICED = np.dtype(
    [
        ("order", "i8"),
        ("line", "i2"),
        ("channel", "i2"),
        ("sku", "i4"),
        ("quantity", "i4"),
        ("status", "i1"),  # Status of the line at the end
        ("settled", "i1"),  # Settled
        ("t_demand", "i8"),
        ("t", "i8"),  # acceptance, or when the customer walked away
        ("shown_cents", "i4"),  # all four: of one unit, at t; shown and charged of a correction: when it was told
        ("charged_cents", "i4"),
        ("list_cents", "i4"),
        ("till_cents", "i4"),
    ]
)
"""A line that was accepted while these four were not all the same, or whose customer walked away."""

TILL_GAP = np.dtype(
    [
        ("sku", "i4"),
        ("t_from", "i8"),
        ("t_to", "i8"),
        ("list_cents", "i4"),
        ("till_cents", "i4"),
        ("units", "i8"),  # sold at the tills in it
    ]
)
"""A time in which the tills had another price than the list; cut where the observation window begins and ends."""

PRICE_TABLES: Final = {
    "list_prices": LIST_PRICE,
    "shown_prices": SHOWN_PRICE,
    "price_jobs": PRICE_JOB,
    "price_events": PRICE_EVENT,
    "mispriced": MISPRICED,
    "till_gaps": TILL_GAP,
}
"""Files of a run's journal that are about prices."""
