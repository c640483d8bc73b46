"""Records of source systems mapped to the canonical model, or refused with every defect that they have.

A source is a table: canonical field to reader. All readers of a record run, so that one pass names all its defects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from twin.contracts.base import Record
from twin.contracts.orders import Order, OrderLine
from twin.contracts.quality import BrokenRule, DataQualityError, DuplicateId
from twin.contracts.readers import At, Master, Reader, code, constant, moment, money, node, sku, text, units, whole
from twin.contracts.stock import StockMovement

Fields = Mapping[str, Reader]
Defects = list[DataQualityError]


@dataclass(frozen=True)
class Source:
    """A source system's format; ``key`` is the canonical field that holds its identity of a record."""

    name: str
    record: type[Record]
    key: str
    fields: Fields


@dataclass
class Mapped:
    """What became of the records of a source: canonical ones, and every defect of the others."""

    records: list[Record] = field(default_factory=list)
    defects: Defects = field(default_factory=list)


def map_records(source: Source, raws: Iterable[object], master: Master) -> Mapped:
    """Map every record; one with a defect is left out, and its identity may come again once it is repaired."""
    out, seen = Mapped(), dict[str, str]()
    for number, raw in enumerate(raws, 1):
        at = At(raw, f"{source.name} record {number}", master)
        record, defects = _map(at, source.record, source.fields)
        identity = getattr(record, source.key, "")
        if record is not None and identity in seen:
            rule = f"must be new, it is that of {seen[identity]}"
            defects.append(DuplicateId(at.where, source.key, identity, rule))
        elif record is not None:
            seen[identity] = at.where
            out.records.append(record)
        out.defects += defects
    return out


def _map(at: At, record: type[Record], fields: Fields) -> tuple[Record | None, Defects]:
    values: dict[str, Any] = {}
    defects: Defects = []
    for name, read in fields.items():
        try:
            values[name] = read(at)
        except DataQualityError as defect:
            defects.append(defect)
        except _Several as several:
            defects += several.defects
    if defects:  # two canonical fields may read the same raw one
        return None, list({str(defect): defect for defect in defects}.values())
    try:
        return record(**values), []
    except ValidationError as error:
        return None, [_broken(at, one) for one in error.errors()]


def _broken(at: At, error: Any) -> BrokenRule:
    place = ".".join(map(str, error["loc"])) or "the whole"
    return BrokenRule(at.where, place, error["input"], error["msg"].removeprefix("Value error, "))


class _Several(Exception):
    """Defects of the records inside a record."""

    def __init__(self, defects: Defects) -> None:
        self.defects = defects


def _each(name: str, record: type[Record], fields: Fields) -> Reader:
    """A list of records inside the record."""

    def read(at: At) -> tuple[Record, ...]:
        inner = (At(raw, f"{at.where}, {name} {i}", at.master) for i, raw in enumerate(at.get(name, list), 1))
        results = [_map(one, record, fields) for one in inner]
        if defects := [defect for _, found in results for defect in found]:
            raise _Several(defects)
        return tuple(made for made, _ in results if made is not None)

    return read


def _movements(name: str, identity: Reader, kind: str, codes: Mapping[str, tuple[str, int]], rest: Fields) -> Source:
    """A source of stock movements, whose code says the kind and the direction."""
    count, meaning = rest["delta"], code(kind, codes)
    fields = {
        **rest,
        "movement_id": identity,
        "kind": lambda at: meaning(at)[0],
        "delta": lambda at: count(at) * meaning(at)[1],
    }
    return Source(name, StockMovement, "movement_id", fields)


POS: Final = _movements(
    "POS journal",
    text("store", "till", "receipt", "line"),
    "type",
    {"SALE": ("sale", -1), "RETURN": ("return", 1)},
    {
        "node": node("store"),
        "sku": sku("article"),
        "delta": units("qty", "uom", "article"),
        "occurred_at": moment("ts"),
    },
)
"""Lines of the journal of a till."""

WMS: Final = _movements(
    "WMS movements",
    text("warehouse", "message"),
    "transaction",
    {
        "PICK": ("pick", -1),
        "RECV": ("receipt", 1),
        "SHIP": ("dispatch", -1),
        "RTRN": ("return", 1),
        "ADJ+": ("count_correction", 1),
        "ADJ-": ("count_correction", -1),
    },
    {
        "node": node("warehouse"),
        "sku": sku("item"),
        "delta": units("quantity", "uom", "item"),
        "order_id": lambda at: at.get("order") if at.has("order") else None,
        "occurred_at": moment("at"),
    },
)
"""Messages of a warehouse management system."""

ERP: Final = _movements(
    "ERP goods movements",
    text("MaterialDocumentYear", "MaterialDocument", "MaterialDocumentItem"),
    "GoodsMovementType",
    {
        "251": ("sale", -1),
        "601": ("pick", -1),
        "101": ("receipt", 1),
        "641": ("dispatch", -1),
        "651": ("return", 1),
        "701": ("count_correction", 1),
        "702": ("count_correction", -1),
    },
    {
        "node": node("Plant"),
        "sku": sku("Material"),
        "delta": units("QuantityInEntryUnit", "EntryUnit", "Material"),
        "occurred_at": moment("CreationDateTime"),
    },
)
"""Items of material documents, with the field names of SAP S/4HANA and its standard movement types."""

MARKETPLACE: Final = Source(
    "marketplace orders",
    Order,
    "order_id",
    {
        "order_id": text("marketplace", "order"),
        "channel": text("marketplace"),
        "mode": constant("ship"),
        "placed_at": moment("purchased"),
        "lines": _each(
            "items",
            OrderLine,
            {
                "line": whole("number"),
                "sku": sku("seller_sku"),
                "quantity": units("quantity", None, "seller_sku"),
                "price": money("unit_price", "currency"),
            },
        ),
    },
)
"""Orders of a marketplace, which keeps its customers to itself."""
