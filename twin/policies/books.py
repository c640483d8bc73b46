"""What people have to clear up at a close, and which of it comes first."""

from __future__ import annotations


def place(queue: str, *, cents: int, number: int) -> tuple[int, int]:
    """Where an exception stands in the queue: the smallest is taken up next.

    ``number`` counts exceptions in the order in which they were listed.
    """
    return (0, number) if queue == "oldest" else (-cents, number)


def file_after(t: int, phase: int, interval: int) -> int:
    """When the first file is due that can hold what happened at ``t``: files are made before orders go on."""
    return phase if t < phase else phase + ((t - phase) // interval + 1) * interval
