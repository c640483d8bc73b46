"""``twin run``: from a scenario file to tables on the console and a folder to keep."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from twin.cli.scenarios import KNOWN_KPIS
from twin.core.errors import ExitCode, UsageError
from twin.experiment.instruments import Instruments, real
from twin.experiment.plan import Plan, choose_arms, make_plan, summary
from twin.experiment.results import Result
from twin.experiment.run import Options, Progress, Silence, run_experiment
from twin.report.console import console_for, show_header, show_result
from twin.report.figures import keep_figures
from twin.report.progress import Bar, Lines
from twin.scenario.dump import dump_resolved
from twin.scenario.loader import load


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    file: Path
    reps: int | None = None
    arms: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    seed: int | None = None
    jobs: int | None = None
    scheduler: str | None = None
    out: Path | None = None
    resume: bool = False
    overwrite: bool = False
    as_json: bool = False
    data_dir: Path | None = None
    quiet: bool = False
    strict_inconclusive: bool = False

    @property
    def options(self) -> Options:
        """How the experiment is carried out."""
        if self.resume and self.overwrite:
            raise UsageError("--resume and --overwrite contradict each other")
        options = Options(out=self.out, resume=self.resume, overwrite=self.overwrite, scheduler=self.scheduler)
        return options if self.jobs is None else replace(options, jobs=self.jobs)


def carry_out(request: Request, instruments: Instruments | None = None) -> int:
    """Run what was asked for, print it, and return the exit code that the thresholds demand."""
    options = request.options
    plan = _plan(request)
    out, err = console_for(sys.stdout), console_for(sys.stderr)
    if not (request.quiet or request.as_json):
        show_header(summary(plan), out)
    result = run_experiment(
        plan,
        instruments or real(),
        resolved=dump_resolved(plan.scenario),
        options=options,
        progress=Silence() if request.quiet else _progress(err),
    )
    keep_figures(result)
    _print(request, result, out)
    return _exit_code(result, strict=request.strict_inconclusive)


def _plan(request: Request) -> Plan:
    loaded = load(
        request.file, sets=_sets(request), seed=request.seed, known_kpis=KNOWN_KPIS, data_dir=request.data_dir
    )
    return make_plan(choose_arms(loaded.scenario, request.arms), base=loaded.base, data_dir=request.data_dir)


def _sets(request: Request) -> tuple[str, ...]:
    """Changes to the scenario, in the order given; ``--reps`` is one of them."""
    reps = () if request.reps is None else (f"experiment.replications={request.reps}",)
    return (*request.sets, *reps)


def _progress(console: Console) -> Progress:
    return Bar(console) if console.is_terminal else Lines(console)


def _print(request: Request, result: Result, console: Console) -> None:
    if request.as_json:
        print(json.dumps(result.as_json(), allow_nan=False))
    elif request.quiet:
        print(result.run_dir)
    else:
        show_result(result, console)


def _exit_code(result: Result, *, strict: bool) -> ExitCode:
    """Failed thresholds outrank open ones, which count only if asked for."""
    verdicts = {judged.verdict for judged in result.thresholds}
    if "fail" in verdicts:
        return ExitCode.THRESHOLD
    return ExitCode.INCONCLUSIVE if strict and "inconclusive" in verdicts else ExitCode.OK
