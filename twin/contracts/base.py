"""Foundations of the canonical model: frozen strict records whose fields say what they mean; instants; money."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from twin.scenario.base import Model

Schema = dict[str, Any]


WHEN: Final = "2026-11-02T14:15:00.000000Z"
"""The instant of examples."""


class Record(Model):
    """Base of the canonical model: immutable, strict, and closed, so that what a producer misspells is refused."""


def field(
    default: Any = ...,
    *,
    meaning: str,
    example: Any,
    unit: str = "name",
    key: bool = False,
    personal: bool = False,
    **rules: Any,
) -> Any:
    """One field: all that is said of it in one place. ``key``: part of the record's identity; ``personal``: personal data."""
    extra: Schema = {"unit": unit} | ({"x-key": True} if key else {}) | ({"x-personal": True} if personal else {})
    return Field(default, description=meaning, examples=[example], json_schema_extra=extra, **rules)


INSTANT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$"
"""RFC 3339 in UTC, at most microseconds."""


def _exists(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Instant = Annotated[str, Field(pattern=INSTANT, json_schema_extra={"format": "date-time"}), AfterValidator(_exists)]
"""Text, not a ``datetime``, so that a record comes back from JSON to the byte."""

Name = Annotated[str, Field(min_length=1, max_length=64)]
Quantity = Annotated[int, Field(ge=1, le=1_000_000)]
Level = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]


def instant(start: datetime, microseconds: int) -> str:
    """The instant so many microseconds after ``start``, which must know its time zone."""
    if start.tzinfo is None:
        raise ValueError("start must have a time zone, else its instant is unknown")
    moment = start.astimezone(UTC) + timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


class Money(Record):
    """An exact amount; never a float."""

    cents: int = field(meaning="hundredths of the currency", unit="cents", example=2499, ge=-(10**12), le=10**12)
    currency: str = field(meaning="ISO 4217 code", unit="code", example="USD", pattern=r"^[A-Z]{3}$")


def as_text(document: Schema) -> str:
    """A document as it is kept: equal documents have equal bytes."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
