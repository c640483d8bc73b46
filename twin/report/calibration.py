"""What was fitted to a log, as tables: the account of its lines, the laws, and how far the defaults are from them."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from twin.calibration.finding import Finding
from twin.calibration.fit import Calibrated
from twin.calibration.sales import Sales, shown_day
from twin.report.numbers import NOTHING
from twin.world.replay.account import READ


def calibration_parts(done: Calibrated) -> Iterator[RenderableType]:
    """Everything that a calibration shows."""
    declared, logged = done.declared, done.logged
    yield Text(declared.name, style="bold").append(f": {declared.provenance.title}", style="not bold")
    yield Text(f"  fitted    {_span(logged.fit)}\n  tested    {_span(logged.test)}")
    yield _account(done)
    yield _laws(done.findings)
    yield Text(
        "Distances: KS is the largest gap between two distribution functions; other hour the share of customers who "
        "come in another hour; spread the share by which squared deviations of days differ from the law's; top share "
        "the largest gap between the shares of lines of the same number of best sellers. "
        "By chance: what as many rows as those kept apart would show if they did come from the fit.",
        style="dim",
    )
    yield _defaults(done.findings)


def _span(sales: Sales) -> str:
    closed = sales.days.size - len(set(sales.day.tolist()))
    days = f"{shown_day(sales.first_day)} to {shown_day(sales.end_day - 1)}"
    return f"{days}: {sales.day.size:,} lines, {sales.days.size} days, {closed} of them without any"


def _account(done: Calibrated) -> Table:
    rows = [row for row in done.logged.account.rows if row.group != READ]
    read = done.logged.account.lines(READ)
    table = Table(box=box.SIMPLE_HEAD, title=f"What became of {read:,} rows", title_justify="left")
    for name, justify in (("rows", "right"), ("units", "right"), ("", "left"), ("", "left")):
        table.add_column(name, justify="right" if justify == "right" else "left")
    for row in rows:
        group = "fitted or tested" if row.group == "mapped" and row.reason != "return" else row.group
        table.add_row(f"{row.lines:,}", f"{row.units:,}", group, row.reason)
    return table


def _laws(findings: tuple[Finding, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Laws, fitted and tested", title_justify="left")
    table.add_column("law")
    table.add_column("fitted → days kept apart")
    for name in ("n", "distance", "kept apart", "by chance"):
        table.add_column(name, justify="right")
    for found in findings:
        what = f"{found.what}\n({found.measure})"
        value = found.value + (f"\n{found.then}" if found.then else "")
        table.add_row(what, value, f"{found.n:,}", *map(_distance, (found.fitted, found.held_out, found.chance)))
    return table


def _defaults(findings: tuple[Finding, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Defaults of the project against this log", title_justify="left")
    for name in ("law", "default"):
        table.add_column(name)
    table.add_column("distance", justify="right")
    for found in findings:
        if found.default:
            table.add_row(found.what, found.default, _distance(found.against))
    return table


def _distance(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.4f}" if value < 0.01 else f"{value:.3f}"
