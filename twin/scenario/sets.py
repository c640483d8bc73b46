"""Changes from the command line: ``--set path=value``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.merge import merge
from twin.scenario.nodes import Location, Mark, Node, Part, compose, locate, render
from twin.scenario.suggest import not_among

OPTION: Final = "--set"

_PATH: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+|\[[0-9]{1,6}\])*")
_PARTS: Final = re.compile(r"\[?[A-Za-z0-9_-]+")
_NAMED: Final = {("arms",): "arm", ("demand", "channels"): "channel"}
"""Mappings whose members a change may alter but not create: a mistyped name must not pass for a new member."""


@dataclass(frozen=True)
class Change:
    """A value for a path; ``path`` shrinks as the change descends, the node remembers where it was written."""

    path: Location
    value: Node

    def below(self, levels: int) -> Change:
        """The same change seen from further inside."""
        return replace(self, path=self.path[levels:])


def parse_sets(sets: Sequence[str]) -> tuple[list[Change], list[Problem]]:
    """Changes of the command line, in order, and what is wrong with the others. Line n is the n-th ``--set``."""
    changes: list[Change] = []
    problems: list[Problem] = []
    for number, text in enumerate(sets, 1):
        try:
            changes.extend(_leaves(_parse(text, number)))
        except ScenarioError as error:
            problems.extend(error.problems)
    return changes, problems


def _parse(text: str, number: int) -> Change:
    written, equals, value = text.partition("=")
    name = written.strip()
    if not equals or not _PATH.fullmatch(name):
        message = f"must be written path=value, for example demand.tills.scale=0.5; it is {text[:80]!r}"
        raise ScenarioError([Problem(OPTION, number, 1, OPTION, message)])
    indent = len(written) + 1
    try:
        root, problems = compose(value if value.strip() else "null", OPTION)
    except ScenarioError as error:
        raise ScenarioError([_moved(problem, name, number, indent) for problem in error.problems]) from error
    if problems:
        raise ScenarioError([_moved(problem, name, number, indent) for problem in problems])
    path: Location = tuple(_part(part) for part in _PARTS.findall(name))
    return Change(path, _placed(root, path, number, indent))


def _part(text: str) -> Part:
    return int(text[1:]) if text.startswith("[") else text


def _step(node: Node, part: Part) -> Part:
    """How a node names a part: lists may also be indexed as ``dcs.0``."""
    if isinstance(node.value, list):
        return int(part) if str(part).isdecimal() else part
    return str(part)


def _leaves(change: Change) -> Iterator[Change]:
    """A mapping is as many changes as it has members."""
    if not change.value.mapping:
        yield change
    for name, child in change.value.mapping.items():
        yield from _leaves(Change((*change.path, name), child))


def _moved(problem: Problem, name: str, number: int, indent: int) -> Problem:
    path = name if problem.path == "file" else f"{name}.{problem.path}"
    return Problem(OPTION, number, problem.column + indent, path, problem.message)


def _placed(node: Node, path: Location, number: int, indent: int) -> Node:
    """A value's nodes with paths below ``path`` and places counted in the option's text."""
    value = node.value
    if isinstance(value, dict):
        value = {name: _placed(child, (*path, name), number, indent) for name, child in value.items()}
    elif isinstance(value, list):
        value = [_placed(child, (*path, place), number, indent) for place, child in enumerate(value)]
    column = (node.mark.column if node.mark else 1) + indent
    return Node(value, Mark(OPTION, number, column), Mark(OPTION, number, 1), path)


def check_change(root: Node, change: Change) -> Problem | None:
    """What is wrong with a change that the models cannot see: an item that does not exist, or a new arm or channel."""
    node: Node | None = root
    for depth, part in enumerate(change.path):
        if node is None:
            return None
        part = _step(node, part)
        what = _NAMED.get(tuple(str(step) for step in change.path[:depth]))
        if what and node.get(part) is None:
            return _refused(change, depth, not_among(what, str(part), node.mapping))
        if isinstance(node.value, list) and node.get(part) is None:
            return _refused(change, depth, f"has {len(node.value)} items, counted from 0; {part} is not one of them")
        node = node.get(part)
    return None


def _refused(change: Change, depth: int, message: str) -> Problem:
    mark, _ = locate(change.value, (), key=True)
    return Problem(mark.file, mark.line, mark.column, render(change.path[: depth + 1]), message)


def assign(node: Node, change: Change) -> Node:
    """The tree with a value set; mappings on the way are made, a mapping merges into the one that is there."""
    if not change.path:
        return merge(node, change.value)
    part = _step(node, change.path[0])
    inside = change.below(1)
    if isinstance(node.value, list) and isinstance(part, int):
        items = list(node.value)
        items[part] = assign(items[part], inside)
        return Node(items, node.mark, node.key, node.path)
    return merge(node, _wrapped(str(part), node.get(part), inside))


def _wrapped(name: str, old: Node | None, inside: Change) -> Node:
    place = inside.value
    here = place.path[: len(place.path) - len(inside.path)]
    child = assign(old if old is not None else Node({}, place.key, place.key, here), inside)
    return Node({name: child}, None)
