"""From what a file writes about its arms to each arm's systems in full: preset, common changes, own changes, ``--set``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, get_args

from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.limits import LimitsPreset
from twin.scenario.merge import merge
from twin.scenario.nodes import Location, Node, built_in, compose_file, locate
from twin.scenario.resilience import ResiliencePreset
from twin.scenario.sets import Change, assign
from twin.scenario.systems import PresetName, Systems

PRESETS: Final[tuple[str, ...]] = get_args(PresetName)
LIBRARIES: Final[tuple[str, ...]] = tuple(name for name in get_args(ResiliencePreset) if name != "plain")
PRODUCTS: Final[tuple[str, ...]] = tuple(name for name in get_args(LimitsPreset) if name != "none")
ARMS_MAX: Final = 200
"""Each arm is a full set of systems, so a small file of many arms would be a large scenario."""

_SHIPPED: Final[tuple[tuple[Location, str, tuple[str, ...]], ...]] = (
    (("resilience",), "resilience", LIBRARIES),
    (("service", "limits"), "limits", PRODUCTS),
    (("erp", "limits"), "limits", PRODUCTS),
)
"""Objects of an arm that may name a product, whose shipped values then fill what they do not set."""

_FOLDER: Final = Path(__file__).parent / "presets"


@cache
def preset(name: str) -> Node:
    """Values of a preset, without marks: they were not written by the author of the scenario."""
    root, _ = compose_file(_FOLDER / f"{name}.yaml")
    return built_in(root.plain())


def resolve_arms(root: Node, changes: Sequence[Change]) -> Node:
    """The scenario without ``systems``, its arms in full.

    Later wins: preset, the file's ``systems``, the arm's own changes, ``--set systems...``, ``--set arms.<arm>...``.
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
    full = merge(preset(name if isinstance(name, str) and name in PRESETS else default), written)
    for change in changes:
        full = assign(full, change)
    for path, folder, names in _SHIPPED:
        full = _with_shipped(full, path, folder, names)
    return full


def _with_shipped(arm: Node, path: Location, folder: str, names: tuple[str, ...]) -> Node:
    """The arm with the shipped values of what the object at ``path`` names, under what it sets itself."""
    if not path:
        name = arm.mapping.get("preset", Node(None)).value
        return merge(preset(f"{folder}/{name}"), arm) if isinstance(name, str) and name in names else arm
    first, *rest = path
    written = arm.get(first)
    if written is None or not isinstance(written.value, dict):
        return arm
    full = _with_shipped(written, tuple(rest), folder, names)
    return Node({**arm.mapping, str(first): full}, arm.mark, arm.key, arm.path)
