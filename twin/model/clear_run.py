"""Most sagas meet no trouble, and then nothing that happens in them depends on anything but their order: consecutive
delays that can be taken as one. Whatever may go otherwise is left to :class:`twin.model.saga.Sagas`.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import NEVER
from twin.core.shares import parts
from twin.kernels.sagas import WAKINGS_SHIFT, clear_run
from twin.kernels.state import NIL
from twin.model.build import knots_of
from twin.model.jobs import Works
from twin.model.windows import Spans
from twin.scenario.saga import Saga
from twin.world.tables import SYSTEMS

_DURATION: Final = (1 << WAKINGS_SHIFT) - 1


class ClearRun:
    """When sagas end to which nothing happens."""

    def __init__(self, works: Works, saga: Saga) -> None:
        orchestrated = saga.mode == "orchestration"
        streams, steps = works.world.streams, saga.steps
        self._calls: NDArray[np.int64] = np.stack([knots_of(step.service) for step in steps])
        self._patience = np.array([step.timeout if orchestrated else NEVER for step in steps], np.int64)
        self._hop = np.empty(0, np.int64) if orchestrated else knots_of(saga.choreography.hop)
        self._keys = np.array([streams.key(f"saga.{name}") for name in ("call", "hop", "redelivery")], np.uint64)
        self.hops = 0 if orchestrated else len(steps) + 1
        """Events on their way between participants."""
        self._redelivered = 0 if orchestrated else parts(saga.choreography.redelivered)
        self._longest = saga.deadline if orchestrated else NEVER
        leader = "orchestrator" if orchestrated else saga.choreography.broker
        troubles = _troubles(works, {leader, *(step.system for step in steps)})
        self._starts = [start for start, _ in troubles.spans]
        self._ends = [end for _, end in troubles.spans]
        self._horizon = works.world.horizon_us

    @classmethod
    def of(cls, works: Works, saga: Saga) -> Self | None:
        """``None`` if calls wait for each other, so that no saga is alone with its luck."""
        return None if any(step.servers for step in saga.steps) else cls(works, saga)

    def end(self, order: int, now: int) -> tuple[int, int] | None:
        """When a saga that begins ``now`` ends, and in how many wakings after its first; ``None`` if it may meet
        trouble or outlast the run.
        """
        told: int = clear_run(self._calls, self._patience, self._hop, self._keys, self._redelivered, order)
        if told == NIL:
            return None
        took = told & _DURATION
        end = now + took
        before = bisect_right(self._starts, end)  # troubles that have begun by then
        if took > self._longest or end >= self._horizon or (before and self._ends[before - 1] > now):
            return None
        return end, told >> WAKINGS_SHIFT


def _troubles(works: Works, systems: set[str]) -> Spans:
    """When any of the systems is down, slow, or errs."""
    world, numbers = works.world, [SYSTEMS.index(system) for system in systems]
    return Spans.merged(
        (start, end)
        for table in (world.windows, world.slowdowns, world.errors)
        for start, end in table[np.isin(table["system"], numbers)][["start", "end"]].tolist()
    )
