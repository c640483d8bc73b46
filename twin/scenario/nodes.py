"""A scenario file as a tree of nodes that remember where they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from twin.scenario.errors import Problem
from twin.scenario.guard import guarded_events, read_text
from twin.scenario.scalars import Scalar, resolve

PROBLEMS_MAX: Final = 100
"""A file with more is not read on: nobody repairs a thousand places before trying again."""

_WORD: Final = re.compile(r"[A-Za-z0-9_-]+")

Part = str | int
"""A key of a mapping, or a position in a list."""

Location = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it was written. What nobody wrote (a default, a preset's value) has no mark."""

    value: Scalar | list[Node] | dict[str, Node]
    mark: Mark | None = None
    key: Mark | None = None  # of the key that leads here; the mark itself in lists and at the root
    path: Location = ()  # as written, which is not where it ends up: `systems` goes into every arm

    @property
    def mapping(self) -> dict[str, Node]:
        """Children of a mapping; empty for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    def get(self, part: Part) -> Node | None:
        """The child at a key or position."""
        if isinstance(self.value, list):
            return self.value[part] if isinstance(part, int) and 0 <= part < len(self.value) else None
        return self.mapping.get(part) if isinstance(part, str) else None

    def plain(self) -> Any:
        """The value as plain data."""
        if isinstance(self.value, dict):
            return {name: child.plain() for name, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value


def built_in(value: Any) -> Node:
    """Plain data as nodes without marks."""
    if isinstance(value, dict):
        return Node({str(name): built_in(child) for name, child in value.items()})
    if isinstance(value, list | tuple):
        return Node([built_in(child) for child in value])
    return Node(value)


def render(path: Location) -> str:
    """``("estate", "dcs", 0, "name")`` as ``estate.dcs[0].name``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _WORD.fullmatch(part) else repr(part[:80]))
    return text


def locate(root: Node, path: Location, *, key: bool = False) -> tuple[Mark, str]:
    """Place and written path of what is at ``path``, or of the nearest thing around it that somebody wrote.

    ``key`` asks for the place of the key. Something that is missing is placed at the key of the mapping that lacks it.
    """
    node: Node | None = root
    best, rest = root, path
    for depth, part in enumerate(path, 1):
        node = node.get(part) if node else None
        if node is not None and node.mark is not None:
            best, rest = node, path[depth:]
    mark = best.key if key or rest else best.mark
    return mark or best.mark or Mark("", 1, 1), render((*best.path, *rest))


def compose_file(path: Path) -> tuple[Node, list[Problem]]:
    """Nodes of a file and what is wrong with single ones of them. Raises ``ScenarioError`` for a file that is refused."""
    return compose(read_text(path), str(path))


def compose(text: str, name: str) -> tuple[Node, list[Problem]]:
    """As :func:`compose_file`, of a text."""
    events = list(guarded_events(text, name))  # all of them, before the first node is built
    composer = _Composer(name, iter(events))
    return composer.node(), composer.problems


class _Composer:
    """Builds nodes from events. Recursive: the guard has bounded the depth."""

    def __init__(self, name: str, events: Iterator[Any]) -> None:
        self._name, self._events = name, events
        self.problems: list[Problem] = []

    def node(self) -> Node:
        """The document."""
        root = self._node(next(self._events), (), None)
        return Node(root.value, root.mark, Mark(self._name, 1, 1), ())

    def _node(self, event: Any, path: Location, key: Mark | None) -> Node:
        mark = self._mark(event)
        if isinstance(event, yaml.MappingStartEvent):
            return Node(self._mapping(path), mark, key or mark, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(self._sequence(path), mark, key or mark, path)
        return Node(self._scalar(event, mark, path), mark, key or mark, path)

    def _sequence(self, path: Location) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items)), None))
        return items

    def _mapping(self, path: Location) -> dict[str, Node]:
        children: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            mark, name = self._mark(event), self._key(event, path)
            child = self._node(next(self._events), (*path, name or "?"), mark)
            first = children.setdefault(name, child) if name is not None else child
            if first is not child:
                line = first.key.line if first.key else 0
                self._complain(mark, child.path, f"the key is there twice, first in line {line}")
        return children

    def _key(self, event: Any, path: Location) -> str | None:
        mark = self._mark(event)
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, path, mark)
            self._complain(mark, path, "a key must be text, it is a list or a mapping")
            return None
        value = self._scalar(event, mark, path)
        if value == "<<" and event.implicit[0]:
            self._complain(mark, (*path, "<<"), "merge keys do not exist in YAML 1.2; use extends")
            return None
        if isinstance(value, str):
            return value
        self._complain(mark, path, f"a key must be text, {event.value[:40] or 'nothing'} is not; write it in quotes")
        return None

    def _scalar(self, event: Any, mark: Mark, path: Location) -> Scalar:
        if not event.implicit[0]:
            return str(event.value)
        try:
            return resolve(event.value)
        except ValueError as reason:
            self._complain(mark, path, str(reason))
            return None

    def _mark(self, event: Any) -> Mark:
        return Mark(self._name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _complain(self, mark: Mark, path: Location, message: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(mark.file, mark.line, mark.column, render(path) or "file", message))
