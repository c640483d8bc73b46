"""Small scenarios for the tests of the world."""

from __future__ import annotations

from typing import Any

from twin.scenario.scenario import Scenario

REGIONS = [
    {"name": "east", "time_zone": "America/New_York", "share": 0.6},
    {"name": "west", "time_zone": "America/Los_Angeles", "share": 0.4},
]


def cluster(name: str = "high_street", **changes: Any) -> dict[str, Any]:
    """A cluster of stores."""
    usual = {"name": name, "share": 1.0, "weekly_lines": 3000, "assortment": 60, "ships": 0.5, "profile": "high_street"}
    return usual | changes


def channel(**changes: Any) -> dict[str, Any]:
    """An online channel."""
    return {"kind": "web", "weekly_checkouts": 700.0} | changes


def scenario(**changes: Any) -> Scenario:
    """A small estate; changes name what they change as ``estate__stores__count``."""
    plain: dict[str, Any] = {
        "twin": 1,
        "name": "small",
        "seed": 11,
        "calendar": {"start": "2025-03-03", "time_zone": "America/New_York", "window": "6d"},
        "estate": {
            "regions": REGIONS,
            "dcs": [{"name": "dc-east", "region": "east"}, {"name": "dc-west", "region": "west"}],
            "stores": {"count": 10, "clusters": [cluster()]},
            "skus": {"count": 100},
        },
        "demand": {"channels": {"web": channel(pickup_share=0.2), "market": channel(kind="marketplace")}},
        "arms": {"first": {}},
    }
    for path, value in changes.items():
        at = plain
        *parents, last = path.split("__")
        for parent in parents:
            at = at.setdefault(parent, {})
        at[last] = value
    return Scenario.model_validate(plain)
