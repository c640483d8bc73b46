"""The estate: shares, assortments, numbering, clocks, levels, tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.world.make import cluster, scenario
from twin.core.clock import DAY, HOUR
from twin.scenario.errors import ScenarioError
from twin.world.estate import realise


def test_pairs_are_sorted_by_sku_then_node_and_dcs_stock_everything() -> None:
    estate = realise(scenario())
    cells = estate.pair_sku.astype(np.int64) * estate.nodes.size + estate.pair_node
    assert (np.diff(cells) > 0).all()
    assert np.array_equal(estate.pair_sku, np.repeat(np.arange(100), np.diff(estate.sku_first)))
    stocked = np.bincount(estate.pair_node)
    assert stocked.tolist() == [100, 100] + [60] * 10
    assert np.array_equal(estate.pair_node[estate.by_node], np.repeat(np.arange(12), np.diff(estate.node_first)))


def test_shares_of_stores_are_met_exactly() -> None:
    clusters = [cluster("a", share=0.25, ships=0.5), cluster("b", share=0.75, ships=0.2)]
    estate = realise(scenario(estate__stores={"count": 40, "clusters": clusters}))
    stores = estate.nodes[estate.nodes["is_dc"] == 0]
    assert np.bincount(stores["cluster"]).tolist() == [10, 30]
    assert np.bincount(stores["region"]).tolist() == [24, 16]
    assert [int(stores["ships"][stores["cluster"] == c].sum()) for c in (0, 1)] == [5, 6]
    assert estate.skus["ending"].sum() == 20


def test_popular_skus_are_stocked_more_often() -> None:
    estate = realise(scenario(estate__stores={"count": 100, "clusters": [cluster(assortment=30)]}))
    stores = np.diff(estate.sku_first)
    assert stores[:20].mean() > 1.3 * stores[-20:].mean()


def test_stores_are_supplied_by_a_dc_of_their_region() -> None:
    estate = realise(scenario())
    stores = estate.nodes[estate.nodes["is_dc"] == 0]
    assert np.array_equal(estate.nodes["region"][stores["supplied_by"]], stores["region"])
    assert (estate.nodes["supplied_by"][:2] == -1).all()


def test_the_own_regions_dc_comes_before_a_nearer_one(tmp_path: Path) -> None:
    table = "store,region,cluster,x_km,y_km\nodd,east,high_street,600,400\n"
    (tmp_path / "stores.csv").write_text(table)
    estate = realise(scenario(estate__stores={"clusters": [cluster()], "table": "stores.csv"}), tmp_path)
    assert estate.nodes["x_km"].tolist() == [200, 600, 600]  # it stands beside the DC of the west
    assert estate.nodes["supplied_by"][2] == 0


def test_a_store_of_a_region_without_dc_is_supplied_by_the_nearest() -> None:
    estate = realise(scenario(estate__dcs=[{"name": "dc-west", "region": "west"}]))
    assert set(estate.nodes["supplied_by"][1:]) == {0}


@pytest.mark.parametrize(("start", "change_day", "step"), [("2025-03-03", 6, 1), ("2025-10-27", 6, -1)])
def test_local_clocks_change_on_the_day_of_daylight_saving(start: str, change_day: int, step: int) -> None:
    regions = [
        {"name": "east", "time_zone": "America/New_York", "share": 0.5},
        {"name": "phoenix", "time_zone": "America/Phoenix", "share": 0.5},
    ]
    made = scenario(estate__regions=regions, estate__dcs=[{"name": "dc", "region": "east"}], calendar__start=start)
    shift = realise(made).zone_shift
    assert shift[0, 0] == 0
    assert np.flatnonzero(np.diff(shift[0])).tolist() == [change_day - 1]
    assert shift[0, change_day] == step * HOUR
    assert (shift[1] == shift[1, 0]).all()  # Arizona does not change its clocks
    assert shift[1, 0] == (-2 if step > 0 else -3) * HOUR


def test_stores_keep_their_local_hours_through_a_week_of_daylight_saving() -> None:
    from twin.world.world import World

    world = World(scenario(calendar__start="2025-03-03", calendar__window="8d"), 0)
    for day in range(5, 8):
        rows = world.day(day).physical
        region = world.estate.nodes["region"][world.estate.pair_node[rows["pair"]]]
        local = (rows["t"] + world.estate.zone_shift[region, day]) % DAY
        assert local.min() >= 8 * HOUR
        assert local.max() < 21 * HOUR
        assert rows["t"][region == 0].min() // HOUR % 24 == (8 if day < 6 else 7)


def test_expected_demand_adds_up() -> None:
    made = scenario(estate__skus={"count": 100, "ending_share": 0.0})
    estate = realise(made)
    is_dc = estate.nodes["is_dc"][estate.pair_node] == 1
    law = made.demand.tills.units.mean
    assert estate.till_daily.sum() == pytest.approx(10 * 3000 / 7 * law)
    online = {
        name: c.weekly_checkouts / 7 * c.lines.mean * c.units.mean * 0.8 * 0.97
        for name, c in made.demand.channels.items()
    }
    stores = estate.till_daily.sum() + 0.2 * online["web"]
    assert estate.mean_daily[~is_dc].sum() == pytest.approx(stores)
    assert estate.mean_daily[is_dc].sum() == pytest.approx(stores + 0.8 * online["web"] + online["market"])


def test_levels_are_ordered_and_cover_what_is_configured() -> None:
    estate = realise(scenario())
    levels, is_dc = estate.levels, estate.nodes["is_dc"][estate.pair_node] == 1
    assert (levels.up_to > levels.reorder).all()
    assert (levels.reorder[~is_dc] >= 1).all()
    assert (levels.up_to[~is_dc] >= 10 * estate.mean_daily[~is_dc] - 1e-9).all()
    assert (levels.up_to[is_dc] - levels.reorder[is_dc] >= 14 * estate.mean_daily[is_dc] - 1e-9).all()
    assert (levels.pack[levels.up_to - levels.reorder < 6] == 1).all()
    assert set(np.unique(levels.pack)) == {1, 6}


def test_prices_have_the_configured_mean_and_margin() -> None:
    estate = realise(scenario(estate__skus={"count": 20_000}, estate__stores={"count": 1, "clusters": [cluster()]}))
    assert estate.skus["price_cents"].mean() == pytest.approx(2400, rel=4 / np.sqrt(20_000))
    assert (np.abs(estate.skus["cost_cents"] - 0.6 * estate.skus["price_cents"]) <= 0.5 + 1e-9).all()


STORES = (
    "store,region,cluster,x_km,y_km,weekly_lines\nalpha,east,high_street,10,20,700\n007,west,high_street,500,600,1400\n"
)
SKUS = "sku,price_usd,popularity,ending\n0042,19.99,5,0\nB,5,3,1\nC,0.5,2,0\n"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_stores_and_skus_come_from_tables(tmp_path: Path, kind: str) -> None:
    for name, text in (("stores", STORES), ("skus", SKUS)):
        _write(tmp_path / f"{name}.{kind}", text)
    made = scenario(
        estate__stores={"clusters": [cluster(assortment=2)], "table": f"stores.{kind}"},
        estate__skus={"table": f"skus.{kind}"},
    )
    estate = realise(made, tmp_path)
    assert estate.node_names == ("dc-east", "dc-west", "alpha", "007")
    assert estate.sku_names == ("0042", "B", "C")
    assert estate.skus["price_cents"].tolist() == [1999, 500, 50]
    assert estate.skus["ending"].tolist() == [0, 1, 0]
    assert estate.popularity.tolist() == [0.5, 0.3, 0.2]
    assert estate.nodes["x_km"][2:].tolist() == [10, 500]
    assert estate.weekly_lines.tolist() == [0, 0, 700, 1400]


def _write(path: Path, text: str) -> None:
    if path.suffix == ".csv":
        path.write_text(text)
        return
    header, *rows = [line.split(",") for line in text.split()]
    columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
    numbers = {"x_km", "y_km", "weekly_lines", "price_usd", "popularity", "ending"}
    pq.write_table(pa.table({k: [float(x) for x in v] if k in numbers else v for k, v in columns.items()}), path)


BAD_TABLES = [
    (STORES.replace("west,", "north,"), "stores.csv:3:2: region: must be one of east, west, it is 'north'"),
    (STORES.replace("007", "alpha"), "stores.csv:3:1: store: must be unique, it is 'alpha'"),
    (STORES.replace("alpha", "dc-east"), "stores.csv:2:1: store: must not be the name of a DC, it is 'dc-east'"),
    (STORES.replace(",700", ",-1"), "stores.csv:2:6: weekly_lines: must be a number of at least 0, it is -1"),
    (STORES.replace("cluster", "kluster"), "stores.csv:1:1: cluster: no such column; "
     "the table has store, region, kluster, x_km, y_km, weekly_lines (did you mean 'kluster'?)"),
    (STORES.replace("x_km", "y_km"), "stores.csv:1:1: x_km: no such column"),
    (STORES.replace("weekly_lines", "y_km"), "stores.csv:1:1: y_km: is there twice"),
    (STORES.replace(",500,", ",five,"), "stores.csv:3:4: x_km: must be a number, it is 'five'"),
    (STORES.splitlines()[0] + "\n", "stores.csv:2:1: store: the table has no rows"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD_TABLES)
def test_a_bad_table_of_stores_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "stores.csv").write_text(text)
    with pytest.raises(ScenarioError) as caught:
        realise(scenario(estate__stores={"clusters": [cluster()], "table": "stores.csv"}), tmp_path)
    assert str(caught.value).startswith(message)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"nowhere\.csv:1:1: file: no such file"):
        realise(scenario(estate__skus={"table": "nowhere.csv"}), tmp_path)
