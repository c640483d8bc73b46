"""Inputs first: what is drawn follows the profile and the configured means."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.world.make import channel, cluster, scenario
from twin.core.clock import DAY, HOUR
from twin.scenario.demand import Promotion
from twin.scenario.scenario import Scenario
from twin.world.profiles import BUILT_IN, weekly_rates
from twin.world.promotions import Promotions
from twin.world.tables import Physical
from twin.world.world import World

LEVEL = 1e-3
"""A true null fails one time in a thousand seeds; the seeds are fixed, so a pass stays a pass."""

PEAK = [1.0] * 12 + [20.0] + [1.0] * 11


def _busy(rates: list[float] | None = None, **changes: object) -> Scenario:
    """Without over-dispersion, so that counts are Poisson and chi-square applies."""
    usual: dict[str, object] = {
        "demand__tills": {"dispersion": 0.0},
        "demand__channels": {"web": channel(weekly_checkouts=60_000.0, dispersion=0.0)},
        "estate__regions": [{"name": "east", "time_zone": "America/New_York", "share": 1.0}],
        "estate__dcs": [{"name": "dc", "region": "east"}],
        "calendar__warm_up": "0s",
        "calendar__window": "7d",
        "calendar__follow_up": "0s",
        "calendar__start": "2025-02-03",
    }
    if rates is not None:
        usual["demand__profiles"] = {"own": tuple(rates)}
    return scenario(**(usual | changes))


def _p_value(observed: NDArray[np.int64], rates: NDArray[np.float64]) -> float:
    """Chi-square of hourly counts against rates; hours of rate 0 must be empty."""
    assert observed[rates == 0].sum() == 0
    expected = rates[rates > 0] / rates.sum() * observed.sum()
    return float(stats.chisquare(observed[rates > 0], expected).pvalue)


def _sale_hours(world: World) -> NDArray[np.int64]:
    days = [world.day(day).physical for day in range(world.days)]
    t = np.concatenate([rows["t"][rows["kind"] == Physical.SALE] for rows in days])
    return np.bincount(t // HOUR, minlength=168)


def _checkout_hours(world: World) -> NDArray[np.int64]:
    t = np.concatenate([world.day(day).checkouts["t"] for day in range(world.days)])
    return np.bincount(t // HOUR, minlength=168)


def _open(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rates in the default opening hours, 8 to 21."""
    hour = np.arange(168) % 24
    return rates * ((hour >= 8) & (hour < 21))


@pytest.mark.parametrize("name", BUILT_IN)
def test_sales_and_checkouts_per_hour_follow_the_built_in_profile(name: str) -> None:
    made = _busy(
        estate__stores={"count": 10, "clusters": [cluster(profile=name)]},
        demand__channels={"web": channel(weekly_checkouts=60_000.0, dispersion=0.0, profile=name)},
    )
    world = World(made, 0)
    rates = weekly_rates(name, {})
    assert _p_value(_sale_hours(world), _open(rates)) > LEVEL
    assert _p_value(_checkout_hours(world), rates) > LEVEL


def test_a_peak_of_twenty_to_one_is_met_hour_by_hour() -> None:
    made = _busy(
        PEAK,
        estate__stores={"count": 10, "clusters": [cluster(profile="own")]},
        demand__channels={"web": channel(weekly_checkouts=60_000.0, dispersion=0.0, profile="own")},
    )
    world = World(made, 0)
    rates = np.tile(PEAK, 7)
    sales, checkouts = _sale_hours(world), _checkout_hours(world)
    assert _p_value(sales, _open(rates)) > LEVEL
    assert _p_value(checkouts, rates) > LEVEL
    # The test has the power to see a peak that is one part in twenty too low: it would be off by more than 4 sigma.
    assert 0.05 * sales[12::24].sum() > 4 * np.sqrt(sales[12::24].sum())
    # The weekly mean holds although the night hours of the profile are cut off: 10 stores of 3000 lines.
    assert abs(sales.sum() - 30_000) < 4 * np.sqrt(30_000)


def test_sales_within_an_hour_are_uniform() -> None:
    world = World(_busy(), 0)
    rows = world.day(4).physical
    assert stats.kstest(rows["t"] % HOUR / HOUR, "uniform").pvalue > LEVEL


def test_opening_hours_that_are_no_whole_hours_are_kept() -> None:
    made = _busy(estate__stores={"count": 10, "clusters": [cluster(opens="9h30m", closes="20h15m", profile="flat")]})
    rows = World(made, 0).day(1).physical
    clock = rows["t"] % DAY
    assert clock.min() >= 9.5 * HOUR
    assert clock.max() < 20.25 * HOUR
    assert stats.kstest((clock - 9.5 * HOUR) / (10.75 * HOUR), "uniform").pvalue > LEVEL


def test_each_region_follows_its_own_clock() -> None:
    world = World(scenario(), 0)
    rows = world.day(1).physical
    region = world.estate.nodes["region"][world.estate.pair_node[rows["pair"]]]
    assert rows["t"][region == 0].min() // HOUR % 24 == 8
    assert rows["t"][region == 1].min() // HOUR % 24 == 11  # 8:00 in Los Angeles


def test_counts_meet_the_configured_means() -> None:
    """Every activity, over a week and several replications: z below 4 at fixed seeds."""
    law = {"values": (1, 3), "shares": (0.5, 0.5)}
    web = channel(weekly_checkouts=20_000.0, dispersion=0.0, conversion=0.25, pickup_share=0.3, lines=law, units=law)
    made = _busy(demand__channels={"web": web}, demand__tills={"dispersion": 0.0, "units": law, "scale": 2.0},
                 estate__record_error={"shrink_per_sale": 0.02})  # fmt: skip
    world = World(made, 0)
    days = [world.day(day) for day in range(7)]
    physical, checkouts = np.concatenate([d.physical for d in days]), np.concatenate([d.checkouts for d in days])
    lines = np.concatenate([d.lines for d in days])
    sales = physical[physical["kind"] == Physical.SALE]
    _close(sales.size, 60_000)
    _close(int((physical["kind"] == Physical.SHRINK).sum()), 0.02 * 120_000)
    _close(checkouts.size, 20_000)
    _close(int(sum(d.sessions.sum() for d in days)), 80_000)
    for flag, share in (("abandons", 0.2), ("declined", 0.03)):
        _close_share(checkouts[flag], share)
    _close_share(checkouts["pickup"] >= 0, 0.3)
    for sample in (sales["quantity"], checkouts["lines"], lines["quantity"]):
        assert set(np.unique(sample)) == {1, 3}
        _close_share(sample == 3, 0.5)
    assert abs(checkouts["checkout"].mean() / 150e6 - 1) < 4 * 0.8 / np.sqrt(checkouts.size)


def _close(observed: int, mean: float) -> None:
    assert abs(observed - mean) < 4 * np.sqrt(mean), (observed, mean)


def _close_share(flags: NDArray[np.generic], share: float) -> None:
    assert abs(np.mean(flags) - share) < 4 * np.sqrt(share * (1 - share) / flags.size), (np.mean(flags), share)


def test_sales_per_sku_follow_popularity_within_the_assortment() -> None:
    world = World(_busy(), 0)
    rows = np.concatenate([world.day(day).physical for day in range(7)])
    sold = np.bincount(rows["pair"], minlength=world.estate.pair_sku.size)
    mean = world.estate.till_daily
    stocked = mean > 0
    expected = mean[stocked] / mean.sum() * sold.sum()
    assert stats.chisquare(sold[stocked], expected).pvalue > LEVEL
    assert sold[~stocked].sum() == 0


def test_skus_of_orders_follow_popularity() -> None:
    law = {"values": (1,), "shares": (1.0,)}
    made = _busy(demand__channels={"web": channel(weekly_checkouts=60_000.0, dispersion=0.0, lines=law)})
    world = World(made, 0)
    sku = np.concatenate([world.day(day).lines["sku"] for day in range(7)])
    observed = np.bincount(sku, minlength=100)
    assert stats.chisquare(observed, world.estate.popularity * observed.sum()).pvalue > LEVEL


def test_a_second_line_is_drawn_from_what_is_left() -> None:
    """Successive sampling: the second SKU is j with probability sum over i of p_i p_j / (1 - p_i)."""
    law = {"values": (2,), "shares": (1.0,)}
    web = channel(weekly_checkouts=40_000.0, dispersion=0.0, lines=law)
    made = _busy(demand__channels={"web": web}, estate__skus={"count": 5, "popularity_shift": 0.0})
    world = World(made, 0)
    sku = np.concatenate([world.day(day).lines["sku"] for day in range(7)])
    p = world.estate.popularity
    second = p * ((p / (1 - p)).sum() - p / (1 - p))
    observed = np.bincount(sku[1::2], minlength=5)
    assert stats.chisquare(observed, second * observed.sum()).pvalue > LEVEL


def test_traffic_is_as_dispersed_as_configured() -> None:
    made = _busy(demand__tills={"dispersion": 0.5}, estate__stores={"count": 60, "clusters": [cluster()]})
    world = World(made, 0)
    counts = np.zeros((7, world.estate.nodes.size))
    for day in range(7):
        pair = world.day(day).physical["pair"]
        counts[day] = np.bincount(world.estate.pair_node[pair], minlength=counts.shape[1])
    mean = counts[:, 1:].mean(axis=1, keepdims=True)
    cv = np.sqrt((((counts[:, 1:] - mean) ** 2 - mean) / mean**2).mean())
    assert 0.43 < cv < 0.57  # 420 store days: the standard error of the estimate is near 0.02


def test_a_promotion_multiplies_the_demand_of_its_skus_while_it_lasts() -> None:
    promotion = {"start": "12h", "duration": "4h", "multiplier": 5.0, "top_skus": 10, "first_rank": 3}
    plain, promoted = World(_busy(), 0), World(_busy(demand__promotions=[promotion]), 0)
    chosen = slice(2, 12)
    for skus, time in ((_sold, (12, 16)), (_ordered, (12, 16))):
        before, after = skus(plain, time), skus(promoted, time)
        ratio = after[chosen].sum() / before[chosen].sum()
        assert abs(ratio - 5) < 4 * 5 * np.sqrt(1 / before[chosen].sum() + 1 / after[chosen].sum())
        rest = np.delete(np.arange(100), np.arange(2, 12))
        assert abs(after[rest].sum() / before[rest].sum() - 1) < 4 * np.sqrt(2 / before[rest].sum())
        assert abs(skus(promoted, (16, 24)).sum() / skus(plain, (16, 24)).sum() - 1) < 0.15


def test_overlapping_promotions_multiply() -> None:
    law = {"start": 10, "duration": 20, "multiplier": 2.0, "top_skus": 2}
    times = [
        {"start": "1h", "duration": "2h"},
        {"start": "2h", "duration": "2h", "first_rank": 2, "channels": ("web",), "tills": False},
    ]
    listed = tuple(Promotion.model_validate(law | changes) for changes in times)
    promotions = Promotions(listed, np.array([0.1, 0.4, 0.2, 0.3]))
    assert promotions.epochs(0) == [
        (0, HOUR),
        (HOUR, 2 * HOUR),
        (2 * HOUR, 3 * HOUR),
        (3 * HOUR, 4 * HOUR),
        (4 * HOUR, DAY),
    ]
    assert promotions.at_tills(0) is None
    assert _listed(promotions.at_tills(2 * HOUR)) == [1, 2, 1, 2]
    assert _listed(promotions.at_channel(2 * HOUR, "web")) == [1, 2, 2, 4]
    assert _listed(promotions.at_channel(2 * HOUR, "app")) == [1, 2, 1, 2]
    assert _listed(promotions.at_channel(3 * HOUR, "web")) == [1, 1, 2, 2]


def _listed(factors: NDArray[np.float64] | None) -> list[float]:
    assert factors is not None
    return factors.tolist()


def _sold(world: World, hours: tuple[int, int]) -> NDArray[np.int64]:
    rows = world.day(0).physical
    rows = rows[(rows["t"] >= hours[0] * HOUR) & (rows["t"] < hours[1] * HOUR)]
    return np.bincount(world.estate.pair_sku[rows["pair"]], minlength=100)


def _ordered(world: World, hours: tuple[int, int]) -> NDArray[np.int64]:
    day = world.day(0)
    inside = (day.checkouts["t"] >= hours[0] * HOUR) & (day.checkouts["t"] < hours[1] * HOUR)
    rows = day.checkouts[inside]
    at = np.concatenate([np.arange(r["first_line"], r["first_line"] + r["lines"]) for r in rows])
    return np.bincount(day.lines["sku"][at], minlength=100)


def test_carts_that_are_left_come_on_top_of_the_checkouts() -> None:
    web = channel(weekly_checkouts=20_000.0, dispersion=0.0, conversion=0.1, cart="20m", cart_abandonment=0.6)
    world = World(_busy(demand__channels={"web": web}), 0)
    days = [world.day(day) for day in range(7)]
    carts = np.concatenate([d.checkouts for d in days])
    _close(carts.size, 50_000)
    _close_share(carts["leaves"], 0.6)
    _close(int(sum(d.sessions.sum() for d in days)), 200_000)
    assert set(carts["cart"].tolist()) == {20 * 60 * 10**6}
