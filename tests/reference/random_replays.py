"""Random replays: feeds that skip what they cannot handle, and read it again later."""

from __future__ import annotations

from random import Random

from tests.reference.random_arms import FEEDS
from tests.reference.worlds import Tree


def random_replays(rng: Random, arm: Tree) -> Tree:
    """Changes to an arm: some of its streams skip, and are replayed."""
    streams = [feed for feed in FEEDS if arm[feed]["mode"] == "stream"]
    return {feed: {"failing": {"policy": "skip", "replay": True}} for feed in streams if rng.random() < 0.35}
