"""The canonical model: what it takes, what it refuses, and that nothing is lost on the way through JSON."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from pydantic import ValidationError

from tests.contracts.records import everywhere, records
from twin.contracts.base import Money, Record
from twin.contracts.master import Customer
from twin.contracts.orders import AFTER, Order
from twin.contracts.registry import CONTRACTS, Contract
from twin.contracts.stock import InventoryPosition, Reservation, StockMovement

MODELS = list(dict.fromkeys(contract.data for contract in CONTRACTS.values()))


@given(records())
def test_every_record_comes_back_from_json_as_it_was(drawn: tuple[Contract, dict[str, Any]]) -> None:
    contract, document = drawn
    record = contract.data.model_validate_json(json.dumps(document))
    text = record.model_dump_json()
    again = contract.data.model_validate_json(text)
    assert again == record
    assert again.model_dump_json() == text
    assert json.loads(text).items() >= document.items() or contract.data is Order  # an order's lines gain defaults
    jsonschema.Draft202012Validator(contract.schema()).validate(json.loads(text))


@given(records())
def test_every_event_comes_back_from_json_as_it_was(drawn: tuple[Contract, dict[str, Any]]) -> None:
    contract, document = drawn
    event = contract.event(contract.data.model_validate_json(json.dumps(document)), source="/s", id_="1")
    assert type(event).model_validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize("model", [*MODELS, Money])
def test_every_field_says_what_it_is(model: type[Record]) -> None:
    for one in everywhere(model):
        assert one.__doc__
        for name, field in one.model_fields.items():
            assert field.description, name
            assert field.examples, name
            assert isinstance(field.json_schema_extra, dict)
            assert field.json_schema_extra["unit"], name


@pytest.mark.parametrize("model", MODELS)
def test_every_record_has_an_identity(model: type[Record]) -> None:
    properties = model.model_json_schema()["properties"]
    assert [name for name, inner in properties.items() if inner.get("x-key")]


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=str)
def test_records_are_frozen_closed_and_strict(contract: Contract) -> None:
    data = contract.example()["data"]
    record = contract.data.model_validate_json(json.dumps(data))
    first = next(iter(data))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(record, first, data[first])
    for wrong in ({**data, "surprise": 1}, {**data, contract.time: "2026-11-02T09:15:00-05:00"}):
        with pytest.raises(ValidationError):
            contract.data.model_validate_json(json.dumps(wrong))
    assert contract.data.model_validate_json(json.dumps({**data, "surprise": 1}), extra="ignore") == record


@pytest.mark.parametrize(
    "text", ["2026-02-30T00:00:00Z", "2026-11-02T25:00:00Z", "2026-11-02 09:00:00Z", "2026-11-02T09:00Z"]
)
def test_an_instant_must_exist_and_be_written_in_full(text: str) -> None:
    data = CONTRACTS["stock.moved"].example()["data"] | {"occurred_at": text}
    with pytest.raises(ValidationError, match="occurred_at"):
        StockMovement.model_validate_json(json.dumps(data))


@pytest.mark.parametrize("wrong", [{"cents": 1.5}, {"cents": True}, {"cents": "1"}, {"currency": "usd"}])
def test_money_is_whole_cents_of_a_currency(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"cents": 1, "currency": "USD"} | wrong)


@pytest.mark.parametrize(
    ("model", "wrong", "rule"),
    [
        (InventoryPosition, {"available": 5}, "max.0, recorded_on_hand - reserved - buffer. = 4"),
        (StockMovement, {"delta": 1}, "below 0 for a sale, it is 1"),
        (StockMovement, {"kind": "receipt"}, "above 0 for a receipt"),
        (StockMovement, {"kind": "count_correction", "delta": 0}, "other than 0"),
        (Reservation, {"expires_at": None}, "must be given while the state is held"),
        (Order, {"mode": "pickup"}, "must be given for a pickup"),
    ],
)
def test_rules_between_fields(model: type[Record], wrong: dict[str, Any], rule: str) -> None:
    contract = next(contract for contract in CONTRACTS.values() if contract.data is model)
    with pytest.raises(ValidationError, match=rule):
        model.model_validate_json(json.dumps(contract.example()["data"] | wrong))


def order_with(*steps: tuple[str, list[int]], order_id: str = "o-77") -> Order:
    data = CONTRACTS["order.placed"].example()["data"]
    at = data["placed_at"]
    data["lines"] = [data["lines"][0] | {"line": number} for number in (1, 2)]
    data["history"] = [{"order_id": order_id, "status": status, "at": at, "lines": lines} for status, lines in steps]
    return Order.model_validate_json(json.dumps(data))


def test_each_line_of_an_order_lives_its_own_life() -> None:
    both, first, second = [1, 2], [1], [2]
    parcel = (("picked", first), ("released", second), ("delivered", first), ("cancelled", second))
    assert len(order_with(("released", both), ("short", second), *parcel).history) == 6


@pytest.mark.parametrize(
    ("steps", "rule"),
    [
        (("placed",), "placed after placed"),
        (("picked",), "picked after placed"),
        (("released", "delivered"), "delivered after released"),
        (("released", "picked", "short"), "short after picked"),
        (("released", "picked", "delivered", "cancelled"), "cancelled after delivered"),
        (("cancelled", "released"), "released after cancelled"),
    ],
)
def test_a_line_cannot_live_otherwise(steps: tuple[str, ...], rule: str) -> None:
    assert {step for before, after in AFTER.items() for step in (before, *after)} == set(AFTER)
    with pytest.raises(ValidationError, match=f"line 1 cannot be {rule}"):
        order_with(*((step, [1]) for step in steps))


def test_the_life_of_an_order_is_of_that_order_and_its_lines() -> None:
    with pytest.raises(ValidationError, match="of lines that it has"):
        order_with(("released", [3]))
    with pytest.raises(ValidationError, match="must be of this order"):
        order_with(("released", [1]), order_id="o-78")


def test_a_customer_is_personal_data_with_a_region() -> None:
    schema = Customer.model_json_schema()
    assert schema["x-personal-data"] is True
    assert {name for name, inner in schema["properties"].items() if inner.get("x-personal")} == {
        "name",
        "email",
        "address",
    }
    assert "residency" in schema["required"]
    assert "{residency}" in CONTRACTS["customer.changed"].topic
    others = [contract.data for contract in CONTRACTS.values() if contract.data is not Customer]
    assert not any("x-personal" in json.dumps(model.model_json_schema()) for model in others)
