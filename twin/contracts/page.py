"""The documentation page of the contracts, generated from their tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from twin.contracts import quality
from twin.contracts.base import Record
from twin.contracts.mapping import ERP, MARKETPLACE, POS, WMS
from twin.contracts.openapi import OPERATIONS
from twin.contracts.registry import CONTRACTS

_HEAD: Final = """\
# Contracts

Generated from `twin/contracts`; do not edit (a test compares the two). The same models make
[asyncapi.json](contracts/asyncapi.json) (AsyncAPI 3.0, the events), [openapi.json](contracts/openapi.json) (OpenAPI 3.1,
the APIs) and the schema of every released version, `contracts/schemas/EVENT/VERSION.json`.

    twin contracts asyncapi --out docs/contracts/asyncapi.json
    twin contracts openapi --out docs/contracts/openapi.json
    twin contracts schema stock.moved --out docs/contracts/schemas/stock.moved/1.0.0.json
    twin contracts check OLD NEW --mode backward      # files, or names of events; 0 compatible, 99 not

Every event is a CloudEvent 1.0 in structured JSON. `source` and `id` together are its identity: two events with the same
pair are duplicates. `type` is the event's name with its major version (`com.example.retail.stock.moved.v1`), `dataschema`
names the contract with its whole version, `partitionkey` is the topic's key, and `sequence`, where a source has one, orders
its events as text. Quantities are units, money integer cents with a currency, times RFC 3339 in UTC.
"""

_RULES: Final = """\
## Compatibility

**Backward**: consumers with the new schema read data written with the old one, so consumers move first. **Forward**:
consumers with the old schema read data written with the new one, so producers move first. **Full**: both, in any order.
**None**: nothing is checked. Tolerant readers ignore fields that they do not declare, as Avro's do and as consumers of these
events must (`model_validate_json(..., extra="ignore")`); strict readers are taken at their schema's word, as Confluent's
Schema Registry takes JSON Schema: one that is closed (`additionalProperties: false`) refuses such fields. Producers are held
to the closed schema. `twin contracts check` takes `--readers strict` (the default) or `tolerant`; releases of the contracts
above are held to tolerant ones.

| change | tolerant readers: breaks | strict readers, closed schemas: breaks |
|---|---|---|
| optional field added | nobody | consumers with the old schema |
| required field added | consumers with the new schema | both |
| optional field removed | nobody | consumers with the new schema |
| required field removed | consumers with the old schema | both |
| field renamed | as removed and added; if it was optional its value is silently lost | both |
| type changed | both; those that the wider type leaves out if one holds the other | the same |
| listed value added | consumers with the old schema | the same |
| listed value removed | consumers with the new schema | the same |
| unit changed | both, without noticing | the same |

A version must be compatible, as its mode says, with the one before it in its major version. What cannot be is a new major
version: a new event type beside the old one, until the last consumer has moved. Keywords that the check cannot compare
exactly (`allOf`, `not`, `multipleOf`, recursion, ...) end it with exit code 2 and their place.
"""


def contracts_page() -> str:
    """The text of ``docs/contracts.md``."""
    events = (
        (
            f"`{c.name}`",
            c.version,
            f"`{c.topic}`",
            " / ".join(c.key),
            c.mode,
            _list(c.producers),
            _list(c.consumers),
            c.meaning,
        )
        for c in CONTRACTS.values()
    )
    calls = ((f"`{o.method.upper()} {o.path}`", f"`{o.scope}`", o.summary) for o in OPERATIONS)
    sources = ((s.name, s.record.__name__, ", ".join(s.fields)) for s in (POS, WMS, ERP, MARKETPLACE))
    defects = ((f"`{c.__name__}`", c.__doc__ or "") for c in quality.DataQualityError.__subclasses__())
    models = dict.fromkeys(contract.data for contract in CONTRACTS.values())
    heads = ("event", "version", "topic", "key", "compatibility", "producers", "consumers", "meaning")
    parts = [
        _HEAD,
        _table("Events", heads, events),
        _RULES,
        _table("APIs", ("call", "scope", "what"), calls),
        _table("Sources that are mapped", ("source", "becomes", "fields"), sources),
        _table("Defects of data", ("error", "what is wrong"), defects),
        *(_record(model) for model in models),
    ]
    return "\n".join(parts)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join([f"## {title}", "", *("| " + " | ".join(line).replace("\n", " ") + " |" for line in lines), ""])


def _record(model: type[Record]) -> str:
    rows = (_field(name, info.json_schema_extra, info) for name, info in model.model_fields.items())
    table = _table(model.__name__, ("field", "unit", "", "meaning"), rows)
    return table.replace("\n\n", f"\n\n{model.__doc__}\n\n", 1)


def _field(name: str, extra: Any, info: Any) -> tuple[str, ...]:
    marks = ("key" * ("x-key" in extra), "personal" * ("x-personal" in extra), "" if info.is_required() else "optional")
    return f"`{name}`", extra["unit"], ", ".join(mark for mark in marks if mark), info.description
