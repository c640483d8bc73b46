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
                "offer": rng.choice(("cancel", "backorder", "substitute", "substitute_or_backorder")),
                "review": rng.choice(("20m", "1h", "5h")),
                "promise": "2h",
                "ending": rng.random() < 0.6,
                "give_up": give_up,
            },
        }
    }


def random_patience(rng: Random, world: Tree) -> Tree:
    """Customers who wait, or not, who take something else, or not; and marketplaces that do not wait."""
    habits = {name: _habits(rng) for name in ("web", "app", "market", "advice")}
    confirm = rng.choice(("0s", "5m", "20m", "2h"))
    habits["market"] |= {"confirm_within": confirm, "ship_within": rng.choice(("0s", "2h", "9h"))}
    skus = {"substitutes": rng.choice((0.3, 1.0))}
    return merged(world, {"estate": {"skus": skus}, "demand": {"channels": habits}})


def _habits(rng: Random) -> Tree:
    return {"waits": rng.choice((0.2, 0.7, 1.0)), "takes_substitute": rng.choice((0.2, 0.7, 1.0))}
