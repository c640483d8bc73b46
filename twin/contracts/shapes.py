"""JSON Schema (2020-12) read into shapes that can be compared: a shape is the alternatives that a value may be.

Only keywords whose comparison is exact are read; any other that could refuse a value ends the reading with its place,
because a check that skipped it could call an incompatible version compatible.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from twin.contracts.base import Schema
from twin.core.errors import UsageError

Bound = tuple[float, int]
"""A limit and whether it is open: as tuples, a lower bound is weaker if smaller, an upper bound if larger."""

_ANNOTATIONS: Final = frozenset(
    (
        "$id",
        "$schema",
        "$defs",
        "$comment",
        "definitions",
        "title",
        "description",
        "examples",
        "default",
        "unit",
        "deprecated",
        "discriminator",
    )
)
_LIMITS: Final = {
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "string": {"minLength", "maxLength", "pattern", "format"},
    "array": {"items", "minItems", "maxItems"},
    "object": {"properties", "required", "additionalProperties"},
}
_CONSTANTS: Final[dict[str, list[Any]]] = {"boolean": [False, True], "null": [None]}
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True)
class Field:
    """A declared property of an object."""

    name: str
    shape: Shape
    required: bool
    default: bool  # a reader fills it in where it is missing
    unit: str


@dataclass(frozen=True)
class Atom:
    """One alternative. ``kind`` is values (listed ones, as JSON), integer, number, string, array, object or any."""

    kind: str
    values: tuple[str, ...] = ()
    low: Bound = (-math.inf, 0)
    high: Bound = (math.inf, 1)
    least: int = 0  # length of a string or an array
    most: float = math.inf
    pattern: str | None = None
    format: str | None = None
    items: Shape = ()
    fields: tuple[Field, ...] = ()
    open: bool = True  # may carry fields that it does not declare


Shape = tuple[Atom, ...]
ANY: Final[Shape] = (Atom("any"),)


def parse(schema: Schema) -> Shape:
    """The shape of a JSON Schema; :class:`UsageError` names a keyword that is not compared, and where it stands."""
    try:
        return _Parser(schema).shape(schema, "#", ())
    except (AttributeError, KeyError, TypeError, ValueError, re.error) as error:
        raise UsageError(f"not a JSON Schema: {error}") from error


class _Parser:
    def __init__(self, root: Schema) -> None:
        self._root = root

    def shape(self, schema: Schema | bool, at: str, inside: tuple[str, ...]) -> Shape:
        if isinstance(schema, bool):
            return ANY if schema else ()
        keywords = {key for key in schema if key not in _ANNOTATIONS and not key.startswith("x-")}
        if "$ref" in keywords:
            return self._reference(schema["$ref"], _only(keywords, {"$ref"}, at), inside)
        for union in ("anyOf", "oneOf"):
            if union in keywords:
                _only(keywords, {union}, at)
                parts = [self.shape(part, f"{at}/{union}/{i}", inside) for i, part in enumerate(schema[union])]
                return _union(atom for part in parts for atom in part)
        if "const" in keywords or "enum" in keywords:
            return self._listed(schema, keywords, at)
        if not keywords:
            return ANY
        if "type" not in keywords:
            raise UsageError(f"{at}: {', '.join(sorted(keywords))} without a type is not compared")
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        _only(keywords, {"type"}.union(*(_LIMITS.get(kind, set()) for kind in kinds)), at)
        return _union(self._atom(kind, schema, at, inside) for kind in kinds)

    def _reference(self, reference: str, at: str, inside: tuple[str, ...]) -> Shape:
        if reference in inside:
            raise UsageError(f"{at}: {reference} contains itself; recursive schemas are not compared")
        found: Any = self._root
        for step in reference.removeprefix("#/").split("/"):
            found = found.get(step) if isinstance(found, dict) else None
        if found is None or not reference.startswith("#/"):
            raise UsageError(f"{at}: {reference} is not in this document")
        return self.shape(found, reference, (*inside, reference))

    def _listed(self, schema: Schema, keywords: set[str], at: str) -> Shape:
        _only(keywords, {"const", "enum", "type"}, at)
        values = [schema["const"]] if "const" in schema else schema["enum"]
        named = schema.get("type", list(_TYPES))
        kinds = named if isinstance(named, list) else [named]
        return _values(value for value in values if any(_is(value, kind) for kind in kinds))

    def _atom(self, kind: str, schema: Schema, at: str, inside: tuple[str, ...]) -> Atom:
        if kind in _CONSTANTS:
            return _values(_CONSTANTS[kind])[0]
        if kind in {"integer", "number"}:
            return _number(kind, schema)
        if kind == "string":
            least, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
            re.compile(schema.get("pattern", ""))
            return Atom(kind, least=least, most=most, pattern=schema.get("pattern"), format=schema.get("format"))
        if kind == "array":
            items = self.shape(schema.get("items", True), f"{at}/items", inside)
            return Atom(kind, least=schema.get("minItems", 0), most=schema.get("maxItems", math.inf), items=items)
        if kind == "object":
            return self._object(schema, at, inside)
        raise UsageError(f"{at}: there is no type {kind}")

    def _object(self, schema: Schema, at: str, inside: tuple[str, ...]) -> Atom:
        additional, required = schema.get("additionalProperties", True), set(schema.get("required", ()))
        properties: Schema = schema.get("properties", {})
        if not isinstance(additional, bool) or not required <= set(properties):
            raise UsageError(f"{at}: fields that only additionalProperties or required describe are not compared")
        fields = (
            Field(
                name,
                self.shape(inner, f"{at}/properties/{name}", inside),
                name in required,
                isinstance(inner, dict) and "default" in inner,
                inner.get("unit", "") if isinstance(inner, dict) else "",
            )
            for name, inner in sorted(properties.items())
        )
        return Atom("object", fields=tuple(fields), open=additional)


def _only(keywords: set[str], allowed: set[str], at: str) -> str:
    if others := sorted(keywords - allowed):
        raise UsageError(f"{at}: {', '.join(others)} beside {', '.join(sorted(keywords & allowed))} is not compared")
    return at


def _number(kind: str, schema: Schema) -> Atom:
    low = max((schema.get("minimum", -math.inf), 0), (schema.get("exclusiveMinimum", -math.inf), 1))
    high = min((schema.get("maximum", math.inf), 1), (schema.get("exclusiveMaximum", math.inf), 0))
    if kind == "integer":  # an open limit of integers is a closed one next to it
        low = low if math.isinf(low[0]) else (math.floor(low[0]) + 1 if low[1] else math.ceil(low[0]), 0)
        high = high if math.isinf(high[0]) else (math.floor(high[0]) if high[1] else math.ceil(high[0]) - 1, 1)
    if (low[0], low[1], high[1]) == (high[0], 0, 1):
        return _values((low[0],))[0]  # the one number that is left, which is an integer if it is whole
    return Atom(kind, low=Atom.low if math.isinf(low[0]) else low, high=Atom.high if math.isinf(high[0]) else high)


def _values(values: Iterable[Any]) -> Shape:
    """Listed values; JSON knows no difference between 1 and 1.0."""
    whole = (int(value) if _is(value, "integer") else value for value in values)
    return (Atom("values", tuple(sorted({json.dumps(value, sort_keys=True) for value in whole}))),)


def _union(atoms: Iterable[Atom]) -> Shape:
    """Alternatives, each once, all listed values in one."""
    found = list(dict.fromkeys(atoms))
    listed = sorted({value for atom in found for value in atom.values})
    rest = tuple(atom for atom in found if atom.kind != "values")
    return ANY if ANY[0] in rest else (*rest, *((Atom("values", tuple(listed)),) if listed else ()))


def _is(value: Any, kind: str) -> bool:
    boolean = isinstance(value, bool)
    whole = kind == "integer" and isinstance(value, float) and value.is_integer()
    return boolean == (kind == "boolean") and (isinstance(value, _TYPES[kind]) or whole)


def takes(atom: Atom, text: str) -> bool:
    """Whether a scalar value, written as JSON, is one of the alternative's."""
    value = json.loads(text)
    if atom.kind == "any" or text in atom.values:
        return True
    if atom.kind == "values" or not _is(value, atom.kind):
        return False
    if atom.kind in {"integer", "number"}:
        return atom.low <= (value, 0) and atom.high >= (value, 1)
    matches = atom.pattern is None or re.search(atom.pattern, value) is not None
    return atom.kind == "string" and atom.least <= len(value) <= atom.most and matches and atom.format is None


def without(shape: Shape, *kinds: str) -> Shape:
    """The alternatives of other kinds."""
    return tuple(atom for atom in shape if atom.kind not in kinds)
