"""The worlds and arms on which the twin is held against the plain reference."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from tests.reference.random_arms import on_the_minute, random_changes, random_world
from tests.reference.worlds import ByTheMinute, Tree, WithReturns, merged, scenario, systems
from twin.scenario.arms import PRESETS
from twin.scenario.scenario import Scenario
from twin.world.world import World


@dataclass(frozen=True, eq=False)
class Case:
    """One world, and the arms that meet it."""

    name: str
    seed: int
    arms: dict[str, Tree]
    changes: Tree
    by_the_minute: bool = False

    def scenario(self) -> Scenario:
        return scenario(self.seed, self.arms, self.changes)

    def world(self) -> World:
        kind = ByTheMinute if self.by_the_minute else WithReturns
        return kind(self.scenario(), 0)


def _drawn(seed: int, *, by_the_minute: bool = False) -> Case:
    rng = Random(seed)
    arms = {name: systems(name, random_changes(rng)) for name in PRESETS}
    if by_the_minute:
        arms = {name: on_the_minute(arm) for name, arm in arms.items()}
    kind = "minute" if by_the_minute else "random"
    return Case(f"{kind}-{seed}", seed, arms, random_world(rng), by_the_minute)


_EXACT: Tree = {"estate": {"record_error": {"wrong_share": 0.0, "dc_wrong_share": 0.0, "shrink_per_sale": 0.0}}}
_SCARCE: Tree = {"estate": {"skus": {"count": 15, "ending_share": 0.7}}}
_FAULTS: Tree = {"faults": random_world(Random(0))["faults"]}
_NO_BUFFER: Tree = {"buffers": {"store": 0, "dc": 0}, "sourcing": {"rebroker": 0}}
_DIRECT: Tree = {
    "movements": {"mode": "stream", "store_link": "0s", "dc_link": "0s", "service": "0s"},
    "orders": {"mode": "stream", "dc_link": "0s", "service": "0s"},
    "reserving": {"mode": "events"},
}


def _targeted() -> list[Case]:
    """Worlds of one trouble each: causes that seldom stand alone in the drawn ones."""
    slow = {
        "movements": {"mode": "stream", "partitions": 1, "service": "40s"},
        "publications": {"own": {"mode": "query"}},
        "reserving": {"mode": "synchronous"},
    }
    copies = {"publications": {"own": {"mode": "cache", "interval": "1h", "delay": "30m"}}}
    down = {"degradation": {"strategy": "serve_stale", "max_age": "12h"}, "movements": {"system": "service"}}
    lapsing = {
        "reserving": {"mode": "synchronous", "point": "checkout", "ttl": "30s", "expiry_lag": "0s", "lapsed": "accept"}
    }
    outages: Tree = {"faults": [{"system": "service", "at": "3h", "every": "4h", "duration": "2h"}]}
    return [
        Case("as-shipped", 101, {name: systems(name) for name in PRESETS}, _FAULTS),
        Case("backlog", 102, {name: systems(name, _NO_BUFFER, slow) for name in PRESETS[1:]}, merged(_EXACT, _SCARCE)),
        Case(
            "old-copies",
            103,
            {name: systems(name, _NO_BUFFER, _DIRECT, copies) for name in PRESETS},
            merged(_EXACT, _SCARCE),
        ),
        Case(
            "degraded",
            104,
            {name: systems(name, _NO_BUFFER, down) for name in PRESETS},
            merged(_EXACT, _SCARCE, outages),
        ),
        Case(
            "lapsing", 105, {name: systems(name, _NO_BUFFER, lapsing) for name in PRESETS[1:]}, merged(_SCARCE, _FAULTS)
        ),
        Case(
            "clocks-go-back",
            106,
            {name: systems(name) for name in PRESETS},
            merged(_FAULTS, {"calendar": {"start": "2026-10-31"}}),
        ),
    ]


CASES: Final = (
    *_targeted(),
    *(_drawn(seed) for seed in range(1, 13)),
    *(_drawn(seed, by_the_minute=True) for seed in range(13, 21)),
)
