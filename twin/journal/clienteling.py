"""Journal table of clienteling: what associates looked for on the shelves of their stores."""

from __future__ import annotations

import numpy as np

ASSISTED = np.dtype(
    [
        ("order", "i8"),
        ("line", "i2"),
        ("node", "i4"),  # the store in which the customer stands
        ("on_hand", "i4"),  # on its shelf then; NONE if the store does not stock the item
        ("sold", "i1"),  # 1: from the shelf, at the till
    ]
)
"""A line of a customer who stands in a store and asked an associate."""
