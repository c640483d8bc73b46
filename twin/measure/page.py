"""The documentation page of the KPIs, generated from their table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from twin.measure.kpi import Description
from twin.measure.kpis import CHANNEL_KPIS, DERIVED, SECTIONS

_HEAD: Final = """\
# KPIs

Generated from `twin/measure/kpis.py`; do not edit (a test compares the two).

A KPI is a pure function of one run's journal. **Lines** are the first-attempt online order lines demanded in the
observation window, `[warm_up, warm_up + window)` by the instant of demand, followed to the end of the run; they are the
same in every arm. A KPI without anything to measure is null. Quantiles are the inverse of the empirical distribution
(the smallest value that at least so many per cent do not exceed). Those of movements come from histograms with bins at
most 0.8 % wide, as the middle of the bin. An order still under way at the end counts as later than all that are not; a
quantile among those is null. Better is `lower`, `higher`, or `none` where neither is.

The shares by cause sum to `oversell_rate`, those by reason to `false_oos_rate`: each is a count of lines over the same
denominator, and every line has one cause or reason. What causes and reasons mean exactly is in `model.md`, section 9.
"""

_COLUMNS: Final = ("| KPI | unit | better | formula | meaning |", "|---|---|---|---|---|")


def kpi_page() -> str:
    """The text of ``docs/kpis.md``."""
    sections: dict[str, Iterable[Description]] = {
        **SECTIONS,
        "By channel": CHANNEL_KPIS.values(),
        "Compared with the baseline": DERIVED.values(),
    }
    return "\n".join([_HEAD, *(_section(title, kpis) for title, kpis in sections.items())])


def _section(title: str, kpis: Iterable[Description]) -> str:
    rows = [f"| `{k.name}` | {_cell(k.unit)} | {k.direction} | {_cell(k.formula)} | {_cell(k.meaning)} |" for k in kpis]
    return "\n".join([f"## {title}", "", *_COLUMNS, *rows, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
