"""Tokens of own channels: fetched from the identity provider when a call needs one, one fetch for all that wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np

from twin.core.hashing import bits
from twin.core.laws import sample
from twin.journal.totals import Flow
from twin.model.build import knots_of
from twin.model.jobs import Works
from twin.model.windows import Errors, Spans
from twin.scenario.access import Credentials

_CHANNEL_SHIFT: Final = 32
_FETCHES, _FAILURES = int(Flow.TOKEN_FETCHES), int(Flow.TOKEN_FAILURES)


class Fetch(NamedTuple):
    """A fetch under way: when it ends, and whether it brings a token."""

    end: int
    brings: bool


@dataclass(slots=True)
class Token:
    """What a channel has."""

    valid: int = 0  # until this instant
    fetches: int = 0  # that reached the provider
    fetch: Fetch | None = None

    def settle(self, now: int, lifetime: int) -> None:
        """A fetch that has ended is over."""
        if self.fetch is None or self.fetch.end > now:
            return
        if self.fetch.brings:
            self.valid = self.fetch.end + lifetime
        self.fetch = None


class Tokens:
    """The tokens of all channels, and the way to the provider."""

    def __init__(self, works: Works, settings: Credentials) -> None:
        world = works.world
        self._flows = works.plane.memory["flows"]
        self._settings = settings
        self._law = knots_of(settings.service)
        self._down = Spans.of_outages(world, "identity")
        self._errors = Errors.of(world, "identity", "identity.error")
        self._key = world.streams.key("identity.call")
        self._tokens: dict[int, Token] = {}

    @classmethod
    def of(cls, works: Works, settings: Credentials) -> Self | None:
        """The tokens of an arm, if its calls need any."""
        return cls(works, settings) if settings.tokens else None

    def ask(self, channel: int, now: int) -> Fetch:
        """A call needs a token: when it goes on, and whether with one."""
        token = self._tokens.setdefault(channel, Token())
        token.settle(now, self._settings.lifetime)
        fetch = token.fetch
        if fetch is None and now >= token.valid - self._settings.ahead:
            fetch = token.fetch = self._begin(channel, token, now)
        if now < token.valid or fetch is None:
            return Fetch(now, brings=True)
        return fetch

    def _begin(self, channel: int, token: Token, now: int) -> Fetch:
        """A fetch begins."""
        fetch = Fetch(now, brings=False)
        if not self._down.cover(now):
            self._flows[_FETCHES] += 1
            fetch = self._reach(channel << _CHANNEL_SHIFT | token.fetches, now)
            token.fetches += 1
        self._flows[_FAILURES] += not fetch.brings
        return fetch

    def _reach(self, entity: int, now: int) -> Fetch:
        end = now + int(sample(self._law, np.uint64(bits(self._key, entity, 0))))
        if end - now > self._settings.timeout:
            return Fetch(now + self._settings.timeout, brings=False)
        return Fetch(end, brings=not self._errors.hit(entity, 0, end))
