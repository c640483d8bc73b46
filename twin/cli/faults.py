"""``twin faults``: what fails in a scenario, and how long it lasts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from rich import box
from rich.table import Table

from twin.core.clock import SECOND
from twin.core.errors import ExitCode
from twin.core.laws import BINS
from twin.report.console import console_for
from twin.report.numbers import NOTHING, mean_text
from twin.scenario.base import format_duration
from twin.scenario.faults import Fault
from twin.scenario.loader import load
from twin.world.faults.durations import DurationTable, duration_tables

_QUANTILES: Final = (0.1, 0.5, 0.9, 0.99, 1.0)


def list_faults(file: Path, *, sets: Sequence[str], data_dir: Path | None) -> int:
    """Print each fault with the mean and quantiles of what its durations are drawn from."""
    loaded = load(file, sets=sets, data_dir=data_dir)
    tables = duration_tables(loaded.scenario, loaded.base, data_dir)
    shown = Table(box=box.SIMPLE_HEAD, title="How long faults last", title_justify="left")
    shown.add_column("fault")
    for heading in ("comes", "incidents", "mean", "p10", "p50", "p90", "p99", "longest"):
        shown.add_column(heading, justify="right")
    for fault, table in zip(loaded.scenario.faults, tables, strict=True):
        shown.add_row(_what(fault), _comes(fault), _incidents(table), *_durations(table))
    console_for(sys.stdout).print(shown)
    return ExitCode.OK


def _what(fault: Fault) -> str:
    parts = (fault.kind, fault.system, fault.node, fault.region, fault.feed)
    words = [str(part) for part in parts if part is not None]
    return " ".join(words if len(words) > 1 else [*words, fault.topic])


def _comes(fault: Fault) -> str:
    if fault.mtbf is not None:
        return f"mtbf {format_duration(fault.mtbf)}"
    every = f", every {format_duration(fault.every)}" if fault.every is not None else ""
    return f"at {format_duration(fault.at or 0)}{every}"


def _incidents(table: DurationTable) -> str:
    return NOTHING if table.incidents is None else f"{table.incidents:,}"


def _durations(table: DurationTable) -> list[str]:
    seconds = table.knots / SECOND
    mean = float(np.mean((seconds[:-1] + seconds[1:]) / 2))
    quantiles = np.interp(_QUANTILES, np.arange(BINS + 1) / BINS, seconds)
    return [mean_text(float(value), None, None, "s") for value in (mean, *quantiles)]
