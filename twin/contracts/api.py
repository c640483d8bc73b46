"""What the APIs take and answer, where it is not a record of the canonical model itself."""

from __future__ import annotations

from twin.contracts.base import WHEN, Instant, Name, Quantity, Record, field
from twin.contracts.master import EXAMPLE_PRICE
from twin.contracts.orders import Mode, OrderLine


class Availability(Record):
    """What may be promised of a product."""

    sku: Name = field(meaning="what", example="sku-000042")
    node: Name | None = field(None, meaning="where; null: shipped from any node", example=None)
    available: int = field(meaning="units that may be promised now", unit="units", example=4, ge=0)
    as_of: Instant = field(meaning="every movement up to here is in it", unit="instant", example=WHEN)
    stale: bool = field(
        False, meaning="older than the promise of the service, because a source is silent", unit="flag", example=False
    )


class Availabilities(Record):
    """An answer about several products."""

    items: tuple[Availability, ...] = field(
        meaning="one per product asked for, in the order asked", unit="list", example=[]
    )


class ReservationRequest(Record):
    """Units to set aside for a customer."""

    sku: Name = field(meaning="what", example="sku-000042")
    node: Name | None = field(None, meaning="where; null: at no node in particular", example=None)
    quantity: Quantity = field(meaning="units", unit="units", example=1)
    hold_s: int = field(
        900, meaning="how long, unless an order confirms it", unit="seconds", example=900, ge=1, le=86_400
    )


class OrderRequest(Record):
    """An order to be promised, on reservations or on stock that is free."""

    channel: Name = field(meaning="where it was placed", example="web")
    customer_id: Name | None = field(None, meaning="pseudonym, never personal data", unit="id", example="c-7f3a")
    mode: Mode = field(meaning="how the customer wants it", example="ship")
    pickup_node: Name | None = field(None, meaning="store of a pickup", example=None)
    lines: tuple[OrderLine, ...] = field(
        meaning="what is wanted",
        unit="list",
        min_length=1,
        max_length=1000,
        example=[{"line": 1, "sku": "sku-000042", "quantity": 2, "price": EXAMPLE_PRICE}],
    )
    reservation_ids: tuple[str, ...] = field((), meaning="reservations that it uses up", unit="ids", example=["r-19"])


class Problem(Record):
    """Why a request failed (RFC 9457, application/problem+json)."""

    type: str = field(meaning="kind of problem", unit="URI reference", example="/problems/not-enough-stock")
    title: str = field(meaning="the kind in words", unit="text", example="Not enough stock")
    status: int = field(meaning="HTTP status", unit="code", example=409, ge=400, le=599)
    detail: str | None = field(None, meaning="this occurrence in words", unit="text", example="2 wanted, 1 available")
    sku: Name | None = field(None, meaning="product that is short", example="sku-000042")
    available: int | None = field(None, meaning="units that could be had", unit="units", example=1, ge=0)
