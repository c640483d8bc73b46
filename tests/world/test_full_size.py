"""Statistical verification at full size: 300 stores, 10,000 SKUs, a week of 5 M till sales and 315 k checkouts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tests.world.make import channel, cluster, scenario
from twin.core.clock import DAY, HOUR
from twin.scenario.scenario import Scenario
from twin.world.profiles import weekly_rates
from twin.world.tables import Physical
from twin.world.world import World

pytestmark = pytest.mark.slow

ZONES = {
    "east": "America/New_York",
    "south": "America/Chicago",
    "mountain": "America/Denver",
    "west": "America/Los_Angeles",
}
SHARES = (0.4, 0.25, 0.15, 0.2)
CLUSTERS = [
    cluster("flagship", share=0.1, weekly_lines=30_000, assortment=6000, profile="mall"),
    cluster("high_street", share=0.4, weekly_lines=18_000, assortment=3500),
    cluster("neighbourhood", share=0.5, weekly_lines=12_500, assortment=2000, profile="neighbourhood"),
]


def _full() -> Scenario:
    online = {"web": 140_000.0, "app": 90_000.0, "market_a": 50_000.0, "market_b": 25_000.0, "clienteling": 10_000.0}
    return scenario(
        estate={
            "regions": [
                {"name": name, "time_zone": zone, "share": share}
                for (name, zone), share in zip(ZONES.items(), SHARES, strict=True)
            ],
            "dcs": [{"name": f"dc-{name}", "region": name} for name in ZONES],
            "stores": {"count": 300, "clusters": CLUSTERS},
            "skus": {"count": 10_000},
        },
        demand={
            "tills": {"dispersion": 0.0},
            "channels": {name: channel(weekly_checkouts=mean, dispersion=0.0) for name, mean in online.items()},
        },
        calendar={"start": "2025-02-03", "warm_up": "1d", "window": "7d", "follow_up": "0s"},
    )


def test_a_full_week_meets_profile_popularity_and_means() -> None:
    world = World(_full(), 0)
    estate = world.estate
    hours = np.zeros((len(CLUSTERS), 168), np.int64)
    sold = np.zeros(estate.pair_sku.size, np.int64)
    checkouts = 0
    for day in range(world.days):
        drawn = world.day(day)
        rows = drawn.physical[drawn.physical["kind"] == Physical.SALE]
        node = estate.pair_node[rows["pair"]]
        local = rows["t"] + estate.zone_shift[estate.nodes["region"][node], day]
        whole = (local >= DAY) & (local < 8 * DAY)  # one week of local time in every region
        np.add.at(hours, (estate.nodes["cluster"][node[whole]], local[whole] // HOUR % 168), 1)
        sold += np.bincount(rows["pair"][whole], minlength=sold.size)
        checkouts += drawn.checkouts.size if day < 7 else 0
    total = 300 * (0.1 * 30_000 + 0.4 * 18_000 + 0.5 * 12_500)
    assert abs(hours.sum() - total) < 4 * np.sqrt(total)
    assert abs(checkouts - 315_000) < 4 * np.sqrt(315_000)
    for number, one in enumerate(CLUSTERS):
        hour = np.arange(168) % 24
        rates = weekly_rates(one["profile"], {}) * ((hour >= 8) & (hour < 21))
        assert hours[number][rates == 0].sum() == 0
        expected = rates[rates > 0] / rates.sum() * hours[number].sum()
        assert stats.chisquare(hours[number][rates > 0], expected).pvalue > 1e-3
    per_sku = np.bincount(estate.pair_sku, sold, 10_000)
    expected_per_sku = np.bincount(estate.pair_sku, estate.till_daily, 10_000)
    expected_per_sku *= per_sku.sum() / expected_per_sku.sum()
    assert stats.chisquare(per_sku, expected_per_sku).pvalue > 1e-3
