"""A scenario file with the files it extends, as one tree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.merge import merge
from twin.scenario.nodes import Mark, Node, compose_file
from twin.scenario.suggest import shown

CHAIN_MAX: Final = 16
"""Files that may extend each other."""


@dataclass(frozen=True)
class Source:
    """What was written: the merged tree, the files it came from (the scenario's own first), problems of single values."""

    root: Node
    files: tuple[Path, ...]
    problems: tuple[Problem, ...]


def read_source(path: Path) -> Source:
    """Read ``path`` and what it extends. Raises :class:`ScenarioError` for a file that is refused or cannot be found."""
    root, problems = _read(path)
    files = [path]
    while (child := root.mapping.get("extends")) is not None:
        below = _extended(child, files)
        if isinstance(below, Problem):
            raise ScenarioError([*problems, below])
        base, more = _read(below)
        files.append(below)
        root = merge(base, _without_extends(root))
        problems += more
    return Source(_without_extends(root), tuple(files), tuple(problems))


def _read(path: Path) -> tuple[Node, list[Problem]]:
    root, problems = compose_file(path)
    if not isinstance(root.value, dict):
        message = f"a scenario must be a mapping, it is {shown(root.plain())}"
        raise ScenarioError([*problems, Problem(str(path), 1, 1, "file", message)])
    return root, problems


def _extended(child: Node, files: list[Path]) -> Path | Problem:
    """The file that an ``extends`` names, or what is wrong with it."""
    mark = child.mark or Mark(str(files[-1]), 1, 1)
    name = child.value
    if not isinstance(name, str) or not name:
        return _problem(
            mark, f"must be the path of a scenario file, relative to this one; it is {shown(child.plain())}"
        )
    path = files[-1].parent / name
    if path.resolve() in [file.resolve() for file in files]:
        return _problem(mark, "goes in a circle: " + " -> ".join(file.name for file in [*files, path]))
    if len(files) >= CHAIN_MAX:
        return _problem(mark, f"must be a chain of at most {CHAIN_MAX} files")
    if not path.is_file():
        return _problem(mark, f"no such file, it is {shown(name)}; it is looked for relative to this file")
    return path


def _problem(mark: Mark, message: str) -> Problem:
    return Problem(mark.file, mark.line, mark.column, "extends", message)


def _without_extends(root: Node) -> Node:
    children = {name: child for name, child in root.mapping.items() if name != "extends"}
    return Node(children, root.mark, root.key, root.path)
