"""Readers of raw records: each takes what one canonical field needs, or raises what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from twin.contracts.base import Money, instant
from twin.contracts.quality import (
    LocalTime,
    MissingField,
    MissingLocation,
    NegativeQuantity,
    UnitMixUp,
    UnknownLocation,
    UnknownSku,
    WrongValue,
)


@dataclass(frozen=True)
class Master:
    """What records are held against: products and nodes by every name that a source has for them."""

    skus: Mapping[str, str]
    nodes: Mapping[str, str]
    case_units: Mapping[str, int] = field(default_factory=dict)
    line_units_most: int = 1_000  # more units on one line are taken for a mix-up of units


@dataclass(frozen=True)
class At:
    """A raw record with its place and the master data."""

    raw: object
    where: str
    master: Master

    def has(self, name: str) -> bool:
        """Whether the field is there and not empty."""
        return self._fields.get(name) not in (None, "")

    def get(self, name: str, *kinds: type) -> Any:
        """A field of the record, of one of the types that the source's format says; text if none is named."""
        if name not in self._fields:
            raise MissingField(self.where, name, None, "must be there")
        value, kinds = self._fields[name], kinds or (str,)
        if type(value) not in kinds:
            raise WrongValue(self.where, name, value, f"must be {' or '.join(kind.__name__ for kind in kinds)}")
        return value

    @property
    def _fields(self) -> Mapping[str, Any]:
        if not isinstance(self.raw, Mapping):
            raise WrongValue(self.where, "the whole", self.raw, "must be an object")
        return self.raw


Reader = Callable[[At], Any]


def constant(value: Any) -> Reader:
    """What the source does not say because it is always so."""
    return lambda _: value


def text(*names: str) -> Reader:
    """Text as it is; an identity of several parts is joined."""
    return lambda at: "-".join(str(at.get(name, str, int)) for name in names)


def whole(name: str) -> Reader:
    """A whole number as it is."""
    return lambda at: at.get(name, int)


def sku(name: str) -> Reader:
    """The product."""

    def read(at: At) -> str:
        alias = at.get(name)
        if alias not in at.master.skus:
            raise UnknownSku(at.where, name, alias, "must be a product of the master data")
        return at.master.skus[alias]

    return read


def node(name: str) -> Reader:
    """The node."""

    def read(at: At) -> str:
        if not at.has(name):
            raise MissingLocation(at.where, name, None, "must name the node where it happened")
        alias = at.get(name)
        if alias not in at.master.nodes:
            raise UnknownLocation(at.where, name, alias, "must be a node of the master data")
        return at.master.nodes[alias]

    return read


def moment(name: str) -> Reader:
    """RFC 3339 with an offset, as UTC."""

    def read(at: At) -> str:
        written = at.get(name)
        found = _parsed(written)
        if found is None:
            raise WrongValue(at.where, name, written, "must be RFC 3339, such as 2026-11-02T09:15:00-05:00")
        if found.tzinfo is None:
            raise LocalTime(at.where, name, written, "must say its offset to UTC, such as -05:00 or Z")
        return instant(found, 0)

    return read


def _parsed(written: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(written)
        return found if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def code(name: str, meanings: Mapping[str, Any]) -> Reader:
    """A code of the source, translated."""

    def read(at: At) -> Any:
        written = at.get(name)
        if written not in meanings:
            raise WrongValue(at.where, name, written, f"must be one of {', '.join(sorted(meanings))}")
        return meanings[written]

    return read


def money(amount: str, currency: str) -> Reader:
    """A decimal amount, as text because a float is not exact."""

    def read(at: At) -> Money:
        written, unit = at.get(amount), at.get(currency)
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", written) or not re.fullmatch("[A-Z]{3}", unit):
            raise WrongValue(at.where, amount, f"{written} {unit}", "must be such as 24.99 and an ISO 4217 currency")
        return Money(cents=int(Decimal(written) * 100), currency=unit)

    return read


def units(quantity: str, measure: str | None, product: str) -> Reader:
    """A count of units, at least 1: EA as it is, CS by the units of the product's case; no measure means units."""

    def read(at: At) -> int:
        written, factor = at.get(quantity, int, float, str), _factor(at, measure, product)
        try:
            count = Decimal(str(written)) * factor
        except ArithmeticError:
            count = Decimal("nan")
        if not count.is_finite():
            raise WrongValue(at.where, quantity, written, "must be a number")
        if count < 0:
            raise NegativeQuantity(at.where, quantity, written, "must have no sign: the kind gives the direction")
        if count == 0 or count != count.to_integral_value():
            raise UnitMixUp(at.where, quantity, written, f"must be whole units, at least 1, it is {count}")
        if count > at.master.line_units_most:
            most = at.master.line_units_most
            raise UnitMixUp(at.where, quantity, written, f"must be at most {most} units on a line, it is {count}")
        return int(count)

    return read


def _factor(at: At, measure: str | None, product: str) -> int:
    """Units in one of what is counted."""
    counted = "EA" if measure is None else at.get(measure)
    factors = {"EA": 1, "CS": at.master.case_units.get(at.master.skus.get(at.get(product), ""))}
    factor = factors.get(counted)
    if factor is None:
        rule = "must be EA, or CS where the master data knows the product's case"
        raise UnitMixUp(at.where, measure or "", counted, rule)
    return factor
