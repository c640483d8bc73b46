"""Ctrl-C on a terminal reaches the whole process group: the run, and every worker of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.experiment import fakes
from tests.experiment.test_run import Recorder, carry_out
from twin.experiment.store import verify

ROOT = Path(__file__).resolve().parents[2]


def group_is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; a minute is far more than it can take, and then the test has failed."""
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it never happened")


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_keeps_what_is_finished_and_leaves_no_process_behind(tmp_path: Path, jobs: int) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "tests.experiment.hanging", str(run), str(jobs)]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: len(list(run.glob("journal/*/0000/task.json"))) == 3)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in said
    assert "Traceback" not in said
    assert json.loads((run / "manifest.json").read_text())["status"] == "interrupted"
    wait_until(lambda: not group_is_alive(process.pid))
    (tmp_path / "calm").touch()
    recorder = Recorder()
    carry_out(run, instruments=fakes.with_simulate(fakes.hang_after_first), progress=recorder, resume=True)
    assert recorder.before == 3
    assert verify(run) == []


@pytest.mark.skipif(os.name != "posix", reason="signal masks are POSIX")
def test_ctrl_c_reaches_the_run_and_not_its_workers(tmp_path: Path) -> None:
    carry_out(tmp_path / "run", instruments=fakes.with_simulate(fakes.see_ctrl_c), jobs=2)
    assert list(tmp_path.glob("hears-*")) == []
    carry_out(tmp_path / "alone", instruments=fakes.with_simulate(fakes.see_ctrl_c), jobs=1)
    assert list(tmp_path.glob("hears-*")) == [tmp_path / f"hears-{os.getpid()}"]
