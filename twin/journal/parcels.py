"""Parcels: what left a node for a customer, and what its carriage cost."""

from __future__ import annotations

import numpy as np

PARCEL = np.dtype(
    [
        ("order", "i8"),
        ("parcel", "i2"),  # its number in the order; those of which nothing was found are missing
        ("channel", "i2"),
        ("mode", "i1"),  # Mode; of a pickup: ready in its store
        ("from_store", "i1"),
        ("node", "i4"),
        ("lines", "i2"),  # that were found
        ("units", "i4"),
        ("cents", "i4"),  # of carriage; 0 for a pickup
        ("t_demand", "i8"),  # of its order
        ("t_pick", "i8"),  # the pick ended
        ("t_ready", "i8"),  # handed to the carrier, or ready in the store
    ]
)
"""A parcel of which something was found, in the order of the picks. What is picked at or after the horizon does not
count, but ``t_ready`` may lie behind it: it is known at the pick.
"""
