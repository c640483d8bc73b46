"""Random settings of the systems around the order, and their faults."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import law
from tests.reference.worlds import Tree, merged

AROUND = ("tax", "notification", "supplier_portal", "oms", "finance", "workforce")


def random_errands(rng: Random) -> Tree:
    """What checkouts ask before the payment, of systems that are hardly quick enough."""
    return {
        "tax": {**_errand(rng), "fallback": rng.choice(("estimate", "refuse"))},
        "customer_check": {**_errand(rng), "fallback": rng.choice(("trust", "refuse"))},
    }


def _errand(rng: Random) -> Tree:
    return {
        "on": rng.random() < 0.7,
        "servers": rng.randint(1, 3),
        "service": law(rng, rng.choice(("0s", "30s"))),
        "timeout": rng.choice(("20s", "1m")),
    }


def random_notification(rng: Random) -> Tree:
    """How customers are told."""
    return {
        "notification": {
            "on": rng.random() < 0.8,
            "delay": law(rng, rng.choice(("20s", "2h"))),
            "lost": rng.choice((0.0, 0.2)),
            "patience": rng.choice(("20m", "3h")),
        }
    }


def random_surroundings(rng: Random) -> Tree:
    """Suppliers' portal, rosters, finance, order management."""
    tree: Tree = {
        "supplier_portal": {
            "on": rng.random() < 0.8,
            "acknowledgement": law(rng, rng.choice(("10m", "3h"))),
            "tells_short": rng.random() < 0.6,
        },
        "workforce": {"on": rng.random() < 0.6, "substitute": law(rng, rng.choice(("30m", "3h")))},
        "books": {"system": rng.choice(("erp", "finance"))},
    }
    return merged(tree, {"release": {"system": "oms"}}) if rng.random() < 0.6 else tree


def random_failures(rng: Random, world: Tree) -> Tree:
    """A world in which these systems fail."""
    faults = [_fault(rng, system) for system in (*AROUND, "crm")]
    faults += [{**_fault(rng, "tax"), "kind": "absent", "share": rng.choice((0.5, 1.0))} for _ in range(2)]
    faults += [{**_fault(rng, "pos"), "stores": 0.5}, {**_fault(rng, "pos"), "region": "east"}]
    for absent in faults[-4:-2]:
        del absent["system"]
    faults[-3]["stores"] = 0.5
    faults += [{**_fault(rng, system), "kind": "errors", "share": rng.choice((0.3, 1.0))} for system in ("tax", "crm")]
    slow = {"kind": "slow", "factor": rng.choice((2.0, 10.0))}
    faults += [{**_fault(rng, system), **slow} for system in ("tax", "notification", "supplier_portal", "oms")]
    return merged(world, {"faults": [*world.get("faults", []), *faults]})


def _fault(rng: Random, system: str) -> Tree:
    duration = {"law": "exponential", "mean": rng.choice(("10m", "1h"))}
    return {"system": system, "mtbf": rng.choice(("3h", "8h")), "duration": duration}


def on_the_minute(arm: Tree) -> Tree:
    """The arm with calls of whole minutes."""
    errands = {name: {"service": "1m", "timeout": "1m"} for name in ("tax", "customer_check")}
    times = {
        "notification": {"delay": "1m", "patience": "1m"},
        "supplier_portal": {"acknowledgement": "1h"},
        "workforce": {"substitute": "1h"},
    }
    return merged(arm, errands, times)
