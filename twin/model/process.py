"""Two ways to wait on a SimPy environment in the documented tie order: an event, and the light process."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from heapq import heappush
from typing import Any, Generic, TypeVar

import simpy

from twin.core.clock import NEVER, Tie, tie_key

Story = Generator["int | Turn", None, None]
"""A process that yields the absolute instant (us) of its next step; a patient one may yield a :class:`Turn` instead."""


Moment = TypeVar("Moment")


class Instant(simpy.Event):
    """An event at an absolute instant with a tie-breaking class and entity; what ``Timeout`` is to durations."""

    def __init__(self, env: simpy.Environment, t: int, tie: Tie, entity: int) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, priority=tie_key(tie, entity, 0), delay=t - env.now)  # type: ignore[arg-type]  # any integer orders


class Alarm:
    """Calls ``ring`` with the earliest of the instants that it was set for, before everything else of that instant."""

    def __init__(self, env: simpy.Environment, ring: Callable[[int], None]) -> None:
        self._env, self._ring = env, ring
        self._at = NEVER

    def set(self, at: int) -> None:
        """Ring at ``at`` too; once is enough for all instants from then on, for who is called sets the alarm anew."""
        if at >= self._at:
            return
        self._at = at
        instant = Instant(self._env, at, Tie.FAULT, 0)
        assert instant.callbacks is not None
        instant.callbacks.append(self._rung)

    def _rung(self, _: object) -> None:
        now = int(self._env.now)
        if now >= self._at:
            self._at = NEVER
        self._ring(now)


class Series(Generic[Moment]):
    """Instants that are known beforehand, one after another on the environment's queue, each with a tie key of its own
    and with what ``happen`` is called with then.
    """

    __slots__ = ("_again", "_env", "_happen", "_moment", "_moments", "_ok", "_value", "callbacks")

    def __init__(
        self,
        env: simpy.Environment,
        moments: Iterator[tuple[int, int, Moment]],
        happen: Callable[[Moment], None],
    ) -> None:
        self._env, self._moments, self._happen = env, moments, happen
        self._ok = True
        self._value = None
        self._again: list[Any] = [self._come]
        self.callbacks: list[Any] | None = None
        self._wait()

    def _wait(self) -> None:
        told = next(self._moments, None)
        if told is None:
            self._again.clear()  # breaks the cycle between series and callback
            return
        t, key, self._moment = told
        self.callbacks = self._again
        self._env.schedule(self, key, t - self._env.now)  # type: ignore[arg-type]  # as LightProcess

    def _come(self, _: object) -> None:
        moment = self._moment
        self._wait()
        self._happen(moment)


class LightProcess:
    """A story that puts itself on the queue of an unmodified SimPy environment.

    It reads like a SimPy process but costs a third: no Event per wait, no Initialize, no termination event. Nothing
    can wait for it or
    interrupt it; whatever needs that is an ordinary process. It begins at once. ``priority`` is the tie key of its
    beginning; each step adds one.
    """

    __slots__ = ("_again", "_numbers", "_ok", "_priority", "_queue", "_step", "_value", "callbacks")

    def __init__(self, env: simpy.Environment, story: Story, priority: int) -> None:
        self._queue, self._numbers = (
            env._queue,
            env._eid,
        )  # what Environment.schedule works on; a call of it costs as much as the push
        self._step = story.__next__
        self._ok = True
        self._value = None
        self._priority = priority
        self._again: list[Any] = [self._resume]
        self.callbacks: list[Any] | None = None
        self._resume(self)

    def _resume(self, _: object) -> None:
        try:
            t = self._step()
        except StopIteration:
            self._again.clear()  # breaks the cycle between process and callback
            return
        self._priority += 1
        self.callbacks = self._again
        heappush(self._queue, (t, self._priority, next(self._numbers), self))  # type: ignore[misc]  # has what the environment asks of an event


class Turn:
    """A place in a queue: the process that yields it goes on when it is called, or at ``until`` if it is not (NEVER:
    it is always called).
    """

    __slots__ = ("_ok", "_process", "_value", "callbacks", "called_at", "until")

    def __init__(self, until: int) -> None:
        self.until = until
        self.called_at: int | None = None
        self._ok = True
        self._value = None
        self._process: PatientProcess | None = None
        self.callbacks: list[Any] | None = None

    def call(self, now: int) -> None:
        """The process goes on in its own turn at ``now`` (or a later instant); what was to wake it wakes nobody."""
        assert self._process is not None
        self.called_at, self.callbacks = now, []
        self._process.wake(now)

    def wait(self, process: PatientProcess) -> None:
        """The process waits, until ``until`` at the latest."""
        self._process = process
        self.callbacks = [process._resume]


class PatientProcess(LightProcess):
    """A light process whose story may also yield a :class:`Turn`, to be called before the instant that it knows."""

    __slots__ = ()

    def _resume(self, _: object) -> None:
        try:
            t: int | Turn = self._step()
        except StopIteration:
            self._again.clear()
            return
        self._priority += 1
        if isinstance(t, Turn):
            t.wait(self)
            if t.until == NEVER:
                return
            heappush(self._queue, (t.until, self._priority, next(self._numbers), t))  # type: ignore[misc]  # as below
        else:
            self.wake(t)

    def wake(self, t: int) -> None:
        """Go on at an instant, in the turn that the process has reached."""
        self.callbacks = self._again
        heappush(self._queue, (t, self._priority, next(self._numbers), self))  # type: ignore[misc]  # as LightProcess
