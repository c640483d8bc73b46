"""Records of source systems: what they become, and every defect of data by its own name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.contracts.mapping import ERP, MARKETPLACE, POS, WMS, Source, map_records
from twin.contracts.quality import (
    BrokenRule,
    DataQualityError,
    DuplicateId,
    LocalTime,
    MissingField,
    MissingLocation,
    NegativeQuantity,
    UnitMixUp,
    UnknownLocation,
    UnknownSku,
    WrongValue,
)
from twin.contracts.readers import Master

Raw = dict[str, Any]
MASTER = Master(
    skus={"4006381333931": "sku-000042", "sku-000042": "sku-000042", "sku-000043": "sku-000043"},
    nodes={"0042": "store-0042", "DC1": "dc-east"},
    case_units={"sku-000042": 6},
)
LINE: Raw = {
    "store": "0042",
    "till": 3,
    "receipt": "778",
    "line": 1,
    "article": "4006381333931",
    "qty": 2,
    "uom": "EA",
    "type": "SALE",
    "ts": "2026-11-02T09:15:00-05:00",
}
WAREHOUSE: Raw = {
    "warehouse": "DC1",
    "message": 9,
    "item": "sku-000042",
    "quantity": "2",
    "uom": "CS",
    "transaction": "RECV",
    "at": "2026-11-02T14:15:00.5Z",
}
DOCUMENT: Raw = {
    "MaterialDocumentYear": "2026",
    "MaterialDocument": "4900000017",
    "MaterialDocumentItem": "1",
    "GoodsMovementType": "702",
    "Plant": "0042",
    "Material": "sku-000043",
    "QuantityInEntryUnit": "3.000",
    "EntryUnit": "EA",
    "CreationDateTime": "2026-11-02T14:15:00+00:00",
}
ITEM: Raw = {"number": 1, "seller_sku": "sku-000042", "quantity": 2, "unit_price": "24.99", "currency": "USD"}
ORDER: Raw = {"marketplace": "market_a", "order": "111-7", "purchased": "2026-11-02T15:15:00+01:00", "items": [ITEM]}
WHEN = "2026-11-02T14:15:00.000000Z"


def mapped(source: Source, *raws: object) -> list[Raw]:
    out = map_records(source, raws, MASTER)
    assert out.defects == []
    return [record.model_dump(exclude_none=True) for record in out.records]


def test_a_line_of_a_till_becomes_a_movement() -> None:
    same = {"node": "store-0042", "sku": "sku-000042", "occurred_at": WHEN}
    assert mapped(POS, LINE, LINE | {"line": 2, "type": "RETURN", "qty": 1}) == [
        {"movement_id": "0042-3-778-1", "kind": "sale", "delta": -2, **same},
        {"movement_id": "0042-3-778-2", "kind": "return", "delta": 1, **same},
    ]


def test_cases_become_units_where_the_case_is_known() -> None:
    (receipt,) = mapped(WMS, WAREHOUSE)
    assert (receipt["kind"], receipt["delta"], receipt["occurred_at"]) == ("receipt", 12, "2026-11-02T14:15:00.500000Z")
    (pick,) = mapped(WMS, WAREHOUSE | {"transaction": "PICK", "order": "o-77", "uom": "EA"})
    assert (pick["kind"], pick["delta"], pick["order_id"]) == ("pick", -2, "o-77")


CODES = {"251": "sale", "601": "pick", "641": "dispatch", "101": "receipt", "651": "return", "701": "count_correction"}


@pytest.mark.parametrize("code", [*CODES, "702"])
def test_movement_types_of_the_erp(code: str) -> None:
    (made,) = mapped(ERP, DOCUMENT | {"GoodsMovementType": code})
    leaves = code in {"251", "601", "641", "702"}
    assert (made["kind"], made["delta"]) == (CODES.get(code, "count_correction"), -3 if leaves else 3)
    assert made["movement_id"] == "2026-4900000017-1"


def test_an_order_of_a_marketplace_becomes_an_order() -> None:
    (made,) = mapped(MARKETPLACE, ORDER)
    line = {"line": 1, "sku": "sku-000042", "quantity": 2, "price": {"cents": 2499, "currency": "USD"}}
    assert made == {
        "order_id": "market_a-111-7",
        "channel": "market_a",
        "mode": "ship",
        "lines": (line,),
        "placed_at": WHEN,
        "history": (),
    }


FAULTS: list[tuple[Source, Raw, type[DataQualityError], str, object]] = [
    (POS, LINE | {"article": "999"}, UnknownSku, "article", "999"),
    (POS, LINE | {"qty": -2}, NegativeQuantity, "qty", -2),
    (POS, LINE | {"uom": "KG"}, UnitMixUp, "uom", "KG"),
    (WMS, WAREHOUSE | {"item": "sku-000043"}, UnitMixUp, "uom", "CS"),
    (WMS, WAREHOUSE | {"quantity": "0.5", "uom": "EA"}, UnitMixUp, "quantity", "0.5"),
    (WMS, WAREHOUSE | {"quantity": "200"}, UnitMixUp, "quantity", "200"),
    (POS, LINE | {"qty": 0}, UnitMixUp, "qty", 0),
    (POS, LINE | {"ts": "2026-11-01T01:30:00"}, LocalTime, "ts", "2026-11-01T01:30:00"),
    (POS, LINE | {"store": ""}, MissingLocation, "store", None),
    (POS, {name: value for name, value in LINE.items() if name != "store"}, MissingLocation, "store", None),
    (POS, LINE | {"store": "0099"}, UnknownLocation, "store", "0099"),
    (POS, LINE | {"type": "VOID"}, WrongValue, "type", "VOID"),
    (POS, LINE | {"ts": "yesterday"}, WrongValue, "ts", "yesterday"),
    (POS, LINE | {"qty": "NaN"}, WrongValue, "qty", "NaN"),
    (POS, LINE | {"qty": True}, WrongValue, "qty", True),
    (POS, {name: value for name, value in LINE.items() if name != "qty"}, MissingField, "qty", None),
    (POS, LINE | {"receipt": "7" * 80}, BrokenRule, "movement_id", f"0042-3-{'7' * 80}-1"),
    (MARKETPLACE, ORDER | {"items": []}, BrokenRule, "lines", ()),
    (MARKETPLACE, ORDER | {"items": [ITEM | {"unit_price": "24.999"}]}, WrongValue, "unit_price", "24.999 USD"),
    (MARKETPLACE, ORDER | {"items": [ITEM, 7]}, WrongValue, "the whole", 7),
]


@pytest.mark.parametrize(("source", "raw", "error", "field", "value"), FAULTS)
def test_each_defect_has_its_name(source: Source, raw: Raw, error: type, field: str, value: object) -> None:
    out = map_records(source, [raw], MASTER)
    assert out.records == []
    assert {one.field for one in out.defects} == {field}  # a store is part of a till's identity, too
    (found,) = (one for one in out.defects if type(one) is error)
    assert found.value == value
    assert found.where.startswith(f"{source.name} record 1")
    assert str(found).endswith(f"{found.rule} ({error.__name__})")


def test_an_identity_that_comes_again_names_the_first() -> None:
    out = map_records(POS, [LINE, LINE | {"line": 2}, LINE | {"qty": 5}], MASTER)
    assert len(out.records) == 2
    (found,) = out.defects
    assert isinstance(found, DuplicateId)
    rule = "must be new, it is that of POS journal record 1"
    assert str(found) == f"POS journal record 3: movement_id is '0042-3-778-1': {rule} (DuplicateId)"


def test_an_identity_may_come_again_once_it_is_repaired() -> None:
    out = map_records(POS, [LINE | {"article": "999"}, LINE], MASTER)
    assert [type(found) for found in out.defects] == [UnknownSku]
    assert len(out.records) == 1


def test_one_pass_names_every_defect_of_a_record_once() -> None:
    raw = LINE | {"article": "999", "ts": "2026-11-02T09:15:00", "store": "0099", "qty": -1, "type": "VOID"}
    found = {type(one) for one in map_records(POS, [raw], MASTER).defects}
    assert found == {UnknownSku, LocalTime, UnknownLocation, NegativeQuantity, WrongValue}
    lines = [ITEM, ITEM | {"seller_sku": "999"}, ITEM | {"quantity": -1}]
    out = map_records(MARKETPLACE, [ORDER | {"items": lines}], MASTER)
    assert [(type(one), one.where) for one in out.defects] == [
        (UnknownSku, "marketplace orders record 1, items 2"),
        (NegativeQuantity, "marketplace orders record 1, items 3"),
    ]


def test_every_defect_is_shown() -> None:
    assert {error for _, _, error, _, _ in FAULTS} | {DuplicateId} == set(DataQualityError.__subclasses__())


ODD = st.sampled_from(["1E+999999", "CS", "0042", "0001-01-01T00:00:00+23:00"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from([(POS, LINE), (WMS, WAREHOUSE), (ERP, DOCUMENT), (MARKETPLACE, ORDER)]), st.data())
def test_whatever_a_source_sends_is_mapped_or_named(known: tuple[Source, Raw], data: st.DataObject) -> None:
    source, raw = known
    changed = raw | data.draw(st.dictionaries(st.sampled_from(sorted(raw)), JSON, max_size=3))
    out = map_records(source, [changed, data.draw(JSON)], MASTER)
    assert len(out.records) + len({found.where.partition(",")[0] for found in out.defects}) == 2
