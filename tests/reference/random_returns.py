"""Random ways to handle what comes back, and to pay for it."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import MIDDLEWARE, law
from tests.reference.worlds import Tree, merged


def random_returns(rng: Random) -> Tree:
    """Changes to an arm."""
    opens = rng.choice((0, 7))
    return {
        "returns": {
            "mode": "inspected",
            "inspection": {
                "store_staff": rng.randint(1, 2),
                "dc_staff": rng.randint(1, 3),
                "dc_opens": f"{opens}h",
                "dc_closes": rng.choice(("17h", "24h")),
                "store": law(rng, rng.choice(("5m", "30m"))),
                "dc": law(rng, rng.choice(("5m", "30m"))),
            },
            "open_box": rng.choice(("shelf", "write_off")),
            "restock": rng.choice(("where_it_is", "dc", "best")),
            "put_away": law(rng, rng.choice(("0s", "20m"))),
            "to_dc": law(rng, rng.choice(("1h", "7h"))),
            "refunds": _refunds(rng),
        }
    }


def _refunds(rng: Random) -> Tree:
    return {
        "unified": rng.random() < 0.5,
        "keys": rng.random() < 0.5,
        "at": rng.choice(("receipt", "inspection", "restock")),
        "event": law(rng, rng.choice(("0s", "1m"))),
        "broker": rng.choice(MIDDLEWARE),
        "interval": rng.choice(("1h", "3h")),
        "phase": rng.choice(("0s", "2h")),
        "files": rng.choice(MIDDLEWARE),
        "across": rng.choice(("dc", "file")),
        "payment": {
            "servers": rng.choice((0, 1, 2)),
            "service": law(rng, rng.choice(("1s", "1m"))),
            "timeout": rng.choice(("1m", "4m")),
            "retry": {
                "attempts": rng.choice((1, 2, 4)),
                "wait": rng.choice(("0s", "10s", "2m")),
                "factor": rng.choice((1.0, 2.5)),
                "cap": "5m",
                "jitter": rng.choice(("none", "full", "equal", "decorrelated", "spread")),
            },
            "human": {
                "agents": rng.randint(1, 2),
                "handling": law(rng, rng.choice(("5m", "20m"))),
                "opens": rng.choice(("0h", "8h")),
                "closes": rng.choice(("18h", "24h")),
            },
        },
        "posting": law(rng, rng.choice(("0s", "1m"))),
        "posting_servers": rng.choice((0, 1, 2)),
    }


def random_provider(rng: Random, world: Tree) -> Tree:
    """A world whose payment provider fails, if it does not yet."""
    if any(fault.get("system") == "payment" for fault in world["faults"]):
        return world
    span = {"mtbf": rng.choice(("3h", "8h")), "duration": {"law": "exponential", "mean": rng.choice(("10m", "1h"))}}
    faults = [{"system": "payment", **span}, {"system": "payment", "kind": "errors", "share": 0.6, **span}]
    return merged(
        world, {"faults": [*world["faults"], *faults, {"system": "payment", "kind": "slow", "factor": 5.0, **span}]}
    )


def on_the_minute(rng: Random, arm: Tree) -> Tree:
    """The arm with returns that take whole minutes, so that claims meet at the same instants."""
    whole = {name: rng.choice(("0s", "1m", "5m")) for name in ("store", "dc")}
    payment = {
        "service": rng.choice(("0s", "1m", "2m")),
        "retry": {"wait": rng.choice(("0s", "1m")), "factor": 1.0, "jitter": "none"},
        "human": {"handling": "5m"},
    }
    refunds = {"event": rng.choice(("0s", "1m")), "payment": payment, "posting": rng.choice(("0s", "1m"))}
    return merged(
        arm,
        {"returns": {"inspection": whole, "put_away": rng.choice(("0s", "5m")), "to_dc": "1h", "refunds": refunds}},
    )
