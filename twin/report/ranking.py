"""Which arm is the cheapest in the window, and how far the others are behind it."""

from __future__ import annotations

from typing import Final

from rich.table import Table
from rich.text import Text

from twin.experiment.ranking import Ranked
from twin.experiment.results import Result
from twin.report.numbers import NOTHING, difference_text
from twin.report.tables import WIDTH_ARM, plain_table

_ARMS_MIN: Final = 3
"""With two arms the paired difference says it all."""
_UNIT: Final = "USD"


def ranking_table(result: Result) -> Table | None:
    """The arms by net benefit of the window, the cheapest first; ``None`` where there is nothing to choose from."""
    if len(result.ranking) < _ARMS_MIN:
        return None
    level, window = result.manifest["confidence"], result.manifest["calendar"]["window"]
    table = plain_table(
        f"Cheapest first: net benefit of the window of {window}, {level * 100:g} % for all pairs together"
    )
    table.add_column("arm", no_wrap=True, max_width=WIDTH_ARM)
    for heading in (f"against {result.baseline}", "behind the first", "interval"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("reading", no_wrap=True)
    for ranked in result.ranking:
        table.add_row(ranked.arm, *_cells(ranked, result.baseline))
    return table


def _cells(ranked: Ranked, baseline: str) -> tuple[str | Text, ...]:
    benefit = NOTHING if ranked.arm == baseline else difference_text(ranked.benefit, None, None, _UNIT)[0]
    if ranked.behind is None:
        return benefit, NOTHING, NOTHING, Text("cheapest", style="green")
    behind, interval = difference_text(ranked.behind, ranked.behind_low, ranked.behind_high, _UNIT)
    return benefit, behind.removeprefix("+"), interval, _reading(ranked)


def _reading(ranked: Ranked) -> Text:
    if ranked.behind == 0 and ranked.behind_low is None:
        return Text("the same", style="dim")
    if ranked.behind_low is None and ranked.n > 1:
        return Text("dearer", style="red")  # by the same amount in every world
    if ranked.behind_low is None or ranked.behind_low <= 0:
        return Text("not clear", style="dim")
    return Text("dearer", style="red")
