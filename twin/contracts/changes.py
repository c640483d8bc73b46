"""What changed between two versions of a schema, and whom it breaks.

A consumer *breaks* on a change if it refuses a document that the other version may write, or misreads it. *Backward*:
consumers with the new schema read data written with the old one. *Forward*: consumers with the old schema read data
written with the new one (Confluent Schema Registry, "Schema Evolution and Compatibility"). Readers are taken at their
schema's word (*strict*: one with ``additionalProperties: false`` refuses fields that it does not declare, and one that
declares a field meets in data of an open schema whatever was written under that name), or are *tolerant*, as Avro's:
they ignore fields that they do not declare, and writers write only what they declare.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from twin.contracts.base import Schema
from twin.contracts.shapes import ANY, Atom, Field, Shape, parse, takes, without

Readers = Literal["strict", "tolerant"]
Why = str | None


class Kind(StrEnum):
    """What happened to a place of the schema."""

    FIELD_ADDED = "field added"
    REQUIRED_ADDED = "required field added"
    FIELD_REMOVED = "field removed"
    RENAMED = "renamed"
    NOW_REQUIRED = "now required"
    NOW_OPTIONAL = "now optional"
    TYPE = "type changed"
    LIMITS = "limits changed"
    VALUE_ADDED = "value added"
    VALUE_REMOVED = "value removed"
    UNIT = "unit changed"
    OPENED = "open to undeclared fields"
    CLOSED = "closed to undeclared fields"


@dataclass(frozen=True)
class Change:
    """One change; ``backward`` and ``forward`` say why such a reading fails, None where it does not."""

    path: str
    kind: Kind
    what: str
    backward: Why = None
    forward: Why = None

    def sentence(self) -> str:
        """Where, what, and who breaks on it, in one sentence."""
        broken = []
        if self.backward:
            broken.append(f"consumers with the new schema break on data written with the old one, {self.backward}")
        if self.forward:
            broken.append(f"consumers with the old schema break on data written with the new one, {self.forward}")
        return f"{self.path or 'the whole'}: {self.what}; {'; '.join(broken) or 'breaks nobody'}."


def compare(old: Schema, new: Schema, readers: Readers = "strict") -> tuple[Change, ...]:
    """All changes between two versions of a JSON Schema."""
    return tuple(_Comparison(readers == "tolerant").shapes("", parse(old), parse(new)))


class _Comparison:
    def __init__(self, tolerant: bool) -> None:
        self._tolerant = tolerant

    def shapes(self, path: str, old: Shape, new: Shape) -> Iterator[Change]:
        """Objects and arrays are followed inwards where each side has one; what is left is compared as a whole."""
        for kind in ("object", "array"):
            one, other = [a for a in old if a.kind == kind], [a for a in new if a.kind == kind]
            if len(one) == len(other) == 1:
                yield from (
                    self._objects(path, one[0], other[0]) if kind == "object" else self._arrays(path, one[0], other[0])
                )
                old, new = without(old, kind), without(new, kind)
        yield from self._alternatives(path, old, new)

    def _objects(self, path: str, old: Atom, new: Atom) -> Iterator[Change]:
        before, after = ({field.name: field for field in atom.fields} for atom in (old, new))
        added = [after[name] for name in after.keys() - before.keys()]
        removed = [before[name] for name in before.keys() - after.keys()]
        yield from self._openness(path, old, new)
        for pair in _renamed(removed, added):
            yield self._rename(path, *pair, old, new)
            removed.remove(pair[0])
            added.remove(pair[1])
        for field in sorted(added, key=lambda field: field.name):
            required, kind = ("required", Kind.REQUIRED_ADDED) if _must(field) else ("optional", Kind.FIELD_ADDED)
            reads, refuses = self._one_sided(field, old)
            yield Change(_join(path, field.name), kind, f"{required} field added", reads, refuses)
        for field in sorted(removed, key=lambda field: field.name):
            required = "required" if _must(field) else "optional"
            reads, refuses = self._one_sided(field, new)
            yield Change(_join(path, field.name), Kind.FIELD_REMOVED, f"{required} field removed", refuses, reads)
        for name in sorted(before.keys() & after.keys()):
            yield from self._fields(_join(path, name), before[name], after[name])

    def _openness(self, path: str, old: Atom, new: Atom) -> Iterator[Change]:
        if old.open != new.open and not self._tolerant:
            why = "because they may carry fields that are not declared, and are refused"
            if new.open:
                yield Change(path, Kind.OPENED, "fields that are not declared are now allowed", None, why)
            else:
                yield Change(path, Kind.CLOSED, "fields that are not declared are now refused", why, None)

    def _one_sided(self, field: Field, other: Atom) -> tuple[Why, Why]:
        """Why a reader that declares the field fails on data of one that does not, and the other way round."""
        reads = refuses = None
        if _must(field):
            reads = "because the field that they require is missing"
        elif other.open and not self._tolerant and field.shape != ANY:
            reads = "because anything may have been written under that name while it was not declared"
        if not other.open and not self._tolerant:
            refuses = "because the field is not declared there, and refused"
        return reads, refuses

    def _rename(self, path: str, was: Field, now: Field, old: Atom, new: Atom) -> Change:
        gone, came = self._one_sided(was, new), self._one_sided(now, old)
        what = f"renamed to {now.name}, or removed and {now.name} added"
        if not any((*gone, *came)):
            what += " (no reading fails, but the value is lost on the way)"
        return Change(_join(path, was.name), Kind.RENAMED, what, came[0] or gone[1], gone[0] or came[1])

    def _fields(self, path: str, old: Field, new: Field) -> Iterator[Change]:
        missing = "because the field that they require may be missing"
        if new.required and not old.required:
            yield Change(path, Kind.NOW_REQUIRED, "now required", missing if _must(new) else None)
        if old.required and not new.required:
            yield Change(path, Kind.NOW_OPTIONAL, "now optional", None, missing if _must(old) else None)
        if old.unit and new.unit and old.unit != new.unit:
            misread = "because they take {} for {} without noticing"
            backward, forward = misread.format(old.unit, new.unit), misread.format(new.unit, old.unit)
            yield Change(path, Kind.UNIT, f"unit changed from {old.unit} to {new.unit}", backward, forward)
        yield from self.shapes(path, old.shape, new.shape)

    def _arrays(self, path: str, old: Atom, new: Atom) -> Iterator[Change]:
        yield from self.shapes(f"{path}[]", old.items, new.items)
        bare = [(replace(atom, items=()),) for atom in (old, new)]
        yield from self._alternatives(path, *bare)

    def _alternatives(self, path: str, old: Shape, new: Shape) -> Iterator[Change]:
        values = [{value for atom in shape for value in atom.values} for shape in (old, new)]
        others = [without(shape, "values") for shape in (old, new)]
        if others[0] == others[1]:
            for value in sorted(values[1] - values[0]):
                yield Change(
                    path,
                    Kind.VALUE_ADDED,
                    f"value {value} added",
                    None,
                    self._refused((Atom("values", (value,)),), old),
                )
            for value in sorted(values[0] - values[1]):
                yield Change(
                    path, Kind.VALUE_REMOVED, f"value {value} removed", self._refused((Atom("values", (value,)),), new)
                )
        else:
            same = {atom.kind for atom in others[0]} == {atom.kind for atom in others[1]}
            what = f"{'limits' if same else 'type'} changed from {describe(old)} to {describe(new)}"
            kind = Kind.LIMITS if same else Kind.TYPE
            yield Change(path, kind, what, self._refused(old, new), self._refused(new, old))

    def _refused(self, written: Shape, reader: Shape) -> Why:
        """The first alternative that a writer may write and the reader does not take."""
        for atom in written:
            for value in atom.values:
                if not any(takes(alternative, value) for alternative in reader):
                    return f"because {value} is refused"
            if atom.kind != "values" and not any(self._contains(alternative, atom) for alternative in reader):
                return f"because not every {describe((atom,))} is {describe(reader)}"
        return None

    def _contains(self, reader: Atom, written: Atom) -> bool:
        if reader.kind == "any":
            return True
        if reader.kind != written.kind and (reader.kind, written.kind) != ("number", "integer"):
            return False
        if reader.kind == "object":
            return not any(change.backward for change in self._objects("", written, reader))
        inside = reader.low <= written.low and reader.high >= written.high
        inside = inside and reader.least <= written.least and reader.most >= written.most
        same = reader.pattern in {None, written.pattern} and reader.format in {None, written.format}
        return inside and same and not any(change.backward for change in self.shapes("", written.items, reader.items))


def _must(field: Field) -> bool:
    return field.required and not field.default


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _renamed(removed: list[Field], added: list[Field]) -> list[tuple[Field, Field]]:
    """Pairs that differ in nothing but the name, where no other field of the change is like them."""

    def alike(one: Field, other: Field) -> bool:
        return replace(one, name="") == replace(other, name="")

    return [
        (was, now)
        for was in sorted(removed, key=lambda field: field.name)
        for now in added
        if alike(was, now) and sum(alike(was, field) for field in (*removed, *added)) == 2
    ]


def describe(shape: Shape) -> str:
    """A shape in words."""
    return " or ".join(_words(atom) for atom in shape) or "nothing"


def _words(atom: Atom) -> str:
    if atom.kind == "values":
        return "a boolean" if atom.values == ("false", "true") else " or ".join(atom.values)
    limits = [
        f"{'above' if atom.low[1] else 'at least'} {atom.low[0]:g}" if atom.low[0] > float("-inf") else "",
        f"{'at most' if atom.high[1] else 'below'} {atom.high[0]:g}" if atom.high[0] < float("inf") else "",
        f"length at least {atom.least}" if atom.least else "",
        f"length at most {atom.most}" if atom.most < float("inf") else "",
        f"pattern {atom.pattern}" if atom.pattern else "",
        f"format {atom.format}" if atom.format else "",
    ]
    said = ", ".join(limit for limit in limits if limit)
    return f"{atom.kind} ({said})" if said else atom.kind
