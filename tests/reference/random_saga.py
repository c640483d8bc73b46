"""Random sagas, and systems behind their steps that are down, slow or err, so that calls queue and people are asked."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.reference.random_arms import MIDDLEWARE, law
from tests.reference.worlds import Tree, merged

SYSTEMS = ("payment", "fraud", "erp", "crm", "service")


def random_saga(rng: Random) -> Tree:
    """Changes to an arm."""
    opens = rng.choice((0, 8))
    return {
        "saga": {
            "mode": rng.choice(("orchestration", "orchestration", "choreography")),
            "steps": [_step(rng, f"step_{place}") for place in range(rng.randint(1, 4))],
            "keys": rng.random() < 0.8,
            "deadline": rng.choice(("20m", "2h", "24h")),
            "human": {
                "agents": rng.randint(1, 2),
                "handling": law(rng, rng.choice(("5m", "40m"))),
                "opens": f"{opens}h",
                "closes": rng.choice(("18h", "24h")),
                "limit": rng.choice((0, 1, 4)),
            },
            "choreography": {
                "broker": rng.choice(MIDDLEWARE),
                "hop": law(rng, rng.choice(("0s", "1m"))),
                "redelivered": rng.choice((0.0, 0.3)),
                "sweep": rng.choice(("15m", "1h")),
                "stuck_after": rng.choice(("0s", "30m", "90m")),
            },
        }
    }


def _step(rng: Random, name: str) -> Tree:
    undone: Any = rng.choice((None, law(rng, "1m"), law(rng, "1m")))
    return {
        "name": name,
        "system": rng.choice(SYSTEMS),
        "servers": rng.choice((0, 1, 2)),
        "service": law(rng, rng.choice(("10s", "1m"))),
        "timeout": rng.choice(("1m", "5m")),
        "retry": {
            "attempts": rng.choice((1, 2, 4)),
            "wait": rng.choice(("0s", "10s", "2m")),
            "factor": rng.choice((1.0, 2.5)),
            "cap": "5m",
            "jitter": rng.choice(("none", "full", "equal", "decorrelated", "spread")),
        },
        "idempotent": rng.random() < 0.6,
        "key_lifetime": rng.choice(("2m", "24h")),
        "compensation": undone,
        "on_failure": rng.choice(("compensate", "human")),
    }


def random_troubles(rng: Random, world: Tree) -> Tree:
    """A world in which the systems behind sagas fail."""
    faults = [_fault(rng, system) for system in ("orchestrator", "payment", "fraud", "crm")]
    faults += [_errors(rng, system) for system in ("payment", "fraud", "crm")]
    faults += [{**_fault(rng, "payment"), "kind": "slow", "factor": rng.choice((3.0, 15.0))}]
    return merged(world, {"faults": [*world["faults"], *faults]})


def _fault(rng: Random, system: str) -> Tree:
    duration = {"law": "exponential", "mean": rng.choice(("10m", "1h"))}
    return {"system": system, "mtbf": rng.choice(("3h", "8h")), "duration": duration}


def _errors(rng: Random, system: str) -> Tree:
    return {**_fault(rng, system), "kind": "errors", "share": rng.choice((0.2, 0.6, 1.0))}


def on_the_minute(rng: Random, arm: Tree) -> Tree:
    """The arm with a saga of whole minutes, so that calls, time-outs and cases meet at the same instants."""
    steps = [
        {**step, "service": rng.choice(("0s", "1m", "2m")), "compensation": step["compensation"] and "1m"}
        | {"retry": {**step["retry"], "wait": rng.choice(("0s", "1m")), "factor": 1.0, "jitter": "none"}}
        for step in arm["saga"]["steps"]
    ]
    human = {"handling": rng.choice(("5m", "20m"))}
    return merged(arm, {"saga": {"steps": steps, "human": human, "choreography": {"hop": rng.choice(("0s", "1m"))}}})
