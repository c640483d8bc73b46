"""Random records of the canonical model, drawn from the JSON Schemas and made to keep the rules between fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from twin.contracts.base import Record
from twin.contracts.orders import AFTER
from twin.contracts.registry import CONTRACTS, Contract

Json = dict[str, Any]
SIGNS = {"sale": -1, "pick": -1, "dispatch": -1, "receipt": 1, "return": 1, "count_correction": 1}
TEXT = st.characters(codec="utf-8")


def values(schema: Json, defs: Json) -> st.SearchStrategy[Any]:
    """Values that a schema made by pydantic allows."""
    if "$ref" in schema:
        return values(defs[schema["$ref"].rpartition("/")[2]], defs)
    if "anyOf" in schema:
        return st.one_of([values(part, defs) for part in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("format") == "date-time":
        return st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda moment: moment.isoformat() + "Z")
    made: dict[str, Any] = {"null": st.none, "boolean": st.booleans, "integer": integers, "string": strings}
    if schema["type"] in made:
        return made[schema["type"]](schema) if schema["type"] in {"integer", "string"} else made[schema["type"]]()
    if schema["type"] == "array":
        return st.lists(values(schema["items"], defs), min_size=schema.get("minItems", 0), max_size=4)
    properties = {name: values(inner, defs) for name, inner in schema["properties"].items()}
    required = {name: properties.pop(name) for name in schema["required"]}
    return st.fixed_dictionaries(required, optional=properties)


def integers(schema: Json) -> st.SearchStrategy[int]:
    return st.integers(schema.get("minimum"), schema.get("maximum"))


def strings(schema: Json) -> st.SearchStrategy[str]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"].strip("^$"), fullmatch=True)
    return st.text(TEXT, min_size=schema.get("minLength", 0), max_size=min(12, schema.get("maxLength", 12)))


@st.composite
def documents(draw: st.DrawFn, contract: Contract) -> Json:
    """A record of the contract as JSON, with the rules between its fields kept."""
    schema = contract.schema()
    made: Json = draw(values(schema, schema.get("$defs", {})))
    return draw(REPAIRS.get(contract.data.__name__, st.just)(made))


def position(made: Json) -> st.SearchStrategy[Json]:
    return st.just(made | {"available": max(0, made["recorded_on_hand"] - made["reserved"] - made["buffer"])})


def movement(made: Json) -> st.SearchStrategy[Json]:
    return st.just(made | {"delta": (abs(made["delta"]) or 1) * SIGNS[made["kind"]]})


def reservation(made: Json) -> st.SearchStrategy[Json]:
    return st.just(made | {"expires_at": made["changed_at"]})


@st.composite
def order(draw: st.DrawFn, made: Json) -> Json:
    lines = [line | {"line": number} for number, line in enumerate(made["lines"], 1)]
    node = "store-0042" if made["mode"] == "pickup" else None
    status, history = "placed", []
    while AFTER[status] and draw(st.booleans()):  # type: ignore[index]
        status = draw(st.sampled_from(sorted(AFTER[status])))  # type: ignore[index]
        event = {"order_id": made["order_id"], "status": status, "at": made["placed_at"]}
        history.append(event | {"lines": [line["line"] for line in lines]})
    return made | {"lines": lines, "pickup_node": node, "history": history}


REPAIRS: dict[str, Any] = {
    "InventoryPosition": position,
    "StockMovement": movement,
    "Reservation": reservation,
    "Order": order,
}


@st.composite
def records(draw: st.DrawFn) -> tuple[Contract, Json]:
    """A contract and a record of it as JSON."""
    contract = draw(st.sampled_from(list(CONTRACTS.values())))
    return contract, draw(documents(contract))


def everywhere(record: type[Record]) -> list[type[Record]]:
    """A model and the models inside it."""
    from pydantic import TypeAdapter

    names = TypeAdapter(record).json_schema().get("$defs", {})
    inner = [model for model in Record.__subclasses__() if model.__name__ in names]
    return [record, *inner]
