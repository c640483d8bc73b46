"""Master data of the canonical model: products, locations, prices and customers."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import ConfigDict

from twin.contracts.base import WHEN, Instant, Money, Name, Quantity, Record, field

EXAMPLE_PRICE: Final = {"cents": 2499, "currency": "USD"}


class Product(Record):
    """What is sold, at the level at which stock is kept."""

    sku: Name = field(meaning="stock keeping unit", example="sku-000042", key=True)
    name: str = field(
        meaning="name on the shelf", unit="text", example="Rain jacket, M, blue", min_length=1, max_length=200
    )
    gtin: str | None = field(
        None, meaning="GS1 trade item number", unit="code", example="4006381333931", pattern=r"^[0-9]{8,14}$"
    )
    case_units: Quantity = field(1, meaning="units in a case, for those who count cases", unit="units", example=6)
    status: Literal["active", "ending"] = field("active", meaning="ending: not replenished any more", example="active")
    changed_at: Instant = field(meaning="last change of this master record", unit="instant", example=WHEN)


class Location(Record):
    """A node that holds stock."""

    node: Name = field(meaning="name of the store or DC", example="store-0042", key=True)
    kind: Literal["store", "dc"] = field(meaning="store or distribution centre", example="store")
    region: Name = field(meaning="region of the estate", example="east")
    country: str = field(meaning="ISO 3166-1 alpha-2 code", unit="code", example="US", pattern=r"^[A-Z]{2}$")
    time_zone: Name = field(
        meaning="zone of its opening hours; times of records are UTC all the same",
        unit="IANA zone",
        example="America/New_York",
    )
    ships: bool = field(meaning="ships online orders", unit="flag", example=True)
    changed_at: Instant = field(meaning="last change of this master record", unit="instant", example=WHEN)


class Price(Record):
    """What a unit sells for in a channel from an instant on."""

    sku: Name = field(meaning="product", example="sku-000042", key=True)
    channel: Name = field(meaning="channel, or all", example="web", key=True)
    valid_from: Instant = field(meaning="first instant at which it holds", unit="instant", example=WHEN, key=True)
    valid_to: Instant | None = field(
        None,
        meaning="first instant at which it no longer holds; null: until the next price",
        unit="instant",
        example=None,
    )
    price: Money = field(meaning="price of one unit, tax included", unit="money", example=EXAMPLE_PRICE)


class Customer(Record):
    """A person: personal data as a whole, which stays in the region of residency."""

    model_config = ConfigDict(json_schema_extra={"x-personal-data": True})

    customer_id: Name = field(meaning="pseudonym used by every other record", unit="id", example="c-7f3a", key=True)
    residency: Name = field(meaning="region that this record must not leave", example="eu")
    name: str | None = field(
        None, meaning="full name", unit="text", example="Ada Lovelace", personal=True, max_length=200
    )
    email: str | None = field(
        None, meaning="address for messages", unit="text", example="ada@example.com", personal=True, max_length=254
    )
    address: str | None = field(
        None, meaning="where parcels go", unit="text", example="1 Main Street", personal=True, max_length=500
    )
    changed_at: Instant = field(meaning="last change", unit="instant", example=WHEN)
