"""The gateway through which checkouts call a system: how long they wait, if they may call, when they call again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from twin.core.hashing import bits
from twin.model.breaker import Breaker
from twin.model.entry import Entry
from twin.model.observed import Results
from twin.model.windows import Errors
from twin.policies.backoff import pause
from twin.scenario.resilience import Resilience, Retry
from twin.world.world import World

RETRY_SHIFT: Final = 8
"""The luck of a call made again is that of attempt ``call | retry << RETRY_SHIFT``."""


def pause_before(rule: Retry, retry: int, previous: int, luck: int) -> int:
    """How long an arm's ``rule`` waits before the ``retry``-th call again, us; ``luck``: random bits of the caller."""
    return pause(
        rule.jitter,
        wait=rule.wait,
        factor=rule.factor,
        cap=rule.cap,
        retry=retry,
        previous=previous,
        random_bits=luck,
    )


@dataclass(frozen=True, slots=True)
class Gateway:
    """How checkouts call one system."""

    timeout: int
    retry: Retry
    breaker: Breaker | None
    errors: Errors
    backoff_key: np.uint64
    entry: Entry | None = None
    """What stands between the breaker and the system; ``None``: nothing."""
    results: Results | None = None
    """Where the ends of calls are noted, if some fallback looks at them."""

    @classmethod
    def of(
        cls,
        world: World,
        system: str,
        resilience: Resilience,
        timeout: int,
        *,
        entry: Entry | None = None,
        results: Results | None = None,
    ) -> Self:
        """The gateway to ``system``, whose answers are waited for as long as ``timeout`` (us)."""
        breaker = Breaker(resilience.breaker) if resilience.breaker.window != "off" else None
        errors = Errors.of(world, system, "call.error")
        return cls(timeout, resilience.retry, breaker, errors, world.streams.key("call.backoff"), entry, results)

    def errs(self, order: int, attempt: int, t: int) -> bool:
        """Whether the answer that an order gets at ``t`` is an error."""
        return self.errors.hit(order, attempt, t)

    def retry_after(self, channel: int, now: int) -> int:
        """How long a call that was refused now must stay away, us."""
        return self.entry.retry_after(channel, now) if self.entry is not None else 0

    def pause(self, order: int, attempt: int, retry: int, previous: int) -> int:
        """How long an order waits before it makes call ``attempt`` for the ``retry``-th time again, us."""
        luck = int(bits(self.backoff_key, order, attempt | retry << RETRY_SHIFT))
        return pause_before(self.retry, retry, previous, luck)
