"""The AsyncAPI 3.0 document of the events, made from the contracts: what the middleware receives and sends."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from twin.contracts.base import Schema
from twin.contracts.events import CloudEvent
from twin.contracts.registry import CONTRACTS, INSIDE, Contract

_CONTENT = "application/cloudevents+json; charset=UTF-8"
_PARAMETERS = {"residency": {"description": "region of residency, which the customer's data must not leave"}}


def asyncapi() -> dict[str, Any]:
    """The document; equal contracts give equal bytes."""
    contracts = list(CONTRACTS.values())
    topics = [(topic, list(group)) for topic, group in groupby(contracts, key=lambda contract: contract.topic)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events of the omnichannel retailer",
            "version": "1.0.0",
            "description": "What the middleware receives from systems and sends to them. Every event is a CloudEvent in "
            "structured JSON mode; source and id together identify it, so a consumer handles each pair once.",
        },
        "defaultContentType": _CONTENT,
        "channels": {_id(topic): _channel(topic, group) for topic, group in topics},
        "operations": {name: made for topic, group in topics for name, made in _operations(topic, group).items()},
        "components": {
            "schemas": _schemas(contracts),
            "messages": {contract.name: _message(contract) for contract in contracts},
        },
    }


def _id(topic: str) -> str:
    return topic.removeprefix("retail.").replace(".{residency}", "")


def _channel(topic: str, group: list[Contract]) -> dict[str, Any]:
    names = [name for name in _PARAMETERS if f"{{{name}}}" in topic]
    parameters = {"parameters": {name: _PARAMETERS[name] for name in names}} if names else {}
    return {
        "address": topic,
        "description": f"Keyed by {' / '.join(group[0].key)}; events of one key stay in order.",
        "messages": {contract.name: {"$ref": f"#/components/messages/{contract.name}"} for contract in group},
        **parameters,
    }


def _operations(topic: str, group: list[Contract]) -> dict[str, Any]:
    """What comes from systems outside is received; what goes to them is sent."""
    received = [contract for contract in group if not set(contract.producers) <= INSIDE]
    sent = [contract for contract in group if not set(contract.consumers) <= INSIDE]
    actions = {"receive": received, "send": sent}
    return {
        f"{action}.{_id(topic)}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{_id(topic)}"},
            "messages": [{"$ref": f"#/channels/{_id(topic)}/messages/{contract.name}"} for contract in contracts],
        }
        for action, contracts in actions.items()
        if contracts
    }


def _message(contract: Contract) -> dict[str, Any]:
    return {
        "name": contract.type,
        "title": contract.name,
        "summary": contract.meaning,
        "contentType": _CONTENT,
        "headers": {"type": "object", "properties": {"content-type": {"const": _CONTENT}}},
        "payload": {"$ref": f"#/components/schemas/{contract.name}"},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": "the partitionkey"}, "bindingVersion": "0.5.0"}
        },
        "examples": [{"name": "example", "payload": contract.example()}],
        "x-producers": list(contract.producers),
        "x-consumers": list(contract.consumers),
        "x-compatibility": contract.mode,
    }


def _schemas(contracts: list[Contract]) -> dict[str, Schema]:
    """One schema of each record, and one of each whole event."""
    models = dict.fromkeys(contract.data for contract in contracts)
    envelopes: list[tuple[type[BaseModel], JsonSchemaMode]] = [(CloudEvent[model], "validation") for model in models]  # type: ignore[valid-type]
    shared: dict[str, Schema] = models_json_schema(envelopes, ref_template="#/components/schemas/{model}")[1]["$defs"]
    of = {model: shared.pop(f"CloudEvent_{model.__name__}_") for model in models}
    return {**shared, **{contract.name: _event(contract, of[contract.data]) for contract in contracts}}


def _event(contract: Contract, envelope: Schema) -> Schema:
    """The envelope of one contract: its type is a constant, as is the status of an order's step; its schema may grow."""
    properties: Schema = dict(envelope["properties"])
    properties["type"] = properties["type"] | {"const": contract.type, "examples": [contract.type]}
    schema, grows = contract.dataschema, f"^{re.escape(contract.dataschema.rpartition(':')[0])}:{contract.major}[.]"
    properties["dataschema"] = properties["dataschema"] | {"pattern": grows, "examples": [schema]}
    if contract.status is not None:
        status = {"properties": {"status": {"const": contract.status}}}
        properties["data"] = {"allOf": [{"$ref": properties["data"]["$ref"]}, status]}
    return envelope | {"title": contract.name, "description": contract.meaning, "properties": properties}
