"""Verdicts on two versions of a schema, against rules from outside and against documents that are really validated."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import create_model

from tests.contracts.documents import reads_all
from tests.contracts.families import FIELDS, SCHEMAS, UNIONS, changed
from twin.contracts.base import Record, field
from twin.contracts.changes import Change, Kind, Readers, compare
from twin.contracts.registry import broken
from twin.core.errors import UsageError

Schema = dict[str, Any]


def record(*, open_: bool = False, required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": open_}


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


A, N, ZERO = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "integer", "default": 0}

# old, new, and which reading breaks for strict and for tolerant readers: b(ackward), f(orward)
RULES = {
    "nothing": (record(a=A), record(a=A), "", ""),
    "optional field added": (record(a=A), record(a=A, n=N), "f", ""),
    "required field added": (record(a=A), record(a=A, n=N, required=("n",)), "bf", "b"),
    "required field with default": (record(a=A), record(a=A, n={**N, "default": 0}, required=("n",)), "f", ""),
    "optional field removed": (record(a=A, n=N), record(a=A), "b", ""),
    "required field removed": (record(a=A, n=N, required=("n",)), record(a=A), "bf", "f"),
    "required field renamed": (record(n=N, required=("n",)), record(m=N, required=("m",)), "bf", "bf"),
    "optional field renamed": (record(n=N), record(m=N), "bf", ""),
    "now required": (record(n=N), record(n=N, required=("n",)), "b", "b"),
    "now optional": (record(n=N, required=("n",)), record(n=N), "f", "f"),
    "now optional, with default": (record(n=ZERO, required=("n",)), record(n=ZERO), "", ""),
    "type changed": (record(n=N), record(n=A), "bf", "bf"),
    "integer became number": (record(n={"type": "integer"}), record(n={"type": "number"}), "f", "f"),
    "value added": (record(e={"enum": ["x"]}), record(e={"enum": ["x", "y"]}), "f", "f"),
    "value removed": (record(e={"enum": ["x", "y"]}), record(e={"enum": ["x"]}), "b", "b"),
    "values became any text": (record(e={"enum": ["x"]}), record(e=A), "f", "f"),
    "values became short text": (record(e={"enum": ["xx"]}), record(e={**A, "maxLength": 1}), "bf", "bf"),
    "limit tightened": (record(n=N), record(n={**N, "minimum": 1}), "b", "b"),
    "null allowed": (record(n=N), record(n={"anyOf": [N, {"type": "null"}]}), "f", "f"),
    "unit changed": (record(n={**N, "unit": "cents"}), record(n={**N, "unit": "USD"}), "bf", "bf"),
    "optional added to open": (record(a=A, open_=True), record(a=A, n=N, open_=True), "b", ""),
    "optional removed from open": (record(a=A, n=N, open_=True), record(a=A, open_=True), "f", ""),
    "closed": (record(a=A, open_=True), record(a=A), "b", ""),
    "opened": (record(a=A), record(a=A, open_=True), "f", ""),
    "renamed and opened": (record(n=N), record(m=N, open_=True), "f", ""),
    "one of two lists left": (record(o={"anyOf": [listed(N), listed(A)]}), record(o=listed(N)), "b", "b"),
    "deep": (record(o=listed(record(n=N))), record(o=listed(record(n=A))), "bf", "bf"),
}  # fmt: skip
"""As Confluent's Schema Registry (``SchemaDiff.COMPATIBLE_CHANGES``) for strict readers, as Avro for tolerant ones;
units are seen by neither."""


def verdict(changes: tuple[Change, ...]) -> str:
    return "".join(letter for letter, mode in (("b", "backward"), ("f", "forward")) if broken(changes, mode))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", RULES)
def test_the_rules_of_schema_registries_hold(name: str) -> None:
    old, new, strict, tolerant = RULES[name]
    assert verdict(compare(old, new, "strict")) == strict
    assert verdict(compare(old, new, "tolerant")) == tolerant


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("tolerant", [False, True])
def test_the_rules_are_what_a_validator_of_another_make_says(name: str, tolerant: bool) -> None:
    old, new, *expected = RULES[name]
    if name != "unit changed":  # no validator sees that
        assert ("b" not in expected[tolerant]) == reads_all(old, new, tolerant=tolerant)
        assert ("f" not in expected[tolerant]) == reads_all(new, old, tolerant=tolerant)


@settings(max_examples=400, deadline=None)
@given(st.data(), SCHEMAS, st.sampled_from(["strict", "tolerant"]))
def test_verdicts_agree_with_documents_that_are_really_validated(
    data: st.DataObject, old: Schema, readers: Readers
) -> None:
    new = data.draw(changed(old))
    changes = compare(old, new, readers)
    tolerant = readers == "tolerant"
    assert (not broken(changes, "backward")) == reads_all(old, new, tolerant=tolerant), changes
    assert (not broken(changes, "forward")) == reads_all(new, old, tolerant=tolerant), changes


@settings(max_examples=400, deadline=None)
@given(FIELDS)
def test_verdicts_on_single_fields_agree_with_documents_that_are_really_validated(pair: tuple[Schema, Schema]) -> None:
    old, new = (record(field=schema) for schema in pair)
    changes = compare(old, new)
    assert (not broken(changes, "backward")) == reads_all(old, new, tolerant=False), changes
    assert (not broken(changes, "forward")) == reads_all(new, old, tolerant=False), changes


@settings(max_examples=400, deadline=None)
@given(UNIONS, UNIONS, st.booleans())
def test_a_verdict_on_alternatives_may_be_too_strict_but_never_too_mild(old: Schema, new: Schema, more: bool) -> None:
    new = {"anyOf": [*old["anyOf"], *new["anyOf"]]} if more else new
    if not broken(compare(old, new), "backward"):
        assert reads_all(old, new, tolerant=False)
    if not broken(compare(old, new), "forward"):
        assert reads_all(new, old, tolerant=False)


@given(SCHEMAS, SCHEMAS)
def test_backward_one_way_is_forward_the_other(old: Schema, new: Schema) -> None:
    there, back = compare(old, new), compare(new, old)
    assert bool(broken(there, "backward")) == bool(broken(back, "forward"))
    assert bool(broken(there, "full")) == bool(broken(back, "full"))
    assert not broken(there, "none")


@given(SCHEMAS)
def test_a_schema_is_compatible_with_itself(schema: Schema) -> None:
    assert compare(schema, schema) == ()


def test_sentences_say_where_what_and_who() -> None:
    (change,) = compare(record(n={**N, "unit": "units"}), record(n={**N, "unit": "cases"}))
    assert change.kind is Kind.UNIT
    assert change.sentence() == (
        "n: unit changed from units to cases; "
        "consumers with the new schema break on data written with the old one, "
        "because they take units for cases without noticing; "
        "consumers with the old schema break on data written with the new one, "
        "because they take cases for units without noticing."
    )
    (change,) = compare(record(e={"enum": ["x"]}), record(e={"enum": ["x", "y"]}))
    assert change.sentence() == (
        'e: value "y" added; '
        'consumers with the old schema break on data written with the new one, because "y" is refused.'
    )
    (change,) = compare(record(n=N), record(m=N), "tolerant")
    assert change.kind is Kind.RENAMED
    assert "the value is lost" in change.sentence()


def test_two_versions_of_a_model_are_compared_by_their_schemas() -> None:
    class Old(Record):
        sku: str = field(meaning="what", example="a")
        kind: Literal["sale", "pick"] = field(meaning="why", example="sale")

    new = create_model(
        "New", __base__=Old, kind=(Literal["sale", "pick", "count"], field(meaning="why", example="sale"))
    )
    changes = compare(Old.model_json_schema(), new.model_json_schema())
    assert [(change.path, change.kind, change.backward) for change in changes] == [("kind", Kind.VALUE_ADDED, None)]
    assert changes[0].forward == 'because "count" is refused'


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        (record(n={"type": "integer", "multipleOf": 5}), "#/properties/n: multipleOf"),
        (record(n={"allOf": [N]}), "#/properties/n: allOf"),
        (record(n={"minimum": 5}), "without a type"),
        ({"$defs": {"a": record(b={"$ref": "#/$defs/a"})}, "$ref": "#/$defs/a"}, "recursive"),
        ({"$ref": "#/$defs/a"}, "not in this document"),
        ({"type": "object", "additionalProperties": N}, "additionalProperties"),
        ({"type": "integers"}, "no type integers"),
    ],
)
def test_what_is_not_compared_is_refused_with_its_place(schema: Schema, place: str) -> None:
    with pytest.raises(UsageError, match=place.replace("$", r"\$")):
        compare(schema, schema)
