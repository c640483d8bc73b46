"""Orders in the canonical model: lines, the steps of their life, and returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final, Literal

from twin.contracts.base import WHEN, Instant, Money, Name, Quantity, Record, field
from twin.contracts.master import EXAMPLE_PRICE
from twin.scenario.base import Broken

Status = Literal["placed", "released", "picked", "short", "cancelled", "delivered"]
Mode = Literal["ship", "pickup"]


class OrderLine(Record):
    """One product of an order."""

    line: int = field(meaning="number in the order, from 1", unit="number", example=1, ge=1, le=10_000, key=True)
    sku: Name = field(meaning="what", example="sku-000042")
    quantity: Quantity = field(meaning="units ordered", unit="units", example=2)
    price: Money = field(meaning="price of one unit as promised", unit="money", example=EXAMPLE_PRICE)


class OrderEvent(Record):
    """A step in an order's life, for some of its lines."""

    order_id: Name = field(meaning="order", unit="id", example="o-77", key=True)
    status: Status = field(meaning="what happened; short: the node had too little", example="released", key=True)
    at: Instant = field(meaning="when", unit="instant", example=WHEN, key=True)
    lines: tuple[int, ...] = field(
        meaning="numbers of the lines it is true of", unit="numbers", example=[1], min_length=1, max_length=1000
    )
    node: Name | None = field(None, meaning="node that acted, where one did", example="store-0042")
    reason: str | None = field(None, meaning="why cancelled or short", unit="text", example=None, max_length=200)


AFTER: Final[Mapping[Status, frozenset[Status]]] = {
    "placed": frozenset({"released", "cancelled"}),
    "released": frozenset({"picked", "short", "cancelled"}),
    "short": frozenset({"released", "cancelled"}),
    "picked": frozenset({"delivered"}),
    "cancelled": frozenset(),
    "delivered": frozenset(),
}
"""What may come next in the life of a line; a short pick may be given to another node."""


class Order(Record):
    """A customer's order and what has happened to it."""

    order_id: Name = field(meaning="identity", unit="id", example="o-77", key=True)
    channel: Name = field(meaning="where it was placed", example="web")
    customer_id: Name | None = field(
        None, meaning="pseudonym; null: a marketplace keeps it", unit="id", example="c-7f3a"
    )
    mode: Mode = field(meaning="how the customer wants it", example="ship")
    pickup_node: Name | None = field(None, meaning="store of a pickup", example=None)
    lines: tuple[OrderLine, ...] = field(
        meaning="what was ordered",
        unit="list",
        min_length=1,
        max_length=1000,
        example=[{"line": 1, "sku": "sku-000042", "quantity": 2, "price": EXAMPLE_PRICE}],
    )
    placed_at: Instant = field(meaning="when the promise was made", unit="instant", example=WHEN)
    history: tuple[OrderEvent, ...] = field(
        (), meaning="its life so far, oldest first, after placed", unit="list", example=[]
    )

    def broken(self) -> Iterator[Broken]:
        if (self.mode == "pickup") != (self.pickup_node is not None):
            yield Broken(("pickup_node",), "must be given for a pickup and only for one")
        numbers = [line.line for line in self.lines]
        if len(set(numbers)) < len(numbers):
            yield Broken(("lines",), "must not have two lines of one number")
        yield from (broken for number in sorted(set(numbers)) for broken in self._life(number))
        for index, event in enumerate(self.history):
            if event.order_id != self.order_id or not set(event.lines) <= set(numbers):
                yield Broken(("history", index), "must be of this order and of lines that it has")

    def _life(self, number: int) -> Iterator[Broken]:
        steps: list[Status] = ["placed", *(event.status for event in self.history if number in event.lines)]
        for before, after in pairwise(steps):
            if after not in AFTER[before]:
                yield Broken(("history",), f"line {number} cannot be {after} after {before}")


class Return(Record):
    """Units that a customer brought or sent back."""

    return_id: Name = field(meaning="identity", unit="id", example="ret-5", key=True)
    order_id: Name | None = field(None, meaning="order they came from, if known", unit="id", example="o-77")
    sku: Name = field(meaning="what", example="sku-000042")
    quantity: Quantity = field(meaning="units", unit="units", example=1)
    node: Name = field(meaning="node that received them", example="store-0042")
    condition: Literal["sellable", "damaged"] = field(meaning="whether they go back on the shelf", example="sellable")
    received_at: Instant = field(meaning="when they arrived", unit="instant", example=WHEN)
    refund: Money | None = field(None, meaning="money given back; null: not yet", unit="money", example=EXAMPLE_PRICE)
    refunded_at: Instant | None = field(None, meaning="when the refund was posted", unit="instant", example=None)
