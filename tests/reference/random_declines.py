"""Random answers to picks that find too little, and shelves whose last units are damaged."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import law
from tests.reference.worlds import Tree, merged


def random_declines(rng: Random) -> Tree:
    """What a node tells when it declines; few are released quickly, so that orders wait at nodes."""
    corrects = rng.random() < 0.8
    picks = {"store_pick": law(rng, rng.choice(("25m", "2h")))} if rng.random() < 0.7 else {}
    return {
        "sourcing": {
            "declines": "correct" if corrects else "block_only",
            "cascade": corrects and rng.random() < 0.7,
            **picks,
        }
    }


def random_damage(rng: Random, world: Tree) -> Tree:
    """A world in which last units are damaged now and then."""
    return merged(world, {"estate": {"record_error": {"damaged": rng.choice((0.0, 0.1, 0.5))}}})
