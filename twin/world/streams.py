"""Named streams of luck: the only place where generators are made.

A stream is named by what it decides (``"tills"``, ``"channel.web.basket"``). Names are hashed together with the seed
and the replication, so a new stream moves no other, and no arm is ever part of a key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from twin.core.hashing import stream_key

EVERY_REPLICATION: Final = -1
"""Replication number of luck that all replications share: the estate."""


@lru_cache(maxsize=1024)
def _key(seed: int, replication: int, name: str) -> np.uint64:
    """Keys are asked for at every step of a process, and a hash of text costs more than the luck itself."""
    return stream_key(seed, replication, name)


@dataclass(frozen=True)
class Streams:
    """Luck of one replication."""

    seed: int
    replication: int

    def key(self, name: str) -> np.uint64:
        """Key of a stream of counter-based luck, for :func:`twin.core.hashing.bits`."""
        return _key(self.seed, self.replication, name)

    def generator(self, name: str, day: int) -> np.random.Generator:
        """Generator of the exogenous arrivals of one day.

        Philox (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") keyed by 128 bits of BLAKE2b over
        (seed, replication, name, day): days can be drawn in any order, again, or not at all.
        """
        text = f"{self.seed}\x1f{self.replication}\x1f{name}\x1f{day}"
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        return np.random.Generator(np.random.Philox(key=np.frombuffer(digest, "<u8")))
