"""Shares as whole parts of a million, so that comparing them is exact."""

from __future__ import annotations

from typing import Final

MILLION: Final = 1_000_000


def parts(share: float) -> int:
    """A share in parts of a million."""
    return round(share * MILLION)
