"""Random answers to lines that nobody can supply, and customers who take them or not."""

from __future__ import annotations

from random import Random

from tests.reference.worlds import Tree, merged


def random_shortages(rng: Random) -> Tree:
    """What an arm offers, and how often it looks."""
    give_up = rng.choice(("3h", "12h", "2d"))
    return {
        "sourcing": {
            "rebroker": rng.choice((0, 1, 2)),
            "shortage": {
                "offer": rng.choice(("cancel", "backorder", "backorder")),
                "review": rng.choice(("20m", "1h", "5h")),
                "promise": "2h",
                "give_up": give_up,
            },
        }
    }


def random_patience(rng: Random, world: Tree) -> Tree:
    """Customers of each channel who wait, or not."""
    habits = {name: {"waits": rng.choice((0.2, 0.7, 1.0))} for name in ("web", "app", "market", "advice")}
    return merged(world, {"demand": {"channels": habits}})
