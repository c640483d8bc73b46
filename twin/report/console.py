"""A finished run on the console: header, tables, what sharing worlds bought, thresholds, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import IO, Any, Final

from rich.console import Console, RenderableType
from rich.text import Text

from twin.experiment.results import Result
from twin.experiment.thresholds import Judged
from twin.report.faults import fault_note, fault_table
from twin.report.figures import FOLDER
from twin.report.numbers import many
from twin.report.ranking import ranking_table
from twin.report.tables import account_table, blame_table, difference_table, main_table, shown_kpis

WIDTH: Final = 100
"""Columns that a report fits; a narrower terminal wraps, a wider one is not filled."""

_ARMS_ABREAST: Final = 4
_VERDICT_STYLES: Final = {"pass": "green", "fail": "bold red", "inconclusive": "yellow"}


def console_for(file: IO[str]) -> Console:
    """A console of the report's width; colours and movement only where ``file`` is a terminal."""
    console = Console(file=file, highlight=False, emoji=False, markup=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


def show_header(manifest: Mapping[str, Any], console: Console) -> None:
    """Print which scenario is compared on which estate, over which time and worlds."""
    estate, calendar = manifest["estate"], manifest["calendar"]
    console.print(Text(manifest["scenario"], style="bold").append(_after(manifest["description"]), style="not bold"))
    places = f"{_listed(estate['stores'], 'store')}, {many(estate['dcs'], 'DC')}, {_listed(estate['skus'], 'SKU')}"
    facts = {
        "estate": f"{places}, channels {', '.join(estate['channels'])}",
        "time": f"from {calendar['start']}: warm-up {calendar['warm_up']}, window {calendar['window']}, "
        f"follow-up {calendar['follow_up']}",
        "worlds": f"{many(manifest['replications'], 'replication')} of {many(len(manifest['arms']), 'arm')}, "
        f"the same worlds in every arm, seed {manifest['seed']}",
    }
    for name, fact in facts.items():
        console.print(Text(f"  {name:<8}", style="dim").append(fact, style="not dim"))


def show_result(result: Result, console: Console) -> None:
    """Print what came out."""
    for part in _parts(result):
        console.print()
        console.print(part)
    console.print()


def _parts(result: Result) -> Iterator[RenderableType]:
    for arms in _abreast(result.arms):
        yield main_table(result, arms)
    yield Text(
        "No ± means that there is one replication, or that all gave the same. "
        "Net benefit is against the baseline and extrapolates the window to a year. `twin kpis` defines every KPI.",
        style="dim",
    )
    if len(result.arms) > 1:
        yield difference_table(result)
        ranking = ranking_table(result)
        if ranking is not None:
            yield ranking
        yield variance_line(result)
    for arms in _abreast(result.arms):
        blame = blame_table(result, arms)
        if blame.row_count:
            yield blame
    yield from _faults(result)
    account = result.replay_account()
    if account:
        yield account_table(account)
    if result.thresholds:
        yield _thresholds(result.thresholds)
    yield _next(result)


def _faults(result: Result) -> Iterator[RenderableType]:
    tables = [fault_table(result, arms) for arms in _abreast(result.arms)]
    if tables[0].row_count:
        yield from tables
        yield fault_note(result)


def _abreast(arms: Sequence[str]) -> list[Sequence[str]]:
    """Arms in groups that fit beside each other."""
    return [arms[start : start + _ARMS_ABREAST] for start in range(0, len(arms), _ARMS_ABREAST)]


def variance_line(result: Result) -> Text:
    """What sharing the worlds bought, over the differences that are shown."""
    shown = [row for (_, kpi), row in result.rows.items() if kpi in shown_kpis(result)]
    # Net benefit is a difference already in every replication: its baseline is the constant 0.
    shares = [row.variance_reduction for row in shown if row.variance_reduction is not None and row.unit != "USD/year"]
    if not shares:
        return Text("Variance removed by sharing worlds: needs two replications with different results.", style="dim")
    return Text(
        f"Sharing worlds removed {median(shares) * 100:.0f} % of the variance of a difference "
        f"(median; {min(shares) * 100:.0f} to {max(shares) * 100:.0f} %)."
    )


def _thresholds(judged: Sequence[Judged]) -> Text:
    text = Text("Thresholds", style="bold")
    for item in judged:
        text.append(f"\n  {item.verdict:<13}", style=_VERDICT_STYLES[item.verdict])
        text.append(f"{item.statement}: {_observed(item)}", style="not bold")
    return text


def _observed(item: Judged) -> str:
    if item.observed is None:
        return "not observed"
    if item.low is None or item.high is None:
        return f"{item.observed:.4g}, without an interval"
    return f"{item.observed:.4g} ({item.low:.4g} to {item.high:.4g} at {item.confidence * 100:g} %)"


def _next(result: Result) -> Text:
    text = Text("Results  ", style="bold").append(f"{result.run_dir}\n", style="not bold")
    text.append(f"         fingerprint {result.fingerprint}\n", style="dim")
    for figure in sorted((result.run_dir / FOLDER).glob("*.svg"), reverse=True):
        text.append(f"         {figure}\n", style="not bold")
    text.append("Next     ").append(
        f"twin report {result.run_dir}   these tables and figures again\n"
        f"         twin verify {result.run_dir}   is every byte as it was written\n"
        "         twin run ... --reps N --set PATH=VALUE   narrower intervals, another setting",
        style="not bold",
    )
    return text


def _listed(count_or_table: int | str, noun: str) -> str:
    """A number of things, or the table that lists them."""
    return f"{noun}s of {count_or_table}" if isinstance(count_or_table, str) else many(count_or_table, noun)


def _after(description: str) -> str:
    return f": {description}" if description else ""
