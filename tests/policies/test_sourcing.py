"""Which node is preferred, what a carrier asks, when a store prints its pick list."""

from __future__ import annotations

import numpy as np
import pytest

from twin.core.clock import DAY, HOUR, MINUTE, NEVER
from twin.policies.calendars import next_list
from twin.policies.sourcing import (
    CHEAPEST,
    DC_FIRST,
    LEAST_LOADED,
    MOST_STOCK,
    NEAREST,
    WEIGHT_MAX,
    carriage_cents,
    preference,
)

ZONES = np.rec.array([(0, 600, 750), (100**2, 650, 800), (300**2, 640, 900)], names="from2,dc_cents,store_cents")
FARTHEST = 2**40 - 1


@pytest.mark.parametrize(
    ("strategy", "better", "worse"),
    [
        # is_dc, free, weight, distance squared
        (DC_FIRST, (1, 1, 0, FARTHEST), (0, 9, 0, 0)),
        (DC_FIRST, (1, 1, 9, 4), (1, 9, 0, 5)),
        (NEAREST, (0, 1, 9, 4), (1, 9, 0, 5)),
        (MOST_STOCK, (0, 2, 9, FARTHEST), (1, 1, 0, 0)),
        (MOST_STOCK, (0, 2, 9, 4), (1, 2, 0, 5)),
        (CHEAPEST, (0, 1, 599, FARTHEST), (1, 9, 600, 0)),
        (CHEAPEST, (0, 1, 600, 4), (1, 9, 600, 5)),
        (CHEAPEST, (0, 1, -1, FARTHEST), (1, 9, 0, 0)),
        (LEAST_LOADED, (0, 1, 3, FARTHEST), (1, 9, 4, 0)),
        (LEAST_LOADED, (0, 1, WEIGHT_MAX, 4), (1, 9, WEIGHT_MAX + 10, 5)),
    ],
)
def test_a_node_is_preferred(strategy: int, better: tuple[int, ...], worse: tuple[int, ...]) -> None:
    assert preference(strategy, *better) < preference(strategy, *worse) < NEVER


@pytest.mark.parametrize(
    ("is_dc", "km2", "cents"),
    [(1, 0, 600), (1, 100**2 - 1, 600), (1, 100**2, 650), (1, 10**12, 640), (0, 100**2 - 1, 750), (0, 300**2, 900)],
)
def test_carriage_is_that_of_the_last_zone_that_has_begun(is_dc: int, km2: int, cents: int) -> None:
    assert carriage_cents(ZONES, is_dc, km2) == cents


def test_without_zones_distance_costs_nothing() -> None:
    assert carriage_cents(ZONES[:1], 0, 10**12) == 750


@pytest.mark.parametrize(
    ("t", "listed"),
    [
        (0, 8 * HOUR),
        (8 * HOUR, 8 * HOUR),
        (8 * HOUR + 1, 11 * HOUR),
        (11 * HOUR, 11 * HOUR),
        (17 * HOUR, 17 * HOUR),
        (17 * HOUR + 1, DAY + 8 * HOUR),  # the next would be at 20:00, when the store has closed
        (19 * HOUR + 59 * MINUTE, DAY + 8 * HOUR),
        (23 * HOUR, DAY + 8 * HOUR),
    ],
)
def test_lists_are_printed_from_the_opening_on_until_closing(t: int, listed: int) -> None:
    assert next_list(t, 8 * HOUR, 20 * HOUR, 0, 3 * HOUR) == listed
    west = -6 * HOUR  # where it is six hours earlier
    assert next_list(t - west, 8 * HOUR, 20 * HOUR, west, 3 * HOUR) == listed - west


def test_a_store_that_never_closes_begins_its_lists_anew_at_midnight() -> None:
    assert next_list(15 * HOUR, 0, DAY, 0, 7 * HOUR) == 21 * HOUR
    assert next_list(22 * HOUR, 0, DAY, 0, 7 * HOUR) == DAY


def test_an_interval_longer_than_the_day_leaves_one_list_at_the_opening() -> None:
    assert next_list(9 * HOUR, 8 * HOUR, 20 * HOUR, 0, 30 * HOUR) == DAY + 8 * HOUR
