"""From what a file writes about its arms to each arm's systems in full: presets, common changes, own changes, ``--set``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final, get_args

from twin.scenario.base import Model
from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.fields import parameters
from twin.scenario.limits import Limits
from twin.scenario.merge import merge
from twin.scenario.messaging import Outbox
from twin.scenario.nodes import Location, Node, built_in, compose_file, locate
from twin.scenario.observability import Observability
from twin.scenario.resilience import Resilience
from twin.scenario.sets import Change, assign
from twin.scenario.systems import Feed, PresetName, Publication, Reserving, Systems

PRESETS: Final[tuple[str, ...]] = get_args(PresetName)
"""Integration styles: presets of a whole arm."""

FOLDERS: Final[dict[type[Model], str]] = {
    Feed: "feeds",
    Outbox: "outbox",
    Publication: "listings",
    Reserving: "reserving",
    Limits: "limits",
    Resilience: "resilience",
    Observability: "observability",
}
"""Objects of an arm that may name a product as their ``preset``, and the folder with what it ships, which fills what they do not set."""

ARMS_MAX: Final = 200
"""Each arm is a full set of systems, so a small file of many arms would be a large scenario."""

_FOLDER: Final = Path(__file__).parent / "presets"


@cache
def preset(name: str) -> Node:
    """Values of a preset, without marks: they were not written by the author of the scenario."""
    root, _ = compose_file(_FOLDER / f"{name}.yaml")
    return built_in(root.plain())


def preset_file(folder: str, name: str) -> Path:
    """The file of a product's preset, or of a style's if ``folder`` is empty."""
    return _FOLDER / folder / f"{name}.yaml"


def products(model: type[Model]) -> tuple[str, ...]:
    """Names of the presets that an object of ``model`` may choose; its default is to choose none."""
    declared = model.model_fields["preset"]
    return tuple(name for name in get_args(declared.annotation) if name != declared.default)


@cache
def takers(model: type[Model] = Systems, path: Location = ()) -> tuple[tuple[Location, type[Model]], ...]:
    """Paths of an arm's objects that may choose a product, with their models."""
    return tuple(_takers(model, path))


def _takers(model: type[Model], path: Location) -> Iterator[tuple[Location, type[Model]]]:
    for name, parameter in parameters(model).items():
        inner = parameter.shape.model
        if inner in FOLDERS:
            yield (*path, name), inner
        if inner is not None:
            yield from takers(inner, (*path, name))


def resolve_arms(root: Node, changes: Sequence[Change]) -> Node:
    """The scenario without ``systems``, its arms in full.

    Later wins: the style's preset, presets of products, the file's ``systems``, the arm's own changes, ``--set systems...``,
    ``--set arms.<arm>...``.
    """
    children = dict(root.mapping)
    common = children.pop("systems", None)
    arms = children.get("arms")
    if arms is not None and isinstance(arms.value, dict):
        _refuse_too_many(arms)
        resolved = {name: _arm(common, arm, _changes_of(name, changes)) for name, arm in arms.value.items()}
        children["arms"] = Node(resolved, arms.mark, arms.key, arms.path)
    return Node(children, root.mark, root.key, root.path)


def _refuse_too_many(arms: Node) -> None:
    if len(arms.mapping) > ARMS_MAX:
        mark, path = locate(arms, ())
        message = f"must be at most {ARMS_MAX} arms, there are {len(arms.mapping)}; sweep with --set"
        raise ScenarioError([Problem(mark.file, mark.line, mark.column, path, message)])


def _changes_of(arm: str, changes: Sequence[Change]) -> list[Change]:
    common = [change.below(1) for change in changes if change.path[0] == "systems"]
    return common + [change.below(2) for change in changes if change.path[:2] == ("arms", arm)]


def _arm(common: Node | None, arm: Node, changes: list[Change]) -> Node:
    if not isinstance(arm.value, dict):
        return arm
    written = merge(common, arm) if common is not None and isinstance(common.value, dict) else arm
    choosing = [change for change in changes if change.path == ("preset",)]
    name = (choosing[-1].value if choosing else written.mapping.get("preset", Node(None))).value
    default = str(Systems.model_fields["preset"].default)
    style = preset(name if isinstance(name, str) and name in PRESETS else default)
    return _changed(merge(_with_products(style, _changed(written, changes)), written), changes)


def _changed(node: Node, changes: list[Change]) -> Node:
    for change in changes:
        node = assign(node, change)
    return node


def _with_products(style: Node, written: Node) -> Node:
    """The preset of a style under what the products ship that ``written`` names."""
    for path, model in takers():
        found: Node | None = written
        for part in (*path, "preset"):
            found = found.get(part) if found is not None else None
        if found is not None and isinstance(found.value, str) and found.value in products(model):
            style = merge(style, _placed(path, preset(f"{FOLDERS[model]}/{found.value}")))
    return style


def _placed(path: Location, node: Node) -> Node:
    """A tree in which ``node`` is at ``path``."""
    for part in reversed(path):
        node = Node({str(part): node})
    return node
