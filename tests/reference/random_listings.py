"""Random settings of listing feeds, in values that make several feeds of a listing on a small estate."""

from __future__ import annotations

from random import Random

from tests.reference.worlds import Tree


def random_listings(rng: Random) -> Tree:
    """How the listings of an arm's channels are cut, limited and told; channels without listings take no notice."""
    return {"publications": {kind: _feeds(rng) for kind in ("own", "marketplace")}}


def _feeds(rng: Random) -> Tree:
    return {
        "content": rng.choice(("full", "delta", "delta")),
        "items": rng.choice((0, 1, 4, 10)),
        "feeds": rng.choice((0, 1, 3)),
        "window": rng.choice(("1m", "30m")),
    }
