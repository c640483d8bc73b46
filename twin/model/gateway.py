"""The gateway through which checkouts call a system: how long they wait, if they may call, when they call again."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Self

import numpy as np

from twin.core.hashing import bits
from twin.core.shares import MILLION
from twin.model.breaker import Breaker
from twin.policies.backoff import pause
from twin.scenario.resilience import Resilience, Retry
from twin.world.tables import SYSTEMS
from twin.world.world import World

RETRY_SHIFT: Final = 8
"""The luck of a call made again is that of attempt ``call | retry << RETRY_SHIFT``."""

_start: Final = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Gateway:
    """How checkouts call one system."""

    timeout: int
    retry: Retry
    breaker: Breaker | None
    errors: tuple[tuple[int, int, int], ...]
    """Windows (start, end, parts of a million) in which answers are errors, in their order."""
    backoff_key: np.uint64
    error_key: np.uint64

    @classmethod
    def of(cls, world: World, system: str, resilience: Resilience, timeout: int) -> Self:
        """The gateway to ``system``, whose answers are waited for as long as ``timeout`` (us)."""
        breaker = Breaker(resilience.breaker) if resilience.breaker.window != "off" else None
        errors = world.errors[world.errors["system"] == SYSTEMS.index(system)][["start", "end", "parts"]].tolist()
        keys = (world.streams.key(name) for name in ("call.backoff", "call.error"))
        return cls(timeout, resilience.retry, breaker, tuple(errors), *keys)

    def errs(self, order: int, attempt: int, t: int) -> bool:
        """Whether the answer that an order gets at ``t`` is an error."""
        place = bisect_right(self.errors, t, key=_start) - 1
        if place < 0 or t >= self.errors[place][1]:
            return False
        return int(bits(self.error_key, order, attempt)) % MILLION < self.errors[place][2]

    def pause(self, order: int, attempt: int, retry: int, previous: int) -> int:
        """How long an order waits before it makes call ``attempt`` for the ``retry``-th time again, us."""
        rule = self.retry
        return pause(
            rule.jitter,
            wait=rule.wait,
            factor=rule.factor,
            cap=rule.cap,
            retry=retry,
            previous=previous,
            random_bits=int(bits(self.backoff_key, order, attempt | retry << RETRY_SHIFT)),
        )
