"""The frontier of a run: promises that were not kept against sales that were refused for nothing, one point per arm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twin.experiment.comparison import Row
from twin.experiment.results import Result
from twin.report.figures import COLOURS, FAINT, INK, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACROSS: Final = "false_oos_rate"
UP: Final = "oversell_rate_per_line_demanded"
ARMS_MIN: Final = 3

_SIZE: Final = (8.2, 6.0)
_ROOM: Final = 0.08
_LETTER_INCHES, _LINE_INCHES, _GAP_INCHES = 0.066, 0.15, 0.08

_LEADER: Final[Any] = {"arrowstyle": "-", "color": FAINT, "linewidth": 0.4, "shrinkA": 0, "shrinkB": 3}
"""From a name to its point, where they are apart."""

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""


@dataclass(frozen=True)
class Point:
    """Arms that came out the same, in per cent of the lines demanded."""

    arms: tuple[str, ...]
    across: float
    up: float
    half_across: float
    half_up: float

    @property
    def label(self) -> str:
        return ", ".join(self.arms)


def points(result: Result) -> list[Point]:
    """One per outcome; arms for which either rate could not be measured are left out."""
    arms: dict[tuple[float, ...], list[str]] = {}
    for arm in result.arms:
        rows = [result.row(arm, kpi) for kpi in (ACROSS, UP)]
        if all(row is not None and row.mean is not None for row in rows):
            found = [_percent(row) for row in rows if row is not None]
            arms.setdefault((*(mean for mean, _ in found), *(half for _, half in found)), []).append(arm)
    return [Point(tuple(names), *values) for values, names in arms.items()]


def _percent(row: Row) -> tuple[float, float]:
    """Mean and half-width of the interval."""
    assert row.mean is not None
    half = 0.0 if row.low is None or row.high is None else (row.high - row.low) / 2
    return 100 * row.mean, 100 * half


def frontier(found: Sequence[Point]) -> list[Point]:
    """Those that no other is better than in both, from left to right."""
    best: list[Point] = []
    for point in sorted(found, key=lambda each: (each.across, each.up)):
        if not best or point.up < best[-1].up:
            best.append(point)
    return best


def draw_frontier(result: Result) -> Figure | None:
    """The figure; ``None`` if there are too few arms to speak of a frontier."""
    found = points(result)
    if len(found) < ARMS_MIN:
        return None
    import matplotlib as mpl
    from matplotlib.figure import Figure as NewFigure

    with mpl.rc_context(STYLE):
        figure = NewFigure(figsize=_SIZE)
        axes = figure.add_axes((0.09, 0.11, 0.88, 0.74))
        best = frontier(found)
        axes.plot([p.across for p in best], [p.up for p in best], color=COLOURS[0], linewidth=1.2, zorder=2)
        for point in found:
            _mark(axes, point, first=point in best)
        axes.margins(_ROOM)
        _name(axes, found, best)
        _words(figure, axes, result)
    return figure


def _mark(axes: Axes, point: Point, *, first: bool) -> None:
    colour = COLOURS[0] if first else FAINT
    axes.errorbar(
        point.across, point.up, xerr=point.half_across, yerr=point.half_up,
        color=colour, elinewidth=0.7, alpha=0.45, zorder=1,
    )  # fmt: skip
    axes.plot(point.across, point.up, "o", color=colour, markersize=5.5 if first else 4, zorder=3)


def _name(axes: Axes, found: Sequence[Point], best: Sequence[Point]) -> None:
    """Names beside the points, each where it hides neither a point nor a name."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    place = axes.get_position()
    wide, tall = place.width * _SIZE[0] / (right - left), place.height * _SIZE[1] / (high - low)
    at = {point: ((point.across - left) * wide, (point.up - low) * tall) for point in found}
    taken: list[Box] = [(x - 0.05, y - 0.05, x + 0.05, y + 0.05) for x, y in at.values()]
    for point in sorted(found, key=lambda each: each not in best):
        spots = list(_spots(*at[point], _LETTER_INCHES * len(point.label)))
        spot = min(spots, key=lambda box: (_hidden(box, taken), spots.index(box)))
        taken.append(spot)
        lifted = abs((spot[1] + spot[3]) / 2 - at[point][1]) > _LINE_INCHES / 2
        axes.annotate(
            point.label, (point.across, point.up), (left + spot[0] / wide, low + (spot[1] + spot[3]) / 2 / tall),
            va="center", fontsize=8, color=INK if point in best else FAINT,
            fontweight="bold" if point in best else "normal", arrowprops=_LEADER if lifted else None,
        )  # fmt: skip


def _spots(x: float, y: float, width: float) -> Iterator[Box]:
    """Places of a name near a point, the usual ones first."""
    for lift in (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0):
        middle = y + lift * _LINE_INCHES
        for start in (x + _GAP_INCHES, x - _GAP_INCHES - width, x - width / 2):
            if lift or start != x - width / 2:
                yield start, middle - _LINE_INCHES / 2, start + width, middle + _LINE_INCHES / 2


def _hidden(box: Box, taken: Sequence[Box]) -> float:
    """Square inches of other things under a box, and of the box outside the axes on the left."""
    left, bottom, right, top = box
    lost = max(0.0, -left) * (top - bottom)
    for a, b, c, d in taken:
        lost += max(0.0, min(right, c) - max(left, a)) * max(0.0, min(top, d) - max(bottom, b))
    return lost


def _words(figure: Figure, axes: Axes, result: Result) -> None:
    axes.grid(visible=True, axis="both")
    axes.set_xlabel("Lines refused although there was stock, % of lines demanded")
    axes.set_ylabel("Lines promised and not supplied, % of lines demanded")
    worlds = result.manifest["replications"]
    drawn = f"Crosses: 95 % intervals over {worlds} worlds." if worlds > 1 else "One world, so no intervals."
    reading = "Down and left is better; the line joins the arms that none beats in both."
    figure.text(0.09, 0.94, f"{result.manifest['scenario']}: what each arm trades", fontsize=12, fontweight="bold")
    figure.text(0.09, 0.9, f"{reading} {drawn}", fontsize=8.5, color=FAINT)
