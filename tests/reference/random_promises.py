"""Random ways to promise stock: when it is set aside, and what is held back from whom."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import law
from tests.reference.worlds import Tree

POINTS = ("none", "cart", "cart", "checkout", "payment", "order", "fulfilment")


def random_promises(rng: Random) -> Tree:
    """Changes to an arm."""
    return {"reserving": {"point": rng.choice(POINTS), "extends": rng.random() < 0.5}, "buffers": random_buffers(rng)}


def random_buffers(rng: Random) -> Tree:
    """Buffers of every rule, for channels ``web`` and ``market``."""
    return {
        "rule": rng.choice(("fixed", "percent", "last_units", "newsvendor")),
        "store_share": rng.choice((0.0, 0.1, 0.35, 1.0)),
        "dc_share": rng.choice((0.0, 0.07)),
        "exposure": rng.choice(("2h", "1d")),
        "broken_promise_usd": rng.choice((5.0, 50.0)),
        "protection": rng.choice(({}, {"values": {"web": 9.0, "market": 7.5}}, _with_tills(rng))),
        "staleness": rng.choice((0.0, 0.0, 0.6, 0.95)),
        "allotment": rng.choice(({}, {}, {"shares": {"market": 0.2}, "interval": "5h"}, _for_all(rng))),
    }


def random_carts(rng: Random, world: Tree) -> Tree:
    """A world whose customers browse on before they start the checkout, if they do."""
    web = world.setdefault("demand", {}).setdefault("channels", {}).setdefault("web", {})
    web["cart"] = law(rng, rng.choice(("1m", "40m")))
    web["cart_abandonment"], web["conversion"] = rng.choice((0.0, 0.3)), 0.5
    return world


def _with_tills(rng: Random) -> Tree:
    return {
        "values": {"market": 4.0, "tills": 12.0, "web": rng.choice((4.0, 6.0))},
        "horizon": rng.choice(("6h", "2d")),
    }


def _for_all(rng: Random) -> Tree:
    return {"shares": {"web": rng.choice((0.3, 0.7)), "market": 0.3}, "interval": rng.choice(("40m", "1d"))}
