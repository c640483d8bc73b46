"""CloudEvents 1.0 (the envelope of every event) around records of the canonical model.

``source`` and ``id`` together are unique for each distinct event: two events with the same pair are duplicates, whatever
else they say. ``partitionkey`` (Partitioning extension) is the key of the topic, so that what concerns one product at one
node stays in order; ``sequence`` (Sequence extension) orders the events of one source as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, Literal, TypeVar

from pydantic import Field

from twin.contracts.base import WHEN, Instant, Record, field

Data = TypeVar("Data", bound=Record)


class CloudEvent(Record, Generic[Data]):
    """An event in the JSON format of CloudEvents."""

    specversion: Literal["1.0"] = field(meaning="version of CloudEvents", unit="version", example="1.0")
    id: str = field(meaning="identity at its source", unit="id", example="20000000005-0", min_length=1)
    source: str = field(
        meaning="system and run that it comes from", unit="URI reference", example="/twin/pos/store-0042", min_length=1
    )
    type: str = field(meaning="what happened", example="com.example.retail.stock.moved.v1", min_length=1)
    subject: str = field(meaning="what it happened to, at the source", example="store-0042/sku-000042", min_length=1)
    time: Instant = field(meaning="when it happened", unit="instant", example=WHEN)
    datacontenttype: Literal["application/json"] = field(
        meaning="how data is written", unit="media type", example="application/json"
    )
    dataschema: str = field(
        meaning="contract and version that data keeps to",
        unit="URI",
        example="urn:example:retail:stock.moved:1.0.0",
        min_length=1,
    )
    partitionkey: str = field(meaning="key of the topic", example="store-0042/sku-000042", min_length=1)
    sequence: str | None = field(
        None,
        meaning="place among the events of its source, in the order of text",
        unit="text",
        example="0000000000901000000",
        min_length=1,
    )
    data: Data = Field(description="the record", json_schema_extra={"unit": "object"})

    @property
    def identity(self) -> tuple[str, str]:
        """What makes two events one and the same."""
        return self.source, self.id


def distinct(events: Iterable[CloudEvent[Data]]) -> Iterator[CloudEvent[Data]]:
    """The first of each identity: what an idempotent consumer handles."""
    seen: set[tuple[str, str]] = set()
    for event in events:
        if event.identity not in seen:
            seen.add(event.identity)
            yield event
