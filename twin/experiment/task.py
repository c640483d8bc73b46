"""One task: one replication of one arm, a pure function from the resolved scenario to a folder of files.

A task writes into a folder of its own with a temporary name and renames it when all is flushed, so a folder with the
final name is finished, whatever was killed when.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from twin.core.errors import ResultsError, WorkersError
from twin.experiment import timelines
from twin.experiment.atomic import TEMPORARY, digest_file, sync_file, sync_folder, write_json
from twin.experiment.fingerprint import digest_tables
from twin.experiment.instruments import Instruments, Kpis
from twin.experiment.plan import Task
from twin.experiment.versions import mismatch, versions
from twin.scenario.scenario import Scenario

RECORD: Final = "task.json"


@dataclass(frozen=True)
class Job:
    """What all tasks of a run share; plain text, so that it travels to any worker."""

    scenario_json: str
    base: Path
    data_dir: Path | None
    journal: Path
    versions: Mapping[str, str]
    instruments: Instruments


@dataclass(frozen=True)
class Done:
    """A finished task: its KPI values, digests of its journal tables by name, and of its files' bytes by path."""

    task: Task
    kpis: Kpis
    tables: Mapping[str, str]
    files: Mapping[str, str]
    seconds: float | None = None


def folder_of(journal: Path, task: Task) -> Path:
    """Final folder of a task; the arm's name is quoted because it may hold any character."""
    return journal / quote_arm(task.arm) / f"{task.replication:04d}"


def quote_arm(arm: str) -> str:
    """Name of an arm's folder."""
    return quote(arm, safe=" ").replace(".", "%2E")


def run_task(job: Job, task: Task) -> Done:
    """Simulate and measure one replication of one arm. Started twice, it yields the same files."""
    different = mismatch(dict(job.versions), versions())
    if different:
        raise WorkersError(f"a worker has another version: {different}; install the same one everywhere")
    started = time.perf_counter()
    final = folder_of(job.journal, task)
    draft = final.with_name(f"{TEMPORARY}{uuid.uuid4().hex}")
    draft.mkdir(parents=True)
    try:
        done = _fill(draft, job, task)
        _publish(draft, final)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Done(task, done.kpis, done.tables, done.files, time.perf_counter() - started)


def _fill(draft: Path, job: Job, task: Task) -> Done:
    scenario = Scenario.model_validate_json(job.scenario_json)
    use = job.instruments
    use.simulate(scenario, task.arm, task.replication, folder=draft, base=job.base, data_dir=job.data_dir)
    kpis = _checked(use.measure(draft, scenario, task.arm))
    if use.timeline is not None:
        timelines.write_task(draft, use.timeline(draft, scenario, task.arm))
    written = sorted(path for path in draft.rglob("*") if path.is_file())
    for path in written:
        sync_file(path)
    files = {path.relative_to(draft).as_posix(): digest_file(path) for path in written}
    done = Done(task, kpis, digest_tables(draft), files)
    write_json(draft / RECORD, {"inputs": task.inputs, "kpis": dict(kpis), "tables": dict(done.tables), "files": files})
    return done


def _checked(kpis: Kpis) -> Kpis:
    for name, value in kpis.items():
        if value is not None and not math.isfinite(value):
            raise ValueError(f"KPI {name} is {value}; a KPI is a finite number or None")
    return kpis


def _publish(draft: Path, final: Path) -> None:
    """Give the draft its final name; the same task finished by somebody else meanwhile is as good."""
    try:
        os.rename(draft, final)
    except OSError:
        if not (final / RECORD).exists():
            raise
        shutil.rmtree(draft)
    sync_folder(final.parent)


def finished(journal: Path, task: Task) -> Done | None:
    """The task's result if an earlier run finished it; ``ResultsError`` if it was changed or came from other inputs."""
    folder = folder_of(journal, task)
    if not folder.exists():
        return None
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        done = Done(task, record["kpis"], record["tables"], record["files"])
        same = all(digest_file(folder / name) == digest for name, digest in done.files.items())
    except (OSError, ValueError, KeyError) as error:
        raise ResultsError(f"{folder}: not a finished task: {error}") from error
    if not same:
        raise ResultsError(f"{folder}: its files were changed after they were written")
    if record["inputs"] != task.inputs:
        raise ResultsError(f"{folder}: made from another scenario or version; use --overwrite or another --out")
    return done
