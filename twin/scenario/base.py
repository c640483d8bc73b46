"""Foundations of the scenario models: frozen strict objects, parameters that carry their unit and source, durations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

_UNITS_US = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)(us|ms|min|s|m|h|d|w)")
DURATION_RULE = "a duration such as 250ms, 30s, 15m, 4h, 1d12h"


def parse_duration(value: object) -> int:
    """Whole microseconds of a duration such as ``"1h30m"``; integers are refused because they carry no unit."""
    if isinstance(value, str):
        text = value.strip().replace(" ", "")
        if text == "0":
            return 0
        if text and _PART.sub("", text) == "":
            total = sum(float(number) * _UNITS_US[unit] for number, unit in _PART.findall(text))
            if total <= 2**53:
                return round(total)
    raise ValueError(f"must be {DURATION_RULE}")


def format_duration(microseconds: int) -> str:
    """Shortest text that :func:`parse_duration` reads back to the same number."""
    if microseconds == 0:
        return "0s"
    parts = []
    for unit in ("d", "h", "m", "s", "ms", "us"):
        count, microseconds = divmod(microseconds, _UNITS_US[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d", "description": DURATION_RULE}),
]
"""A non-negative span of time; written as text with a unit, held as whole microseconds."""

T = TypeVar("T")


def _to_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Seq = Annotated[tuple[T, ...], BeforeValidator(_to_tuple)]
"""An immutable sequence; a YAML list is accepted although the models are strict."""

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
"""Names that appear in file names, KPI names and paths."""

DATE: Final = r"^\d{4}-\d{2}-\d{2}$"

Name = Annotated[str, Field(pattern=NAME)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class Broken:
    """A rule that does not hold: where, seen from the object that has the rule, and what is wrong."""

    path: tuple[str | int, ...]
    message: str
    key: bool = False  # the key is wrong, not its value


class RuleError(ValueError):
    """An object whose parts are each valid but do not fit together."""

    def __init__(self, broken: tuple[Broken, ...]) -> None:
        self.broken = broken
        super().__init__("; ".join(f"{'.'.join(map(str, rule.path))}: {rule.message}" for rule in broken))


class Model(BaseModel):
    """Base of every scenario object: immutable, no unknown keys, no silent conversion, no NaN."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=False,
    )

    def broken(self) -> Iterator[Broken]:
        """Rules between the parts of this object that do not hold; overridden where there are any."""
        return iter(())

    @model_validator(mode="after")
    def _keeps_its_rules(self) -> Self:
        if broken := tuple(self.broken()):
            raise RuleError(broken)
        return self


def par(default: Any = ..., *, unit: str, meaning: str, source: str = "assumption", **rules: Any) -> Any:
    """One parameter: default, unit, meaning and source in one place; feeds the schema, the starter file and the docs.

    ``source`` names where the default comes from; the word ``assumption`` marks a value that rests on none.
    A mutable default is given as ``default_factory=``.
    """
    extra: dict[str, Any] = {"unit": unit, "source": source}
    if "default_factory" in rules:
        return Field(description=meaning, json_schema_extra=extra, **rules)
    return Field(default, description=meaning, json_schema_extra=extra, **rules)
