"""Counter-based luck for many entities at once: shares, laws of counts, places in a ranking."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits_of_many
from twin.scenario.laws import CountLaw

_ELEVEN = np.uint64(11)


def uniforms(key: np.uint64, entities: NDArray[np.int64], attempt: int = 0) -> NDArray[np.float64]:
    """A uniform number in [0, 1) per entity, from the top 53 of its bits."""
    top: NDArray[np.uint64] = bits_of_many(key, entities, attempt) >> _ELEVEN
    return top.astype(np.float64) * 2.0**-53


def counts(law: CountLaw, uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Values of a law of small numbers at uniform numbers in [0, 1)."""
    upto = np.cumsum(law.shares)
    chosen = np.searchsorted(upto[:-1], uniform, side="right")
    return np.asarray(law.values, np.int64)[chosen]


def dispersion_of(law: CountLaw) -> float:
    """E[u^2] / E[u]: variance over mean of a Poisson number of lines of ``u`` units each (compound Poisson)."""
    squares = sum(value * value * share for value, share in zip(law.values, law.shares, strict=True))
    return squares / law.mean


def exact_share(key: np.uint64, count: int, share: float) -> NDArray[np.bool_]:
    """Flags for ``round(count * share)`` of ``count`` entities: those with the smallest hash, so the share is exact."""
    chosen = np.zeros(count, np.bool_)
    order = np.argsort(bits_of_many(key, np.arange(count), 0), kind="stable")
    chosen[order[: round(count * share)]] = True
    return chosen


def largest_remainder(total: int, shares: Iterable[float]) -> NDArray[np.int64]:
    """``total`` split into whole parts by ``shares`` (Hamilton's method): each part is off by less than one."""
    exact = np.asarray(list(shares), np.float64)
    exact = exact / exact.sum() * total
    parts: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    missing = total - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:missing]] += 1
    return parts


def entity_of(text: str) -> int:
    """Identity of something that a log names: 62 bits of BLAKE2b, so it does not depend on the order of reading."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 2
