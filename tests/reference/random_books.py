"""Random ways to close books: often, with few people, and documents that are rejected."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import law
from tests.reference.worlds import Tree


def random_books(rng: Random) -> Tree:
    """Changes to an arm."""
    opens = rng.choice((0, 6))
    return {
        "books": {
            "on": True,
            "interval": rng.choice(("2h", "5h", "11h")),
            "phase": rng.choice(("0s", "1h", "3h")),
            "orders": {
                "interval": rng.choice(("1m", "1h", "7h")),
                "phase": rng.choice(("0s", "30m")),
                "rejected": rng.choice((0.0, 0.05, 0.3)),
            },
            "tolerance": rng.choice((0, 0, 1, 2)),
            "dead_letters": rng.choice(("wait", "correct")),
            "accountants": rng.choice((0, 1, 2, 5)),
            "opens": f"{opens}h",
            "closes": f"{opens + rng.choice((6, 12, 18))}h",
            "queue": rng.choice(("oldest", "dearest")),
            "handling": law(rng, rng.choice(("0s", "10m", "1h"))),
        }
    }


def on_the_minute(arm: Tree) -> Tree:
    """The arm with exceptions that take whole minutes."""
    handling = {"law": "constant", "mean": arm["books"]["handling"]["mean"]}
    return arm | {"books": arm["books"] | {"handling": handling}}
