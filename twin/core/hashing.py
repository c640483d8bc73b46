"""Counter-based luck: one pure function from (key, entity, attempt) to 64 random bits.

Luck belongs to entities (design, section 4): the value depends on nothing but its three arguments, so a policy that
reorders, retries or duplicates work changes nobody else's luck. The mixer is the finaliser of SplitMix64
(Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators"), applied once per argument.
Callable from Python, from NumPy-vectorised code through :func:`bits_of_many`, and from kernels.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from twin.core.jit import kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)


@kernel(inline="always")
def _mix(z: np.uint64) -> np.uint64:
    z = (z ^ (z >> _S30)) * _MIX_A
    z = (z ^ (z >> _S27)) * _MIX_B
    return z ^ (z >> _S31)


@kernel
def bits(key: np.uint64, entity: int, attempt: int) -> np.uint64:
    """64 uniform bits for ``attempt`` of ``entity`` in the stream ``key``."""
    z = _mix(np.uint64(key) + _GOLDEN * (np.uint64(entity) + np.uint64(1)))
    return _mix(z + _GOLDEN * (np.uint64(attempt) + np.uint64(1)))


@kernel
def bits_of_many(key: np.uint64, entities: NDArray[np.int64], attempt: int) -> NDArray[np.uint64]:
    """:func:`bits` for every entity of an array."""
    out = np.empty(entities.size, np.uint64)
    for i in range(entities.size):
        out[i] = bits(key, entities[i], attempt)
    return out


def stream_key(*parts: int | str) -> np.uint64:
    """Key of a named stream, for example ``stream_key(seed, replication, "pick")``.

    Names are hashed, so adding a stream never shifts another.
    """
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))
