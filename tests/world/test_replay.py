"""Replay: a log is validated, mapped and accounted for line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.world.make import scenario
from twin.core.clock import DAY, HOUR, MINUTE
from twin.scenario.errors import ScenarioError
from twin.scenario.scenario import Scenario
from twin.world.replay.account import ADDED, MAPPED, OUTSIDE, READ, SET_ASIDE
from twin.world.tables import Physical
from twin.world.world import World

COLUMNS = {
    "order": "invoice",
    "sku": "article",
    "quantity": "units",
    "timestamp": "at",
    "customer": "who",
    "unit_price": "price",
}

# Two days of fit (May 1 and 2), three of replay (May 3 to 5), in local time of London.
LOG = """invoice,article,units,at,who,price
100,A1,2,2011-04-30T09:00,ann,1.00
101,A1,2,2011-05-01T09:00,ann,1.00
101,B2,6,2011-05-01T09:00,ann,2.50
102,A1,1,2011-05-02T10:00,bob,1.50
103,C3,1,2011-05-02T11:00,,9.99
200,A1,4,2011-05-03T00:00,ann,1.00
200,A1,3,2011-05-03T00:00,ann,1.00
200,D4,1,2011-05-03T00:00,ann,4.00
200,POST,1,2011-05-03T00:00,ann,18.00
201,B2,5,2011-05-03T00:00,bob,2.50
C202,B2,-5,2011-05-03T12:30,bob,2.50
203,A1,0,2011-05-03T13:00,bob,1.00
204,B2,9999,2011-05-03T14:00,cat,2.50
205,C3,-1,2011-05-04T08:00,,0.00
206,C3,2,2011-05-04T08:01,,0.00
C207,C3,2,2011-05-04T08:02,,9.99
208,C3,2,2011-05-05T23:59,,9.99
209,B2,1,2011-05-06T00:00,dan,2.50
"""


def replay(folder: Path, text: str = LOG, name: str = "log.csv", **changes: Any) -> Scenario:
    """A scenario that replays a log written into ``folder``."""
    path = folder / name
    path.write_text(text)
    usual = {
        "log": name,
        "columns": COLUMNS,
        "time_zone": "Europe/London",
        "from_date": "2011-05-03",
        "fit_days": 2,
        "channel": "web",
        "negatives": "adjustments",
        "return_order_prefix": "C",
        "merchandise": "[A-Z][0-9]",
        "max_line_units": 1000,
    }
    return scenario(
        calendar={"start": "2025-03-03", "warm_up": "1d", "window": "1d", "follow_up": "1d"},
        demand__replay=usual | changes,
    )


def problems(folder: Path, text: str, **changes: Any) -> list[str]:
    """What is said of a bad log."""
    with pytest.raises(ScenarioError) as caught:
        World(replay(folder, text, **changes), 0, base=folder)
    return [str(problem) for problem in caught.value.problems]


def web(world: World, day: int) -> list[tuple[int, list[tuple[str, int]]]]:
    """(minute, lines) of the orders of the replayed channel."""
    drawn, names = world.day(day), world.estate.sku_names
    rows = drawn.checkouts[drawn.checkouts["channel"] == 0]
    out = []
    for row in rows:
        lines = drawn.lines[row["first_line"] : row["first_line"] + row["lines"]]
        out.append((int(row["t"] // MINUTE), sorted((names[line["sku"]], int(line["quantity"])) for line in lines)))
    return out


def test_every_line_is_mapped_set_aside_or_outside_the_period(tmp_path: Path) -> None:
    world = World(replay(tmp_path), 0, base=tmp_path)
    assert world.account is not None
    found = {(row.group, row.reason): (row.lines, row.units) for row in world.account.rows}
    assert found == {
        (READ, "lines of the log"): (18, 10026),
        (MAPPED, "sale"): (4, 12),
        (MAPPED, "merged with a line of the same order and article"): (1, 3),
        (MAPPED, "return"): (1, -5),
        (SET_ASIDE, "service line"): (1, 1),
        (SET_ASIDE, "zero quantity"): (1, 0),
        (SET_ASIDE, "over max_line_units"): (1, 9999),
        (SET_ASIDE, "stock adjustment"): (1, -1),
        (SET_ASIDE, "price not positive"): (1, 2),
        (SET_ASIDE, "cancellation with a positive quantity"): (1, 2),
        (OUTSIDE, "before the fit period"): (1, 2),
        (OUTSIDE, "in the fit period"): (4, 10),
        (OUTSIDE, "after the horizon"): (1, 1),
    }
    assert world.account.balanced


def test_orders_keep_their_minutes_ties_and_order(tmp_path: Path) -> None:
    world = World(replay(tmp_path), 0, base=tmp_path)
    assert web(world, 0) == [(0, [("A1", 7), ("D4", 1)]), (0, [("B2", 5)])]
    assert web(world, 1) == []
    assert web(world, 2) == [(2 * 1440 + 1439, [("C3", 2)])]
    rows = world.day(0).checkouts
    assert not rows["abandons"][rows["channel"] == 0].any()
    assert not rows["declined"][rows["channel"] == 0].any()
    assert (rows[rows["channel"] == 0]["pickup"] == -1).all()


def test_the_other_channels_and_the_tills_stay_drawn(tmp_path: Path) -> None:
    drawn = World(replay(tmp_path), 0, base=tmp_path).day(0)
    assert (drawn.checkouts["channel"] == 1).sum() > 50
    assert drawn.physical.size > 1000


def test_cancellations_become_returns(tmp_path: Path) -> None:
    world = World(replay(tmp_path), 0, base=tmp_path)
    (row,) = world.day(0).returns
    assert (world.estate.sku_names[row["sku"]], row["quantity"], row["channel"]) == ("B2", 5, 0)
    assert row["t"] == 12 * HOUR + 30 * MINUTE


def test_negatives_can_be_declared_as_returns(tmp_path: Path) -> None:
    world = World(replay(tmp_path, negatives="returns"), 0, base=tmp_path)
    assert world.account is not None
    assert world.account.lines(MAPPED, "return") == 2
    assert world.account.lines(SET_ASIDE, "stock adjustment") == 0


def test_the_catalogue_and_its_prices_come_from_the_log(tmp_path: Path) -> None:
    estate = World(replay(tmp_path), 0, base=tmp_path).estate
    assert estate.sku_names == ("A1", "B2", "C3", "D4")
    assert estate.skus["price_cents"].tolist() == [100, 250, 999, 400]
    # Two of the four fitted lines are of articles seen once, so much is unseen; but D4 gets no more than they have.
    assert estate.popularity == pytest.approx([0.4, 0.2, 0.2, 0.2])


def test_articles_beyond_the_catalogue_are_set_aside_by_name(tmp_path: Path) -> None:
    made = replay(tmp_path)
    small = made.estate.model_copy(update={"skus": made.estate.skus.model_copy(update={"count": 2})})
    world = World(made.model_copy(update={"estate": small}), 0, base=tmp_path)
    assert world.account is not None
    assert world.account.balanced
    assert world.account.lines(SET_ASIDE, "not in catalogue") > 0
    assert world.estate.sku_names == ("A1", "B2")


def test_a_log_is_looked_for_in_the_data_folder_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "data"
    elsewhere.mkdir()
    made = replay(tmp_path)
    (elsewhere / "log.csv").write_text(LOG.replace("200,D4,1", "200,D4,2"))
    assert web(World(made, 0, base=tmp_path, data_dir=elsewhere), 0)[0][1] == [("A1", 7), ("D4", 2)]
    assert web(World(made, 0, base=tmp_path), 0)[0][1] == [("A1", 7), ("D4", 1)]
    monkeypatch.setenv("TWIN_DATA", str(elsewhere))
    assert web(World(made, 0, base=tmp_path), 0)[0][1] == [("A1", 7), ("D4", 2)]


def test_parquet_and_csv_give_the_same_world(tmp_path: Path) -> None:
    made = replay(tmp_path)
    nulls = pa.csv.ConvertOptions(strings_can_be_null=True)
    table = pa.csv.read_csv(tmp_path / "log.csv", convert_options=nulls)
    pq.write_table(table, tmp_path / "log.parquet")
    other = replay(tmp_path, log="log.parquet")
    assert World(made, 0, base=tmp_path).fingerprint() == World(other, 0, base=tmp_path).fingerprint()


def test_aware_stamps_are_instants(tmp_path: Path) -> None:
    lines = [line if n == 0 else line.replace(":00,", ":00+01:00,", 1) for n, line in enumerate(LOG.splitlines())]
    text = "\n".join(lines).replace("12:30,", "12:30+01:00,").replace("08:01,", "08:01+01:00,")
    text = text.replace("08:02,", "08:02+01:00,").replace("23:59,", "23:59+01:00,") + "\n"
    aware, naive = (
        World(replay(tmp_path, text), 0, base=tmp_path),
        World(replay(tmp_path, name="n.csv", log="n.csv"), 0, base=tmp_path),
    )
    assert [web(aware, day) for day in range(3)] == [web(naive, day) for day in range(3)]


BAD = [
    (LOG.replace("article", "artikel"), {}, "log.csv:1:1: article: no such column; "
     "the table has invoice, artikel, units, at, who, price (did you mean 'artikel'?)"),
    (LOG.replace("102,A1,1,2011-05-02T10:00", "102,A1,1,"), {}, "log.csv:5:4: at: must not be empty"),
    (LOG.replace("102,A1,1,2011-05-02T10:00", "102,A1,1,2011-05-01T08:00"), {}, "log.csv:5:4: at: is earlier "
     "than the row before (sort: true restores the order), it is '2011-05-01T08:00'"),
    (LOG.replace("2011-05-02T10:00", "2011-05-02T10:00Z"), {}, "log.csv:5:4: at: mixed time zones: "
     "the first row is naive, this one is not, it is '2011-05-02T10:00Z'"),
    (LOG.replace("2011-05-02T10:00", "yesterday"), {}, "log.csv:5:4: at: must be an ISO 8601 time stamp such as "
     "2011-08-31T17:45, it is 'yesterday'"),
    (LOG.replace("2011-05-02T10:00", "1911-05-02T10:00"), {}, "log.csv:5:4: at: must lie between 1970 and 2200, it is "
     "'1911-05-02T10:00'"),
    (LOG, {"negatives": "error"}, "log.csv:15:3: units: must not be negative unless negatives says what that means "
     "(returns, adjustments), it is -1"),
    (LOG.replace("102,A1,1,", "102,A1,1.5,"), {}, "log.csv:5:3: units: must be a whole number of units, it is 1.5"),
    (LOG.replace("102,A1,1,", "102,A1,one,"), {}, "log.csv:5:3: units: must be a number, it is 'one'"),
    (LOG.splitlines()[0] + "\n", {}, "log.csv:2:1: invoice: the table has no rows"),
    (LOG, {"fit_days": 9}, "log.csv:1:1: demand.replay.fit_days: the log begins 2011-04-30 08:00 UTC, "
     "but fit_days before from_date begin 2011-04-23 23:00 UTC"),
    (LOG, {"from_date": "2011-05-06"}, "log.csv:1:1: demand.replay.from_date: the log ends 2011-05-05 "
     "23:00 UTC, but the observation window ends 2011-05-07 23:00 UTC"),
    (LOG, {"from_date": "2011-02-31"}, "small:1:1: demand.replay.from_date: is no date: "),
    (LOG, {"channel": "shop"}, "small:1:1: demand.replay.channel: no channel is called 'shop'; there are web, market"),
    (LOG, {"merchandise": "("}, "small:1:1: demand.replay.merchandise: is no regular expression: "),
    (LOG, {"time_zone": "Europe/Londres"},
     "small:1:1: demand.replay.time_zone: no time zone is called 'Europe/Londres'"),
    (LOG, {"target": "tills"}, "small:1:1: demand.replay.columns.store: is needed when target is tills"),
    (LOG, {"log": "none.csv"}, "none.csv:1:1: file: no such file: 'none.csv' was looked for in "),
    (LOG, {"merchandise": "Z"}, "log.csv:1:1: demand.replay.fit_days: no sale in the fit period"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "changes", "message"), BAD)
def test_a_bad_log_is_refused_with_its_place(tmp_path: Path, text: str, changes: dict[str, Any], message: str) -> None:
    found = problems(tmp_path, text, **changes)
    assert found[0].startswith(message)
    assert len(found) == 1


def test_daylight_saving_nights_are_refused(tmp_path: Path) -> None:
    skipped = LOG.replace("2011-04-30T09:00", "2011-03-27T01:30")
    assert problems(tmp_path, skipped) == [
        "log.csv:2:4: at: does not exist in Europe/London: its clock skipped this hour, it is '2011-03-27T01:30'"
    ]
    repeated = LOG.replace("2011-05-06T00:00", "2011-10-30T01:00")
    assert problems(tmp_path, repeated) == [
        "log.csv:19:4: at: is ambiguous in Europe/London: its clock showed this hour twice, it is '2011-10-30T01:00'"
    ]
    for fine in ("2011-03-27T00:59", "2011-03-27T02:00"):
        World(replay(tmp_path, LOG.replace("2011-04-30T09:00", fine)), 0, base=tmp_path)
    for fine in ("2011-10-30T00:59", "2011-10-30T02:00"):
        World(replay(tmp_path, LOG.replace("2011-05-06T00:00", fine)), 0, base=tmp_path)


def test_stamps_after_a_change_of_clocks_are_an_hour_nearer(tmp_path: Path) -> None:
    from twin.world.replay.stamps import instants
    from twin.world.tabular import Table

    text = ["2011-03-26T12:00", "2011-03-27T12:00", "2011-10-29T12:00", "2011-10-30T12:00"]
    table = Table("log", {"at": pa.chunked_array([text])}, 1)
    assert np.diff(instants(table, "at", "Europe/London"))[[0, 2]].tolist() == [23 * HOUR, 25 * HOUR]
    assert table.problems == []


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = LOG.replace("102,A1,1,2011-05-02T10:00", "102,A1,1.5,2011-05-01T08:00")
    assert len(problems(tmp_path, text, negatives="error")) == 3


def test_an_unsorted_log_can_be_sorted_by_declaration(tmp_path: Path) -> None:
    header, *rows = LOG.splitlines()
    text = "\n".join([header, *rows[8:], *rows[:8]]) + "\n"
    shuffled = World(replay(tmp_path, text, sort=True), 0, base=tmp_path)
    assert shuffled.account is not None
    assert shuffled.account.balanced
    assert [sorted(web(shuffled, day)) for day in range(3)] == [
        sorted(web(World(replay(tmp_path, name="o.csv", log="o.csv"), 0, base=tmp_path), day)) for day in range(3)
    ]


def _busy(folder: Path, **changes: Any) -> Scenario:
    """2000 customers with two orders each, evenly over five days."""
    rows = ["invoice,article,units,at,who,price"]
    for number in range(4000):
        minute = number * 5 * 1440 // 4000
        at = f"2011-05-0{1 + minute // 1440}T{minute % 1440 // 60:02d}:{minute % 60:02d}"
        rows.append(f"{number},A{number % 7},1,{at},c{number % 2000},1.00")
    return replay(folder, "\n".join(rows) + "\n", "busy.csv", log="busy.csv", merchandise=None, **changes)


def _customers(world: World) -> dict[tuple[int, int], int]:
    """Orders per place; customers live at their own."""
    found: dict[tuple[int, int], int] = {}
    for day in range(3):
        for row in world.day(day).checkouts:
            if row["channel"] == 0:
                place = (int(row["x_km"]), int(row["y_km"]))
                found[place] = found.get(place, 0) + 1
    return found


def _orders(world: World) -> list[int]:
    t = np.concatenate([world.day(day).checkouts for day in range(3)])
    return t["t"][t["channel"] == 0].tolist()


def test_thinning_keeps_whole_customers_and_the_share_of_scale(tmp_path: Path) -> None:
    full, half = World(_busy(tmp_path), 0, base=tmp_path), World(_busy(tmp_path, scale=0.5), 0, base=tmp_path)
    assert len(_orders(full)) == 2400
    kept = len(_orders(half))
    assert abs(kept - 1200) < 4 * np.sqrt(2000 * 0.25) * 1.5
    assert set(_orders(half)) <= set(_orders(full))
    assert half.account is not None
    assert half.account.balanced
    assert half.account.lines(SET_ASIDE, "customer thinned out by scale") == 2400 - kept
    assert half.estate.mean_daily.sum() < full.estate.mean_daily.sum()


def test_another_replication_thins_other_customers(tmp_path: Path) -> None:
    made = _busy(tmp_path, scale=0.5)
    assert _orders(World(made, 0, base=tmp_path)) != _orders(World(made, 1, base=tmp_path))
    assert _orders(World(made, 0, base=tmp_path)) == _orders(World(made, 0, base=tmp_path))


def test_repeating_adds_fresh_customers_with_jitter_and_keeps_the_originals(tmp_path: Path) -> None:
    full, more = World(_busy(tmp_path), 0, base=tmp_path), World(_busy(tmp_path, scale=2.5), 0, base=tmp_path)
    originals, repeated = _orders(full), _orders(more)
    assert abs(len(repeated) - 6000) < 4 * np.sqrt(2000 * 0.25) * 1.5
    left = list(repeated)
    for t in originals:
        left.remove(t)
    off = np.array([min(abs(t - o) for o in originals) for t in left[:200]])
    assert off.max() <= 30 * MINUTE
    assert (np.array(left) % MINUTE != 0).mean() > 0.9
    assert more.account is not None
    assert more.account.balanced
    assert more.account.lines(ADDED) == len(left)
    assert min(repeated) >= 0
    assert max(repeated) < 3 * DAY
    assert len(_customers(more)) > 1.3 * len(_customers(full))


def test_orders_of_one_customer_come_from_one_place(tmp_path: Path) -> None:
    world = World(_busy(tmp_path), 0, base=tmp_path)
    rows = np.concatenate([world.day(day).checkouts for day in range(3)])
    rows = rows[rows["channel"] == 0]
    # Customers 1600..1999 order on the first day of the simulation and never again; 0..1999 once more from day 0.5 on.
    assert len(_customers(world)) < 2000
    assert set(rows["region"]) == {0, 1}


STORES = {**COLUMNS, "store": "shop"}


def _shop_log() -> str:
    rows = LOG.splitlines()
    shops = ["shop", *(["s1", "s2", "s3"] * 6)]
    return "\n".join(f"{row},{shop}" for row, shop in zip(rows, shops, strict=True)) + "\n"


def test_till_sales_of_a_log_fall_on_the_estates_stores(tmp_path: Path) -> None:
    made = replay(tmp_path, _shop_log(), target="tills", channel=None, columns=STORES)
    world = World(made, 0, base=tmp_path)
    assert world.account is not None
    assert world.account.balanced
    rows = [row for day in range(3) for row in world.day(day).physical if row["kind"] == Physical.SALE]
    names = world.estate.sku_names
    sold = [(names[world.estate.pair_sku[row["pair"]]], int(row["quantity"]), int(row["t"] // MINUTE)) for row in rows]
    assert sorted(sold) == sorted([("A1", 4, 0), ("A1", 3, 0), ("D4", 1, 0), ("B2", 5, 0), ("C3", 2, 2 * 1440 + 1439)])
    assert len({int(world.estate.pair_node[row["pair"]]) for row in rows}) == 3
    assert world.day(0).returns["channel"].tolist() == [-1]
    assert world.day(0).checkouts.size > 50


def test_more_shops_than_stores_share_the_stores(tmp_path: Path) -> None:
    made = replay(tmp_path, _shop_log(), target="tills", channel=None, columns=STORES)
    narrow = made.estate.stores.clusters[0].model_copy(update={"assortment": 1})
    one = made.estate.stores.model_copy(update={"count": 1, "clusters": (narrow,)})
    few = made.estate.model_copy(update={"stores": one})
    world = World(made.model_copy(update={"estate": few}), 0, base=tmp_path)
    assert world.account is not None
    assert world.account.lines(MAPPED, "sale") == 5
    # It stocks what it is shown to sell, however narrow its assortment is meant to be.
    assert sum((world.day(day).physical["kind"] == Physical.SALE).sum() for day in range(3)) == 5


def test_lines_without_a_store_are_set_aside(tmp_path: Path) -> None:
    text = _shop_log().replace("208,C3,2,2011-05-05T23:59,,9.99,s2", "208,C3,2,2011-05-05T23:59,,9.99,")
    world = World(replay(tmp_path, text, target="tills", channel=None, columns=STORES), 0, base=tmp_path)
    assert world.account is not None
    assert world.account.lines(SET_ASIDE, "no store") == 1


def test_the_stock_rule_of_a_replay_can_be_swept(tmp_path: Path) -> None:
    stock = [
        World(_busy(tmp_path, stock_cover=cover), 0, base=tmp_path).estate.levels.up_to.sum()
        for cover in ("3d", "7d", "21d")
    ]
    assert stock[0] < stock[1] < stock[2]
