"""The table of known answers, and what it takes to pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any, Final

import numpy as np

from twin.policies.protection import newsvendor, protection_levels
from twin.selfcheck import measures, messages
from twin.stats.intervals import half_width

BATCHES: Final = 60
FAMILY: Final = 0.01
"""Chance that a true twin fails at least one statistical case (Bonferroni)."""

POWER: Final = 0.02
"""A half-width above this share of the known value proves nothing, and fails."""


@dataclass(frozen=True)
class Case:
    """A special case of the twin with an answer from outside it."""

    name: str
    known: float
    source: str
    measure: Callable[[int], Any] | None = None
    """Values of which the mean is compared, from a seed."""
    exact: Callable[[], float] | None = None
    """Instead: a value that agrees with ``known`` to its last digit."""
    digit: float = 0.0

    @property
    def seed(self) -> int:
        """Hash of the name, so that no seed is ever chosen."""
        return int.from_bytes(blake2b(self.name.encode(), digest_size=4).digest(), "big")


@dataclass(frozen=True)
class Verdict:
    """What a case gave. ``half_width`` is that of the interval, or half of the last known digit."""

    case: Case
    value: float
    half_width: float

    @property
    def passed(self) -> bool:
        """Whether the known value lies inside, and the interval is narrow enough to tell."""
        telling = self.case.measure is None or self.half_width < POWER * self.case.known
        return telling and abs(self.value - self.case.known) <= self.half_width


def check(case: Case) -> Verdict:
    """Measure a case."""
    if case.exact is not None:
        return Verdict(case, case.exact(), case.digit / 2)
    assert case.measure is not None
    batches = np.array_split(np.asarray(case.measure(case.seed), np.float64), BATCHES)
    means = np.array([batch.mean() for batch in batches])
    statistical = sum(each.measure is not None for each in CASES)
    half = half_width(means, 1 - FAMILY / statistical)
    return Verdict(case, float(means.mean()), float("inf") if half is None else half)


def _queue(servers: int, load: float, known: float) -> Case:
    measure = partial(measures.waited, servers=servers, load=load, law="exponential", customers=5_000_000)
    return Case(f"Erlang C({servers}, {load:g}): share who wait", known, "Erlang 1917", measure)


def _holds(units: int, load: float, ttl_s: int, days: int, known: float) -> Case:
    measure = partial(measures.blocked, units=units, load=load, ttl_s=ttl_s, days=days)
    return Case(f"Erlang B({units}, {load:g}): share who meet only holds", known, "Erlang 1917", measure)


def _limiter(slots: int, load: float, days: int, known: float) -> Case:
    measure = partial(measures.throttled, slots=slots, load=load, days=days)
    return Case(f"Erlang B({slots}, {load:g}): share whom a gateway refuses", known, "Erlang 1917", measure)


def _wait(law: str, known: float) -> Case:
    measure = partial(measures.waits, servers=1, load=0.8, law=law, customers=10_000_000)
    return Case(f"M/G/1 at 0.8, {law} service: wait, s", known, "Pollaczek 1930, Khinchine 1932", measure)


def _released(channel: int, load: float, days: int, known: float) -> Case:
    measure = partial(measures.released, channel=channel, load=load, days=days)
    return Case(f"M/M/1 at {load:g}, class {channel + 1} of 2: time to release, s", known, "Cobham 1954", measure)


def _attempts(failure: float, most: int, known: float) -> Case:
    measure = partial(measures.attempts, failure=failure, most=most, checkouts=60_000)
    return Case(f"retry, failure {failure:g}, {most} calls: mean calls", known, "geometric law", measure)


def _given_up(failure: float, most: int, known: float) -> Case:
    exact = partial(measures.given_up, failure=failure, most=most)
    return Case(f"retry, failure {failure:g}, {most} calls: all fail", known, "geometric law", exact=exact, digit=1e-7)


def _lane(law: str, what: str, served: float, known: float) -> Case:
    """A partition at half its capacity; ``served`` is taken off, where the time of a handling is always the same."""
    name = f"partition at 0.5, {law} service: {what}, s"
    return Case(name, known, "Pollaczek 1930, Khinchine 1932", partial(_less, law=law, served=served))


def _less(seed: int, *, law: str, served: float) -> Any:
    return messages.delays(seed, load=0.5, law=law, messages=1_000_000) - served


def _applied(copies: int, idempotent: bool, known: float) -> Case:
    consumer = "idempotent" if idempotent else "forgetful"
    exact = partial(messages.applied, copies=copies, idempotent=idempotent)
    return Case(f"{copies} copies, {consumer} consumer: times applied", known, "counting", exact=exact, digit=1e-9)


def _breaker(threshold: float, failure: float, known: float, digit: float) -> Case:
    exact = partial(measures.opening, threshold=threshold, failure=failure)
    name = f"breaker of 100 at {threshold:g}, failure {failure:g}: opens"
    return Case(name, known, "binomial tail", exact=exact, digit=digit)


def _newsvendor(part: int, what: str, known: float, digit: float) -> Case:
    exact = partial(_part, newsvendor, (2.0, 18.0, 120.0, 10.0), part)
    return Case(f"newsvendor, h = 2, p = 18, N(120, 10): {what}", known, "stockpyl README", exact=exact, digit=digit)


def _protected(values: tuple[float, ...], means: tuple[float, ...], variances: tuple[float, ...], known: float) -> Case:
    """The units kept from the last class."""
    given = (values, np.array(means), np.array(variances))
    rule, source = ("EMSR-b", "RM2 package") if len(values) > 2 else ("Littlewood", "Littlewood 1972")
    exact = partial(_part, protection_levels, given, -1)
    name = f"{rule}, values {' / '.join(f'{value:g}' for value in values)}: units kept from the last"
    return Case(name, known, source, exact=exact, digit=1e-3)


def _part(function: Callable[..., Any], arguments: tuple[Any, ...], part: int) -> float:
    return float(function(*arguments)[part])


_FARES: Final = (250.0, 150.0, 100.0, 50.0)
_DEMANDS: Final = (50.0, 75.0, 125.0, 500.0)

CASES: Final = (
    _queue(2, 1.0, 1 / 3),
    _queue(5, 4.0, 0.5541125541),
    _queue(10, 8.0, 0.4091801508),
    _wait("exponential", 4.0),
    _wait("constant", 2.0),
    _holds(1, 0.5, 2, 21, 0.333333),
    _holds(5, 3.0, 10, 21, 0.110054),
    _holds(10, 8.0, 20, 28, 0.121661),
    _holds(20, 20.0, 30, 28, 0.158892),
    _limiter(1, 0.5, 21, 0.333333),
    _limiter(5, 3.0, 28, 0.110054),
    _released(0, 0.5, 100, 10 + 5 / 0.75),
    _released(1, 0.5, 160, 10 + 5 / (0.75 * 0.5)),
    _attempts(0.1, 3, 1.11),
    _attempts(0.3, 5, 1.4251),
    # of calls: a message that cannot be handled is bad at each of its attempts, which are no independent draws
    _given_up(0.1, 3, 1e-3),
    _given_up(0.3, 5, 2.43e-3),
    _lane("constant", "wait", 1.0, 0.5),
    _lane("exponential", "wait and service", 0.0, 2.0),
    Case("poisoned share 0.2: dead letters", 0.2, "the share itself", partial(messages.dead, share=0.2)),
    Case("duplicated share 0.2: applied again", 0.2, "the share itself", partial(messages.repeated, share=0.2)),
    _applied(2, False, 3.0),
    _applied(2, True, 1.0),
    Case(
        "full jitter, five pauses: total, s",
        1.55,
        "sum of min(cap, b 2^k) / 2",
        partial(measures.jitter, customers=20_000),
    ),
    _breaker(0.5, 0.3, 2.206e-5, 1e-8),
    _breaker(0.5, 0.45, 0.1827, 1e-4),
    _breaker(0.5, 0.5, 0.5398, 1e-4),
    _breaker(0.1, 0.05, 0.0282, 1e-4),
    _breaker(0.1, 0.1, 0.5487, 1e-4),
    _newsvendor(0, "best level", 132.815516, 1e-6),
    _newsvendor(1, "its cost", 35.099666, 1e-6),
    _protected((1000.0, 400.0), (50.0, 0.0), (18.0**2, 0.0), 54.560),
    _protected(_FARES[:2], _DEMANDS[:2], _DEMANDS[:2], 48.209),
    _protected(_FARES[:3], _DEMANDS[:3], _DEMANDS[:3], 124.262),
    _protected(_FARES, _DEMANDS, _DEMANDS, 256.314),
)
