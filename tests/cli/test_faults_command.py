"""``twin faults``: what fails in a scenario, and how long it lasts."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twin.cli import main

MINIMAL = Path(__file__).parents[1] / "scenario" / "good" / "minimal.yaml"

FAULTS = f"""extends: {MINIMAL}
faults:
  - {{system: erp, at: 1h, duration: 4h}}
  - {{kind: crash, feed: posting, mtbf: 12h, duration: {{law: uniform, mean: 1h}}}}
  - {{kind: late, share: 0.1, mtbf: 12h, duration: {{incidents: github, longest: 90m}}}}
"""


def twin(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def log(folder: Path, count: int) -> None:
    begins = [datetime(2024, 1, 1) + timedelta(days=k) for k in range(count)]
    ends = [t + timedelta(hours=1 + k) for k, t in enumerate(begins)]
    columns = {
        "impact": pa.array(["minor"] * count),
        "components": pa.array(["Actions"] * count),
        "downtime_start_utc": pa.array(begins, pa.timestamp("ms", "UTC")),
        "downtime_end_utc": pa.array(ends, pa.timestamp("ms", "UTC")),
    }
    pq.write_table(pa.table(columns), folder / "github_incidents.parquet")


def test_faults_are_listed_with_the_quantiles_of_how_long_they_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, data = tmp_path / "some.yaml", tmp_path / "data"
    file.write_text(FAULTS)
    data.mkdir()
    log(data, 10)
    assert twin("faults", file, "--data-dir", data) == 0
    lines = [re.sub(r" +", " ", line.strip()) for line in capsys.readouterr().out.splitlines()]
    nothing = "\N{EN DASH}"
    assert f"outage erp at 1h {nothing} 4 h 4 h 4 h 4 h 4 h 4 h" in lines
    assert f"crash posting mtbf 12h {nothing} 60 min 12 min 60 min 108 min 119 min 2 h" in lines
    assert "late movements mtbf 12h 10 87 min 75 min 90 min 90 min 90 min 90 min" in lines


def test_what_a_log_does_not_have_ends_with_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TWIN_DATA", raising=False)
    file = tmp_path / "some.yaml"
    file.write_text(FAULTS)
    log(tmp_path, 9)
    assert twin("faults", file) == 3
    assert "faults[2].duration.where: leaves 9 incidents of github_incidents.parquet" in capsys.readouterr().err
