"""The timeline of a run: one column per fault, one row per question, one line per arm, the fault shaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twin.core.clock import HOUR
from twin.experiment.results import Fault, Result
from twin.experiment.timelines import Band
from twin.report.axes import seconds_axis, thousands, time_axis
from twin.report.clock import LocalClock
from twin.report.faults import faults_of_window, faults_text
from twin.report.figures import COLOURS, FAINT, INK, SHADE, STYLE
from twin.report.numbers import many
from twin.scenario.base import format_duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Bands = Mapping[tuple[str, str], Band]

_COLUMNS_MAX: Final = 3
_APART: Final = HOUR
_LEAD: Final = 3 * HOUR
_TRAIL: Final = 6 * HOUR
_CAP: Final = 3
_HEAD_ROOM: Final = 1.2
_ENTRY_INCHES, _LETTER_INCHES, _LEGEND_ROW_INCHES = 0.56, 0.078, 0.2
_WORLDS_MIN: Final = 5
"""Intervals of fewer worlds are so wide that their bands would hide the lines."""


@dataclass(frozen=True)
class Panel:
    """One row: the series, its question, and how its values are shown."""

    series: str
    title: str
    per_hour: bool = False
    seconds: bool = False


PANELS: Final = (
    Panel("backlog", "Messages not yet in the view"),
    Panel("posting_backlog", "Movements not yet posted in the ERP"),
    Panel("staleness_p95_s", "Staleness of decisions, p95", seconds=True),
    Panel("released", "Orders released per hour", per_hour=True),
    Panel("oversold", "Lines oversold per hour, by acceptance", per_hour=True),
    Panel("wrongly_refused", "Lines refused per hour although there was stock", per_hour=True),
)


@dataclass(frozen=True)
class Column:
    """A stretch of time, and what had failed in it."""

    start: int
    end: int
    faults: tuple[Fault, ...] = ()


def draw_timeline(result: Result) -> Figure | None:
    """The figure; ``None`` if the run has no time series."""
    bands = result.timeline()
    if not bands:
        return None
    import matplotlib as mpl
    from matplotlib.figure import Figure as NewFigure

    columns = _columns(result, next(iter(bands.values())))
    with mpl.rc_context(STYLE):
        figure = NewFigure(figsize=(max(8.2, 1.4 + 4.6 * len(columns)), 12.6))
        axes = figure.subplots(len(PANELS), len(columns), squeeze=False, sharex="col", sharey="row")
        for row, panel in enumerate(PANELS):
            for place, column in enumerate(columns):
                _panel(axes[row][place], panel, column, result, bands)
            _value_axis(axes[row], panel, columns, result.arms, bands)
            axes[row][0].set_title(panel.title, loc="left", fontsize=9.5, fontweight="bold", pad=7)
        clock = LocalClock.of(result.manifest["calendar"])
        for place, column in enumerate(columns):
            time_axis(axes[-1][place], column.start, column.end, clock)
            _name_faults(axes[0][place], column)
        _head(figure, axes[0][0], result)
    return figure


def _columns(result: Result, band: Band) -> list[Column]:
    """One per fault that all worlds share, if they are few; else the whole run."""
    whole = Column(0, int(band.t_us[-1]) + _width(band))
    worlds = faults_of_window(result)
    if not worlds or any(world != worlds[0] for world in worlds):
        return [whole]
    groups = _together(worlds[0])
    if len(groups) > _COLUMNS_MAX:
        return [Column(whole.start, whole.end, tuple(worlds[0]))]
    return [_around(group, whole) for group in groups] or [whole]


def _together(faults: Sequence[Fault]) -> list[list[Fault]]:
    groups: list[list[Fault]] = []
    for fault in faults:
        if groups and fault.start - max(one.end for one in groups[-1]) < _APART:
            groups[-1].append(fault)
        else:
            groups.append([fault])
    return groups


def _around(faults: Sequence[Fault], whole: Column) -> Column:
    """What came before a fault, and twice as long what came after."""
    start, end = faults[0].start, max(fault.end for fault in faults)
    lead, trail = max(_LEAD, (end - start) // 2), max(_TRAIL, end - start)
    return Column(max(whole.start, start - lead), min(whole.end, end + trail), tuple(faults))


def _panel(axes: Axes, panel: Panel, column: Column, result: Result, bands: Bands) -> None:
    for fault in column.faults:
        axes.axvspan(fault.start / HOUR, fault.end / HOUR, color=SHADE, linewidth=0, zorder=0)
    banded = result.manifest["replications"] >= _WORLDS_MIN
    for place, arm in enumerate(result.arms):
        _line(axes, bands[arm, panel.series], panel, column, place=place, arms=len(result.arms), banded=banded)
    axes.set_xlim(column.start / HOUR, column.end / HOUR)
    axes.tick_params(length=0)


def _line(axes: Axes, band: Band, panel: Panel, column: Column, *, place: int, arms: int, banded: bool) -> None:
    """Lines that run on top of each other stay visible: each is narrower than the one below, and every other dashed."""
    colour, scale = COLOURS[place % len(COLOURS)], _per_hour(band) if panel.per_hour else 1.0
    inside = _inside(band, column)
    starts = band.t_us[inside]
    edges = np.append(starts, starts[-1:] + _width(band)) / HOUR
    if banded:
        low, high = (np.where(np.isnan(bound), band.mean, bound)[inside] * scale for bound in (band.low, band.high))
        shade: dict[str, Any] = {"step": "post", "color": colour, "alpha": 0.11, "linewidth": 0}
        axes.fill_between(edges, _closed(np.maximum(low, 0)), _closed(high), **shade)
    heavy = 1.3 + min(0.7, 2.6 / arms) * (arms - 1 - place)
    axes.step(
        edges, _closed(band.mean[inside] * scale), where="post", color=colour, linewidth=heavy, linestyle=_dashes(place)
    )


def _dashes(place: int) -> Any:
    return (0, (3.2, 1.6)) if place % 2 else "-"


def _inside(band: Band, column: Column) -> Any:
    return (band.t_us + _width(band) > column.start) & (band.t_us < column.end)


def _width(band: Band) -> int:
    return int(band.t_us[1] - band.t_us[0]) if band.t_us.size > 1 else HOUR


def _per_hour(band: Band) -> float:
    return HOUR / _width(band)


def _closed(values: Any) -> Any:
    """A step needs a value at the end of its last bin too."""
    return np.append(values, values[-1:])


def _value_axis(
    row: Sequence[Axes], panel: Panel, columns: Sequence[Column], arms: Sequence[str], bands: Bands
) -> None:
    """The axis that the columns of a row share."""
    head_room = _HEAD_ROOM if panel is PANELS[0] else 1.0  # what failed is written there
    row[0].set_ylim(0, row[0].get_ylim()[1] * head_room)
    if panel.seconds:
        seconds_axis(row[0])
        return
    row[0].yaxis.set_major_formatter(thousands)
    if panel.series == "released":
        _cap(row, columns, arms, bands)


def _cap(row: Sequence[Axes], columns: Sequence[Column], arms: Sequence[str], bands: Bands) -> None:
    """Orders that waited are released in one go: such a peak would flatten all else, so it is cut off and named."""
    usual = max(_highest(bands[arm, "accepted"], column) for arm in arms for column in columns)
    peaks = [max(_highest(bands[arm, "released"], column) for arm in arms) for column in columns]
    if max(peaks) <= _CAP * usual or not usual:
        return
    row[0].set_ylim(0, 2 * usual)
    for axes, column, peak in zip(row, columns, peaks, strict=True):
        if peak > 2 * usual:
            at = next(t for arm in arms if (t := _when(bands[arm, "released"], column, peak)) is not None)
            note = f"up to {float(f'{peak:.3g}'):,.0f}"
            axes.annotate(note, (at / HOUR, 2 * usual), (5, -4), **_NOTE, ha="left", va="top")


_NOTE: Final[Any] = {"textcoords": "offset points", "fontsize": 8, "color": FAINT, "annotation_clip": False}


def _highest(band: Band, column: Column) -> float:
    values = band.mean[_inside(band, column)]
    return float(np.nanmax(values)) * _per_hour(band) if np.isfinite(values).any() else 0.0


def _when(band: Band, column: Column, peak: float) -> int | None:
    """End of the bin in which a series has its peak, if it is this one."""
    found = np.flatnonzero(_inside(band, column) & (band.mean * _per_hour(band) >= peak))
    return int(band.t_us[found[0]]) + _width(band) if found.size else None


def _name_faults(axes: Axes, column: Column) -> None:
    """What failed, written over its shade; only where there is room."""
    if len(column.faults) > _COLUMNS_MAX:
        return
    for fault in column.faults:
        axes.annotate(
            f"{fault.what} {fault.kind}, {format_duration(fault.end - fault.start)}",
            xy=(fault.start / HOUR, 1),
            xycoords=("data", "axes fraction"),
            xytext=(5, -4),
            textcoords="offset points",
            ha="left",
            va="top",
            fontsize=8,
            color=FAINT,
        )


def _head(figure: Figure, first: Axes, result: Result) -> None:
    """Title, what is shown, and the arms."""
    from matplotlib.lines import Line2D

    height = figure.get_figheight()
    labels = [_label(result, arm) for arm in result.arms]
    abreast = columns_of_legend(labels, figure.get_figwidth() - 1.35)
    rows = -(-len(labels) // abreast)
    worlds = result.manifest["replications"]
    level = result.manifest["confidence"]
    shown = many(worlds, "world") if worlds == 1 else f"mean of {worlds} worlds"
    shown += f", band: {level * 100:g} % interval" if worlds >= _WORLDS_MIN else ""
    figure.subplots_adjust(
        left=0.95 / figure.get_figwidth(),
        right=1 - 0.4 / figure.get_figwidth(),
        top=1 - (1.15 + _LEGEND_ROW_INCHES * rows) / height,
        bottom=0.55 / height,
        hspace=0.42,
        wspace=0.08,
    )
    left = figure.subplotpars.left
    told = faults_text(result)
    title = (told or ["nothing failed"])[0] if len(told) < 2 else many(len(faults_of_window(result)[0]), "fault")
    figure.text(left, 1 - 0.35 / height, f"{result.manifest['scenario']}: {title}", fontsize=13, fontweight="bold")
    figure.text(left, 1 - 0.6 / height, f"Local time of head office; {shown}.", fontsize=9, color=FAINT)
    handles = [
        Line2D(
            [],
            [],
            color=COLOURS[place % len(COLOURS)],
            linewidth=2.4,
            linestyle=_dashes(place),
            label=label,
        )
        for place, label in enumerate(labels)
    ]
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(left - 0.008, 1 - 0.68 / height),
        ncols=abreast,
        frameon=False,
        fontsize=9,
        handlelength=2.0,
        columnspacing=1.6,
        labelcolor=INK,
    )


def columns_of_legend(labels: Sequence[str], inches: float) -> int:
    """How many entries of a legend fit beside each other; matplotlib fills it by columns, the first ones longer."""
    for rows in range(1, len(labels)):
        columns = -(-len(labels) // rows)
        sizes = [len(labels) // columns + (column < len(labels) % columns) for column in range(columns)]
        ends = list(accumulate(sizes))
        longest = [max(map(len, labels[end - size : end])) for end, size in zip(ends, sizes, strict=True)]
        if sum(_ENTRY_INCHES + _LETTER_INCHES * letters for letters in longest) <= inches:
            return columns
    return 1


def _label(result: Result, arm: str) -> str:
    return f"{arm} (baseline)" if arm == result.baseline else arm
