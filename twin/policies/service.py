"""How long a service takes where a system is slow."""

from __future__ import annotations

from twin.core.jit import kernel
from twin.core.shares import MILLION


@kernel
def stretched(duration: int, parts: int) -> int:
    """``duration * parts / 1,000,000``, rounded down; exact where the product would not fit 64 bits."""
    return duration // MILLION * parts + duration % MILLION * parts // MILLION
