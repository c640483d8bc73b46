"""Random settings of queues, for feeds that would be streams or files."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import FEEDS
from tests.reference.worlds import Tree


def random_queues(rng: Random) -> Tree:
    """Changes to an arm: some of its feeds become queues."""
    return {feed: _queue(rng) for feed in FEEDS if rng.random() < 0.35}


def _queue(rng: Random) -> Tree:
    return {
        "mode": "queue",
        "topic": {"overflow": rng.choice(("drop_oldest", "reject")), "unreplicated": "0s"},
        "consumers": {
            "catch_up": "oldest",
            "prefetch": rng.choice((1, 2, 5, 100)),
            "visibility": rng.choice(("3m", "30m")),
            "delivery_limit": rng.choice((1, 2, 4, 20)),
            "returned": rng.choice(("0s", "0s", "4m")),
        },
        "failing": {"policy": rng.choice(("divert", "divert", "skip"))},
    }
