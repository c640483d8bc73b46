"""A log drawn from known laws is fitted back: the twin's own world is the shop, and its laws are the answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.calibration.make import COLUMNS, declaration
from tests.world.make import channel, cluster, scenario
from twin.calibration.declared import Calibration
from twin.calibration.fit import Calibrated, calibrate
from twin.core.clock import DAY
from twin.stats.distances import total_variation, variation_by_chance
from twin.stats.popularity import ZipfMandelbrot, concentration_gap
from twin.world.profiles import weekly_rates
from twin.world.tables import Physical
from twin.world.world import World

DAYS = 182
LINES = {"values": (1, 2, 3, 8), "shares": (0.4, 0.3, 0.2, 0.1)}
UNITS = {"values": (1, 2, 6), "shares": (0.7, 0.2, 0.1)}
ZIPF = ZipfMandelbrot(0.9, 5.0, 400)
START = datetime(2025, 1, 6, 5, tzinfo=UTC)  # a Monday, midnight in New York


@cache
def _world() -> World:
    web = channel(weekly_checkouts=900.0, dispersion=0.25, lines=LINES, units=UNITS)
    made = scenario(
        calendar={"start": "2025-01-06", "time_zone": "America/New_York", "warm_up": "0s", "window": f"{DAYS}d"},
        estate__regions=[{"name": "east", "time_zone": "America/New_York", "share": 1.0}],
        estate__dcs=[{"name": "dc-east", "region": "east"}],
        estate__stores={"count": 6, "clusters": [cluster(weekly_lines=700, assortment=400)]},
        estate__skus={
            "count": ZIPF.size, "popularity_exponent": ZIPF.exponent, "popularity_shift": ZIPF.shift,
            "price_mean_usd": 20.0, "price_cv": 0.8,
        },
        demand__channels={"web": web},
        demand__tills={"dispersion": 0.3, "units": UNITS},
    )  # fmt: skip
    return World(made, 0)


def _write(path: Path, t: Any, columns: dict[str, Any]) -> None:
    stamps = pa.array([START + timedelta(microseconds=int(at)) for at in t], pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"at": stamps, "customer": ["c"] * len(stamps), **columns}), path)


def _orders(folder: Path) -> Calibrated:
    world, t, order, sku, quantity = _world(), [], [], [], []
    for day in range(DAYS):
        drawn = world.day(day)
        for number, each in enumerate(drawn.checkouts):
            lines = drawn.lines[each["first_line"] : each["first_line"] + each["lines"]]
            t += [day * DAY + each["t"] % DAY] * lines.size
            order += [f"{day}-{number}"] * lines.size
            sku += lines["sku"].tolist()
            quantity += lines["quantity"].tolist()
    price = world.estate.skus["price_cents"][sku] / 100
    columns = {"order": order, "sku": [f"s{code}" for code in sku], "quantity": quantity, "price": price}
    _write(folder / "log.parquet", t, columns)
    return calibrate(Calibration.model_validate(declaration(fit_until="2025-05-05")), folder, None)


def _receipts(folder: Path) -> Calibrated:
    world = _world()
    days = [world.day(day).physical for day in range(DAYS)]
    sales = np.concatenate([rows[rows["kind"] == Physical.SALE] for rows in days])
    day = np.repeat(np.arange(DAYS), [int((rows["kind"] == Physical.SALE).sum()) for rows in days])
    sku = world.estate.pair_sku[sales["pair"]]
    columns = {
        "order": [str(number) for number in range(sales.size)],
        "sku": [f"s{code}" for code in sku],
        "quantity": sales["quantity"],
        "price": world.estate.skus["price_cents"][sku] / 100,
        "store": [f"shop{node}" for node in world.estate.pair_node[sales["pair"]]],
    }
    _write(folder / "log.parquet", day * DAY + sales["t"] % DAY, columns)
    tills = declaration(fit_until="2025-05-05", holds="till_lines", columns={**COLUMNS, "store": "store"})
    return calibrate(Calibration.model_validate(tills), folder, None)


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Calibrated:
    return _orders(tmp_path_factory.mktemp("orders"))


@pytest.fixture(scope="module")
def receipts(tmp_path_factory: pytest.TempPathFactory) -> Calibrated:
    return _receipts(tmp_path_factory.mktemp("receipts"))


def test_the_profile_of_a_channel_comes_back(orders: Calibrated) -> None:
    n = int(orders.hours.counts.sum())
    assert 14_000 < n < 17_000
    rates = weekly_rates("online", {})
    # A day's factor moves 24 hours together, which adds to what single orders would do by luck.
    assert total_variation(orders.hours.rates, rates) < 2 * variation_by_chance(rates, n)
    assert total_variation(orders.hours.rates, np.ones(168)) > 3 * variation_by_chance(rates, n)


def test_the_profile_of_tills_comes_back_within_opening_hours(receipts: Calibrated) -> None:
    hour = np.arange(168) % 24
    law = weekly_rates("high_street", {}) * ((hour >= 8) & (hour < 21))
    n = int(receipts.hours.counts.sum())
    assert total_variation(receipts.hours.rates, law) < 2.5 * variation_by_chance(law, n)
    assert not receipts.hours.rates.reshape(7, 24)[:, [*range(8), *range(21, 24)]].any()


def test_the_spread_of_days_comes_back(orders: Calibrated, receipts: Calibrated) -> None:
    channel_spread, store_spread = orders.days.dispersion, receipts.days.dispersion
    assert channel_spread.cv == pytest.approx(0.25, abs=3 * channel_spread.error)
    assert store_spread.cv == pytest.approx(0.3, abs=3 * store_spread.error)
    assert channel_spread.error < 0.04
    assert store_spread.error < 0.02


def test_laws_of_counts_come_back(orders: Calibrated, receipts: Calibrated) -> None:
    assert orders.lines is not None
    for counted, law in ((orders.lines, LINES), (orders.units, UNITS), (receipts.units, UNITS)):
        assert counted.law.values == law["values"]
        sd = np.sqrt(np.array(law["shares"]) * (1 - np.array(law["shares"])) / counted.fitted.size)
        assert (np.abs(np.array(counted.law.shares) - law["shares"]) < 4.5 * sd).all()


def test_popularity_and_prices_come_back(orders: Calibrated) -> None:
    found = orders.goods.popularity
    assert found.size == pytest.approx(ZIPF.size, abs=4)
    assert found.exponent == pytest.approx(ZIPF.exponent, abs=0.1)
    curves = [(np.arange(law.size + 1.0), np.append(0, np.cumsum(law.shares()))) for law in (found, ZIPF)]
    assert concentration_gap(*curves) < 0.01
    # 400 prices: the standard errors of a lognormal's mean and cv are 4 % and 6 %.
    price = orders.goods.price_law
    assert price is not None
    assert price.mean == pytest.approx(20, rel=0.12)
    assert price.cv == pytest.approx(0.8, rel=0.18)


def test_what_was_fitted_stands_the_test_of_days_kept_apart(orders: Calibrated, receipts: Calibrated) -> None:
    for done in (orders, receipts):
        for finding in done.findings:
            if finding.chance is not None and finding.held_out is not None and "store" not in finding.what:
                assert finding.held_out < 3 * finding.chance, finding


def test_stores_of_one_kind_have_the_same_volume_and_hours(receipts: Calibrated) -> None:
    stores = receipts.stores
    assert stores is not None
    assert stores.volumes.size == 6
    assert stores.law is not None
    assert stores.law.cv < 0.1
    assert stores.other_hour.mean() < 2 * stores.other_hour_by_chance
