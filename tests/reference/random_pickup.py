"""Random waits for customers who collect in stores."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import law
from tests.reference.worlds import Tree, merged


def random_pickup(rng: Random) -> Tree:
    """How long an arm keeps what is ready."""
    return {
        "pickup": {"kept_for": rng.choice(("20m", "3h", "9h", "1d")), "restock": law(rng, rng.choice(("4m", "25m")))}
    }


def random_customers(rng: Random, world: Tree) -> Tree:
    """Some customers never come; some soon, some late."""
    habits = {name: _habit(rng) for name in ("web", "app", "advice")}
    return merged(world, {"demand": {"channels": habits}})


def _habit(rng: Random) -> Tree:
    return {
        "no_show": rng.choice((0.0, 0.1, 0.4, 1.0)),
        "collects": law(rng, rng.choice(("10m", "2h", "8h"))),
        "pickup_share": rng.choice((0.2, 0.5)),
    }


ON_THE_MINUTE: Tree = {"pickup": {"restock": "3m"}, "sourcing": {"pack": "0s"}}
"""Orders are ready at once, and given up and put back on whole minutes."""
