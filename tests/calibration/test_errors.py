"""What cannot be fitted is refused in one precise message, with the exit code that the help names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.calibration.make import TESTED, declaration, later, row, write
from twin.cli import main

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calibrate with a declaration; returns the exit code and what was said on standard error."""
    monkeypatch.delenv("TWIN_DATA", raising=False)

    def calibrate(*options: object, **changes: Any) -> tuple[int, str]:
        file = tmp_path / "mine.yaml"
        file.write_text(yaml.safe_dump(declaration(**changes), sort_keys=False), encoding="utf-8")
        with pytest.raises(SystemExit) as ended:
            main(["calibrate", str(file), *map(str, options)])
        return int(ended.value.code or 0), capsys.readouterr().err.replace(f"{tmp_path}/", "")

    return calibrate


GOOD = [row(later(0), "1"), row(later(1), "2"), *TESTED]


def test_a_column_that_the_log_does_not_have_is_named_with_the_nearest_one(run: Run, tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    code, said = run(columns={**declaration()["columns"], "quantity": "quantiti"})
    assert code == 3
    assert said.splitlines() == [
        "log.parquet:1:1: quantiti: no such column; the table has at, order, sku, quantity, customer, price, store "
        "(did you mean 'quantity'?)"
    ]


def test_an_unsorted_log_is_refused_unless_its_order_may_be_restored(run: Run, tmp_path: Path) -> None:
    write(tmp_path, GOOD[::-1])
    code, said = run(sort=False)
    assert code == 3
    assert said.startswith("log.parquet:2:4: at: is earlier than the row before (sort: true restores the order)")


def test_an_empty_log_is_refused(run: Run, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    write(tmp_path, GOOD)
    pq.write_table(pq.read_table(tmp_path / "log.parquet").slice(0, 0), tmp_path / "log.parquet")
    assert run() == (3, "log.parquet:1:1: order: the table has no rows\n")


def test_a_log_that_is_not_there_is_looked_for_beside_the_declaration(run: Run) -> None:
    code, said = run()
    assert code == 3
    assert said.startswith("log.parquet:1:1: file: no such file: 'log.parquet' was looked for in ")


def test_days_without_a_sale_on_one_side_cannot_be_fitted_or_tested(run: Run, tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    assert run(fit_until="2025-03-01") == (
        3,
        "log.parquet:1:1: fit_until: no sale before 2025-03-01; the log's sales run from 2025-03-03 to 2025-03-11\n",
    )
    assert "no sale from 2026-01-01" in run(fit_until="2026-01-01")[1]
    write(tmp_path, [each | {"quantity": 0} for each in GOOD])
    assert run() == (3, "log.parquet:1:1: quantity: no line of the log is a sale\n")


def test_too_few_articles_cannot_be_fitted(run: Run, tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    assert run() == (3, "log.parquet:1:1: sku: needs at least 10 articles before 2025-03-10, there are 1\n")


def test_too_few_days_cannot_be_told_from_luck(run: Run, tmp_path: Path) -> None:
    write(tmp_path, [row(later(day), f"{day}-{k}", f"sku{k}") for day in range(14) for k in range(10)])
    code, said = run()
    assert code == 3
    assert "fit_until: too few days of trade to say how much days differ, from 2025-03-03 to 2025-03-09" in said
    tills = {"holds": "till_lines", "columns": {**declaration()["columns"], "store": "store"}}
    assert "fit_until: no store has 100 visits, from 2025-03-03 to 2025-03-09" in run(**tills)[1]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"sampled": 2.0}, "sampled: less than or equal to 1, it is 2.0"),
        ({"fit_untill": "2025-03-10"}, "fit_untill: unknown key (did you mean 'fit_until'?)"),
        ({"holds": "baskets"}, "holds: 'orders' or 'till_lines', it is 'baskets'"),
        ({"holds": "till_lines"}, "columns.store: is needed when the log holds till lines"),
        ({"merchandise": "["}, "merchandise: is no regular expression: unterminated character set at position 0"),
        ({"time_zone": "Mars/Base"}, "time_zone: no time zone is called 'Mars/Base'"),
        ({"fit_until": "2025-02-30"}, "fit_until: is no date: day is out of range for month"),
    ],
)
def test_a_wrong_declaration_is_refused_at_its_line(run: Run, changes: dict[str, Any], rule: str) -> None:
    code, said = run(**changes)
    assert code == 3
    assert said.startswith("mine.yaml:")
    assert rule in said


def test_a_log_is_no_declaration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, said in (("orders.parquet", "is a log"), ("online_retial", "did you mean 'online_retail'?")):
        with pytest.raises(SystemExit) as ended:
            main(["calibrate", name])
        assert ended.value.code == 2
        assert said in capsys.readouterr().err


def test_a_declaration_can_be_printed_and_is_valid_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from twin.calibration.declared import read_declaration, shipped

    for name in shipped():
        with pytest.raises(SystemExit) as ended:
            main(["calibrate", name, "--declaration"])
        assert not ended.value.code
        (tmp_path / "mine.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
        assert read_declaration(tmp_path / "mine.yaml").name == name
