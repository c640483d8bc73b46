"""One task: pure, published whole or not at all, refused by a worker of another version."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from distributed import LocalCluster

from tests.experiment import fakes
from tests.experiment.test_run import carry_out
from twin.core.errors import WorkersError
from twin.experiment.instruments import Instruments, Kpis
from twin.experiment.plan import make_plan
from twin.experiment.task import Job, finished, folder_of, run_task
from twin.experiment.versions import versions
from twin.scenario.scenario import Scenario


def job(folder: Path, instruments: Instruments = fakes.FAKES, scenario: Scenario | None = None) -> Job:
    text = (scenario or fakes.tiny()).model_dump_json()
    return Job(text, folder, None, folder / "journal", versions(), instruments)


def test_a_task_done_twice_gives_the_same_files(tmp_path: Path) -> None:
    task = make_plan(fakes.tiny(), base=tmp_path).tasks[4]
    first, second = run_task(job(tmp_path / "a"), task), run_task(job(tmp_path / "b"), task)
    assert (first.kpis, first.tables, first.files) == (second.kpis, second.tables, second.files)


def test_a_task_that_somebody_finished_meanwhile_is_as_good(tmp_path: Path) -> None:
    task = make_plan(fakes.tiny(), base=tmp_path).tasks[0]
    run_task(job(tmp_path), task)
    again = run_task(job(tmp_path), task)
    assert finished(tmp_path / "journal", task) == dataclasses.replace(again, seconds=None)
    assert os.listdir(tmp_path / "journal" / "batch") == ["0000"]


def test_a_task_that_fails_leaves_nothing(tmp_path: Path) -> None:
    task = make_plan(fakes.tiny(), base=tmp_path).tasks[0]
    with pytest.raises(KeyboardInterrupt):
        run_task(job(tmp_path, fakes.with_simulate(interrupt)), task)
    assert os.listdir(tmp_path / "journal" / "batch") == []
    assert finished(tmp_path / "journal", task) is None


def interrupt(
    scenario: Scenario, arm: str, replication: int, *, folder: Path, base: Path, data_dir: Path | None
) -> None:
    fakes.simulate(scenario, arm, replication, folder=folder, base=base, data_dir=data_dir)
    raise KeyboardInterrupt


def not_a_number(folder: Path, scenario: Scenario, arm: str) -> Kpis:
    return {"oversell_rate": float("nan")}


def test_a_kpi_that_is_not_a_number_is_a_defect(tmp_path: Path) -> None:
    task = make_plan(fakes.tiny(), base=tmp_path).tasks[0]
    with pytest.raises(ValueError, match="oversell_rate is nan"):
        run_task(job(tmp_path, dataclasses.replace(fakes.FAKES, measure=not_a_number)), task)


def test_a_worker_of_another_version_refuses(tmp_path: Path) -> None:
    task = make_plan(fakes.tiny(), base=tmp_path).tasks[0]
    other = dataclasses.replace(job(tmp_path), versions={**versions(), "numpy": "1.0"})
    with pytest.raises(WorkersError, match=r"numpy 1\.0 here"):
        run_task(other, task)


@pytest.mark.parametrize("arm", ["..", "a/b", "a.b", "grün 1"])
def test_no_name_of_an_arm_leaves_the_journal(tmp_path: Path, arm: str) -> None:
    task = dataclasses.replace(make_plan(fakes.tiny(), base=tmp_path).tasks[0], arm=arm)
    folder = folder_of(tmp_path, task)
    assert folder.resolve().parent.parent == tmp_path.resolve()
    assert "." not in folder.parent.name


def test_what_no_task_depends_on_changes_no_input(tmp_path: Path) -> None:
    base = make_plan(fakes.tiny(), base=tmp_path).tasks
    same = fakes.tiny(description="other words", experiment={"replications": 3, "confidence": 0.9})
    assert make_plan(same, base=tmp_path).tasks == base


def test_a_change_of_one_arm_changes_its_inputs_only(tmp_path: Path) -> None:
    base = {task.arm: task.inputs for task in make_plan(fakes.tiny(), base=tmp_path).tasks}
    arms = {**fakes.SCENARIO["arms"], "hub": {"preset": "hub", "buffers": {"store": 3}}}
    changed = {task.arm: task.inputs for task in make_plan(fakes.tiny(arms=arms), base=tmp_path).tasks}
    assert {arm for arm in base if base[arm] != changed[arm]} == {"hub"}


def test_a_change_of_a_table_that_the_world_is_made_from_changes_the_inputs(tmp_path: Path) -> None:
    estate = {**fakes.SCENARIO["estate"], "skus": {"count": 50, "table": "skus.csv"}}
    (tmp_path / "skus.csv").write_text("sku,price_usd,popularity\na,1,1\n")
    before = make_plan(fakes.tiny(estate=estate), base=tmp_path).tasks[0].inputs
    (tmp_path / "skus.csv").write_text("sku,price_usd,popularity\na,2,1\n")
    assert make_plan(fakes.tiny(estate=estate), base=tmp_path).tasks[0].inputs != before


def test_an_existing_scheduler_gives_the_same_results(tmp_path: Path) -> None:
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        local_directory=tmp_path / "scratch",
    ) as cluster:
        joined = carry_out(tmp_path / "joined", scheduler=cluster.scheduler_address)
    assert joined.fingerprint == carry_out(tmp_path / "alone").fingerprint
