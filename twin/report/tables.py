"""The tables of the console report, each at most 100 columns wide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.table import Table
from rich.text import Text

from twin.experiment.comparison import Row
from twin.experiment.results import Result
from twin.measure.kpis import describe
from twin.report.numbers import NOTHING, difference_text, mean_text, p_text, percent_text

KPIS: Final = {
    "oversell_rate": "Oversell rate",
    "false_oos_rate": "False out-of-stock",
    "sync_latency_p50_s": "Sync latency, median",
    "sync_latency_p95_s": "Sync latency, p95",
    "sync_latency_own_p95_s": "  own channels, p95",
    "staleness_p95_s": "Staleness, p95",
    "stock_accuracy": "Stock accuracy",
    "open_share": "Lines still open",
    "order_release_p95_s": "Order release, p95",
    "orders_accepted": "Orders accepted",
    "net_benefit_usd_per_year": "Net benefit a year",
}
"""KPIs of the console's tables with their headings; the files hold all."""

_WARNINGS: Final = frozenset({"open_share"})
_BLAME: Final = "oversell_rate."
_BY_CHANNEL: Final = "oversell_rate.channel."
_WIDTH_LABEL: Final = 20
WIDTH_ARM: Final = 18
_READINGS: Final = {True: ("better", "green"), False: ("worse", "red")}


def shown_kpis(result: Result) -> list[str]:
    """The KPIs of the console that the run measured; a warning only where there is something to warn of."""
    return [kpi for kpi in KPIS if kpi in result.kpis and (kpi not in _WARNINGS or _occurs(result, kpi))]


def _occurs(result: Result, kpi: str) -> bool:
    rows = (result.row(arm, kpi) for arm in result.arms)
    return any(row is not None and row.mean for row in rows)


def main_table(result: Result, arms: Sequence[str]) -> Table:
    """KPIs by arm: mean and half-width of its interval."""
    level = result.manifest["confidence"]
    table = arms_table(result, arms, title=f"KPIs: mean ± half-width of the {level * 100:g} % interval")
    for kpi in shown_kpis(result):
        table.add_row(KPIS[kpi], *(_mean_cell(result, arm, kpi) for arm in arms))
    return table


def difference_table(result: Result) -> Table:
    """Paired differences to the baseline, KPI by KPI, arm by arm."""
    level = result.manifest["confidence"]
    table = plain_table(f"Paired differences to {result.baseline}, same worlds")
    table.add_column("KPI", width=_WIDTH_LABEL)
    table.add_column("arm", no_wrap=True, max_width=WIDTH_ARM, min_width=_width(result.arms))
    for heading in ("difference", f"{level * 100:g} % interval", "p (Holm)"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("reading", no_wrap=True)
    others = [arm for arm in result.arms if arm != result.baseline]
    for kpi in shown_kpis(result):
        for arm in others:
            label = KPIS[kpi] if arm == others[0] else ""
            table.add_row(label, arm, *_difference_cells(result, arm, kpi), end_section=arm == others[-1])
    return table


def blame_table(result: Result, arms: Sequence[str]) -> Table:
    """Share of oversold lines by cause; a table without rows if nothing was oversold."""
    table = arms_table(result, arms, title="Why lines were oversold: share of oversold lines by cause")
    for kpi in (kpi for kpi in result.kpis if kpi.startswith(_BLAME) and not kpi.startswith(_BY_CHANNEL)):
        shares = [_share_of_oversold(result, arm, kpi) for arm in arms]
        if any(shares):
            cause = kpi.removeprefix(_BLAME).replace("_", " ").replace("walk in", "walk-in").capitalize()
            table.add_row(cause, *(percent_text(share) if share else NOTHING for share in shares))
    return table


def plain_table(title: str) -> Table:
    """An empty table of the report."""
    return Table(
        title=title,
        min_width=len(title),
        title_justify="left",
        title_style="bold not italic",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1),
    )


def arms_table(result: Result, arms: Sequence[str], *, title: str) -> Table:
    """An empty table with a column for each arm."""
    table = plain_table(title)
    table.add_column("", width=_WIDTH_LABEL)
    for arm in arms:
        heading = Text(arm)
        if arm == result.baseline:
            heading.append("\nbaseline", style="dim")
        table.add_column(heading, justify="right", no_wrap=True, vertical="bottom")
    return table


def _width(arms: Sequence[str]) -> int:
    return min(max(map(len, arms)), WIDTH_ARM)


def _mean_cell(result: Result, arm: str, kpi: str) -> str:
    row = result.row(arm, kpi)
    if row is None or (kpi == "net_benefit_usd_per_year" and arm == result.baseline):
        return NOTHING
    return mean_text(row.mean, row.low, row.high, row.unit)


def _difference_cells(result: Result, arm: str, kpi: str) -> tuple[str | Text, ...]:
    row = result.row(arm, kpi)
    if row is None:
        return (NOTHING,) * 4
    difference, interval = difference_text(row.difference, row.difference_low, row.difference_high, row.unit)
    return difference, interval, p_text(row.p_holm), reading(row, alpha=1 - result.manifest["confidence"])


def reading(row: Row, *, alpha: float) -> Text:
    """``better`` or ``worse`` where the adjusted p is at most ``alpha``, or every world gave the same difference."""
    direction = describe(row.kpi).direction
    if row.difference is None or direction == "none":
        return Text(NOTHING, style="dim")
    constant = row.p is None and (row.pairs or 0) > 1
    if constant and row.difference == 0:
        return Text("the same", style="dim")
    if not constant and (row.p_holm is None or row.p_holm > alpha):
        return Text("not clear", style="dim")
    word, style = _READINGS[(row.difference < 0) == (direction == "lower")]
    return Text(word, style=style)


def _share_of_oversold(result: Result, arm: str, kpi: str) -> float | None:
    """Mean rate of a cause over the mean rate of all causes; ``None`` where nothing was oversold."""
    row, total = result.row(arm, kpi), result.row(arm, "oversell_rate")
    if row is None or total is None or row.mean is None or not total.mean:
        return None
    return row.mean / total.mean


def account_table(account: Sequence[Mapping[str, Any]]) -> Table:
    """What became of the lines of a replayed log: read = mapped + set aside + outside the period."""
    table = plain_table("Lines of the replayed log: read = mapped + set aside + outside period")
    for heading in ("", "reason"):
        table.add_column(heading, no_wrap=True)
    for heading in ("lines", "units", "articles"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in account:
        table.add_row(row["group"], row["reason"], *(f"{row[name]:,}" for name in ("lines", "units", "skus")))
    return table
