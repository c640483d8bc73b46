"""Carrying out an experiment from plan to finished folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from twin.core.errors import ExitCode, ResultsError, TwinError
from twin.experiment import engine, tables, timelines
from twin.experiment.atomic import digest_file, write_bytes, write_json
from twin.experiment.benefit import with_net_benefit
from twin.experiment.comparison import Design, Row, Values, compare, kpi_names
from twin.experiment.fingerprint import digest_table, fingerprint
from twin.experiment.instruments import Instruments
from twin.experiment.plan import Plan, summary
from twin.experiment.ranking import Ranked, rank
from twin.experiment.results import Result, read_result
from twin.experiment.store import TIMING, RunFolder, make_latest, open_run, utc_now
from twin.experiment.task import RECORD, Done, Job, finished, folder_of
from twin.experiment.thresholds import Judged, judge
from twin.experiment.versions import versions


class Progress(Protocol):
    """Who is told how far an experiment is."""

    def started(self, run_dir: Path, *, total: int, done_before: int) -> None:
        """The folder is ready; ``done_before`` of ``total`` tasks were finished by an earlier run."""

    def advanced(self, arm: str, replication: int, seconds: float) -> None:
        """A task was finished."""

    def ended(self) -> None:
        """No more tasks will be finished, for whatever reason."""


class Silence:
    """Progress that nobody watches."""

    def started(self, run_dir: Path, *, total: int, done_before: int) -> None:
        """Say nothing."""

    def advanced(self, arm: str, replication: int, seconds: float) -> None:
        """Say nothing."""

    def ended(self) -> None:
        """Say nothing."""


class Interrupted(TwinError):
    """Somebody pressed Ctrl-C; what was finished is kept."""

    exit_code = ExitCode.INTERRUPTED


@dataclass(frozen=True)
class Options:
    """How to carry an experiment out; none of it changes a result."""

    results: Path = Path("results")
    out: Path | None = None
    resume: bool = False
    overwrite: bool = False
    jobs: int = field(default_factory=engine.cores)
    scheduler: str | None = None


def run_experiment(
    plan: Plan, instruments: Instruments, *, resolved: str, options: Options, progress: Progress | None = None
) -> Result:
    """Run every task that is not finished yet, compare, store and read back.

    ``resolved`` is the resolved scenario as text, kept beside the results. Raises what a task raised, ``ResultsError``,
    ``WorkersError``, or :class:`Interrupted` after Ctrl-C; each of them leaves finished tasks for ``--resume``.
    """
    told = progress or Silence()
    run = open_run(
        plan.scenario.name,
        seed_text=resolved,
        results=options.results,
        out=options.out,
        resume=options.resume,
        overwrite=options.overwrite,
    )
    with run.locked():
        kept = _keep(run, plan)
        about = {**summary(plan), "created": utc_now()}
        write_bytes(run.path / "scenario.resolved.yaml", resolved.encode())
        run.write_manifest({"status": "running", **about})
        try:
            done = _carry_out(run, plan, instruments, kept=kept, options=options, progress=told)
            _conclude(run, plan, instruments, done=done, about=about)
        except BaseException as error:
            status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            run.write_manifest({"status": status, **about})
            if isinstance(error, KeyboardInterrupt):
                raise Interrupted(f"interrupted; go on with --out {run.path} --resume") from None
            raise
    make_latest(options.results, run.path)
    return read_result(run.path)


def _keep(run: RunFolder, plan: Plan) -> list[Done]:
    """Tasks that an earlier run finished, each checked to be what this run would make; all must be asked for."""
    known = {folder_of(run.journal, task) for task in plan.tasks}
    strangers = sorted(path.parent for path in run.journal.glob(f"*/*/{RECORD}") if path.parent not in known)
    if strangers:
        held = strangers[0].relative_to(run.journal)
        raise ResultsError(
            f"{run.path} holds {held}, which is not asked for; resume with all its arms and replications"
        )
    return [done for task in plan.tasks if (done := finished(run.journal, task)) is not None]


def _carry_out(
    run: RunFolder, plan: Plan, instruments: Instruments, *, kept: list[Done], options: Options, progress: Progress
) -> list[Done]:
    done = list(kept)
    before = {item.task for item in kept}
    pending = [task for task in plan.tasks if task not in before]

    def record(item: Done) -> None:
        done.append(item)
        progress.advanced(item.task.arm, item.task.replication, item.seconds or 0.0)

    progress.started(run.path, total=len(plan.tasks), done_before=len(kept))
    try:
        engine.execute(
            _job(run, plan, instruments), pending, jobs=options.jobs, scheduler=options.scheduler, on_done=record
        )
    finally:
        progress.ended()
        _write_timing(run, done)
    return sorted(done, key=lambda item: item.task)


def _job(run: RunFolder, plan: Plan, instruments: Instruments) -> Job:
    return Job(
        scenario_json=plan.scenario.model_dump_json(),
        base=plan.base.resolve(),
        data_dir=plan.data_dir.resolve() if plan.data_dir else None,
        journal=run.journal.resolve(),
        versions=versions(),
        instruments=instruments,
    )


def _conclude(
    run: RunFolder, plan: Plan, instruments: Instruments, *, done: list[Done], about: Mapping[str, Any]
) -> None:
    """Write the tables and, when they are safe, the manifest that calls the run complete."""
    scenario = plan.scenario
    design = Design(plan.arms, scenario.baseline, plan.replications, scenario.experiment.confidence)
    measured: Values = {(item.task.arm, item.task.replication): item.kpis for item in done}
    values = with_net_benefit(measured, design, scenario, instruments.yearly_value)
    rows = compare(values, design, {name: instruments.describe(name).unit for name in kpi_names(values, design)})
    ranked = rank(values, design, window=scenario.calendar.window)
    digests = _write_tables(run, values, design, rows, ranked) | _write_timeline(run, done, design)
    _write_thresholds(run, judge(scenario.thresholds, values, design))
    for item in done:
        digests |= {f"{item.task.arm}\x1f{item.task.replication}\x1f{name}": text for name, text in item.tables.items()}
    run.write_manifest(
        {"status": "complete", **about, "fingerprint": fingerprint(digests), "finished": utc_now()},
        _files(run, done),
    )


def _write_tables(
    run: RunFolder, values: Values, design: Design, rows: list[Row], ranked: list[Ranked]
) -> dict[str, str]:
    """Write KPIs, comparison and ranking; their digests by name."""
    kpis = tables.kpi_table(values, design)
    tables.write_kpis(run.path / "kpis.parquet", kpis)
    tables.write_rows(run.path / "comparison.csv", rows, Row)
    tables.write_rows(run.path / "ranking.csv", ranked, Ranked)
    stored = {"comparison": tables.table_of(rows, Row), "ranking": tables.table_of(ranked, Ranked)}
    return {"kpis": digest_table(kpis)} | {name: digest_table(table) for name, table in stored.items()}


def _write_timeline(run: RunFolder, done: list[Done], design: Design) -> dict[str, str]:
    """Write the means of the tasks' time series, if they have any; their digest by name."""
    path = run.path / timelines.FILE
    path.unlink(missing_ok=True)
    folders = {(item.task.arm, item.task.replication): folder_of(run.journal, item.task) for item in done}
    table = timelines.average(folders, design)
    if table is None:
        return {}
    timelines.write_run(path, table)
    return {"timeline": digest_table(table)}


def _write_thresholds(run: RunFolder, judged: list[Judged]) -> None:
    path = run.path / "thresholds.json"
    if judged:
        write_json(path, [asdict(item) for item in judged])
    else:
        path.unlink(missing_ok=True)


def _write_timing(run: RunFolder, done: list[Done]) -> None:
    """Seconds of each task of this sitting; resumed tasks have none."""
    seconds = {f"{item.task.arm}/{item.task.replication}": item.seconds for item in sorted(done, key=lambda d: d.task)}
    write_json(run.path / TIMING, {"task_s": seconds})


def _files(run: RunFolder, done: list[Done]) -> dict[str, str]:
    """Digests of all files of the run; those of tasks were taken where they were written."""
    files: dict[str, str] = {}
    for item in done:
        folder = folder_of(run.journal, item.task)
        relative = folder.relative_to(run.path).as_posix()
        files |= {f"{relative}/{name}": digest for name, digest in item.files.items()}
        files[f"{relative}/{RECORD}"] = digest_file(folder / RECORD)
    names = (
        "scenario.resolved.yaml", "kpis.parquet", "comparison.csv", "ranking.csv",
        timelines.FILE, "thresholds.json", TIMING,
    )  # fmt: skip
    return files | {name: digest_file(run.path / name) for name in names if (run.path / name).exists()}
