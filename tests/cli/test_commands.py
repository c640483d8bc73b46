"""The commands as people and scripts meet them: what is printed, which code ends it, what is left on the disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.experiment import fakes
from twin.cli import main
from twin.experiment.instruments import Instruments, Kpis
from twin.scenario.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A valid scenario file in the current folder, which is empty otherwise."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TWIN_DATA", raising=False)
    return write(tmp_path / "tiny.yaml")


def write(path: Path, **changes: Any) -> Path:
    path.write_text(yaml.safe_dump({**fakes.SCENARIO, **changes}, sort_keys=False), encoding="utf-8")
    return path


def twin(*arguments: object, instruments: Instruments = fakes.FAKES) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments], instruments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def run(*arguments: object, instruments: Instruments = fakes.FAKES) -> int:
    return twin("run", *arguments, "--jobs", 1, instruments=instruments)


def threshold(value: float) -> list[dict[str, Any]]:
    return [{"kpi": "oversell_rate", "arm": "hub", "operator": "<=", "value": value}]


def test_a_run_prints_tables_and_keeps_results(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(scenario) == 0
    out, err = capsys.readouterr()
    assert "Oversell rate" in out
    assert "Paired differences to batch" in out
    assert "9/9 runs" in err
    assert (scenario.parent / "results" / "latest" / "manifest.json").exists()


def test_json_is_one_object_of_the_contract(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(scenario, "--json", "--out", "here") == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {
        "run_dir",
        "fingerprint",
        "replications",
        "baseline",
        "arms",
        "differences",
        "ranking",
        "thresholds",
    }
    assert (answer["run_dir"], answer["replications"], answer["baseline"]) == ("here", 3, "batch")
    assert len(answer["fingerprint"]) == 32
    assert set(answer["arms"]) == {"batch", "hub", "events"}
    assert set(answer["arms"]["hub"]["oversell_rate"]) == {"mean", "low", "high", "n", "unit"}
    assert set(answer["differences"]) == {"hub", "events"}
    assert set(answer["differences"]["hub"]["oversell_rate"]) == {"mean", "low", "high", "p_holm"}
    assert "net_benefit_usd_per_year" in answer["differences"]["hub"]
    assert answer["arms"]["hub"]["oversell_rate.race"]["unit"] == "share"


def test_a_difference_without_variance_is_null_in_json(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(scenario, "--json")
    answer = json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert answer["differences"]["hub"]["orders_accepted"] == {"mean": 0.0, "low": None, "high": None, "p_holm": None}
    assert answer["arms"]["hub"]["sync_latency_p95_s"]["mean"] is None


def test_the_net_benefit_is_its_own_paired_difference(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(scenario, "--json")
    answer = json.loads(capsys.readouterr().out)
    arms, differences = answer["arms"], answer["differences"]
    assert arms["batch"]["net_benefit_usd_per_year"]["mean"] == 0.0
    benefit = arms["hub"]["net_benefit_usd_per_year"]["mean"]
    assert benefit == differences["hub"]["net_benefit_usd_per_year"]["mean"]
    assert benefit == pytest.approx(-2e5 * differences["hub"]["oversell_rate"]["mean"])


def test_arms_replications_seed_and_values_are_chosen_on_the_command_line(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--arm", "events", "--arm", "hub", "--reps", 2, "--seed", 5, "--set", "estate.stores.count=7")
    assert run(scenario, "--json", "--out", "here", *options) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer["arms"]) == ["hub", "events"]
    assert (answer["replications"], answer["baseline"]) == (2, "hub")
    resolved = yaml.safe_load(Path("here/scenario.resolved.yaml").read_text())
    assert (resolved["seed"], resolved["estate"]["stores"]["count"]) == (5, 7)


def test_quiet_prints_the_folder_only(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(scenario, "--quiet", "--out", "here") == 0
    assert capsys.readouterr() == ("here\n", "")


@pytest.mark.parametrize(
    ("value", "strict", "code"), [(1.0, False, 0), (0.01, False, 99), (0.2, False, 0), (0.2, True, 8)]
)
def test_thresholds_decide_the_exit_code(scenario: Path, value: float, strict: bool, code: int) -> None:
    write(scenario, thresholds=threshold(value))
    assert run(scenario, *(["--strict-inconclusive"] if strict else [])) == code


def test_a_threshold_on_an_unknown_kpi_is_refused_before_time_zero(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(scenario, thresholds=[{"kpi": "oversel_rate", "arm": "hub", "operator": "<=", "value": 1.0}])
    assert run(scenario, "--out", "here") == 3
    assert "oversell_rate" in capsys.readouterr().err
    assert not Path("here").exists()


def test_an_unknown_arm_is_a_usage_error_with_a_hint(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(scenario, "--arm", "hubb") == 2
    assert "did you mean hub?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--jobs", "0"], ["--reps", "x"], ["--bogus"], ["--resume", "--overwrite"], ["--seed", "-1"]]
)
def test_wrong_options_are_usage_errors(scenario: Path, arguments: list[str]) -> None:
    assert twin("run", scenario, *arguments) == 2


def test_an_invalid_scenario_ends_with_3_and_one_line_per_problem(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(scenario, sede=1, calendar={"start": "2026-03-02", "window": "2 fortnights"})
    assert run(scenario) == 3
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 2
    assert all(":" in line and "tiny.yaml" in line for line in lines)
    assert not Path("results").exists()


def test_a_missing_scenario_ends_with_3(scenario: Path) -> None:
    assert run("nowhere.yaml") == 3
    assert twin("validate", "nowhere.yaml") == 3


def test_a_named_folder_that_exists_ends_with_6(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(scenario, "--out", "here") == 0
    assert run(scenario, "--out", "here") == 6
    assert "--resume" in capsys.readouterr().err
    assert run(scenario, "--out", "here", "--resume") == 0
    assert run(scenario, "--out", "here", "--overwrite", "--seed", 3) == 0


def test_a_folder_that_cannot_be_written_ends_with_6(scenario: Path) -> None:
    Path("file").write_text("in the way")
    assert run(scenario, "--out", "file/run") == 6


def test_a_broken_invariant_ends_with_4(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(scenario, instruments=fakes.with_simulate(fakes.break_invariant)) == 4
    assert "SKU 3" in capsys.readouterr().err


def test_ctrl_c_ends_with_130_and_says_how_to_go_on(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(scenario, "--out", "here", instruments=fakes.with_simulate(fakes.interrupt_third)) == 130
    assert "--out here --resume" in capsys.readouterr().err


def buggy(folder: Path, scenario: Scenario, arm: str) -> Kpis:
    raise ZeroDivisionError("division by zero")


def test_a_bug_is_one_line_and_a_report_with_the_traceback(
    scenario: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(scenario.parent))
    broken = Instruments(fakes.prepare, fakes.simulate, buggy, fakes.yearly_value, fakes.describe)
    assert run(scenario, instruments=broken) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("bug: ZeroDivisionError: division by zero")
    report = next(scenario.parent.glob("twin-bug-*.txt"))
    assert said.endswith(str(report))
    assert "Traceback" in report.read_text()


def test_validate_sums_up_a_valid_scenario(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert twin("validate", scenario) == 0
    assert "tiny, arms batch, hub, events, 3 replications" in capsys.readouterr().out


def test_the_starter_is_valid_and_never_overwrites(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert twin("init", "mine.yaml") == 0
    assert twin("validate", "mine.yaml") == 0
    before = Path("mine.yaml").read_text()
    assert twin("init", "mine.yaml") == 2
    assert Path("mine.yaml").read_text() == before
    capsys.readouterr()
    assert twin("init") == 0
    assert capsys.readouterr().out == before


def test_the_schema_is_json(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert twin("schema") == 0
    assert json.loads(capsys.readouterr().out)["type"] == "object"


def test_every_kpi_of_the_contract_is_listed(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert twin("kpis") == 0
    out = capsys.readouterr().out
    for name in (
        "oversell_rate", "false_oos_rate", "sync_latency_p95_s", "staleness_p95_s", "stock_accuracy",
        "order_release_p95_s", "orders_accepted", "net_benefit_usd_per_year",
    ):  # fmt: skip
        assert f"  {name} (" in out


def test_a_report_shows_the_stored_run_again(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(scenario)
    first = capsys.readouterr().out
    assert twin("report") == 0
    again = capsys.readouterr().out
    assert again.splitlines()[:20] == first.splitlines()[:20]


def test_a_report_on_nothing_ends_with_6(scenario: Path) -> None:
    assert twin("report") == 6
    assert twin("verify", "nowhere") == 6


def test_verify_names_the_file_that_was_changed(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(scenario, "--out", "here")
    assert twin("verify", "here") == 0
    with Path("here/comparison.csv").open("a") as file:
        file.write(" ")
    assert twin("verify", "here") == 6
    assert "comparison.csv: changed" in capsys.readouterr().out


def loaded_modules(*command: str) -> set[str]:
    """Top-level modules in the process when the command has ended."""
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: sys.stderr.write('\\n' + ' '.join({m.split('.')[0] for m in sys.modules})))\n"
        f"sys.argv = {list(command)!r}\n"
        "import runpy; runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return set(ended.stderr.splitlines()[-1].split())


def test_help_imports_nothing_heavy() -> None:
    loaded = loaded_modules(str(ROOT / "run_scenario.py"), "--help")
    assert "typer" in loaded
    assert not loaded & {"numpy", "numba", "scipy", "dask", "distributed", "pyarrow", "simpy", "pydantic", "matplotlib"}


def test_validate_imports_no_simulation(scenario: Path) -> None:
    loaded = loaded_modules(str(ROOT / "twin" / "__main__.py"), "validate", str(scenario))
    assert "pydantic" in loaded
    assert not loaded & {"numba", "scipy", "dask", "distributed", "simpy", "matplotlib"}


def test_run_scenario_is_twin_run(scenario: Path) -> None:
    ended = subprocess.run(
        [sys.executable, str(ROOT / "run_scenario.py"), "nowhere.yaml"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 3
    assert ended.stderr.startswith("nowhere.yaml")
    assert "Traceback" not in ended.stderr


def test_a_reader_that_stops_early_is_no_error(scenario: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "twin", "kpis"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == ("", 0)
    process.stderr.close()
