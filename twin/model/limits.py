"""What a gateway lets pass: a bucket of tokens, windows of time, slots for calls in flight, and a queue before them.

Exact: a call is :data:`CALL` units of a bucket, so that a rate in millionths of a call a second and a quota in
millionths fill it by whole units each microsecond.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import Final, Self

import simpy

from twin.core.clock import NEVER, SECOND
from twin.core.shares import MILLION, parts
from twin.model.process import Alarm, Turn
from twin.scenario.limits import REST, Limits

CALL: Final = MILLION**3
"""Units of one call in a bucket: millionths (rate) times millionths (quota) times seconds in microseconds."""


class Bucket:
    """Holds up to ``most`` units, gains ``rate`` units each microsecond, and is full at the start."""

    __slots__ = ("_at", "_level", "_most", "_rate")

    def __init__(self, rate: int, most: int) -> None:
        self._rate, self._most = rate, most
        self._level, self._at = most, 0

    def ready(self, now: int) -> int:
        """First instant >= ``now`` at which it holds a token, if nobody takes one before."""
        missing = CALL - self._filled(now)
        return now if missing <= 0 else now - -missing // self._rate

    def take(self, now: int) -> None:
        """A token is taken."""
        self._level, self._at = self._filled(now) - CALL, now

    def _filled(self, now: int) -> int:
        return min(self._most, self._level + self._rate * (now - self._at))


class Window:
    """Lets ``most`` calls pass in each span of time; the spans begin at 0."""

    __slots__ = ("_most", "_number", "_span", "_used")

    def __init__(self, span: int, most: int) -> None:
        self._span, self._most = span, most
        self._number, self._used = 0, 0

    def ready(self, now: int) -> int:
        """First instant >= ``now`` at which it has room, if nobody takes it before."""
        number = now // self._span
        full = number == self._number and self._used >= self._most
        return (number + 1) * self._span if full else now

    def take(self, now: int) -> None:
        """A place is taken."""
        number = now // self._span
        self._used = self._used + 1 if number == self._number else 1
        self._number = number


class Slots:
    """Holds ``most`` calls in flight; each is given back at an instant that is known once the system has the call."""

    __slots__ = ("_ends", "_free")

    def __init__(self, most: int) -> None:
        self._free = most
        self._ends: list[int] = []

    def ready(self, now: int) -> int:
        """First instant >= ``now`` at which one is free, if nobody takes it before; NEVER if that is not known yet."""
        while self._ends and self._ends[0] <= now:
            heappop(self._ends)
            self._free += 1
        if self._free:
            return now
        return self._ends[0] if self._ends else NEVER

    def take(self, now: int) -> None:
        """A call passes."""
        self._free -= 1

    def give_back_at(self, end: int) -> None:
        """A call that has passed is answered at ``end``."""
        heappush(self._ends, end)


Limit = Bucket | Window | Slots


class Pot:
    """The limits that some channels share, and the queue before them."""

    def __init__(self, env: simpy.Environment, limits: Limits, share: int) -> None:
        self._settings = limits
        self._bucket = (
            Bucket(parts(limits.rate) * share, limits.burst * share * MILLION**2) if limits.rate > 0 else None
        )
        self._window = Window(limits.window, limits.calls * share // MILLION) if limits.calls else None
        self._slots = Slots(limits.concurrency * share // MILLION) if limits.concurrency else None
        self._limits: tuple[Limit, ...] = tuple(
            limit for limit in (self._bucket, self._window, self._slots) if limit is not None
        )
        self._waiting: deque[Turn] = deque()
        self._alarm = Alarm(env, self._serve)

    @property
    def queues(self) -> bool:
        """Whether calls may wait."""
        return self._settings.queue > 0

    def passes(self, now: int) -> bool:
        """Whether a call passes at once."""
        if self._waiting or self._ready(now) > now:
            return False
        self._take(now)
        return True

    def queue(self, until: int, now: int) -> Turn | None:
        """A place in the queue until an instant, ``None`` if there is none."""
        if len(self._waiting) >= self._settings.queue:
            return None
        turn = Turn(until)
        self._waiting.append(turn)
        self._look(now)
        return turn

    def leave(self, turn: Turn, now: int) -> None:
        """A call waits no longer."""
        self._waiting.remove(turn)
        self._look(now)

    def answered(self, end: int, now: int) -> None:
        """A call that passed is in flight until ``end``."""
        if self._slots is not None:
            self._slots.give_back_at(end)
            self._serve(now)

    def retry_after(self, now: int) -> int:
        """What a refusal says: how long to stay away, us."""
        known = [limit.ready(now) - now for limit in (self._bucket, self._window) if limit is not None]
        return -(-max([self._settings.retry_after, *known]) // SECOND) * SECOND

    def _ready(self, now: int) -> int:
        """First instant at which the next call can pass, as far as is known."""
        return max(limit.ready(now) for limit in self._limits)

    def _take(self, now: int) -> None:
        for limit in self._limits:
            limit.take(now)

    def _serve(self, now: int) -> None:
        """Let pass who can."""
        while self._waiting and self._ready(now) <= now:
            self._take(now)
            self._waiting.popleft().call(now)
        self._look(now)

    def _look(self, now: int) -> None:
        """Look again when the first that waits may pass."""
        self._alarm.set(self._ready(now) if self._waiting else NEVER)


class Limiter:
    """The limits of one system: a pot for each channel with a quota, and one for all others."""

    def __init__(self, pots: dict[int, Pot], rest: Pot) -> None:
        self._pots, self._rest = pots, rest

    @classmethod
    def of(cls, env: simpy.Environment, limits: Limits, channels: tuple[str, ...]) -> Self:
        """The limiter of an arm; channels are numbered in the order of the scenario."""
        shares = limits.pots()
        rest = Pot(env, limits, shares.pop(REST))
        return cls({channels.index(name): Pot(env, limits, share) for name, share in shares.items()}, rest)

    @property
    def queues(self) -> bool:
        """Whether calls may wait."""
        return self._rest.queues

    def pot(self, channel: int) -> Pot:
        """The pot that a channel takes from."""
        return self._pots.get(channel, self._rest)
