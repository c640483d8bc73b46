"""What is measured of messages for known answers: how they wait, and what becomes of bad and repeated ones."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import NEVER, SECOND
from twin.journal.totals import Fate
from twin.kernels.state import PHYSICAL
from twin.model.build import build
from twin.model.plane import Plane
from twin.selfcheck.estate import INSTANT, estate, fates, stocked, systems
from twin.world.world import World

Values = NDArray[np.float64]

RUNS: Final = 60
"""Worlds of a case; a batch of its interval is one of them."""

_PLENTY: Final = 1_000_000_000


def delays(seed: int, *, load: float, law: str, messages: int) -> Values:
    """Seconds that each message of Poisson sales is on the only lane to the view, which takes about 1 s for one."""
    description = estate(seed, weekly_checkouts=0.0, days=1)
    feed = INSTANT | {"partitions": 1, "service": {"law": law, "mean": "1s"}, "topic": {"retention": "1000d"}}
    world = stocked(description, _PLENTY)
    plane = Plane(build(world, description, systems(movements=feed)).memory)
    sold = _sales(world, load, messages)
    plane.put("physical", sold)
    return np.asarray((_ends(plane, sold["t"]) - sold["t"]) / SECOND)


def _sales(world: World, load: float, number: int) -> NDArray[np.void]:
    """Single units that leave the DC, at a rate of ``load`` a second."""
    gaps = world.streams.generator("selfcheck.arrivals", 0).exponential(SECOND / load, number)
    pairs = world.start.pairs
    sold = np.zeros(number, PHYSICAL)
    sold["t"] = np.cumsum(gaps).astype(np.int64)
    sold["pair"] = np.flatnonzero(pairs["on_hand"] == _PLENTY)[0]
    sold["quantity"] = 1
    return sold


def _ends(plane: Plane, made: NDArray[np.int64]) -> NDArray[np.int64]:
    """When each message is applied: time goes on to the next delivery or arrival."""
    ends, done, control = np.empty(made.size, np.int64), 0, plane.control
    arrivals = iter(made.tolist())
    arrival = next(arrivals, NEVER)
    while done < made.size:
        now = min(int(control["due"]), arrival)
        plane.advance(now)
        if now == arrival:
            arrival = next(arrivals, NEVER)
        applied = int(control["moves_high"]) - int(control["unseen"])
        ends[done:applied], done = now, applied
    return ends


def dead(seed: int, *, share: float) -> Values:
    """Share of dead letters among the messages of each of :data:`RUNS` worlds, of which ``share`` are poisoned."""
    fault = {"kind": "poison", "share": share, "at": "0s", "duration": "2d"}
    feed = INSTANT | {"failing": {"policy": "divert", "redrive": "none"}}
    return np.array([_share_dead(_run(seed + run, fault, feed)[0]) for run in range(RUNS)])


def _share_dead(counts: dict[Fate, int]) -> float:
    return counts[Fate.DEAD_LETTER] / sum(counts.values())


def repeated(seed: int, *, share: float) -> Values:
    """Times that a message of each of :data:`RUNS` worlds is applied again, where ``share`` of them come twice."""
    return np.array([_again(seed + run, share, copies=1, idempotent=False) - 1 for run in range(RUNS)])


def applied(*, copies: int, idempotent: bool) -> float:
    """Times that a message is applied of which ``copies`` more come, exactly."""
    return _again(1, 1.0, copies=copies, idempotent=idempotent)


def _again(seed: int, share: float, *, copies: int, idempotent: bool) -> float:
    fault = {"kind": "duplicates", "share": share, "copies": copies, "at": "0s", "duration": "2d"}
    counts, again = _run(seed, fault, INSTANT | {"consumers": {"idempotent": idempotent}})
    return (counts[Fate.APPLIED] + again) / sum(counts.values())


def _run(seed: int, fault: dict[str, Any], feed: dict[str, Any]) -> tuple[dict[Fate, int], int]:
    """A day of two stores that sell without end, and whose record consumer recognises what it has seen."""
    description = estate(seed, weekly_checkouts=0.0, days=1, weekly_sales=10_000, faults=[fault])
    arm = systems(movements=feed, operations={"detect": "10d"})
    return fates(description, arm, stocked(description, 0, in_stores=_PLENTY))
