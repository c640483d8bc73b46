"""Hostile files are refused before anything is built from them, by the first event that goes too far."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from twin.scenario.errors import ScenarioError
from twin.scenario.guard import BYTES_MAX, DEPTH_MAX, EVENTS_MAX, guarded_events, read_text
from twin.scenario.loader import load
from twin.scenario.nodes import PROBLEMS_MAX, compose

BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{before}, *{before}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "nested_lists": ("[" * 100_000, "is nested more than 32 levels deep"),
    "nested_mappings": ("{a: " * 100_000, "is nested more than 32 levels deep"),
    "nested_dashes": ("- " * 100_000 + "a", "is nested more than 32 levels deep"),
    "nested_question_marks": ("? " * 100_000, "is nested more than 32 levels deep"),
    "nested_indentation": ("".join(" " * i + "a:\n" for i in range(1_000)), "is nested more than 32 levels deep"),
    "many_values": ("a: [" + "1," * 200_000 + "]", "has more than 150000 YAML events; put data into tables"),
    "alias_bomb": (BOMB, "has an anchor, &a; repeat the value, or use extends"),
    "merge_bomb": ("a: &a {x: 1}\nb: {<<: [*a, *a]}", "has an anchor, &a; repeat the value, or use extends"),
    "python_object": ("a: !!python/object/new:os.system [x]", "has a tag, 'tag:yaml.org,2002:python/"),
    "many_anchors": ("&a " * 50_000 + "x", "has an anchor, &a"),
    "many_documents": ("--- 1\n" * 50_000, "has a second document; a scenario is one document"),
    "directive": ("%TAG ! tag:evil,2000:\n--- !x 1", "has a tag, 'tag:evil,2000:x'; values need no tags"),
    "control_character": ("a: \x00", "is not YAML: control characters are not allowed"),
    "only_comments": ("# nothing\n", "is empty"),
}


def events_seen(text: str) -> tuple[int, str]:
    """Events that passed, and what ended them."""
    seen = 0
    try:
        for _ in guarded_events(text, "file"):
            seen += 1
    except ScenarioError as error:
        return seen, error.problems[0].message
    return seen, ""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_its_reason(name: str, tmp_path: Path) -> None:
    text, reason = HOSTILE[name]
    path = tmp_path / "hostile.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as raised:
        load(path)
    assert raised.value.problems[0].message.startswith(reason)
    assert raised.value.problems[0].file == str(path)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_passes_the_guard_before_it_refuses_is_bounded(name: str) -> None:
    seen, reason = events_seen(HOSTILE[name][0])
    assert reason
    assert seen <= (EVENTS_MAX if name == "many_values" else 2 * DEPTH_MAX + 2)


def test_what_is_just_within_the_limits_passes() -> None:
    deep = "[" * DEPTH_MAX + "]" * DEPTH_MAX
    assert events_seen(deep) == (2 * DEPTH_MAX, "")
    many = "[" + "1," * (EVENTS_MAX - 6) + "]"  # stream, document and list take two events each
    assert events_seen(many) == (EVENTS_MAX - 4, "")
    assert events_seen(many.replace("[", "[1,"))[1].startswith("has more than")


def test_a_large_file_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * BYTES_MAX)
    assert len(read_text(path)) == BYTES_MAX
    path.write_bytes(b"[" * (BYTES_MAX + 1))
    with pytest.raises(ScenarioError, match=r"large\.yaml:1:1: file: is larger than 2 MiB"):
        load(path)


def hopeless(folder: Path) -> Iterator[tuple[Path, str]]:
    yield folder / "nowhere.yaml", "no such file"
    yield folder, "is not a regular file"
    pipe = folder / "pipe.yaml"
    os.mkfifo(pipe)
    yield pipe, "is not a regular file"
    latin = folder / "latin.yaml"
    latin.write_bytes(b"name: x\ndescription: caf\xe9\n")
    yield latin, "is not UTF-8 text"


def test_what_cannot_be_read_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    for path, reason in hopeless(tmp_path):
        with pytest.raises(ScenarioError) as raised:
            load(path)
        assert raised.value.problems[0].message.startswith(reason)


def test_a_byte_that_is_not_utf_8_is_placed_by_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("näme: x\ndescription: café".encode() + b"\xe9\n")
    with pytest.raises(ScenarioError) as raised:
        load(path)
    assert (raised.value.problems[0].line, raised.value.problems[0].column) == (2, 18)


def test_a_control_character_is_placed_by_line_and_column() -> None:
    with pytest.raises(ScenarioError) as raised:
        list(guarded_events("näme: x\nab: \x01", "file"))
    assert (raised.value.problems[0].line, raised.value.problems[0].column) == (2, 5)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "marked.yaml"
    path.write_bytes(b"\xef\xbb\xbfseed: 1\n")
    assert compose(read_text(path), "file")[0].plain() == {"seed": 1}


def test_problems_of_single_values_are_cut_off_too() -> None:
    _, problems = compose("a: [" + ".nan," * 10_000 + "]", "file")
    assert len(problems) == PROBLEMS_MAX
