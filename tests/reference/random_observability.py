"""Random alerts and traces of arms, and troubles that last until somebody repairs them."""

from __future__ import annotations

from random import Random

from tests.reference.worlds import Tree, merged

_FEEDS = ("movements", "orders", "posting")
_OF_MESSAGES = ("poison", "schema", "duplicates", "late", "lost")


def random_observability(rng: Random) -> Tree:
    """What an arm looks at, how often, and how soon it tells."""
    return {
        "observability": {
            "interval": rng.choice(["13m", "30m", "1h"]),
            "hold": rng.choice(["0s", "5m", "30m"]),
            "calm": rng.choice(["0s", "10m", "2h"]),
            "traces": rng.choice([0.0, 0.1, 0.5, 1.0]),
            "alerts": [_alert(rng) for _ in range(rng.randint(0, 6))],
        },
        "operations": {"detect": rng.choice(["20m", "4h"]), "repair": rng.choice(["0s", "10m", "1h"])},
    }


def _alert(rng: Random) -> Tree:
    signal = rng.choice(["lag", "age", "dead_letters", "missing", "release_time", "accuracy", "refund_time"])
    out: Tree = {"signal": signal}
    if signal not in ("release_time", "accuracy", "refund_time"):
        out["feed"] = rng.choice(_FEEDS)
    if signal in ("lag", "dead_letters", "missing"):
        out["messages"] = rng.choice([0, 1, 5, 20])
        if signal == "missing":
            out["span"] = rng.choice(["0s", "40m", "5h"])
    elif signal == "accuracy":
        out["share"] = rng.choice([0.02, 0.1, 0.3])
    else:
        out["longest"] = rng.choice(["0s", "2m", "15m", "1h"])
    if rng.random() < 0.3:
        out["hold"] = rng.choice(["0s", "1h"])
    return out


def random_endings(rng: Random, world: Tree) -> Tree:
    """Some of the troubles of a world end only when they are repaired."""
    faults = [
        merged(fault, {"ends": "repaired"}) if fault.get("kind") in _OF_MESSAGES and rng.random() < 0.6 else fault
        for fault in world.get("faults", [])
    ]
    return merged(world, {"faults": faults}) if faults else world
