"""The way of a call from its breaker to its system: the border, the token, the contract, the limits.

Told as parts of an order's story; docs/model.md, section 6, "The gateway".
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.journal.orders import Refusal
from twin.journal.totals import Flow
from twin.model.limits import Limiter, Pot
from twin.model.process import Turn
from twin.model.tokens import Tokens
from twin.model.windows import Spans

_NONE, _THROTTLED, _UNAUTHORISED, _GONE = (
    int(reason) for reason in (Refusal.NONE, Refusal.THROTTLED, Refusal.UNAUTHORISED, Refusal.GONE)
)


class Admission(NamedTuple):
    """How a call came through: why it did not (NONE if it did), when its patience began, and the instant it is now."""

    failure: int
    since: int
    now: int


Entering = Generator["int | Turn", None, Admission]


@dataclass(frozen=True, slots=True)
class Border:
    """Between jurisdictions."""

    policy: str
    delay: int
    crosses: NDArray[np.bool_]
    """By region."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands before one system; what is not set is ``None``."""

    flows: NDArray[np.int64]
    patience: int
    """How long a call waits for the limits."""
    late: int
    """How a call fails that has waited for so long."""
    border: Border | None
    tokens: Tokens | None
    broken: tuple[Spans | None, ...]
    """By channel: when its coupling is broken."""
    limiter: Limiter | None

    def keeps_back(self, region: int) -> bool:
        """Whether a call must not be made because the customer's data would leave."""
        border = self.border
        if border is None or border.policy != "refuse" or not border.crosses[region]:
            return False
        self._count(Flow.CALLS_KEPT_BACK)
        return True

    def enter(self, channel: int, region: int, now: int) -> Entering:
        """A call goes through."""
        border = self.border
        if border is not None and border.crosses[region]:
            self._count(Flow.CALLS_REDACTED if border.policy == "redact" else Flow.CALLS_CROSSING)
            if border.policy == "delay" and border.delay:
                now += border.delay
                yield now
        if self.tokens is not None:
            fetch = self.tokens.ask(channel, now)
            if fetch.end > now:
                now = fetch.end
                yield now
            if not fetch.brings:
                return self._failed(_UNAUTHORISED, Flow.CALLS_UNAUTHORISED, now)
        spans = self.broken[channel]
        if spans is not None and spans.cover(now):
            return self._failed(_GONE, Flow.CALLS_GONE, now)
        if self.limiter is not None:
            return (yield from self._pass(self.limiter.pot(channel), now))
        return Admission(_NONE, now, now)

    def answered(self, channel: int, end: int, now: int) -> None:
        """The system has the call, and answers at ``end``."""
        if self.limiter is not None:
            self.limiter.pot(channel).answered(end, now)

    def retry_after(self, channel: int, now: int) -> int:
        """How long a call that was refused now must stay away, us."""
        return self.limiter.pot(channel).retry_after(now) if self.limiter is not None else 0

    def _pass(self, pot: Pot, now: int) -> Entering:
        """The limits: pass, wait, or be refused."""
        if pot.passes(now):
            return Admission(_NONE, now, now)
        turn = pot.queue(now + self.patience, now)
        if turn is None:
            return self._failed(_THROTTLED, Flow.CALLS_THROTTLED, now)
        self._count(Flow.CALLS_QUEUED)
        yield turn
        if turn.called_at is not None:
            return Admission(_NONE, now, turn.called_at)
        pot.leave(turn, turn.until)
        return self._failed(self.late, Flow.CALLS_THROTTLED, turn.until)

    def _failed(self, failure: int, flow: Flow, now: int) -> Admission:
        self._count(flow)
        return Admission(failure, now, now)

    def _count(self, flow: Flow) -> None:
        self.flows[flow] += 1
