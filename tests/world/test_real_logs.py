"""The real logs, as they are: read, mapped, and accounted for to the line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.world.make import cluster, scenario
from twin.core.clock import MINUTE
from twin.world.replay.account import MAPPED, OUTSIDE, READ, SET_ASIDE
from twin.world.tables import Physical
from twin.world.world import World

DATA = Path(os.environ.get("TWIN_DATA") or Path(__file__).resolve().parents[2].parent / "shared" / "data")

ONLINE_RETAIL = {
    "log": "online_retail.parquet",
    "columns": {
        "order": "invoice_no",
        "sku": "stock_code",
        "quantity": "quantity",
        "timestamp": "invoice_ts",
        "customer": "customer_id",
        "unit_price": "unit_price_gbp",
    },
    "time_zone": "Europe/London",
    "from_date": "2011-05-09",
    "channel": "web",
    "negatives": "adjustments",
    "return_order_prefix": "C",
    "merchandise": "[0-9]{5}[A-Za-z]*",
}

COMPLETE_JOURNEY = {
    "log": "cj_transactions_sample.parquet",
    "columns": {
        "order": "basket_id",
        "sku": "product_id",
        "quantity": "quantity",
        "timestamp": "ts_local",
        "customer": "household_id",
        "line_value": "sales_value_usd",
        "store": "store_id",
    },
    "time_zone": "America/New_York",
    "from_date": "2017-05-08",
    "target": "tills",
    "max_line_units": 100,
}


def _world(replay: dict[str, Any], stores: int, skus: int) -> World:
    if not (DATA / replay["log"]).is_file():
        pytest.skip(f"{replay['log']} is not in TWIN_DATA")
    made = scenario(
        calendar={"start": "2025-05-12", "warm_up": "1d", "window": "6d"},
        estate__stores={"count": stores, "clusters": [cluster(assortment=500)]},
        estate__skus={"count": skus},
        demand__replay=replay,
    )
    return World(made, 0, data_dir=DATA)


def test_online_retail_is_replayed_as_orders_of_a_channel() -> None:
    world = _world(ONLINE_RETAIL, stores=5, skus=10_000)
    account = world.account
    assert account is not None
    assert account.balanced
    assert account.lines(READ) == 320_705
    # 320,705 lines, 318,713 of merchandise; 925 negative lines outside cancellations, 12 of them services.
    assert account.lines(SET_ASIDE, "service line") == 1_992
    assert account.lines(SET_ASIDE, "stock adjustment") == 913
    assert account.lines(SET_ASIDE, "over max_line_units") == 2
    assert account.lines(SET_ASIDE, "price not positive") == 864
    drawn = [world.day(day) for day in range(world.days)]
    lines = sum(int(d.checkouts["lines"][d.checkouts["channel"] == 0].sum()) for d in drawn)
    assert lines == account.lines(MAPPED, "sale")
    assert sum(d.returns.size for d in drawn) == account.lines(MAPPED, "return")
    units = sum(_units(d.checkouts[d.checkouts["channel"] == 0], d.lines) for d in drawn)
    merged = "merged with a line of the same order and article"
    assert units == account.units(MAPPED, "sale") + account.units(MAPPED, merged)
    t = np.concatenate([d.checkouts["t"][d.checkouts["channel"] == 0] for d in drawn])
    assert (t % MINUTE == 0).all()
    assert np.unique(t).size < t.size  # minute stamps: ties are common
    assert world.estate.skus.size <= 3_741


def _units(checkouts: Any, lines: Any) -> int:
    return sum(int(lines["quantity"][c["first_line"] : c["first_line"] + c["lines"]].sum()) for c in checkouts)


def test_completejourney_is_replayed_as_till_sales() -> None:
    world = _world(COMPLETE_JOURNEY, stores=300, skus=2_000)
    account = world.account
    assert account is not None
    assert account.balanced
    assert account.lines(READ) == 75_000
    assert account.lines(SET_ASIDE, "zero quantity") == 416
    assert account.lines(SET_ASIDE, "over max_line_units") == 692  # fuel, counted in another unit
    assert account.units(SET_ASIDE, "over max_line_units") > 7_000_000
    assert account.lines(SET_ASIDE, "not in catalogue") > 0
    assert account.lines(OUTSIDE) > 70_000
    rows = np.concatenate([world.day(day).physical for day in range(world.days)])
    sales = rows[rows["kind"] == Physical.SALE]
    assert sales.size == account.lines(MAPPED, "sale")
    assert sales["quantity"].sum() == account.units(MAPPED, "sale")
