"""Random settings of the release, and systems that are slow: few workers, so that orders wait for each other."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import law
from tests.reference.worlds import Tree, merged

SERVING = ("files", "hub", "broker", "service", "erp")


def random_release(rng: Random) -> Tree:
    """Changes to an arm."""
    workers, rate = rng.choice(((1, 0.0), (2, 0.0), (0, 0.02), (3, 0.05)))
    order = rng.choice(("oldest", "newest", "priority", "priority"))
    given: Tree = rng.choice(({"pickup": 0}, {"web": 7, "pickup": 1, "ship": 3}, {"market": 5, "app": 5, "ship": 7}))
    return {
        "release": {
            "step": law(rng, rng.choice(("1m", "2m"))),
            "workers": workers,
            "rate": rate,
            "order": order,
            "priorities": given if order == "priority" else {},
        }
    }


def random_slowness(rng: Random, world: Tree) -> Tree:
    """A world whose systems are slow now and then."""
    return merged(world, {"faults": [*world["faults"], *(_slow(rng, system) for system in SERVING)]})


def _slow(rng: Random, system: str) -> Tree:
    duration = {"law": "exponential", "mean": rng.choice(("20m", "2h"))}
    factor = rng.choice((1.7, 4.0, 15.0))
    return {"kind": "slow", "system": system, "factor": factor, "mtbf": rng.choice(("2h", "8h")), "duration": duration}


ON_THE_MINUTE: Tree = {"release": {"step": "1m", "rate": 0.0}}
"""Orders queue for minutes, so that workers are free when files and orders come."""
