"""The JSON Schema of scenario files, for editors: completion, hover text with unit and source, red underlines."""

from __future__ import annotations

from typing import Any, Final

from twin.scenario.base import DURATION_RULE, Model
from twin.scenario.fields import Parameter, Shape, parameters
from twin.scenario.scenario import Scenario

Schema = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DURATION: Final = {"type": "string", "pattern": r"^\s*\d", "description": DURATION_RULE}


def schema() -> Schema:
    """JSON Schema (2020-12) of the file language: with ``extends``, common ``systems``, and arms that say only what they change.

    Objects that can be merged from a default, a preset or an extended file require none of their keys here; whether a
    scenario is complete is known only after merging, and ``load`` says so.
    """
    made = Scenario.model_json_schema()
    definitions: dict[str, Schema] = made.pop("$defs")
    listed = _listed_models(Shape("object", model=Scenario), inside_list=False)
    for name, definition in definitions.items():
        if name not in listed:
            definition.pop("required", None)
    for law in ("Law", "FaultLaw"):
        definitions[law] = {"anyOf": [_DURATION, definitions[law]]}
    for model in _models(Shape("object", model=Scenario)):
        target = made if model is Scenario else _object(definitions[model.__name__])
        _describe(target, model)
    required = made.pop("required")
    made["properties"] |= _of_the_file()
    return {
        "$schema": _DIALECT,
        **made,
        "anyOf": [{"required": ["extends"]}, {"required": required}],
        "$defs": definitions,
    }


def _of_the_file() -> Schema:
    """Keys that files have and scenarios have not."""
    return {
        "extends": {
            "type": "string",
            "description": "scenario file, relative to this one, whose values hold where this one says nothing; lists are replaced",
            "unit": "file",
            "source": "",
        },
        "systems": {
            "$ref": "#/$defs/Systems",
            "description": "changes common to all arms, over their presets",
            "unit": "object",
            "source": "",
        },
    }


def _object(definition: Schema) -> Schema:
    return definition["anyOf"][1] if "anyOf" in definition else definition


def _describe(target: Schema, model: type[Model]) -> None:
    """Write meaning, unit, source and default beside each property; a default is shown as a file would write it."""
    for name, parameter in parameters(model).items():
        place = target["properties"][name]
        place.update(description=parameter.meaning, unit=parameter.unit, source=parameter.source)
        place.pop("default", None)
        if not parameter.info.is_required():
            place["default"] = plain_default(parameter)


def plain_default(parameter: Parameter) -> Any:
    """A default as plain data, durations as text."""
    return _plain(parameter.default)


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return {name: _plain(item) for name, item in value.items()} if isinstance(value, dict) else value


def _models(shape: Shape) -> dict[type[Model], None]:
    """All models of a scenario, each once."""
    found: dict[type[Model], None] = {}
    if shape.model is not None:
        found[shape.model] = None
        for parameter in parameters(shape.model).values():
            found |= _models(parameter.shape)
    return found | (_models(shape.item) if shape.item is not None else {})


def _listed_models(shape: Shape, *, inside_list: bool) -> set[str]:
    """Models of list items. Lists are replaced as a whole, so their items are complete where they are written."""
    found: set[str] = set()
    if shape.model is not None:
        found |= {shape.model.__name__} if inside_list else set()
        for parameter in parameters(shape.model).values():
            found |= _listed_models(parameter.shape, inside_list=False)
    if shape.item is not None:
        found |= _listed_models(shape.item, inside_list=shape.kind == "list")
    return found
