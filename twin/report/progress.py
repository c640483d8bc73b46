"""How far a run is: a bar on a terminal, a line now and then elsewhere. Results go to another stream."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from twin.report.numbers import many

_LINES_MAX: Final = 10


class Bar:
    """A progress bar with the time that is left."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("simulating"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.description}", style="dim"),
            console=console,
            transient=True,
        )
        self._task = TaskID(0)

    def started(self, run_dir: Path, *, total: int, done_before: int) -> None:
        """Draw the bar."""
        self._task = self._progress.add_task("", total=total, completed=done_before)
        self._progress.start()

    def advanced(self, arm: str, replication: int, seconds: float) -> None:
        """Move the bar by one task."""
        self._progress.update(self._task, advance=1, description=f"{arm}, replication {replication}")

    def ended(self) -> None:
        """Take the bar away."""
        self._progress.stop()


class Lines:
    """About ten plain lines, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._total = self._done = self._said = 0
        self._began = 0.0

    def started(self, run_dir: Path, *, total: int, done_before: int) -> None:
        """Say what is to be done."""
        self._total, self._done = total, done_before
        self._began = time.monotonic()
        kept = f", {done_before} of them finished before" if done_before else ""
        self._console.print(f"simulating {many(total, 'run')}{kept}, into {run_dir}")

    def advanced(self, arm: str, replication: int, seconds: float) -> None:
        """Say so when another tenth is done."""
        self._done += 1
        tenths = self._done * _LINES_MAX // self._total
        if tenths > self._said:
            self._said = tenths
            elapsed = time.monotonic() - self._began
            self._console.print(f"{self._done}/{self._total} runs, {elapsed:.0f} s: {arm}, replication {replication}")

    def ended(self) -> None:
        """Nothing to take away."""
