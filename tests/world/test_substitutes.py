"""What may be sent in place of a SKU."""

from __future__ import annotations

import numpy as np
import pytest

from tests.world.make import scenario
from twin.world.streams import EVERY_REPLICATION, Streams
from twin.world.substitutes import NONE, substitutes
from twin.world.world import World

PRICES = np.array([500, 300, 300, 900, 100], np.int32)


def test_it_is_the_next_dearer_item_and_the_dearest_has_none() -> None:
    found = substitutes(PRICES, 1.0, Streams(1, EVERY_REPLICATION))
    assert found.tolist() == [3, 2, 0, NONE, 1]


def test_where_there_is_nothing_else_there_is_no_substitute() -> None:
    assert substitutes(PRICES[:1], 1.0, Streams(1, EVERY_REPLICATION)).tolist() == [NONE]
    assert substitutes(PRICES, 0.0, Streams(1, EVERY_REPLICATION)).tolist() == [NONE] * 5


@pytest.mark.parametrize("share", [0.25, 0.6])
def test_as_many_have_one_as_the_scenario_says(share: float) -> None:
    made = scenario(estate__skus={"count": 200, "substitutes": share})
    found = World(made, 0).estate.substitutes
    dearest = int(World(made, 0).estate.skus["price_cents"].argmax())
    assert np.count_nonzero(found != NONE) in (round(200 * share), round(200 * share) - 1)
    assert found[dearest] == NONE


def test_it_is_the_same_in_every_replication() -> None:
    made = scenario()
    assert np.array_equal(World(made, 0).estate.substitutes, World(made, 3).estate.substitutes)
