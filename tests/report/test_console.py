"""The console report: everything that must be said is said, within 100 columns, without colour codes in a file."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.report import fakes
from twin.experiment.comparison import Row
from twin.experiment.results import Result
from twin.experiment.thresholds import Judged
from twin.report.console import WIDTH, console_for, show_header, show_result
from twin.report.progress import Lines
from twin.report.tables import KPIS, reading


def printed(result: Result) -> str:
    sink = io.StringIO()
    console = console_for(sink)
    show_header(result.manifest, console)
    show_result(result, console)
    return sink.getvalue()


def test_the_report_names_scenario_estate_worlds_and_seed() -> None:
    text = printed(fakes.result())
    for fact in ("quickstart", "300 stores", "4 DCs", "800 SKUs", "window 2d", "10 replications of 4 arms", "seed 42"):
        assert fact in text


def test_every_kpi_and_arm_has_its_line() -> None:
    text = printed(fakes.result())
    assert all(heading in text for heading in KPIS.values())
    assert all(arm in text for arm in fakes.ARMS)


def test_the_baseline_is_marked_once() -> None:
    headings = [line for line in printed(fakes.result()).splitlines() if "baseline " in line and "hybrid" in line]
    assert len(headings) == 2  # of the KPI table and of the blame table
    assert all(line.count("baseline") == 1 for line in headings)


@pytest.mark.parametrize("arms", [1, 2, 4, 7])
def test_the_report_fits_its_width(arms: int) -> None:
    names = tuple(f"{fakes.ARMS[n % 4]}_{n}" for n in range(arms))
    assert max(map(len, printed(fakes.result(arms=names)).splitlines())) <= WIDTH


def test_a_file_gets_no_colour_codes() -> None:
    assert "\x1b" not in printed(fakes.result())


def test_one_replication_shows_means_and_no_interval() -> None:
    text = printed(fakes.result(replications=1))
    assert "nan" not in text.lower()
    assert "not clear" in text
    assert "better" not in text


def test_open_lines_are_a_warning_and_shown_only_if_there_are_any(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Lines still open" in printed(fakes.result())
    monkeypatch.setitem(fakes.LEVELS, "open_share", ("share", (0.0, 0.0, 0.0, 0.0), 0.0))
    assert "Lines still open" not in printed(fakes.result())


def test_the_cheapest_of_three_arms_or_more_is_named_with_what_the_others_are_behind_it() -> None:
    lines = printed(fakes.result()).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("Cheapest first"))
    first, *others = [line.split() for line in lines[start + 3 : start + 7]]
    assert (first[0], first[-1]) == ("hybrid", "cheapest")
    assert [(words[0], words[-1]) for words in others] == [(arm, "dearer") for arm in reversed(fakes.ARMS[:3])]
    assert "Cheapest" not in printed(fakes.result(arms=fakes.ARMS[:2]))


def test_what_one_world_says_of_the_cheapest_is_not_clear() -> None:
    text = printed(fakes.result(replications=1))
    assert text[text.index("Cheapest first") :].count("not clear") == 3


def test_one_arm_is_compared_with_nobody() -> None:
    assert "Paired differences" not in printed(fakes.result(arms=("hybrid",)))


def test_blame_is_a_share_of_the_oversold_lines() -> None:
    result = fakes.result()
    lines = printed(result).splitlines()
    shares = {
        line[:9].strip(): re.findall(r"[\d.]+ %|–", line) for line in lines if re.match("Batch age|Race|Walk-in", line)
    }
    total, old, walk_in = (
        {arm: result.rows[arm, kpi].mean or 0.0 for arm in fakes.ARMS}
        for kpi in ("oversell_rate", "oversell_rate.batch_age", "oversell_rate.walk_in")
    )
    aged = [f"{100 * old[arm] / total[arm]:.0f} %" for arm in ("point_to_point", "hub")]
    assert shares["Batch age"] == [*aged, "–", "–"]
    assert shares["Walk-in"][0] == f"{100 * walk_in['point_to_point'] / total['point_to_point']:.0f} %"


def test_variance_removed_by_sharing_worlds_is_printed() -> None:
    assert "Sharing worlds removed" in printed(fakes.result())


def test_thresholds_are_printed_with_verdict_and_interval() -> None:
    judged = Judged("oversell_rate", "hybrid", "mean", "<=", 0.01, 0.95, 0.0061, 0.0057, 0.0065, "pass")
    assert "pass         oversell_rate of hybrid <= 0.01: 0.0061 (0.0057 to 0.0065 at 95 %)" in printed(
        fakes.result(thresholds=(judged,))
    )


def test_where_the_results_are_and_what_to_do_next_ends_the_report() -> None:
    result = fakes.result()
    tail = printed(result).strip().splitlines()[-5:]
    assert str(result.run_dir) in tail[0]
    assert f"twin verify {result.run_dir}" in "\n".join(tail)


def row(kpi: str, difference: float | None, p: float | None, pairs: int = 10) -> Row:
    return Row("hub", kpi, "share", pairs, 0.5, None, None, pairs=pairs, difference=difference, p=p, p_holm=p)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (row("oversell_rate", -0.01, 0.001), "better"),
        (row("oversell_rate", 0.01, 0.001), "worse"),
        (row("stock_accuracy", 0.01, 0.001), "better"),
        (row("stock_accuracy", 0.01, 0.2), "not clear"),
        (row("oversell_rate", -0.01, None), "better"),
        (row("oversell_rate", -0.01, None, pairs=1), "not clear"),
        (row("oversell_rate", 0.0, None), "the same"),
        (row("oversell_rate", None, None, pairs=0), "–"),
    ],
)
def test_a_reading_needs_direction_and_evidence(given: Row, word: str) -> None:
    assert reading(given, alpha=0.05).plain == word


def test_plain_progress_is_about_ten_lines_whatever_the_number_of_runs() -> None:
    sink = io.StringIO()
    lines = Lines(Console(file=sink, width=WIDTH))
    lines.started(fakes.result().run_dir, total=400, done_before=0)
    for n in range(400):
        lines.advanced("hub", n, 0.1)
    lines.ended()
    assert len(sink.getvalue().splitlines()) == 11
    assert "400/400" in sink.getvalue()


def with_faults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, recovered: float = 1.0, steady: float = 1.0
) -> Result:
    """A run whose KPIs tell of a fault, from which a share of the worlds came back."""
    levels = {
        "fault_duration_s": ("s", (3600.0,) * 4, 0.0),
        "fault_orders_released": ("orders", (0.0, 900.0, 1000.0, 1000.0), 0.01),
        "continuity": ("share", (0.0, 0.9, 1.0, 1.0), 0.01),
        "fault_drain_s": ("s", (5000.0, 60.0, 0.0, 0.0), 0.01),
        "fault_recover_s": ("s", (5400.0, 900.0, 0.0, 0.0), 0.01),
        "fault_steady_share": ("share", (steady,) * 4, 0.0),
        "fault_recovered_share": ("share", (recovered,) * 4, 0.0),
    }
    for name, level in levels.items():
        monkeypatch.setitem(fakes.LEVELS, name, level)
    result = fakes.result()
    rows = dict(result.rows)
    if min(recovered, steady) < 1:
        rows["hub", "fault_recover_s"] = replace(rows["hub", "fault_recover_s"], n=7)
    return replace(result, rows=rows, run_dir=tmp_path)


def test_what_the_faults_did_is_told_only_where_something_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "What the faults did" not in printed(fakes.result())
    text = printed(with_faults(monkeypatch, tmp_path))
    assert "What the faults did" in text
    assert max(map(len, text.replace(str(tmp_path), "results").splitlines())) <= WIDTH
    assert re.search(r"of the normal +0[ .]", text)


def test_a_mean_never_hides_the_worlds_that_did_not_come_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "not back (3 of 10)" in printed(with_faults(monkeypatch, tmp_path, recovered=0.7))
    assert "unsteady before (3 of 10)" in printed(with_faults(monkeypatch, tmp_path, steady=0.7))
