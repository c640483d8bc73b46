"""Stock in the canonical model: positions, movements and reservations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from twin.contracts.base import WHEN, Instant, Level, Name, Quantity, Record, field
from twin.scenario.base import Broken

MovementKind = Literal["sale", "pick", "receipt", "dispatch", "return", "count_correction"]


class InventoryPosition(Record):
    """What the availability service believes of a product at a node."""

    node: Name = field(meaning="where", example="store-0042", key=True)
    sku: Name = field(meaning="what", example="sku-000042", key=True)
    recorded_on_hand: Level = field(
        meaning="units believed to be there; below 0 where records are wrong", unit="units", example=7
    )
    reserved: int = field(meaning="units of open reservations at the node", unit="units", example=2, ge=0, le=10**9)
    buffer: int = field(meaning="units held back from online channels", unit="units", example=1, ge=0, le=10**9)
    available: int = field(
        meaning="units that may be promised: max(0, recorded_on_hand - reserved - buffer)",
        unit="units",
        example=4,
        ge=0,
        le=10**9,
    )
    as_of: Instant = field(meaning="every movement up to here is in it", unit="instant", example=WHEN)

    def broken(self) -> Iterator[Broken]:
        free = max(0, self.recorded_on_hand - self.reserved - self.buffer)
        if self.available != free:
            yield Broken(
                ("available",), f"must be max(0, recorded_on_hand - reserved - buffer) = {free}, it is {self.available}"
            )


_SIGN: Final[Mapping[MovementKind, int]] = {"sale": -1, "pick": -1, "dispatch": -1, "receipt": 1, "return": 1}


class StockMovement(Record):
    """Units that came to a node or left it."""

    movement_id: Name = field(meaning="identity at its source", unit="id", example="20000000005-0", key=True)
    kind: MovementKind = field(
        meaning="why: sale at a till, pick for an order, receipt, dispatch to a store, return, correction by a count",
        example="sale",
    )
    node: Name = field(meaning="where", example="store-0042")
    sku: Name = field(meaning="what", example="sku-000042")
    delta: Level = field(
        meaning="units: below 0 for sale, pick and dispatch, above 0 for receipt and return", unit="units", example=-1
    )
    level: Level | None = field(
        None, meaning="units that the source counts after it, if it counts", unit="units", example=6
    )
    order_id: Name | None = field(None, meaning="order that was picked or returned", unit="id", example=None)
    occurred_at: Instant = field(meaning="when the units moved, not when it was reported", unit="instant", example=WHEN)

    def broken(self) -> Iterator[Broken]:
        sign = _SIGN.get(self.kind)
        if self.delta == 0 or (sign is not None and self.delta * sign < 0):
            rule = {None: "other than 0", 1: "above 0", -1: "below 0"}[sign]
            yield Broken(("delta",), f"must be {rule} for a {self.kind}, it is {self.delta}")


class Reservation(Record):
    """Units set aside for one customer."""

    reservation_id: Name = field(meaning="identity", unit="id", example="r-19", key=True)
    order_id: Name | None = field(None, meaning="order it became, if it did", unit="id", example="o-77")
    sku: Name = field(meaning="what", example="sku-000042")
    node: Name | None = field(None, meaning="where; null: at no node in particular", example=None)
    quantity: Quantity = field(meaning="units set aside", unit="units", example=1)
    state: Literal["held", "confirmed", "consumed", "released", "expired"] = field(
        meaning="held until expires_at; confirmed by an order; consumed by a pick; released; expired", example="held"
    )
    expires_at: Instant | None = field(None, meaning="end of a hold; null: none", unit="instant", example=WHEN)
    changed_at: Instant = field(meaning="when it took this state", unit="instant", example=WHEN)

    def broken(self) -> Iterator[Broken]:
        if self.state == "held" and self.expires_at is None:
            yield Broken(("expires_at",), "must be given while the state is held, else nothing ever frees the units")
