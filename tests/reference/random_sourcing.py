"""Random ways to choose nodes: by cost or load, in few parcels, with stores that have enough or work by lists."""

from __future__ import annotations

from random import Random

from tests.reference.worlds import Tree, merged


def random_sourcing(rng: Random, arm: Tree) -> Tree:
    """How an arm chooses nodes. One that reserves at nodes does not limit parcels."""
    limits: Tree = rng.choice(({}, {"split": "never"}, {"most_parcels": 1}, {"most_parcels": 2}))
    at_nodes = arm.get("reserving", {}).get("level") == "node"
    return {
        "sourcing": {
            "strategy": rng.choice(("dc_first", "nearest", "most_stock", "cheapest", "cheapest", "least_loaded")),
            "store_cap": rng.choice((0, 0, 1, 4, 12)),
            "store_waves": rng.choice(("0s", "0s", "45m", "3h", "20h")),
            **({} if at_nodes else limits),
        }
    }


def random_carriage(rng: Random, world: Tree) -> Tree:
    """What a carrier asks; DCs may be dearer than stores."""
    zones = [{"from_km": km, "usd": usd} for km, usd in ((90, 0.4), (260, 1.255), (600, 0.9))]
    prices = {"dc_usd": rng.choice((0.0, 5.4, 9.99)), "store_usd": rng.choice((0.0, 5.4, 6.125))}
    return merged(world, {"estate": {"carriage": {**prices, "zones": zones[: rng.randint(0, 3)]}}})
