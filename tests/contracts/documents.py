"""An oracle of compatibility that knows nothing of the comparison: documents that a schema allows, by a plain walk.

``documents`` lists, for each place of a schema, every value that decides whether another schema of the same small
family takes it: all listed values, the limits, one of each type, a field present and absent. What a schema of the
family refuses, it refuses for what stands at one place, so varying one place at a time misses nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import jsonschema

Schema = dict[str, Any]
FAR = 1000


def documents(schema: Schema, *, undeclared: frozenset[str] = frozenset()) -> list[Any]:
    """Documents that the schema allows. ``undeclared``: names under which an open object may carry anything."""
    return list(_values(schema, undeclared))


def _values(schema: Schema, undeclared: frozenset[str]) -> Iterator[Any]:
    if not schema.keys() & {"type", "anyOf", "enum"}:
        yield from (None, True, 0, 1.5, "a", [], {})
    elif "anyOf" in schema:
        for part in schema["anyOf"]:
            yield from _values(part, undeclared)
    elif "enum" in schema:
        yield from schema["enum"]
    else:
        yield from WALKS[schema["type"]](schema, undeclared)


def _boolean(_: Schema, __: frozenset[str]) -> Iterator[Any]:
    yield from (True, False)


def _null(_: Schema, __: frozenset[str]) -> Iterator[Any]:
    yield None


def _numbers(schema: Schema, _: frozenset[str]) -> Iterator[Any]:
    step: float = 1 if schema["type"] == "integer" else 0.25
    low, high = schema.get("minimum", -FAR), schema.get("maximum", FAR)
    low, high = (
        max(low, schema.get("exclusiveMinimum", -FAR - 1) + step),
        min(high, schema.get("exclusiveMaximum", FAR + 1) - step),
    )
    candidates = {low, low + step, (low + high) // 2, high - step, high}
    yield from sorted(value for value in candidates if low <= value <= high)


def _string(schema: Schema, _: frozenset[str]) -> Iterator[Any]:
    yield "a" * schema.get("minLength", 0)
    yield "a" * schema.get("maxLength", 40)


def _array(schema: Schema, undeclared: frozenset[str]) -> Iterator[Any]:
    items = list(_values(schema["items"], undeclared))
    yield items[:1] * schema.get("minItems", 0)
    yield items[:1] * schema.get("maxItems", 9)
    for item in items:
        yield [item] * max(1, schema.get("minItems", 0))


def _object(schema: Schema, undeclared: frozenset[str]) -> Iterator[Any]:
    properties, required = schema["properties"], set(schema.get("required", ()))
    whole = {name: next(_values(inner, undeclared)) for name, inner in properties.items()}
    least = {name: value for name, value in whole.items() if name in required}
    yield from (whole, least)
    for name, inner in properties.items():
        for value in _values(inner, undeclared):
            yield {**least, name: value}
    if schema.get("additionalProperties", True):
        for name in sorted(undeclared - set(properties)):
            for value in _values({}, undeclared):
                yield {**least, name: value}


WALKS = {
    "boolean": _boolean,
    "null": _null,
    "integer": _numbers,
    "number": _numbers,
    "string": _string,
    "array": _array,
    "object": _object,
}


def names(schema: Any) -> frozenset[str]:
    """Every property name anywhere in a schema, and one that is in none."""
    found = {"surprise"}
    if isinstance(schema, dict):
        properties = schema.get("properties", {})
        found |= set(properties).union(
            *map(names, properties.values()), *(names(part) for part in schema.get("anyOf", ()))
        )
        found |= names(schema.get("items"))
    return frozenset(found)


def with_openness(schema: Schema, value: bool) -> Schema:
    """The same schema, all of whose objects refuse or allow fields that they do not declare."""
    made = copy.deepcopy(schema)
    todo: list[Any] = [made]
    while todo:
        here = todo.pop()
        if isinstance(here, dict):
            if "properties" in here:
                here["additionalProperties"] = value
            todo.extend(here.values())
        elif isinstance(here, list):
            todo.extend(here)
    return made


def filled(schema: Schema) -> Schema:
    """The schema for a reader that fills in defaults: a field with one is not required."""
    made = copy.deepcopy(schema)
    todo: list[Any] = [made]
    while todo:
        here = todo.pop()
        if isinstance(here, dict):
            properties = here.get("properties", {})
            here["required"] = [name for name in here.get("required", ()) if "default" not in properties.get(name, {})]
            todo.extend(properties.values())
            todo.extend([here["items"]] if "items" in here else [])
            todo.extend(here.get("anyOf", ()))
    return made


def reads_all(written: Schema, reader: Schema, *, tolerant: bool) -> bool:
    """Whether a validator of another make accepts, under ``reader``, every listed document of ``written``."""
    if tolerant:
        written, reader = with_openness(written, False), with_openness(reader, True)
    judge = jsonschema.Draft202012Validator(filled(reader))
    return all(judge.is_valid(document) for document in documents(written, undeclared=names(reader)))
