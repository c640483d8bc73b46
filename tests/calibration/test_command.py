"""``twin calibrate`` from a log to a preset that a scenario can be written with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.calibration.make import COLUMNS, declaration, later, row, write
from twin.cli import main
from twin.scenario.loader import load

MINIMAL = Path(__file__).parents[1] / "scenario" / "good" / "minimal.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve weeks of orders of one to three lines, nine to five on all days but Sunday, some of them sent back."""
    luck = np.random.default_rng(5)
    rows = []
    for day in (day for day in range(84) if day % 7 != 6):
        for number in range(int(luck.poisson(20))):
            at, order = later(day, float(luck.uniform(9, 17))), f"{day}-{number}"
            for sku in luck.choice(40, int(luck.integers(1, 4)), replace=False):
                rows.append(row(at, order, f"s{sku}", int(luck.integers(1, 5)), customer=order, price=2.0 + sku))
                if luck.random() < 0.1:
                    back = row(later(day + float(luck.uniform(2, 20))), f"C{order}", f"s{sku}", -1, customer=order)
                    rows.append(back)
    write(tmp_path, [line | {"store": "only"} for line in rows])
    text = yaml.safe_dump(declaration(fit_until="2025-04-28", return_days=21, return_order_prefix="C"))
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def calibrate(*arguments: object) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["calibrate", *map(str, arguments)])
    assert not ended.value.code


def test_a_log_becomes_tables_pictures_and_a_preset(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibrate(folder / "mine.yaml", "--figures", folder / "fits", "--write", folder / "fitted.yaml")
    said = capsys.readouterr().out
    assert "mine: orders of a test" in said
    for heading in ("What became of", "Laws, fitted and tested", "Defaults of the project against this log"):
        assert heading in said
    names = {"hours", "days", "lines_per_order", "units_per_line", "popularity", "prices", "delays"}
    drawn = {path.name: path.read_bytes() for path in (folder / "fits").iterdir()}
    assert set(drawn) == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    calibrate(folder / "mine.yaml", "--figures", folder / "again")
    assert {path.name: path.read_bytes() for path in (folder / "again").iterdir()} == drawn


def test_what_was_fitted_can_be_written_into_a_scenario(folder: Path) -> None:
    calibrate(folder / "mine.yaml", "--write", folder / "fitted.yaml")
    found = yaml.safe_load((folder / "fitted.yaml").read_text(encoding="utf-8"))
    assert found["preset"] == found["channel"]["profile"] == "mine"
    own = {
        "extends": str(MINIMAL),
        "estate": {"skus": {**found["skus"], "count": 60}},
        "demand": {"profiles": {"mine": found["profile"]}, "channels": {"web": found["channel"]}},
    }
    (folder / "mine_too.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    made = load(folder / "mine_too.yaml").scenario
    assert made.demand.channels["web"].lines.values == (1, 2, 3)
    rates = np.array(made.demand.profiles["mine"]).reshape(7, 24)
    assert np.flatnonzero(rates.sum(axis=0)).tolist() == list(range(9, 17))
    assert not rates[6].any()
    assert made.estate.skus.price_mean_usd == pytest.approx(21.5, rel=0.15)


def test_small_orders_can_be_fitted_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibrate(folder / "mine.yaml", "--max-order-units", 3, "--write", folder / "small.yaml")
    assert "in an order over max_order_units" in capsys.readouterr().out
    text = (folder / "small.yaml").read_text(encoding="utf-8")
    assert "Orders of more than 3 units are left out." in text
    assert max(yaml.safe_load(text)["channel"]["units"]["values"]) <= 3


def test_a_log_of_tills_becomes_a_preset_of_tills(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tills = declaration(
        fit_until="2025-04-28", holds="till_lines", columns={**COLUMNS, "store": "store"}, negatives="returns"
    )
    (folder / "tills.yaml").write_text(yaml.safe_dump(tills), encoding="utf-8")
    calibrate(folder / "tills.yaml", "--figures", folder / "fits", "--write", folder / "fitted.yaml")
    assert "hours of a store" in capsys.readouterr().out
    found = yaml.safe_load((folder / "fitted.yaml").read_text(encoding="utf-8"))
    assert set(found) == {"preset", "profile", "tills", "skus"}
    assert set(found["tills"]) == {"dispersion", "units"}
    assert not (folder / "fits" / "lines_per_order.png").exists()
