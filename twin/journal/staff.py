"""Rows of staff who are missing (docs/model.md, section 16)."""

from __future__ import annotations

from typing import Final

import numpy as np

ABSENCE: Final = np.dtype(
    [
        ("node", "i4"),
        ("pickers", "i4"),  # who are missing
        ("t", "i8"),  # from when on
        ("t_end", "i8"),  # until when the world says
        ("t_told", "i8"),  # the workforce system knows; NONE if not before the run ended, or nobody tells it
        ("t_back", "i8"),  # as many pickers as ever, whoever they are; NONE if not before the run ended
    ]
)
"""Pickers of a store who are absent, in the order in which that began."""
