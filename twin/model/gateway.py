"""The gateway through which checkouts call a system: how long they wait, if they may call, when they call again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from twin.core.hashing import bits
from twin.model.breaker import Breaker
from twin.policies.backoff import pause
from twin.scenario.resilience import Resilience, Retry

RETRY_SHIFT: Final = 8
"""The luck of a call made again is that of attempt ``call | retry << RETRY_SHIFT``."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """How checkouts call one system."""

    timeout: int
    retry: Retry
    breaker: Breaker | None
    backoff_key: np.uint64

    @classmethod
    def of(cls, resilience: Resilience, timeout: int, backoff_key: np.uint64) -> Self:
        """The gateway of a system whose answers are waited for as long as ``timeout`` (us)."""
        breaker = Breaker(resilience.breaker) if resilience.breaker.window != "off" else None
        return cls(timeout, resilience.retry, breaker, backoff_key)

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
