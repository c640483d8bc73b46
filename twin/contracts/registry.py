"""The contracts: who tells whom what, under which topic, key, version and compatibility.

Within a major version a contract changes only as its mode allows; what may not be changed so is a new contract, with a
new event type (``.v2``), and both are published until the last consumer has moved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

from twin.contracts.base import Record, Schema
from twin.contracts.changes import Change, Readers, compare
from twin.contracts.events import CloudEvent
from twin.contracts.master import Customer, Location, Price, Product
from twin.contracts.orders import Order, OrderEvent, Return, Status
from twin.contracts.stock import InventoryPosition, Reservation, StockMovement
from twin.core.errors import ExitCode, TwinError, UsageError

Mode = Literal["none", "backward", "forward", "full"]

INSIDE: Final = frozenset({"availability", "reservation", "orchestrator"})
"""Services of the middleware itself; all other producers and consumers are systems that it joins."""


class IncompatibleError(TwinError):
    """A version breaks consumers that its contract's mode protects."""

    exit_code = ExitCode.THRESHOLD


@dataclass(frozen=True)
class Contract:
    """A kind of event. ``key`` and ``time`` name fields of its data; ``status`` is the only one that it carries, if any."""

    name: str
    data: type[Record]
    topic: str
    key: tuple[str, ...]
    time: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    mode: Mode
    meaning: str
    version: str = "1.0.0"
    status: Status | None = None

    @property
    def major(self) -> str:
        """What changes when consumers must move."""
        return self.version.split(".")[0]

    @property
    def type(self) -> str:
        """The CloudEvents type: it changes with the major version only."""
        return f"com.example.retail.{self.name}.v{self.major}"

    @property
    def dataschema(self) -> str:
        """Names the schema and its version; a name, nothing to fetch."""
        return f"urn:example:retail:{self.name}:{self.version}"

    def schema(self) -> Schema:
        """JSON Schema of the data."""
        made = self.data.model_json_schema()
        if self.status is not None:
            made["properties"]["status"] |= {"enum": [self.status], "examples": [self.status]}
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": self.dataschema, **made}

    def example(self) -> dict[str, Any]:
        """A whole event, made of the examples of its fields."""
        data = {name: (info.examples or [None])[0] for name, info in self.data.model_fields.items()}
        if self.status is not None:
            data["status"] = self.status
        record = self.data.model_validate_json(json.dumps(data))
        made = self.event(record, source="/twin/example", id_=self.key_of(record).replace("/", "-"))
        return made.model_dump(mode="json", exclude_none=True) | {"data": data}

    def key_of(self, record: Record) -> str:
        """Key of the topic: node, then SKU, where a record has both; a slash inside a name is escaped."""
        parts = (getattr(record, name) for name in self.key)
        return "/".join(quote(part, safe="") for part in parts if part is not None)

    def event(self, record: Record, *, source: str, id_: str, sequence: str | None = None) -> CloudEvent[Any]:
        """A record in its envelope."""
        if not isinstance(record, self.data) or self.status not in {None, getattr(record, "status", None)}:
            raise ValueError(f"{self.name} does not carry {record!r}")
        key = self.key_of(record)
        return CloudEvent[self.data](  # type: ignore[name-defined]
            specversion="1.0",
            id=id_,
            source=source,
            type=self.type,
            subject=key,
            time=getattr(record, self.time),
            datacontenttype="application/json",
            dataschema=self.dataschema,
            partitionkey=key,
            sequence=sequence,
            data=record,
        )


_ORDER_CONSUMERS: Final = ("erp", "crm", "notification", "channels", "finance")


def _milestone(status: Status, producers: tuple[str, ...], meaning: str) -> Contract:
    name, topic = f"order.{status}", "retail.orders"
    return Contract(
        name, OrderEvent, topic, ("order_id",), "at", producers, _ORDER_CONSUMERS, "forward", meaning, status=status
    )


_ALL: Final = (
    Contract(
        "stock.moved", StockMovement, "retail.stock.movements", ("node", "sku"), "occurred_at",
        ("pos", "wms", "erp"), ("availability", "erp", "finance"), "backward", "Units came to a node or left it.",
    ),
    Contract(
        "stock.position", InventoryPosition, "retail.stock.positions", ("node", "sku"), "as_of",
        ("availability",), ("channels", "marketplaces", "orchestrator"), "forward", "What may be sold of a product at a node has changed.",
    ),
    Contract(
        "reservation.changed", Reservation, "retail.reservations", ("sku",), "changed_at",
        ("reservation",), ("availability", "orchestrator"), "full", "Units were set aside, used or given back.",
    ),
    Contract(
        "order.placed", Order, "retail.orders", ("order_id",), "placed_at",
        ("channels", "marketplaces"), ("orchestrator", "reservation", *_ORDER_CONSUMERS), "backward", "A customer was promised units.",
    ),
    _milestone("released", ("orchestrator",), "Lines were given to a node."),
    _milestone("picked", ("wms", "pos"), "Units of lines were taken off the shelf."),
    _milestone("short", ("wms", "pos"), "A node had too little for lines."),
    _milestone("cancelled", ("orchestrator",), "Lines will not be supplied."),
    _milestone("delivered", ("courier", "pos"), "Lines reached the customer."),
    Contract(
        "return.received", Return, "retail.returns", ("return_id",), "received_at",
        ("pos", "wms"), ("erp", "finance", "crm", "orchestrator"), "backward", "A customer brought or sent units back.",
    ),
    Contract(
        "product.changed", Product, "retail.products", ("sku",), "changed_at",
        ("erp",), ("channels", "marketplaces", "pos", "wms", "availability"), "forward", "A product's master data changed.",
    ),
    Contract(
        "price.changed", Price, "retail.prices", ("sku", "channel"), "valid_from",
        ("erp",), ("channels", "marketplaces", "pos"), "forward", "A price holds from an instant on.",
    ),
    Contract(
        "location.changed", Location, "retail.locations", ("node",), "changed_at",
        ("erp",), ("availability", "orchestrator", "channels"), "forward", "A node's master data changed.",
    ),
    Contract(
        "customer.changed", Customer, "retail.customers.{residency}", ("customer_id",), "changed_at",
        ("crm",), ("channels", "notification"), "full", "A person's data changed; the topic stays in the region of residency.",
    ),
)  # fmt: skip

CONTRACTS: Final[Mapping[str, Contract]] = {contract.name: contract for contract in _ALL}


def broken(changes: tuple[Change, ...], mode: Mode) -> tuple[Change, ...]:
    """The changes that a mode does not allow."""
    backward, forward = mode in {"backward", "full"}, mode in {"forward", "full"}
    return tuple(change for change in changes if (backward and change.backward) or (forward and change.forward))


class Registry:
    """Released versions of contracts; a version that breaks what its mode protects is not let in."""

    def __init__(self, readers: Readers = "tolerant") -> None:
        self._readers: Readers = readers
        self._released: dict[str, list[tuple[tuple[int, ...], Schema]]] = {}

    def release(self, name: str, version: str, schema: Schema, mode: Mode) -> None:
        """Add a version, which must be newer than all others and compatible with the last one of its major version."""
        number = tuple(map(int, version.split(".")))
        released = self._released.setdefault(name, [])
        if released and number <= released[-1][0]:
            raise UsageError(f"{name} {version}: {'.'.join(map(str, released[-1][0]))} is released already")
        if released and released[-1][0][0] == number[0]:
            faults = broken(compare(released[-1][1], schema, self._readers), mode)
            if faults:
                sentences = "\n".join(change.sentence() for change in faults)
                raise IncompatibleError(f"{name} {version} is not {mode} compatible:\n{sentences}")
        released.append((number, schema))

    def latest(self, name: str) -> tuple[str, Schema]:
        """The last version and its schema."""
        number, schema = self._released[name][-1]
        return ".".join(map(str, number)), schema


def read_registry(folder: Path) -> Registry:
    """The versions kept as ``NAME/VERSION.json``, each held against the one before it."""
    registry = Registry()
    for name, contract in CONTRACTS.items():
        files = (folder / name).glob("*.json")
        for file in sorted(files, key=lambda file: tuple(map(int, file.stem.split(".")))):
            registry.release(name, file.stem, json.loads(file.read_text(encoding="utf-8")), contract.mode)
    return registry
