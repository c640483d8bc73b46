"""Random deliveries on the day of the order."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import law
from tests.reference.worlds import Tree, merged


def random_same_day(rng: Random) -> Tree:
    """Whether and how an arm delivers today."""
    cut_off, by = rng.choice((("10h", "18h"), ("15h", "21h"), ("23h", "24h")))
    rules = {
        "on": rng.random() < 0.8,
        "cut_off": cut_off,
        "by": by,
        "radius_km": rng.choice((40, 400, 5000)),
        "dcs": rng.random() < 0.5,
        "quote": rng.random() < 0.5,
        "dispatch": rng.choice(("0s", "20m", "2h")),
        "couriers": rng.choice((1, 2, 5)),
        "pool": rng.choice(("store", "region")),
        "drive": law(rng, rng.choice(("10m", "1h"))),
        "per_km": rng.choice(("0s", "7s", "2m")),
    }
    return {"same_day": rules}


def random_wishes(rng: Random, world: Tree) -> Tree:
    """Some customers want their orders today; some of them not otherwise."""
    wishes = {
        name: {"same_day_share": rng.choice((0.1, 0.4, 1.0)), "same_day_only": rng.choice((0.0, 0.3, 1.0))}
        for name in ("web", "app")
    }
    down = {"system": "courier", "mtbf": "8h", "duration": {"law": "exponential", "mean": "1h"}}
    faults = [*world.get("faults", ()), *([down] if rng.random() < 0.6 else ())]
    return merged(world, {"demand": {"channels": wishes}, "faults": faults})


def random_clienteling(rng: Random) -> Tree:
    """Whether associates look at the shelf first."""
    return {"clienteling": {"on": rng.random() < 0.7}}


def random_shoppers(rng: Random, world: Tree) -> Tree:
    """Many customers stand in stores; some of them want their orders today."""
    advice = {
        "weekly_checkouts": rng.choice((500.0, 2500.0)),
        "same_day_share": rng.choice((0.0, 0.3)),
        "same_day_only": rng.choice((0.0, 0.5)),
    }
    return merged(world, {"demand": {"channels": {"advice": advice}}})
