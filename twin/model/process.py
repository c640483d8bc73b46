"""Two ways to wait on a SimPy environment in the documented tie order: an event, and the light process."""

from __future__ import annotations

from collections.abc import Generator
from heapq import heappush
from typing import Any

import simpy

from twin.core.clock import Tie, tie_key

Story = Generator[int, None, None]
"""A process that yields the absolute instant (us) of its next step."""


class Instant(simpy.Event):
    """An event at an absolute instant with a tie-breaking class and entity; what ``Timeout`` is to durations."""

    def __init__(self, env: simpy.Environment, t: int, tie: Tie, entity: int) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, priority=tie_key(tie, entity, 0), delay=t - env.now)  # type: ignore[arg-type]  # any integer orders


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
