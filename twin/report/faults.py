"""What the faults did, arm by arm, and which faults they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from twin.core.clock import SECOND
from twin.experiment.comparison import Row
from twin.experiment.results import Fault, Result
from twin.report.clock import LocalClock
from twin.report.numbers import NOTHING, many, mean_text
from twin.report.tables import arms_table
from twin.scenario.base import format_duration, parse_duration

_ROWS: Final = {
    "fault_orders_released": "Orders released",
    "continuity": "  of the normal",
    "fault_waiting_peak_orders": "Orders waiting, peak",
    "fault_backlog_peak_messages": "Backlog, peak",
    "fault_drain_s": "  time to drain",
    "fault_posting_backlog_peak_messages": "Not posted, peak",
    "fault_posting_drain_s": "  time to drain",
    "fault_recover_s": "Time to recover",
    "fault_oversold_excess_lines": "Oversold on top",
    "fault_wrongly_refused_excess_lines": "Refused on top",
}
_NEVER: Final = {"fault_drain_s": "not drained", "fault_posting_drain_s": "not drained", "fault_recover_s": "not back"}
_LISTED_MAX: Final = 3


def fault_table(result: Result, arms: Sequence[str]) -> Table:
    """Continuity, what piled up, and how long it was felt; a table without rows if nothing failed in the window."""
    failed = result.row(result.baseline, "fault_duration_s")
    if failed is None or not failed.n:
        return arms_table(result, arms, title="")
    table = arms_table(result, arms, title="What the faults did")
    for kpi, label in _ROWS.items():
        table.add_row(label, *(_cell(result, arm, kpi) for arm in arms))
    return table


def fault_note(result: Result) -> Text:
    """Which faults they were, and how to read the table."""
    return Text(
        f"Faults: {'; '.join(faults_text(result))}. Released while something had failed, against what the same "
        "customers would have been without. Peaks in messages. On top: lines from the fault until recovered, beyond "
        "the share of calm hours.",
        style="dim",
    )


def _cell(result: Result, arm: str, kpi: str) -> str:
    row = result.row(arm, kpi)
    if row is None:
        return NOTHING
    worlds = result.manifest["replications"]
    if kpi in _NEVER and row.n < worlds:
        return _unknown(result, arm, kpi, worlds - row.n)
    return mean_text(row.mean, row.low, row.high, row.unit)


def _unknown(result: Result, arm: str, kpi: str, worlds: int) -> str:
    """A mean over the worlds that came back would hide those that did not."""
    word = _NEVER[kpi]
    if kpi == "fault_recover_s" and _mean(result.row(arm, "fault_steady_share")) < 1:
        word = "unsteady before"
    return f"{word} ({worlds} of {result.manifest['replications']})"


def _mean(row: Row | None) -> float:
    return 1.0 if row is None or row.mean is None else row.mean


def faults_of_window(result: Result) -> list[list[Fault]]:
    """Faults that begin in the observation window, world by world."""
    calendar = result.manifest["calendar"]
    start = parse_duration(calendar["warm_up"])
    end = start + parse_duration(calendar["window"])
    return [[fault for fault in world if start <= fault.start < end] for world in result.faults()]


def faults_text(result: Result) -> list[str]:
    """Which faults, and when; only how many where they differ between the worlds."""
    worlds = faults_of_window(result)
    if any(world != worlds[0] for world in worlds):
        counts = sorted(len(world) for world in worlds)
        return [f"{counts[0]} to {counts[-1]} faults a world, other ones in each"]
    faults = worlds[0] if worlds else []
    clock = LocalClock.of(result.manifest["calendar"])
    told = [_told(fault, clock) for fault in faults[:_LISTED_MAX]]
    return told + ([f"and {many(len(faults) - _LISTED_MAX, 'more fault')}"] if len(faults) > _LISTED_MAX else [])


def _told(fault: Fault, clock: LocalClock) -> str:
    lasts = (fault.end - fault.start) // SECOND * SECOND
    return f"{fault.what} {fault.kind} of {format_duration(lasts)} from {clock.text(fault.start)}"
