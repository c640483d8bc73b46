"""The page about faults shows every kind, in words that load."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import get_args

from twin.scenario.faults import FaultKind
from twin.scenario.incidents import LOGS
from twin.scenario.loader import load

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def test_the_example_of_the_page_loads_and_shows_every_kind(tmp_path: Path, minimal: Path) -> None:
    lines = PAGE.read_text(encoding="utf-8").split("## Saying what fails")[1].splitlines()
    first = lines.index("    faults:")
    end = next(place for place, line in enumerate(lines) if place > first and not line.startswith("    "))
    file = tmp_path / "page.yaml"
    file.write_text(f"extends: {minimal}\n" + dedent("\n".join(lines[first:end])), encoding="utf-8")
    faults = load(file, sets=["calendar.window=6d"]).scenario.faults
    assert {fault.kind for fault in faults} == set(get_args(FaultKind))


def test_every_log_and_what_it_can_be_chosen_by_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, log in LOGS.items():
        (row,) = (line for line in page.splitlines() if line.startswith(f"| {name} |"))
        assert log.file in row
        assert ", ".join(log.choices) in row


def test_the_windows_of_vendors_load(tmp_path: Path, minimal: Path) -> None:
    section = PAGE.read_text(encoding="utf-8").split("### Maintenance windows of vendors")[1].split("##")[0]
    windows = [line.strip().removeprefix("# ") for line in section.splitlines() if "- {system" in line]
    for window in windows:  # one at a time: they are alternatives
        file = tmp_path / "window.yaml"
        file.write_text(f"extends: {minimal}\nfaults:\n  {window}\n", encoding="utf-8")
        (fault,) = load(file, sets=["calendar.window=20d"]).scenario.faults
        assert fault.system == "erp"
    assert len(windows) == 3
