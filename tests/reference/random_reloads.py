"""Random settings of reloads: snapshots that come often, take a while, and meet what is on its way."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import MIDDLEWARE, law
from tests.reference.worlds import Tree


def random_reload(rng: Random) -> Tree:
    """Changes to an arm."""
    return {
        "reload": {
            "mode": rng.choice(("off", "load", "load", "compare")),
            "source": rng.choice(("record", "stores")),
            "rule": rng.choice(("overwrite", "younger", "replay")),
            "nets": rng.choice(("none", "none", "promised")),
            "system": rng.choice(MIDDLEWARE),
            "interval": rng.choice(("90m", "5h")),
            "phase": rng.choice(("0s", "50m")),
            "start_jitter": rng.choice(("0s", "9m")),
            "job": law(rng, rng.choice(("1m", "40m"))),
            "per_row": rng.choice(("0s", "2s")),
            "failure": rng.choice((0.0, 0.2)),
            "threshold": rng.choice((1, 1, 3)),
            "age": rng.choice(("0s", "20m", "2h")),
        }
    }


ON_THE_MINUTE: Tree = {"reload": {"start_jitter": "0s", "job": "3m", "per_row": "0s", "interval": "20m", "phase": "0s"}}
"""Snapshots that are taken and loaded while everything else happens."""
