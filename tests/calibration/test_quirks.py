"""What real logs are full of: each line is fitted, or counted under the reason why it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.calibration.make import MONDAY, TESTED, declaration, later, logged, row
from twin.calibration.baskets import count_law, lines_per_order
from twin.calibration.declared import Calibration
from twin.calibration.fit import calibrate
from twin.calibration.hours import profile_of
from twin.calibration.returns import fit_returns
from twin.calibration.sales import Logged
from twin.world.replay.account import MAPPED, READ, SET_ASIDE

TILLS = {"holds": "till_lines", "fit_until": "2025-03-24", "columns": {**declaration()["columns"], "store": "store"}}


def lines(found: Logged, group: str, reason: str | None = None) -> int:
    return found.account.lines(group, reason)


def test_every_row_is_accounted_for_under_one_reason(tmp_path: Path) -> None:
    rows = [
        row(later(0), "1", "10001"), row(later(0), "1", "10001", 2), row(later(0), "1", "10002"),
        row(later(1), "2", "POST"), row(later(1), "2", "10001", 0), row(later(1), "2", "10001", 20_000),
        row(later(1), "C3", "10001", -1), row(later(1), "C3", "10001", 4), row(later(1), "4", "10001", -3),
        row(later(1), "5", "10001", price=0.0), *(each | {"sku": "10001"} for each in TESTED),
    ]  # fmt: skip
    found = logged(
        tmp_path, rows, return_order_prefix="C", negatives="adjustments", merchandise=r"\d{5}", max_line_units=10_000
    )
    assert found.account.balanced
    assert lines(found, READ) == len(rows)
    assert {row.reason: row.lines for row in found.account.rows if row.group in (MAPPED, SET_ASIDE)} == {
        "sale": 4,
        "merged with a line of the same order and article": 1,
        "return": 1,
        "service line": 1,
        "zero quantity": 1,
        "over max_line_units": 1,
        "cancellation with a positive quantity": 1,
        "stock adjustment": 1,
        "price not positive": 1,
    }
    assert found.fit.quantity.tolist() == [3, 1]  # of an order's article all lines are one
    assert lines_per_order(found.fit).tolist() == [2]


def test_lines_of_tills_are_not_merged_and_give_no_law_of_lines_per_order(tmp_path: Path) -> None:
    rows = [row(later(day), f"{day}-{k}", f"sku{k % 12}", store="x") for day in range(42) for k in range(30)]
    rows.append(row(later(0), "0-1", "sku1", store="x"))
    rows.append(row(later(0), "nowhere", "sku1", store=None))
    found = logged(tmp_path, rows, **TILLS)
    assert lines(found, SET_ASIDE, "no store") == 1
    assert found.fit.day.size == 21 * 30 + 1
    done = calibrate(Calibration.model_validate(declaration(**TILLS, sampled=0.05)), tmp_path, None)
    assert done.lines is None
    assert "lines per order" not in [finding.what for finding in done.findings]


def test_articles_of_some_kinds_are_left_out(tmp_path: Path) -> None:
    kinds = {"article": ["a", "f"], "department": ["FOOD", "FUEL"]}
    pq.write_table(pa.table(kinds), tmp_path / "articles.parquet")
    table = {"table": "articles.parquet", "key": "article", "column": "department", "kinds": ["FUEL"]}
    rows = [row(later(0), "1", "f", 9571), row(later(0), "1", "f", 0), row(later(0), "1", "a"), *TESTED]
    found = logged(tmp_path, rows, left_out=table, max_line_units=100)
    assert lines(found, SET_ASIDE, "article of a kind that is left out") == 1
    assert lines(found, SET_ASIDE, "zero quantity") == 1
    assert lines(found, SET_ASIDE, "over max_line_units") == 0
    assert found.fit.quantity.tolist() == [1]


def test_orders_of_many_units_can_be_set_aside(tmp_path: Path) -> None:
    rows = [row(later(0), "1", "a", 6), row(later(0), "1", "b", 7), row(later(1), "2", "a", 12), *TESTED]
    found = logged(tmp_path, rows, max_order_units=12)
    assert lines(found, SET_ASIDE, "in an order over max_order_units") == 2
    assert found.fit.quantity.tolist() == [12]


def test_the_profile_counts_local_hours_and_forgets_closed_days(tmp_path: Path) -> None:
    # Three weeks; Sundays never trade, and neither does one Wednesday. Two orders each noon, one each 18h.
    rows = [
        row(later(day, hour), f"{day}-{hour}-{k}")
        for day in range(21)
        if day % 7 != 6 and day != 9
        for hour, many in ((12, 2), (18, 1))
        for k in range(many)
    ]
    found = logged(tmp_path, [*rows, row(later(21), "t")], fit_until="2025-03-24")
    profile = profile_of(found.fit, "America/New_York", whole_orders=True)
    assert profile.closed_days == 1
    by_day = profile.rates.reshape(7, 24)
    assert np.flatnonzero(by_day.sum(axis=1)).tolist() == [0, 1, 2, 3, 4, 5]
    assert np.flatnonzero(by_day.sum(axis=0)).tolist() == [12, 18]
    assert by_day[:6, 12] == pytest.approx(168 * 2 / 18, abs=1e-3)  # Wednesdays no less, although one is missing
    assert by_day[:6, 18] == pytest.approx(168 / 18, abs=1e-3)
    exposure = profile.exposure.reshape(7, 24)
    assert exposure[6, 2] == 2  # of three Sundays one had no 02h: the clocks went forward on 9 March
    assert exposure[6, 3] == 3
    assert exposure[2].tolist() == [2] * 24


def test_an_hour_of_utc_is_counted_where_the_clock_of_the_shop_was(tmp_path: Path) -> None:
    utc = pa.array([later(0, 14), later(7, 14), later(8, 14)], pa.timestamp("us", "UTC"))
    columns = {"at": utc, "order": ["1", "2", "3"], "sku": ["a"] * 3, "quantity": [1] * 3, "customer": ["c"] * 3}
    pq.write_table(pa.table({**columns, "price": [2.0] * 3}), tmp_path / "log.parquet")
    plain = Calibration.model_validate(declaration())
    from twin.calibration.sales import read_sales

    found = read_sales(plain, tmp_path, None)
    assert found.fit.hour.tolist() == [9]  # winter, five hours behind
    assert found.test.hour.tolist() == [10, 24 + 10]  # summer, four


def test_a_law_of_counts_keeps_common_numbers_and_the_mean() -> None:
    numbers = np.repeat([1, 2, 12, 24, 100, 101, 110, 5000], [500, 300, 120, 60, 2, 2, 2, 1])
    law = count_law(numbers)
    assert law.values[:4] == (1, 2, 12, 24)
    assert sum(law.shares) == pytest.approx(1, abs=1e-12)
    assert law.values[-1] == 5000
    assert len(law.values) == 6  # 100, 101 and 110 are one
    assert law.mean == pytest.approx(numbers.mean(), rel=1e-3)


def test_a_return_belongs_to_the_latest_earlier_sale_with_enough_units(tmp_path: Path) -> None:
    rows = [
        row(later(0), "1", "a", 5), row(later(2), "2", "a", 2), row(later(3), "3", "b", 9, customer=None),
        row(later(4), "C4", "a", -3), row(later(5), "C5", "a", -2), row(later(5, 13), "C6", "a", -1, customer="d"),
        row(later(6), "7", "e"), row(later(6, 13), "C8", "e", -1), row(later(6), "C9", "b", -9, customer=None),
        row(later(80), "t"),
    ]  # fmt: skip
    found = fit_returns(logged(tmp_path, rows, return_order_prefix="C", fit_until="2025-05-01"))
    assert found is not None
    assert found.read == 5
    assert found.unmatched == 2  # another customer, and one whom the log does not name
    assert found.corrections == 1  # an hour after the sale
    assert sorted(found.delay.tolist()) == [3, 4]  # 3 of 5 units after four days; 2 of 2 after three
    assert found.sold[0] == 3  # lines of customers with a name
    assert found.came[0] == 2


def test_returns_of_sales_that_cannot_be_followed_do_not_count(tmp_path: Path) -> None:
    rows = [row(later(day), f"{day}", f"x{day}") for day in (0, 1, 2, 70)]
    rows += [row(later(day + 5), f"C{day}", f"x{day}", -1) for day in (0, 1, 2)]
    followed = fit_returns(logged(tmp_path, rows, return_order_prefix="C", fit_until="2025-04-01"))
    assert followed is not None
    assert (followed.sold.tolist(), followed.came.tolist()) == ([3, 0], [3, 0])
    assert MONDAY.weekday() == 0
    assert fit_returns(logged(tmp_path, [*rows[:4]], return_order_prefix="C", fit_until="2025-04-01")) is None
