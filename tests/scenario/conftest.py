"""Scenarios for the tests of the language."""

from collections.abc import Callable
from pathlib import Path

import pytest

from twin.scenario.errors import ScenarioError
from twin.scenario.loader import load

MINIMAL = Path(__file__).parent / "good" / "minimal.yaml"

Write = Callable[..., Path]


@pytest.fixture
def minimal() -> Path:
    """The smallest estate that has everything."""
    return MINIMAL


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file that extends the minimal scenario (or ``extends`` another, or nothing) and return its path."""

    def write_file(text: str, name: str = "scenario.yaml", *, extends: Path | None = MINIMAL) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        head = f"extends: {extends}\n" if extends is not None else ""
        path.write_text(head + text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def problems() -> Callable[..., list[str]]:
    """Problems of a scenario, without the folder of its file."""

    def problems_of(path: Path, *sets: str, **options: object) -> list[str]:
        with pytest.raises(ScenarioError) as raised:
            load(path, sets=sets, **options)  # type: ignore[arg-type]  # the options are those of load
        return [str(problem).removeprefix(f"{path.parent}/") for problem in raised.value.problems]

    return problems_of
