"""What is wrong with a record: defects of data as a retailer meets them, each with a name of its own."""

from __future__ import annotations


class DataQualityError(ValueError):
    """One defect: ``where`` is the source and the record's place in it, ``field`` the raw field, ``rule`` what it broke."""

    def __init__(self, where: str, field: str, value: object, rule: str) -> None:
        self.where, self.field, self.value, self.rule = where, field, value, rule
        super().__init__(f"{where}: {field} is {value!r}: {rule} ({type(self).__name__})")


class MissingField(DataQualityError):
    """A field that the source's format requires is not there."""


class WrongValue(DataQualityError):
    """Not of the type, format or code that the source's format says."""


class UnknownSku(DataQualityError):
    """No product of that name in the master data."""


class MissingLocation(DataQualityError):
    """No node given."""


class UnknownLocation(DataQualityError):
    """No node of that name in the master data."""


class NegativeQuantity(DataQualityError):
    """The kind of the record gives the direction, so a sign would turn it around."""


class UnitMixUp(DataQualityError):
    """A quantity that cannot be units of the product: cases, kilograms, parts of a unit, or far too many."""


class LocalTime(DataQualityError):
    """An instant without an offset: it may be hours away, and one hour a year comes twice."""


class DuplicateId(DataQualityError):
    """A record of this identity was mapped already."""


class BrokenRule(DataQualityError):
    """Fields that are each valid but do not fit together in the canonical record."""
