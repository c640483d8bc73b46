"""The scenarios that come with the package are valid, say what they ask, and are of the size they promise."""

from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from twin.core.clock import DAY
from twin.scenario.loader import load
from twin.scenario.scenario import Scenario
from twin.scenario.systems import HOLDING_POINTS, Point

FOLDER = Path(__file__).parents[2] / "scenarios"
NAMES = [
    "black_friday",
    "black_friday_degraded",
    "bopis",
    "broker_outage",
    "buffers",
    "cycle_counts",
    "duplicate_storm",
    "every_system",
    "close_the_books",
    "erp_maintenance",
    "integration_styles",
    "marketplace_deadlines",
    "online_retail_replay",
    "order_saga",
    "pick_declines",
    "promotion_lag",
    "quickstart",
    "real_incidents",
    "release_priority",
    "reservation_policies",
    "returns",
    "same_day",
    "schema_break",
    "shortage",
    "silent_failure",
    "sourcing",
    "store_link_loss",
]


def scenario(name: str) -> Scenario:
    return load(FOLDER / f"{name}.yaml").scenario


def test_the_folder_holds_the_scenarios_that_are_promised() -> None:
    assert {*NAMES, "base_estate", "base_small"} <= {path.stem for path in FOLDER.glob("*.yaml")}


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_is_valid_named_like_its_file_and_asks_a_question(name: str) -> None:
    loaded = scenario(name)
    assert loaded.name == name
    assert "?" in loaded.description


def test_the_full_estate_has_about_five_million_till_lines_and_280_thousand_orders_a_week() -> None:
    full = scenario("integration_styles")
    clusters = full.estate.stores.clusters
    lines = full.estate.stores.count * sum(cluster.share * cluster.weekly_lines for cluster in clusters)
    channels = full.demand.channels.values()
    orders = sum(c.weekly_checkouts * (1 - c.abandonment) * (1 - c.decline) for c in channels)
    assert lines == pytest.approx(4.9e6, rel=0.03)
    assert orders == pytest.approx(280e3, rel=0.01)
    assert full.calendar.horizon_us == 7 * DAY
    assert full.estate.skus.count == 10_000


def test_quickstart_compares_four_arms_on_300_stores_in_ten_worlds() -> None:
    quick = scenario("quickstart")
    assert (quick.estate.stores.count, quick.experiment.replications, quick.estate.skus.count) == (300, 10, 1500)
    assert [arm.preset for arm in quick.arms.values()] == ["point_to_point", "hub", "event_driven", "hybrid"]
    assert quick.calendar.window == 2 * DAY


def test_reservation_arms_differ_in_reserving_only() -> None:
    arms = scenario("reservation_policies").arms
    points = Counter(arm.reserving.point for arm in arms.values() if not arm.reserving.extends)
    assert points == {**dict.fromkeys(get_args(Point), 1), **dict.fromkeys(HOLDING_POINTS, 3)}
    assert len({arm.model_copy(update={"reserving": None}).model_dump_json() for arm in arms.values()}) == 1
