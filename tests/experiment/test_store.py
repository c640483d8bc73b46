"""The folder of a run: verified to the byte, atomic, locked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiment.test_run import carry_out
from twin.core.errors import ResultsError
from twin.experiment.atomic import follow, point_to, write_bytes, write_json
from twin.experiment.results import read_result
from twin.experiment.store import RunFolder, verify


@pytest.fixture
def run(tmp_path: Path) -> Path:
    carry_out(tmp_path / "run")
    return tmp_path / "run"


def flip_last_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "name",
    ["kpis.parquet", "comparison.csv", "timing.json", "journal/hub/0001/lines.parquet", "journal/hub/0001/task.json"],
)
def test_a_flipped_bit_is_found_in_any_file(run: Path, name: str) -> None:
    flip_last_byte(run / name)
    assert verify(run) == [f"{name}: changed"]


def test_an_added_byte_is_found(run: Path) -> None:
    with (run / "comparison.csv").open("a") as file:
        file.write("\n")
    assert verify(run) == ["comparison.csv: changed"]


def test_a_missing_file_is_named(run: Path) -> None:
    (run / "journal/events/0002/lines.parquet").unlink()
    assert verify(run) == ["journal/events/0002/lines.parquet: missing"]


def test_an_added_file_is_named(run: Path) -> None:
    (run / "notes.txt").write_text("mine")
    assert verify(run) == ["notes.txt: not part of the run"]


def test_a_changed_manifest_is_found(run: Path) -> None:
    manifest = run / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"seed": 11', '"seed": 12'))
    with pytest.raises(ResultsError, match="changed after it was written"):
        verify(run)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", "not json"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ResultsError, match="not the manifest"):
        verify(tmp_path)


def test_a_damaged_comparison_is_no_result(run: Path) -> None:
    (run / "comparison.csv").write_text("arm,kpi\nhub\n")
    with pytest.raises(ResultsError, match=r"comparison\.csv"):
        read_result(run)


def test_results_are_read_back_to_the_bit(run: Path) -> None:
    first, second = read_result(run), read_result(run)
    assert first.rows == second.rows
    row = first.row("hub", "oversell_rate")
    assert row is not None
    assert row.mean is not None
    assert f"{row.mean!r}" in (run / "comparison.csv").read_text()


def test_two_runs_never_write_to_one_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.locked(), pytest.raises(ResultsError, match="another run"), RunFolder(tmp_path / "run").locked():
        pass


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_bytes(path, b"old")
    with pytest.raises(ValueError, match="nan"):
        write_json(path, {"value": float("nan")})
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["file.json"]


def test_the_pointer_is_a_text_file_where_links_are_not_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("links are not allowed")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    (tmp_path / "tiny" / "one").mkdir(parents=True)
    point_to(tmp_path / "latest", tmp_path / "tiny" / "one")
    assert (tmp_path / "latest").read_text() == "tiny/one\n"
    assert follow(tmp_path / "latest") == tmp_path / "tiny" / "one"


def test_the_pointer_moves_in_one_step(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        point_to(tmp_path / "latest", tmp_path / name)
    assert (tmp_path / "latest").resolve() == tmp_path / "two"
