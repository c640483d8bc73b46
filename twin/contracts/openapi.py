"""The OpenAPI 3.1 document of the availability, reservation and order APIs, made from the models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from twin.contracts.api import Availabilities, OrderRequest, Problem, ReservationRequest
from twin.contracts.base import Record
from twin.contracts.orders import Order
from twin.contracts.stock import Reservation

Json = dict[str, Any]

_PROBLEMS: Final = {
    "400": ("BadRequest", "The request does not keep to its schema."),
    "401": ("Unauthorized", "No token, or one that is expired or not valid."),
    "403": ("Forbidden", "The token lacks the scope, or the data must not leave its region."),
    "404": ("NotFound", "There is nothing of that name, or it is not the caller's."),
    "409": ("Conflict", "Not enough stock, or the state does not allow it; nothing was changed."),
    "422": ("KeyReused", "The Idempotency-Key was used for another request."),
    "429": ("TooManyRequests", "The caller's rate or concurrency limit is used up; call again after Retry-After."),
    "503": ("Unavailable", "A system behind the API is away; call again after Retry-After."),
}
_TEXT: Final = {"type": "string"}
_HEADERS: Final[dict[str, tuple[str, Json]]] = {
    "Retry-After": ("Seconds to wait before the next call.", {"type": "integer", "minimum": 0}),
    "WWW-Authenticate": ("How to authenticate, and what was wrong with the token.", _TEXT),
    "Deprecation": (
        "When this version was, or will be, deprecated (RFC 9745).",
        {"type": "string", "pattern": "^@[0-9]+$"},
    ),
    "Sunset": ("When this version stops answering (RFC 8594, an HTTP date).", _TEXT),
    "Location": ("Where what was made can be read.", {"type": "string", "format": "uri-reference"}),
}
_ALWAYS: Final = ("Deprecation", "Sunset")
_OF_STATUS: Final = {
    "401": ("WWW-Authenticate",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
    "201": ("Location",),
}
_DESCRIPTION: Final = """\
Channels ask these APIs instead of the ERP. The major version is in the path. A change that would break a caller makes a new
version; the old one then carries Deprecation and Sunset headers in every answer, and answers until the Sunset date. A POST
takes an Idempotency-Key: the same key and request give the first answer again, so a call that timed out may be repeated."""


@dataclass(frozen=True)
class Operation:
    """One call: ``sends`` and ``answers`` are its bodies, ``can_fail`` the problems beside those that every call has."""

    method: Literal["get", "post", "delete"]
    path: str
    name: str
    summary: str
    scope: str
    success: str
    answers: type[Record] | None
    sends: type[Record] | None = None
    can_fail: tuple[str, ...] = ()


OPERATIONS: Final = (
    Operation("get", "/v1/availability", "readAvailability", "What may be promised", "availability:read", "200", Availabilities),
    Operation("post", "/v1/reservations", "reserve", "Set units aside", "reservations:write", "201", Reservation, ReservationRequest, ("409", "422")),
    Operation("get", "/v1/reservations/{id}", "readReservation", "A reservation's state", "reservations:read", "200", Reservation, None, ("404",)),
    Operation("delete", "/v1/reservations/{id}", "release", "Give units back", "reservations:write", "204", None, None, ("404", "409")),
    Operation("post", "/v1/orders", "placeOrder", "Place an order", "orders:write", "201", Order, OrderRequest, ("409", "422")),
    Operation("get", "/v1/orders/{id}", "readOrder", "An order and its life so far", "orders:read", "200", Order, None, ("404",)),
    Operation("post", "/v1/orders/{id}/cancellation", "cancelOrder", "Cancel what is not picked yet", "orders:write", "200", Order, None, ("404", "409", "422")),
)  # fmt: skip


def openapi() -> Json:
    """The document; equal models give equal bytes."""
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Availability, reservations and orders", "version": "1.0.0", "description": _DESCRIPTION},
        "servers": [{"url": "https://api.example.com"}],
        "security": [{"oauth": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "responses": {name: _problem(status, text) for status, (name, text) in _PROBLEMS.items()},
            "headers": {name: {"description": text, "schema": schema} for name, (text, schema) in _HEADERS.items()},
            "parameters": _parameters(),
            "securitySchemes": {"oauth": _oauth()},
        },
    }


def _operation(operation: Operation) -> Json:
    everywhere = ("400", "401", "403", "429", "503")
    failures = {
        status: _ref("responses", _PROBLEMS[status][0]) for status in sorted({*everywhere, *operation.can_fail})
    }
    body = {"requestBody": {"required": True, "content": _json(operation.sends)}} if operation.sends else {}
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "security": [{"oauth": [operation.scope]}],
        "parameters": [_ref("parameters", name) for name in _taken(operation)],
        **body,
        "responses": {operation.success: _success(operation), **failures},
    }


def _taken(operation: Operation) -> tuple[str, ...]:
    if operation.name == "readAvailability":
        return "sku", "node"
    key = ("IdempotencyKey",) if operation.method == "post" else ()
    return (*(("id",) if "{id}" in operation.path else ()), *key)


def _success(operation: Operation) -> Json:
    content = {"content": _json(operation.answers)} if operation.answers else {}
    return {"description": operation.summary, "headers": _headers(operation.success), **content}


def _problem(status: str, text: str) -> Json:
    content = {"application/problem+json": {"schema": _ref("schemas", Problem.__name__)}}
    return {"description": text, "headers": _headers(status), "content": content}


def _headers(status: str) -> Json:
    return {name: _ref("headers", name) for name in (*_OF_STATUS.get(status, ()), *_ALWAYS)}


def _json(model: type[Record]) -> Json:
    return {"application/json": {"schema": _ref("schemas", model.__name__)}}


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


def _parameters() -> Json:
    skus = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 100}
    key = {"type": "string", "minLength": 16, "maxLength": 64}
    return {
        "id": {"name": "id", "in": "path", "required": True, "description": "identity", "schema": _TEXT},
        "sku": {"name": "sku", "in": "query", "required": True, "description": "products, repeated", "schema": skus},
        "node": {"name": "node", "in": "query", "description": "only what this node has", "schema": _TEXT},
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": "chosen by the caller, new for each new request, kept for 24 hours",
            "schema": key,
        },
    }


def _schemas() -> Json:
    models = {model for operation in OPERATIONS for model in (operation.sends, operation.answers) if model} | {Problem}
    named: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in sorted(models, key=str)]
    made: Json = models_json_schema(named, ref_template="#/components/schemas/{model}")[1]["$defs"]
    return made


def _oauth() -> Json:
    scopes = {
        operation.scope: f"{operation.scope.split(':')[1]} {operation.scope.split(':')[0]}" for operation in OPERATIONS
    }
    flow = {"tokenUrl": "https://identity.example.com/token", "scopes": scopes}
    return {"type": "oauth2", "flows": {"clientCredentials": flow}}
