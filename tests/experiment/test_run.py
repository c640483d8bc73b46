"""An experiment from plan to folder: equal however it is carried out, resumable, refused where it would destroy."""

from __future__ import annotations

import contextlib
import json
import socket
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.experiment import fakes
from twin.core.errors import ExitCode, InvariantError, ResultsError, WorkersError
from twin.experiment.instruments import Instruments
from twin.experiment.plan import make_plan
from twin.experiment.results import Result, read_result
from twin.experiment.run import Interrupted, Options, run_experiment
from twin.experiment.store import verify
from twin.scenario.scenario import Scenario

TABLES = ("kpis.parquet", "comparison.csv", "ranking.csv", "scenario.resolved.yaml")


class Recorder:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.before = 0
        self.tasks: list[tuple[str, int]] = []
        self.has_ended = False

    def started(self, run_dir: Path, *, total: int, done_before: int) -> None:
        self.before = done_before

    def advanced(self, arm: str, replication: int, seconds: float) -> None:
        self.tasks.append((arm, replication))

    def ended(self) -> None:
        self.has_ended = True


def carry_out(
    out: Path | None,
    *,
    root: Path | None = None,
    scenario: Scenario | None = None,
    instruments: Instruments = fakes.FAKES,
    progress: Recorder | None = None,
    **options: Any,
) -> Result:
    scenario = scenario or fakes.tiny()
    base = root or (out.parent if out else Path())
    chosen = Options(**{"out": out, "jobs": 1, "results": base / "results", **options})
    plan = make_plan(scenario, base=base)
    return run_experiment(plan, instruments, resolved=scenario.model_dump_json(), options=chosen, progress=progress)


def test_a_run_leaves_the_folder_of_the_contract(tmp_path: Path) -> None:
    result = carry_out(tmp_path / "run")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {*TABLES, "manifest.json", "timing.json", "journal"}
    kpis = pq.read_table(tmp_path / "run" / "kpis.parquet")
    assert kpis.column_names == ["arm", "replication", "kpi", "value"]
    assert kpis.num_rows == 3 * 3 * 7  # arms, replications, four measured KPIs and three of money
    assert result.manifest["status"] == "complete"
    assert verify(tmp_path / "run") == []


def test_two_workers_give_the_same_bytes_and_fingerprint_as_none(tmp_path: Path) -> None:
    alone, together = carry_out(tmp_path / "one"), carry_out(tmp_path / "two", jobs=2)
    assert alone.fingerprint == together.fingerprint
    for name in TABLES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_seed_gives_another_fingerprint(tmp_path: Path) -> None:
    one, two = carry_out(tmp_path / "one"), carry_out(tmp_path / "two", scenario=fakes.tiny(seed=12))
    assert one.fingerprint != two.fingerprint


def test_progress_is_told_every_task_once(tmp_path: Path) -> None:
    recorder = Recorder()
    carry_out(tmp_path / "run", progress=recorder)
    assert sorted(recorder.tasks) == sorted((arm, n) for arm in ("batch", "hub", "events") for n in range(3))
    assert recorder.has_ended


def test_ctrl_c_keeps_what_is_finished_and_resume_yields_equal_bytes(tmp_path: Path) -> None:
    shaky = fakes.with_simulate(fakes.interrupt_third)
    recorder = Recorder()
    with pytest.raises(Interrupted, match="--resume") as caught:
        carry_out(tmp_path / "run", instruments=shaky, progress=recorder)
    assert caught.value.exit_code == ExitCode.INTERRUPTED
    assert len(recorder.tasks) == 3
    assert recorder.has_ended
    (tmp_path / "calm").touch()
    resumed = Recorder()
    result = carry_out(tmp_path / "run", instruments=shaky, progress=resumed, resume=True)
    assert (resumed.before, len(resumed.tasks)) == (3, 6)
    whole = carry_out(tmp_path / "whole", instruments=shaky)
    assert result.fingerprint == whole.fingerprint
    assert verify(tmp_path / "run") == []
    for name in TABLES:
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_resumed_run_may_be_longer_than_the_first(tmp_path: Path) -> None:
    carry_out(tmp_path / "run")
    recorder = Recorder()
    longer = fakes.tiny(experiment={"replications": 4})
    resumed = carry_out(tmp_path / "run", scenario=longer, progress=recorder, resume=True)
    assert (recorder.before, len(recorder.tasks)) == (9, 3)
    assert resumed.fingerprint == carry_out(tmp_path / "whole", scenario=longer).fingerprint


def test_a_resumed_run_may_not_be_shorter_than_the_first(tmp_path: Path) -> None:
    carry_out(tmp_path / "run")
    with pytest.raises(ResultsError, match="batch/0002"):
        carry_out(tmp_path / "run", scenario=fakes.tiny(experiment={"replications": 2}), resume=True)
    assert verify(tmp_path / "run") == []


def test_an_unfinished_run_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        carry_out(tmp_path / "run", instruments=fakes.with_simulate(fakes.interrupt_third))
    with pytest.raises(ResultsError, match="interrupted"):
        read_result(tmp_path / "run")


def test_a_named_folder_that_exists_is_refused_and_untouched(tmp_path: Path) -> None:
    carry_out(tmp_path / "run")
    before = (tmp_path / "run" / "manifest.json").read_bytes()
    with pytest.raises(ResultsError, match=r"--resume .* --overwrite"):
        carry_out(tmp_path / "run")
    assert (tmp_path / "run" / "manifest.json").read_bytes() == before


def test_overwrite_replaces_a_run(tmp_path: Path) -> None:
    first = carry_out(tmp_path / "run")
    second = carry_out(tmp_path / "run", scenario=fakes.tiny(seed=12), overwrite=True)
    assert first.fingerprint != second.fingerprint
    assert verify(tmp_path / "run") == []


@pytest.mark.parametrize("how", ["resume", "overwrite"])
def test_a_folder_that_is_no_run_is_never_touched(tmp_path: Path, how: str) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(ResultsError, match="not a run's folder"):
        carry_out(tmp_path / "photos", **{how: True})
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["cat.jpg"]


def test_a_run_of_another_scenario_is_not_resumed(tmp_path: Path) -> None:
    carry_out(tmp_path / "run")
    with pytest.raises(ResultsError, match="another scenario"):
        carry_out(tmp_path / "run", scenario=fakes.tiny(seed=12), resume=True)
    assert read_result(tmp_path / "run").manifest["seed"] == 11


def test_a_finished_task_that_was_changed_is_not_resumed(tmp_path: Path) -> None:
    carry_out(tmp_path / "run")
    table = tmp_path / "run" / "journal" / "hub" / "0001" / "lines.parquet"
    table.write_bytes(table.read_bytes() + b" ")
    with pytest.raises(ResultsError, match="changed"):
        carry_out(tmp_path / "run", resume=True)


def test_what_a_killed_run_left_half_written_is_removed(tmp_path: Path) -> None:
    carry_out(tmp_path / "run")
    (tmp_path / "run" / "journal" / "hub" / ".tmp-dead").mkdir()
    (tmp_path / "run" / ".tmp-1-kpis.parquet").write_bytes(b"torn")
    carry_out(tmp_path / "run", resume=True)
    assert verify(tmp_path / "run") == []


def test_the_default_folder_has_the_time_and_a_hash_and_latest_leads_to_it(tmp_path: Path) -> None:
    first = carry_out(None, root=tmp_path)
    second = carry_out(None, root=tmp_path)
    assert first.run_dir != second.run_dir
    assert first.run_dir.parent == tmp_path / "results" / "tiny"
    assert read_result(tmp_path / "results" / "latest").run_dir.resolve() == second.run_dir.resolve()


def test_resume_without_a_name_goes_on_with_the_newest(tmp_path: Path) -> None:
    first = carry_out(None, root=tmp_path)
    recorder = Recorder()
    again = carry_out(None, root=tmp_path, resume=True, progress=recorder)
    assert (again.run_dir, recorder.tasks) == (first.run_dir, [])


def test_a_broken_invariant_ends_the_run_and_says_so_in_the_manifest(tmp_path: Path) -> None:
    with pytest.raises(InvariantError, match="SKU 3"):
        carry_out(tmp_path / "run", instruments=fakes.with_simulate(fakes.break_invariant))
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["status"] == "failed"


def test_a_broken_invariant_travels_from_a_worker(tmp_path: Path) -> None:
    with pytest.raises(InvariantError, match="SKU 3"):
        carry_out(tmp_path / "run", instruments=fakes.with_simulate(fakes.break_invariant), jobs=2)


def test_a_killed_worker_costs_its_task_only(tmp_path: Path) -> None:
    killed = carry_out(tmp_path / "run", instruments=fakes.with_simulate(fakes.die_once), jobs=2)
    assert (tmp_path / "died").exists()
    assert killed.fingerprint == carry_out(tmp_path / "calm", instruments=fakes.FAKES).fingerprint
    assert verify(tmp_path / "run") == []


def test_workers_that_die_again_and_again_end_the_run(tmp_path: Path) -> None:
    with pytest.raises(WorkersError, match="died"):
        carry_out(tmp_path / "run", instruments=fakes.with_simulate(fakes.die_always), jobs=2)


def test_a_scheduler_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.experiment.cluster._CONNECT_TIMEOUT_S", 1)
    with pytest.raises(WorkersError, match=r"127\.0\.0\.1:9"):
        carry_out(tmp_path / "run", scheduler="tcp://127.0.0.1:9")


def test_two_runs_at_a_time_do_not_fight_over_a_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        with contextlib.suppress(OSError):  # somebody else holds it, which is as good
            taken.bind(("127.0.0.1", 8787))
            taken.listen()
        assert carry_out(tmp_path / "run", jobs=2).manifest["status"] == "complete"
