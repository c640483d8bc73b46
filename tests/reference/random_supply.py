"""Random settings of counting, and of what befalls stock on its way to the record."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import law
from tests.reference.worlds import Tree


def random_counting(rng: Random) -> Tree:
    """Changes to an arm: some programmes of counting, by few people."""
    opens = rng.choice((0, 3, 11))
    return {
        "transfers": _transfers(rng),
        "counting": {
            "calendar": {
                "a": rng.choice(("0s", "8h", "1d")),
                "b": rng.choice(("0s", "1d", "40h")),
                "c": rng.choice(("0s", "2d")),
                "a_share": 0.5,
                "b_share": rng.choice((0.5, 0.8)),
            },
            "zero_balance": {
                "on": rng.random() < 0.6,
                "belief": rng.choice(("record", "view")),
                "threshold": rng.randint(0, 2),
            },
            "discrepancy": {"short_picks": rng.random() < 0.6, "silence": rng.choice((0.0, 0.5, 3.0))},
            "opens": f"{opens}h",
            "closes": f"{opens + rng.choice((1, 6, 13))}h",
            "store_people": rng.randint(1, 3),
            "dc_people": rng.randint(1, 2),
            "store_count": law(rng, rng.choice(("0s", "5m", "4h"))),
            "dc_count": law(rng, "4m"),
        },
    }


def _transfers(rng: Random) -> Tree:
    below = rng.choice((0.1, 0.2))
    return {
        "interval": rng.choice(("0s", "3h", "5h")),
        "phase": rng.choice(("0s", "90m")),
        "above": below + rng.choice((0.0, 0.05)),
        "below": below,
        "least": rng.randint(1, 3),
        "lead": law(rng, rng.choice(("0s", "4h"))),
    }


def random_stockroom(rng: Random, world: Tree) -> Tree:
    """Changes to a world: stock is misplaced, counts are wrong."""
    errors = {
        "misplaced_per_sale": rng.choice((0.0, 0.2)),
        "tidied_every": rng.choice(("6h", "2d")),
        "found_by_count": rng.choice((0.0, 0.6, 1.0)),
        "miscount_share": rng.choice((0.0, 0.3)),
        "miscount_units": rng.choice((1.0, 2.0)),
    }
    receiving = {
        "late_share": rng.choice((0.0, 0.4, 1.0)),
        "late": law(rng, rng.choice(("0s", "3h"))),
        "error_share": rng.choice((0.0, 0.3)),
        "error_units": 2.0,
    }
    estate = {**world.get("estate", {}), "receiving": receiving}
    observed = {"experiment": {"frozen_days": 1}}
    return world | observed | {"estate": estate | {"record_error": estate.get("record_error", {}) | errors}}


def on_the_minute(arm: Tree) -> Tree:
    """The arm with counts that take whole minutes."""
    counting = arm["counting"]
    times = {name: {"law": "constant", "mean": counting[name]["mean"]} for name in ("store_count", "dc_count")}
    return arm | {"counting": counting | times}
