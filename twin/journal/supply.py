"""Journal tables of the stock room: counts, and what a census of all shelves would find (docs/model.md, section 10)."""

from __future__ import annotations

import numpy as np

COUNT = np.dtype(
    [
        ("node", "i4"),
        ("sku", "i4"),
        ("number", "i4"),  # of the pair's counts
        ("why", "i1"),  # twin.policies.counting.Why
        ("t_listed", "i8"),
        ("t_begin", "i8"),
        ("t_end", "i8"),
        ("expected", "i4"),  # units that the source system counted before
        ("on_hand", "i4"),  # units on the shelf
        ("counted", "i4"),  # units that the source system counts from then on
    ]
)
"""A count that ended, in the order of that."""

TRANSFER = np.dtype(
    [
        ("source", "i4"),  # node
        ("target", "i4"),  # node
        ("sku", "i4"),
        ("units", "i4"),
        ("t_sent", "i8"),
        ("t_arrived", "i8"),  # NONE if it was on its way at the end
    ]
)
"""Units of a SKU that one store sent another, in the order of that, then of stores, then of SKUs."""

CENSUS = np.dtype(
    [
        ("t", "i8"),
        ("shelves", "i8"),  # pairs of stores
        ("record_wrong", "i8"),  # of these: record differs from the shelf
        ("phantom", "i8"),  # record above 0, shelf empty
        ("frozen", "i8"),  # phantom now and at each census of the last days, without a sale in between
        ("hidden", "i8"),  # record 0 or less, shelf not empty
        ("misplaced", "i8"),  # units of all nodes that are in the wrong place
        ("unbooked", "i8"),  # units of all nodes on the shelf whose receipt is not booked
        ("waiting", "i8"),  # pairs of all nodes that are to be counted
    ]
)
"""What somebody who knows all shelves of the stores would find at the beginning of a day."""

SUPPLY = np.dtype(
    [
        ("dc", "i4"),  # node
        ("supplier", "i4"),
        ("review", "i4"),
        ("t_ordered", "i8"),  # the review
        ("t_placed", "i8"),  # the portal took it
        ("t_acknowledged", "i8"),
        ("t_arrived", "i8"),  # NONE, like the two before it, if not before the run ended
        ("lines", "i4"),
        ("units", "i8"),  # ordered
        ("short", "i8"),  # units of them that the supplier does not send
    ]
)
"""An order of a DC to a supplier through the portal, by review, DC and supplier."""
