"""One style for all figures, and how they are kept: PNG and SVG, the same bytes for the same results."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from twin.experiment.atomic import digest_file, write_bytes
from twin.experiment.results import Result
from twin.experiment.store import add_files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK: Final = "#222222"
FAINT: Final = "#666666"
GRID: Final = "#e6e6e6"
SHADE: Final = "#ececec"

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D")
"""Okabe and Ito (2008), told apart by colour-blind readers; its yellow is too light for a line on paper."""

STYLE: Final[Any] = {  # matplotlib types its keys one by one
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": "#8a8a8a",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "svg.fonttype": "path",  # the text looks the same where the font is missing
    "svg.hashsalt": "twin",  # else the names of clip paths differ from run to run
}

_FORMATS: Final[dict[str, dict[str, Any]]] = {
    "png": {"dpi": 160, "metadata": {"Software": None}},
    "svg": {"metadata": {"Date": None, "Creator": None}},
}
FOLDER: Final = "figures"


def keep_figures(result: Result) -> list[Path]:
    """Draw every figure of a run into its folder and enter them into its manifest; a folder that holds them already is
    left alone.
    """
    from twin.report.frontier import draw_frontier
    from twin.report.timeline import draw_timeline

    drawn = {"timeline": draw_timeline(result), "frontier": draw_frontier(result)}
    folder = result.run_dir / FOLDER
    paths = [path for name, figure in drawn.items() if figure is not None for path in keep(folder, name, figure)]
    names = [path.relative_to(result.run_dir).as_posix() for path in paths]
    if any(result.manifest["files"].get(name) != digest_file(result.run_dir / name) for name in names):
        add_files(result.run_dir, names)
    return paths


def keep(folder: Path, name: str, figure: Figure) -> list[Path]:
    """Write a figure in every format; a file that holds it already is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind, options in _FORMATS.items():
        path, content = folder / f"{name}.{kind}", _rendered(figure, kind, options)
        if not path.exists() or path.read_bytes() != content:
            write_bytes(path, content)
        paths.append(path)
    return paths


def _rendered(figure: Figure, kind: str, options: dict[str, Any]) -> bytes:
    import matplotlib as mpl

    sink = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(sink, format=kind, **options)
    return sink.getvalue()
