"""From a scenario file to a valid scenario, or to everything that is wrong with it at once."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from twin.scenario.agreements import AGREEMENTS
from twin.scenario.arms import resolve_arms
from twin.scenario.base import Broken
from twin.scenario.context import Check, Context
from twin.scenario.draft import Unreadable, draft
from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.fallbacks import FALLBACKS
from twin.scenario.feasibility import FEASIBILITY
from twin.scenario.fields import objects
from twin.scenario.fitted import with_fitted
from twin.scenario.merge import complete
from twin.scenario.messages import broken_rules
from twin.scenario.nodes import Location, Mark, Node, locate
from twin.scenario.references import REFERENCES
from twin.scenario.scenario import Scenario
from twin.scenario.sets import OPTION, Change, assign, check_change, parse_sets
from twin.scenario.source import Source, read_source
from twin.scenario.tables import TABLES
from twin.scenario.times import TIMES

SEED_OPTION: Final = "--seed"

_CHECKS: Final[tuple[Check, ...]] = (*REFERENCES, *TIMES, *AGREEMENTS, *FALLBACKS, *FEASIBILITY, *TABLES)
_TABLE_PATHS: Final[tuple[Location, ...]] = (("estate", "stores", "table"), ("estate", "skus", "table"))


@dataclass(frozen=True)
class Loaded:
    """A valid scenario, the files it was read from (its own first), and the folder that its tables are relative to."""

    scenario: Scenario
    files: tuple[Path, ...]
    base: Path


def load(
    path: Path,
    *,
    sets: Sequence[str] = (),
    seed: int | None = None,
    known_kpis: Collection[str] | None = None,
    data_dir: Path | None = None,
) -> Loaded:
    """Read and check a scenario, with changes ``path=value`` from the command line.

    ``known_kpis`` are the KPI names that thresholds may use (``<channel>`` in a name stands for each channel); without it they
    are not checked. ``data_dir`` is the folder of replay logs; without it a log that is not found is left to the run.
    Raises :class:`ScenarioError` with all problems.
    """
    source = read_source(path)
    changes, problems = parse_sets(sets)
    if seed is not None:
        changes.append(_seed(seed))
    root, refused = _resolved(source, changes, path.parent)
    data, context = root.plain(), Context(path.parent, data_dir, known_kpis)
    scenario, broken = _validated(data, context)
    problems = [*problems, *refused, *(_problem(root, rule) for rule in broken)]
    if source.problems or problems or scenario is None:
        raise ScenarioError(_in_order(source.problems, problems, source.files))
    return Loaded(scenario, source.files, path.parent)


def _seed(seed: int) -> Change:
    place = Mark(SEED_OPTION, 1, 1)
    return Change(("seed",), Node(seed, place, place, ("seed",)))


def _resolved(source: Source, changes: Sequence[Change], base: Path) -> tuple[Node, list[Problem]]:
    """The scenario's tree after ``--set``, arms and defaults, and the changes that were refused."""
    checked = [(change, check_change(source.root, change)) for change in changes]
    valid = [change for change, problem in checked if problem is None]
    root = source.root
    for change in valid:
        if change.path[0] not in ("systems", "arms"):
            root = assign(root, change)
    root = complete(resolve_arms(with_fitted(root), valid), Scenario)
    for path in _TABLE_PATHS:
        root = _relative_to_file(root, path, base)
    return root, [problem for _, problem in checked if problem is not None]


def _relative_to_file(root: Node, path: Location, base: Path) -> Node:
    """A table is relative to the file that names it, which may be one that the scenario extends."""
    node: Node | None = root
    for part in path:
        node = node.get(part) if node else None
    if node is None or node.mark is None or not isinstance(node.value, str) or node.mark.file == OPTION:
        return root
    folder = Path(node.mark.file).parent
    if folder == base or os.path.isabs(node.value):
        return root
    moved = Node(os.path.relpath(folder / node.value, base), node.mark, node.key, node.path)
    return assign(root, Change(path, moved))


def _validated(data: Any, context: Context) -> tuple[Scenario | None, list[Broken]]:
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        return None, [*broken_rules(error), *_of_what_is_readable(draft(Scenario, data), context)]
    return scenario, [rule for check in _CHECKS for rule in check(scenario, context)]


def _of_what_is_readable(unsure: Scenario, context: Context) -> Iterator[Broken]:
    """All rules that can be asked of a scenario with holes: those of its objects, and those between them."""
    for path, thing in objects(unsure):
        for rule in _until_a_hole(thing.broken()):
            yield Broken((*path, *rule.path), rule.message, rule.key)
    for check in _CHECKS:
        yield from _until_a_hole(check(unsure, context))


def _until_a_hole(rules: Iterator[Broken]) -> Iterator[Broken]:
    try:
        yield from rules
    except (Unreadable, TypeError):  # a function written in C says TypeError of a hole
        return


def _problem(root: Node, rule: Broken) -> Problem:
    mark, path = locate(root, rule.path, key=rule.key)
    return Problem(mark.file, mark.line, mark.column, path or "scenario", rule.message)


def _in_order(unreadable: Sequence[Problem], problems: Sequence[Problem], files: Sequence[Path]) -> list[Problem]:
    """Each once, file by file from top to bottom, without what only follows from a value that could not be read."""
    rank = {str(file): place for place, file in enumerate(files)}
    places = {(problem.file, problem.line, problem.column) for problem in unreadable}
    following = [problem for problem in problems if (problem.file, problem.line, problem.column) not in places]
    return sorted({*unreadable, *following}, key=lambda problem: (rank.get(problem.file, len(rank)), problem))
