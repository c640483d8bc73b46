"""``twin kpis``, ``twin report`` and ``twin verify``: what can be asked about measures and finished runs."""

from __future__ import annotations

import sys
from pathlib import Path

from twin.core.errors import ExitCode


def list_kpis() -> int:
    """Print the KPI table as plain lines."""
    from twin.measure.kpis import CHANNEL_KPIS, DERIVED, SECTIONS

    sections = {**SECTIONS, "By channel": CHANNEL_KPIS.values(), "Compared with the baseline": DERIVED.values()}
    for title, kpis in sections.items():
        print(f"\n{title}")
        for kpi in kpis:
            better = "" if kpi.direction == "none" else f", {kpi.direction} is better"
            print(f"  {kpi.name} ({kpi.unit}{better})\n      {kpi.formula}\n      {kpi.meaning}")
    return ExitCode.OK


def show_report(directory: Path) -> int:
    """Print the header and tables of a finished run, and draw its figures again."""
    from twin.experiment.results import read_result
    from twin.report.console import console_for, show_header, show_result
    from twin.report.figures import keep_figures

    result = read_result(directory)
    keep_figures(result)
    console = console_for(sys.stdout)
    show_header(result.manifest, console)
    show_result(result, console)
    return ExitCode.OK


def verify_run(directory: Path) -> int:
    """Hold every file of a run against its manifest; exit code 6 names the files that differ."""
    from twin.experiment.atomic import follow
    from twin.experiment.store import verify

    run = follow(directory)
    problems = verify(run)
    for problem in problems:
        print(f"{run}: {problem}")
    if problems:
        return ExitCode.RESULTS
    print(f"{run}: whole, every file is as it was written")
    return ExitCode.OK
