"""Random settings of the gateway: limits, tokens, contracts, borders; and what vendors and the identity provider do."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import law
from tests.reference.worlds import Tree, merged


def random_access(rng: Random) -> Tree:
    """Changes to an arm."""
    return {
        "service": {"limits": _limits(rng)},
        "erp": {"limits": _limits(rng)},
        "credentials": {
            "tokens": rng.random() < 0.6,
            "lifetime": rng.choice(("20m", "3h")),
            "ahead": rng.choice(("0s", "10m")),
            "service": law(rng, rng.choice(("100ms", "40s"))),
            "timeout": "1m",
        },
        "contracts": {
            "service": rng.choice(("direct", "adapter")),
            "people": rng.randint(1, 2),
            "workday": rng.choice(("8h", "24h")),
            "migrate": rng.choice(("late", "ahead")),
            "migrated": rng.choice(({}, {}, {"v1": "12h"})),
        },
        "residency": {
            "service": rng.choice((None, "us", "eu")),
            "erp": rng.choice((None, "us")),
            "policy": rng.choice(("pass", "delay", "redact", "refuse")),
            "delay": rng.choice(("0s", "30s")),
        },
    }


def _limits(rng: Random) -> Tree:
    waits = rng.random() < 0.7
    return {
        "rate": rng.choice((0.0, 0.0, 0.005, 0.02)),
        "burst": rng.randint(2, 5),
        "calls": rng.choice((0, 0, 3, 6)),
        "window": rng.choice(("10m", "1h")),
        "concurrency": rng.choice((0, 2, 3)),
        "queue": rng.choice((1, 3, 100)) if waits else 0,
        "wait": rng.choice(("30s", "1m", "5m")) if waits else "0s",
        "retry_after": rng.choice(("0s", "1500ms", "3m")),
        "quotas": rng.choice(({}, {}, {"web": 0.5})),
    }


def random_vendors(rng: Random, world: Tree) -> Tree:
    """A world with borders, releases, and an identity provider that fails."""
    releases = [_release(rng, number) for number in range(rng.randint(0, 3))]
    duration = {"law": "exponential", "mean": "20m"}
    faults = [
        {"system": "identity", "mtbf": rng.choice(("4h", "20h")), "duration": duration},
        *(
            {"kind": "errors", "system": "identity", "share": 0.5, "mtbf": "4h", "duration": duration}
            for _ in range(rng.randint(0, 1))
        ),
    ]
    homes = rng.choice(((None, None), ("us", "ca"), ("us", None)))
    regions = [{**region, "jurisdiction": home} for region, home in zip(_REGIONS, homes, strict=True)]
    return merged(world, {"estate": {"regions": regions}, "releases": releases, "faults": [*world["faults"], *faults]})


def _release(rng: Random, number: int) -> Tree:
    return {
        "system": rng.choice(("service", "erp")),
        "version": f"v{number}",
        "at": f"{rng.randint(4, 16)}h",
        "notice": rng.choice(("1h", "6h")),
        "rework": law(rng, rng.choice(("20m", "1h"))),
    }


_REGIONS = (
    {"name": "east", "time_zone": "America/New_York", "share": 0.6},
    {"name": "west", "time_zone": "America/Los_Angeles", "share": 0.4},
)

ON_THE_MINUTE: Tree = {
    "credentials": {"service": "1m", "timeout": "2m"},
    "service": {"limits": {"retry_after": "1m"}},
    "residency": {"delay": "1m"},
}
"""Every step of the gateway takes whole minutes; a token comes all 200 s, or 50."""
