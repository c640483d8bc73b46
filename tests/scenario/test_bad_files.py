"""Every file in ``bad/`` is refused with exactly the problems that its first lines announce."""

from pathlib import Path

import pytest

from twin.scenario.errors import ScenarioError
from twin.scenario.loader import load

BAD = Path(__file__).parent / "bad"
FILES = sorted(BAD.glob("*.yaml"))
KPIS = ("oversell_rate", "oversell_rate.<channel>", "false_oos_rate")


def announced(path: Path) -> list[str]:
    """The comment lines at the top: ``line:column: path: message``, after a file's path if it is another file's."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("# ") for line in lines if line.startswith("# ")]


def found(path: Path) -> list[str]:
    with pytest.raises(ScenarioError) as raised:
        load(path, known_kpis=KPIS)
    return [str(p).removeprefix(f"{path}:").removeprefix(f"{path.parent}/") for p in raised.value.problems]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_file_is_refused_with_exactly_the_problems_it_announces(path: Path) -> None:
    expected = announced(path)
    assert expected, "the file announces nothing"
    assert found(path) == expected


def test_there_are_enough_bad_files_and_each_announces_something_of_its_own() -> None:
    assert len(FILES) >= 60
    firsts = [announced(path)[0].split(": ", 1)[1] for path in FILES]
    assert [text for text in firsts if firsts.count(text) > 1] == []


def test_no_message_speaks_pydantic() -> None:
    spoken = " ".join(" ".join(announced(path)) for path in FILES).lower()
    phrases = ("input should", "field required", "extra inputs", "value error")
    assert not [phrase for phrase in phrases if phrase in spoken]


def test_the_exception_is_one_text_with_one_line_a_problem() -> None:
    path = BAD / "everything_at_once.yaml"
    with pytest.raises(ScenarioError) as raised:
        load(path, known_kpis=KPIS)
    lines = str(raised.value).splitlines()
    assert len(lines) == len(raised.value.problems) > 10
    assert all(line.startswith(f"{path}:") for line in lines)
    assert raised.value.exit_code == 3
