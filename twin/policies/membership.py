"""Who works on which partition of a consumer group while members die, are noticed and return (docs/model.md,
section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Span = tuple[int, int]

_END, _START, _NOTICED = 0, 1, 2  # order at one instant


class Absence(NamedTuple):
    """A member is dead or stuck in ``[start, end)``; the group would notice at ``noticed``."""

    member: int
    start: int
    noticed: int
    end: int


class Partition(NamedTuple):
    """When nobody works on a partition (sorted, disjoint), and the instants at which it loses its member."""

    stalls: list[Span]
    losses: list[tuple[int, int]]
    """Instant and member."""


def partitions(
    absences: Sequence[Absence], *, members: int, count: int, eager: bool, rebalance: int
) -> list[Partition]:
    """What becomes of each of ``count`` partitions; partition p begins at member ``p mod members``.

    Args:
        absences: of members below ``members``; those of one member neither touch nor overlap.
        eager: all partitions stall while the group rebalances, not only those that change their member.
        rebalance: how long they do, us.
    """
    at = [p % members for p in range(count)]
    stalls: list[list[Span]] = [[] for _ in at]
    losses: list[list[tuple[int, int]]] = [[] for _ in at]
    gone: set[int] = set()  # dead or stuck
    noticed: set[int] = set()  # of those, the ones that the group has given up
    before = 0
    for t, kind, member in _events(absences):
        for p in _of(at, gone):
            stalls[p].append((before, t))
        before = t
        if kind == _START:
            gone.add(member)
            for p in _of(at, {member}):
                losses[p].append((t, member))
            continue
        if kind == _END:
            gone.discard(member)
            if member not in noticed:
                continue
            noticed.discard(member)
            after = [member if p % members == member or owner in noticed else owner for p, owner in enumerate(at)]
        else:
            noticed.add(member)
            heir = _next_alive(member, members, gone)
            after = [heir if owner == member else owner for owner in at]
        for p in range(count):
            if eager or after[p] != at[p]:
                stalls[p].append((t, t + rebalance))
        at = after
    return [Partition(merged(each), lost) for each, lost in zip(stalls, losses, strict=True)]


def _of(at: Sequence[int], members: set[int]) -> list[int]:
    """Partitions that are at one of ``members``."""
    return [p for p, owner in enumerate(at) if owner in members]


def _events(absences: Sequence[Absence]) -> list[tuple[int, int, int]]:
    """What the group lives through: instant, kind and member, in order."""
    starts = [(a.start, _START, a.member) for a in absences]
    ends = [(a.end, _END, a.member) for a in absences]
    return sorted([*starts, *ends, *((a.noticed, _NOTICED, a.member) for a in absences if a.noticed < a.end)])


def _next_alive(member: int, members: int, gone: set[int]) -> int:
    """The next member, counted cyclically, that is neither dead nor stuck; the member itself if there is none."""
    others = ((member + step) % members for step in range(1, members))
    return next((other for other in others if other not in gone), member)


def merged(spans: Sequence[Span]) -> list[Span]:
    """Sorted, without overlaps; those that touch become one, empty ones vanish."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out
