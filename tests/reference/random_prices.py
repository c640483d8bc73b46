"""Random prices: lists that change often, outlets that learn of it late, out of step or not at all."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.reference.random_arms import law
from tests.reference.worlds import Tree, merged


def random_prices(rng: Random) -> Tree:
    """Changes to an arm."""
    routes = {group: _route(rng) for group in ("tills", "own", "marketplace")}
    return {"prices": {**routes, "mismatch": rng.choice(("honour", "lower", "correct"))}}


def _route(rng: Random) -> Tree:
    mode = rng.choice(("at_once", "file", "file", "event", "event"))
    return {
        "mode": mode,
        "system": rng.choice(("files", "hub", "broker", "service")),
        "interval": rng.choice(("1h", "3h", "7h") if mode == "file" else ("0s", "2h", "6h")),
        "phase": rng.choice(("0s", "30m", "2h")),
        "start_jitter": rng.choice(("0s", "20m")),
        "job": law(rng, rng.choice(("0s", "10m", "2h"))),
        "failure": rng.choice((0.0, 0.0, 0.3)),
        "delay": law(rng, rng.choice(("0s", "5m", "3h"))),
        "lost": rng.choice((0.0, 0.0, 0.2)),
        "versioned": rng.random() < 0.6,
        "ahead": rng.random() < 0.3,
    }


def random_price_changes(rng: Random, world: Tree) -> Tree:
    """Changes to a world: promotions that overlap, nights on which some or most things are priced anew."""
    promotions = [_promotion(rng) for _ in range(rng.choice((0, 1, 3)))]
    everyday = {
        "changed": rng.choice((0.1, 0.4, 0.9)),
        "spread": rng.choice((0.05, 0.3)),
        "at": rng.choice(("0s", "3h", "6h")),
    }
    patience = {name: {"walks_away": rng.choice((0.3, 1.0))} for name in ("web", "app", "market", "advice")}
    changes: dict[str, Any] = {"estate": {"prices": everyday}, "demand": {"channels": patience}}
    changes["demand"]["promotions"] = promotions
    return merged(world, changes)


def _promotion(rng: Random) -> Tree:
    return {
        "start": rng.choice(("0s", "5h", "6h", "11h20m")),
        "duration": rng.choice(("3h", "14h", "25h")),
        "multiplier": rng.choice((1.0, 2.0)),
        "top_skus": rng.randint(2, 8),
        "first_rank": rng.randint(1, 5),
        "discount": rng.choice((0.1, 0.25, 0.5)),
    }


def on_the_minute(arm: Tree) -> Tree:
    """The arm with prices that come on whole minutes."""
    routes = {name: _in_minutes(arm["prices"][name]) for name in ("tills", "own", "marketplace")}
    return merged(arm, {"prices": routes})


def _in_minutes(route: Tree) -> Tree:
    constant = {name: {"law": "constant", "mean": route[name]["mean"]} for name in ("job", "delay")}
    return merged(route, constant, {"start_jitter": "0s"})
