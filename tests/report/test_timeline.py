"""The figure of a run: what it shows, where, and that it is the same file for the same results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from tests.report import fakes
from twin.core.clock import DAY, HOUR, MINUTE
from twin.experiment.results import Result
from twin.experiment.store import RunFolder, verify
from twin.experiment.timelines import FILE
from twin.journal.tables import FAULT
from twin.measure.timeline import SERIES
from twin.report.clock import LocalClock
from twin.report.faults import faults_text
from twin.report.figures import keep_figures
from twin.report.timeline import PANELS, draw_timeline

BIN = 15 * MINUTE
OUTAGE = ("outage", "broker", DAY + 10 * HOUR, DAY + 16 * HOUR)
LATER = ("errors", "service", 2 * DAY, 2 * DAY + HOUR)
BEFORE = ("outage", "erp", 0, HOUR)

Told = tuple[str, str, int, int]


def stored(folder: Path, *worlds: tuple[Told, ...], arms: tuple[str, ...] = fakes.ARMS) -> Result:
    """A complete run of four days whose arms have time series, and whose worlds have these faults."""
    result = replace(fakes.result(arms, replications=max(len(worlds), 1)), run_dir=folder)
    t = np.arange(0, 4 * DAY, BIN)
    rows: dict[str, list[Any]] = {name: [] for name in ("arm", "series", "t", "mean", "low", "high", "n")}
    for place, arm in enumerate(result.arms):
        for series in SERIES:
            level = 100.0 * (place + 1) + 50 * np.sin(t / DAY * 2 * np.pi)
            columns = ([arm] * t.size, [series] * t.size, t, level, level * 0.9, level * 1.1, [len(worlds)] * t.size)
            for name, column in zip(rows, columns, strict=True):
                rows[name] += list(column)
    folder.mkdir(parents=True)
    pq.write_table(pa.table(rows), folder / FILE)
    for number, faults in enumerate(worlds):
        place = folder / "journal" / result.arms[0] / f"{number:04d}"
        place.mkdir(parents=True)
        table = np.array(list(faults), FAULT)
        pq.write_table(pa.table({name: table[name] for name in FAULT.names or ()}), place / "faults.parquet")
    RunFolder(folder).write_manifest({"status": "complete", **result.manifest})
    return replace(result, manifest=RunFolder(folder).read_manifest())


def axes(result: Result) -> list[Any]:
    figure = draw_timeline(result)
    assert figure is not None
    return list(figure.axes)


def test_there_is_a_column_for_each_fault_and_a_row_for_each_question(tmp_path: Path) -> None:
    drawn = axes(stored(tmp_path / "run", (BEFORE, OUTAGE, LATER)))
    assert len(drawn) == 2 * len(PANELS)
    assert drawn[0].get_xlim() == (24 + 7, 24 + 22)
    assert drawn[1].get_xlim() == (48 - 3, 48 + 7)
    assert all(len(one.lines) == len(fakes.ARMS) for one in drawn)
    assert [one.get_title(loc="left") for one in drawn[::2]] == [panel.title for panel in PANELS]


def test_the_fault_is_shaded_from_its_start_to_its_end(tmp_path: Path) -> None:
    for one in axes(stored(tmp_path / "run", (OUTAGE,))):
        assert [(shade.get_x(), shade.get_x() + shade.get_width()) for shade in one.patches] == [(34, 40)]


def test_a_count_is_shown_per_hour_and_a_level_as_it_is(tmp_path: Path) -> None:
    drawn = axes(stored(tmp_path / "run", (OUTAGE,)))
    level, rate = (drawn[place].lines[0].get_ydata() for place in (0, 3))
    assert np.allclose(rate, np.asarray(level) * 4)


OFTEN = tuple(("outage", "erp", DAY + n * 3 * HOUR, DAY + n * 3 * HOUR + HOUR) for n in range(5))


@pytest.mark.parametrize("worlds", [((),), ((OUTAGE,), (LATER,)), (OFTEN,)])
def test_the_whole_run_is_shown_where_nothing_failed_or_not_the_same_or_too_often(
    tmp_path: Path, worlds: tuple[tuple[Told, ...], ...]
) -> None:
    drawn = axes(stored(tmp_path / "run", *worlds))
    assert len(drawn) == len(PANELS)
    assert drawn[0].get_xlim() == (0, 96)


def test_bands_are_drawn_once_there_are_enough_worlds(tmp_path: Path) -> None:
    few, many = (axes(stored(tmp_path / str(n), *([(OUTAGE,)] * n)))[0] for n in (4, 5))
    assert len(few.collections) == 0
    assert len(many.collections) == len(fakes.ARMS)


@pytest.mark.parametrize("many", [3, 8, 9, 13])
def test_the_names_of_all_arms_stand_inside_the_figure_and_above_the_first_panel(tmp_path: Path, many: int) -> None:
    names = tuple(f"an_arm_of_a_name_{n}"[: 10 + 3 * (n % 4)] + str(n) for n in range(many))
    figure = draw_timeline(stored(tmp_path / "run", (OUTAGE,), arms=names))
    assert figure is not None
    renderer = FigureCanvasAgg(figure).get_renderer()
    legend = figure.legends[0].get_window_extent(renderer)
    assert legend.x1 <= figure.bbox.x1
    assert legend.y0 >= figure.axes[0].title.get_window_extent(renderer).y1


def test_a_run_without_time_series_has_no_figure() -> None:
    assert draw_timeline(fakes.result()) is None
    assert keep_figures(fakes.result()) == []


def test_the_files_are_the_same_to_the_byte_and_part_of_the_run(tmp_path: Path) -> None:
    one, two = stored(tmp_path / "one", (OUTAGE,)), stored(tmp_path / "two", (OUTAGE,))
    paths = keep_figures(one)
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "one/figures/timeline.png", "one/figures/timeline.svg"
    ]  # fmt: skip
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in keep_figures(two)]
    problems = verify(tmp_path / "one")
    assert not [problem for problem in problems if "figures" in problem]
    paths[0].write_bytes(b"scratched")
    assert "figures/timeline.png: changed" in verify(tmp_path / "one")
    keep_figures(replace(one, manifest=RunFolder(one.run_dir).read_manifest()))
    assert verify(tmp_path / "one") == problems


def test_a_folder_that_holds_its_figures_is_left_alone(tmp_path: Path) -> None:
    result = stored(tmp_path / "run", (OUTAGE,))
    keep_figures(result)
    before = (tmp_path / "run" / "manifest.json").stat().st_mtime_ns
    keep_figures(replace(result, manifest=RunFolder(result.run_dir).read_manifest()))
    assert (tmp_path / "run" / "manifest.json").stat().st_mtime_ns == before


def test_faults_are_told_with_weekday_and_local_time(tmp_path: Path) -> None:
    assert faults_text(stored(tmp_path / "one", (BEFORE, OUTAGE))) == ["broker outage of 6h from Tue 3 Mar 10:00"]
    assert faults_text(stored(tmp_path / "two", (OUTAGE,), (OUTAGE, LATER))) == [
        "1 to 2 faults a world, other ones in each"
    ]
    assert faults_text(stored(tmp_path / "three", OFTEN))[-1] == "and 2 more faults"


def test_local_time_follows_the_clocks_of_the_zone() -> None:
    clock = LocalClock.of({"start": "2026-10-31", "time_zone": "America/New_York"})
    assert clock.text(10 * HOUR) == "Sat 31 Oct 10:00"
    assert clock.text(DAY + 10 * HOUR) == "Sun 1 Nov 09:00"  # the night had 25 hours
    assert [clock.at(t).hour for t in clock.hours(0, 2 * DAY, 6)] == [0, 6, 12, 18, 0, 6, 12, 18]
