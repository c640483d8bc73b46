"""The generated documents: true to the models, true to their specifications, the same bytes everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from twin.contracts.asyncapi import asyncapi
from twin.contracts.base import as_text
from twin.contracts.openapi import openapi
from twin.contracts.page import contracts_page
from twin.contracts.registry import CONTRACTS, INSIDE

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
EVENTS: dict[str, Any] = json.loads(as_text(asyncapi()))
API: dict[str, Any] = json.loads(as_text(openapi()))
CALLS = [(path, method, call) for path, calls in API["paths"].items() for method, call in calls.items()]


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_committed_documents_are_what_the_models_say() -> None:
    assert read("contracts/asyncapi.json") == as_text(asyncapi()), (
        "run: twin contracts asyncapi --out docs/contracts/..."
    )
    assert read("contracts/openapi.json") == as_text(openapi()), "run: twin contracts openapi --out docs/contracts/..."
    assert read("contracts.md") == contracts_page(), "write twin.contracts.page.contracts_page() to docs/contracts.md"


@pytest.mark.parametrize("name", ["asyncapi", "openapi"])
def test_another_process_makes_the_same_bytes(name: str) -> None:
    modules = f"from twin.contracts.{name} import {name} as d; from twin.contracts.base import as_text"
    code = f"{modules}; print(as_text(d()), end='')"
    made = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert made == {read(f"contracts/{name}.json")}


def parts(document: Any, path: str = "#") -> Iterator[tuple[str, Any]]:
    yield path, document
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, part in inner:
        yield from parts(part, f"{path}/{key}")


def resolve(document: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


def schema_of(document: dict[str, Any], name: str) -> jsonschema.Draft202012Validator:
    root = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return jsonschema.Draft202012Validator(root, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("document", [EVENTS, API], ids=["asyncapi", "openapi"])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = [part["$ref"] for _, part in parts(document) if isinstance(part, dict) and "$ref" in part]
    assert len(references) > 20
    assert all(resolve(document, reference) for reference in references)


@pytest.mark.parametrize("document", [EVENTS, API], ids=["asyncapi", "openapi"])
def test_every_schema_is_one_and_its_examples_keep_to_it(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for field, inner in schema["properties"].items():
            judge = jsonschema.Draft202012Validator({**inner, "components": document["components"]})
            for example in inner.get("examples", ()):
                assert judge.is_valid(example), (name, field, example)


def test_the_openapi_document_keeps_to_openapi_3_1() -> None:
    assert API["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(API).iter_errors()] == []


def test_the_openapi_validator_would_say_so() -> None:
    broken = json.loads(json.dumps(API))
    del broken["paths"]["/v1/orders"]["post"]["responses"]["201"]["description"]
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


@pytest.mark.parametrize(("path", "method", "call"), CALLS, ids=[call["operationId"] for _, _, call in CALLS])
def test_every_call_is_governed(path: str, method: str, call: dict[str, Any]) -> None:
    assert path.startswith("/v1/")
    assert (
        call["security"][0]["oauth"][0]
        in API["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"]["scopes"]
    )
    assert {"401", "403", "429"} <= set(call["responses"])
    for status, answer in call["responses"].items():
        whole = resolve(API, answer["$ref"]) if "$ref" in answer else answer
        assert {"Deprecation", "Sunset"} <= set(whole["headers"])
        assert ("Retry-After" in whole["headers"]) == (status in {"429", "503"})
        if status >= "400":
            assert list(whole["content"]) == ["application/problem+json"]
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    assert (key in call["parameters"]) == (method == "post")
    assert ("{id}" in path) == ({"$ref": "#/components/parameters/id"} in call["parameters"])


@pytest.mark.parametrize("path", ["/v1/reservations", "/v1/orders"])
def test_too_little_stock_is_a_conflict(path: str) -> None:
    assert "409" in API["paths"][path]["post"]["responses"]
    assert "422" in API["paths"][path]["post"]["responses"]


ALLOWED = {
    "": {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"},
    "channels": {"address", "messages", "title", "summary", "description", "servers", "parameters", "tags", "bindings"},
    "operations": {"action", "channel", "title", "summary", "description", "security", "bindings", "messages", "reply"},
    "messages": {"headers", "payload", "correlationId", "contentType", "name", "title", "summary", "description"}
    | {"tags", "externalDocs", "bindings", "examples", "traits"},
}
"""Fields of AsyncAPI 3.0's objects; others must begin with x-."""


def named(thing: dict[str, Any]) -> set[str]:
    return {name for name in thing if not name.startswith("x-")}


def test_the_asyncapi_document_keeps_to_asyncapi_3_0() -> None:
    assert EVENTS["asyncapi"] == "3.0.0"
    assert named(EVENTS) <= ALLOWED[""]
    assert {"title", "version"} <= set(EVENTS["info"])
    for kind in ("channels", "operations", "messages"):
        for thing in (EVENTS["components"] if kind == "messages" else EVENTS)[kind].values():
            assert named(thing) <= ALLOWED[kind]
    for channel in EVENTS["channels"].values():
        inside = {part.strip("{}") for part in channel["address"].split(".") if part.startswith("{")}
        assert inside == set(channel.get("parameters", {}))
    for operation in EVENTS["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])


def test_every_contract_is_in_the_channel_of_its_topic() -> None:
    found = {name: channel["address"] for channel in EVENTS["channels"].values() for name in channel["messages"]}
    assert found == {name: contract.topic for name, contract in CONTRACTS.items()}
    used = {m["$ref"].rpartition("/")[2] for o in EVENTS["operations"].values() for m in o["messages"]}
    own = {name for name, contract in CONTRACTS.items() if {*contract.producers, *contract.consumers} <= INSIDE}
    assert used == set(CONTRACTS) - own


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_example_keeps_to_its_message_and_to_no_other(name: str) -> None:
    message = EVENTS["components"]["messages"][name]
    (example,) = message["examples"]
    assert message["name"] == example["payload"]["type"] == CONTRACTS[name].type
    schema_of(EVENTS, name).validate(example["payload"])
    assert not any(schema_of(EVENTS, other).is_valid(example["payload"]) for other in CONTRACTS if other != name)
    for attribute in ("id", "source", "type", "specversion", "partitionkey", "data"):
        least = {key: value for key, value in example["payload"].items() if key != attribute}
        assert not schema_of(EVENTS, name).is_valid(least)


def test_a_consumer_takes_a_later_minor_version_but_no_other_major() -> None:
    example = EVENTS["components"]["messages"]["stock.moved"]["examples"][0]["payload"]
    judge = schema_of(EVENTS, "stock.moved")
    assert judge.is_valid(example | {"dataschema": "urn:example:retail:stock.moved:1.4.2"})
    assert not judge.is_valid(example | {"dataschema": "urn:example:retail:stock.moved:2.0.0"})
    assert not judge.is_valid(example | {"dataschema": "urn:example:retail:stock.moved:10.0.0"})
