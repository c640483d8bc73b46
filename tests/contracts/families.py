"""Random schemas of a small family, and random changes to them."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
LETTERS = "abcde"


def integers() -> st.SearchStrategy[Schema]:
    return limited(st.just({"type": "integer"}), "minimum", "maximum")


def limited(base: st.SearchStrategy[Schema], low: str, high: str, top: int = 4) -> st.SearchStrategy[Schema]:
    """Ranges that are never empty, so that every schema has documents."""
    limit = {low: st.integers(0, top), high: st.integers(top, 2 * top)}
    return st.builds(lambda schema, limits: schema | limits, base, st.fixed_dictionaries({}, optional=limit))


KINDS = [
    integers(),
    limited(st.just({"type": "number"}), "minimum", "maximum"),
    limited(st.sampled_from([{"type": "integer"}, {"type": "number"}]), "exclusiveMinimum", "exclusiveMaximum").filter(
        lambda schema: schema.get("exclusiveMaximum", 9) - schema.get("exclusiveMinimum", 0) > 1
    ),
    limited(st.just({"type": "string"}), "minLength", "maxLength"),
    st.sets(st.sampled_from([*LETTERS, "aaaaa", 1, 6, 1.5, True, None]), min_size=1, max_size=4).map(
        lambda values: {"enum": sorted(values, key=str)}
    ),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.just({}),
]
SCALARS = st.one_of(KINDS)


def listed(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return limited(st.builds(lambda items: {"type": "array", "items": items}, inner), "minItems", "maxItems", 2)


def objects(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.builds(
        lambda properties, required, open_: {
            "type": "object",
            "properties": properties,
            "required": sorted(required & set(properties)),
            "additionalProperties": open_,
        },
        st.dictionaries(st.sampled_from(LETTERS), inner, max_size=4),
        st.sets(st.sampled_from(LETTERS)),
        st.booleans(),
    )


def containers(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    nullable = inner.filter(bool).map(lambda schema: {"anyOf": [schema, {"type": "null"}]})
    return st.one_of(listed(inner), objects(inner), nullable)


FIELDS = st.one_of([st.tuples(kind, kind) for kind in [*KINDS, listed(KINDS[0])]] + [st.tuples(SCALARS, SCALARS)])
"""Two versions of a single field, mostly of one kind, so that limits matter."""

SCHEMAS = objects(st.recursive(SCALARS, containers, max_leaves=5))


def _places(schema: Schema) -> list[Schema]:
    """Every object of the schema."""
    found = [schema] if "properties" in schema else []
    inner = [
        *schema.get("properties", {}).values(),
        *schema.get("anyOf", ()),
        *([schema["items"]] if "items" in schema else []),
    ]
    return found + [place for part in inner for place in _places(part)]


@st.composite
def changed(draw: st.DrawFn, schema: Schema) -> Schema:
    """The schema after up to three changes of the kinds that releases bring."""
    made = copy.deepcopy(schema)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from(_places(made)))
        properties, required = place["properties"], set(place["required"])
        name = draw(st.sampled_from(LETTERS))
        action = draw(st.sampled_from(["set", "remove", "rename", "require", "relax", "open", "default"]))
        if action == "set":
            properties[name] = draw(st.recursive(SCALARS, containers, max_leaves=3))
        elif action == "open":
            place["additionalProperties"] = not place["additionalProperties"]
        elif name in properties:
            if action in {"remove", "rename"}:
                gone = properties.pop(name)
                properties |= {"z": gone} if action == "rename" else {}
                required = (required - {name}) | ({"z"} if action == "rename" and name in required else set())
            elif action == "default":
                properties[name] = properties[name] | {"default": None}
            else:
                required = required | {name} if action == "require" else required - {name}
        place["required"] = sorted(required & set(properties))
    return made


UNIONS = st.lists(st.one_of(SCALARS.filter(bool), listed(SCALARS), objects(SCALARS)), min_size=1, max_size=3).map(
    lambda parts: {"anyOf": parts}
)
"""Alternatives that may overlap: several together may hold what none holds alone; the check does not see that."""
