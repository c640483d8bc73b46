"""Events: the envelope of CloudEvents, and the movements of the simulated estate in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from twin.contracts.events import CloudEvent, distinct
from twin.contracts.registry import CONTRACTS
from twin.contracts.simulated import movement_event

START = datetime(2026, 11, 2, tzinfo=timezone(timedelta(hours=-5)))
PARTS = {"sale": 0, "pick": 1 << 24 | 2 << 4 | 1, "receipt": 2 << 24, "dispatch": 3 << 24, "return": 4 << 24}
SIGNS = {"sale": -1, "pick": -1, "receipt": 1, "dispatch": -1, "return": 1}


def event(kind: str = "sale", entity: int = 3 << 40 | 7, at: int = 33_300_000_000, **changes: Any) -> CloudEvent[Any]:
    known: dict[str, Any] = {"delta": 2 * SIGNS[kind], "identity": (entity, PARTS[kind]), "start": START, "level": 5}
    return movement_event(at, changes.pop("node", "store-0042"), changes.pop("sku", "sku-000042"), **known | changes)


def test_a_sale_of_the_simulated_estate_as_an_event() -> None:
    assert event().model_dump(mode="json", exclude_none=True) == {
        "specversion": "1.0",
        "id": "30000000007-0",
        "source": "/twin/pos/store-0042",
        "type": "com.example.retail.stock.moved.v1",
        "subject": "store-0042/sku-000042",
        "time": "2026-11-02T14:15:00.000000Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:example:retail:stock.moved:1.0.0",
        "partitionkey": "store-0042/sku-000042",
        "sequence": "0000000033300000000-2-0000030000000007-00000000",
        "data": {
            "movement_id": "30000000007-0",
            "kind": "sale",
            "node": "store-0042",
            "sku": "sku-000042",
            "delta": -2,
            "level": 5,
            "occurred_at": "2026-11-02T14:15:00.000000Z",
        },
    }


@pytest.mark.parametrize("kind", PARTS)
def test_kinds_are_those_of_the_model(kind: str) -> None:
    made = event(kind)
    assert made.data.kind == kind
    assert made.source.split("/")[2] == ("pos" if kind == "sale" else "wms")
    assert (made.data.order_id == "30000000007") == (kind == "pick")


def test_the_sale_of_an_associate_names_its_order_and_comes_when_orders_do() -> None:
    made = event(identity=(3 << 32 | 7, 1 << 16 | 2))
    assert (made.data.kind, made.data.order_id) == ("sale", "300000007")
    assert made.sequence.split("-")[1] == "4"


@pytest.mark.parametrize("part", [5 << 24, 6 << 24 | 1, -1])
def test_messages_that_are_no_movements_are_refused(part: int) -> None:
    with pytest.raises(ValueError, match="is not a movement"):
        event(identity=(1, part))


def test_a_movement_against_the_direction_of_its_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="below 0 for a sale"):
        event(delta=1)


def test_a_start_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        event(start=datetime(2026, 11, 2))


@given(
    st.lists(st.tuples(st.sampled_from(sorted(PARTS)), st.integers(0, 2**50), st.integers(0, 10**12)), unique=True),
    st.randoms(),
)
def test_source_and_id_are_equal_exactly_for_the_same_movement(moved: list[tuple[str, int, int]], luck: Any) -> None:
    first = {(kind, entity): at for kind, entity, at in moved}
    events = [event(kind, entity, at) for (kind, entity), at in first.items()]
    again = [event(kind, entity, at) for (kind, entity), at in first.items()]
    assert events == again
    assert len({one.identity for one in events}) == len(events)
    both = events + again
    luck.shuffle(both)
    assert sorted(one.sequence or "" for one in distinct(both)) == sorted(one.sequence or "" for one in events)


@given(st.lists(st.integers(0, 2**62), min_size=2))
def test_sequences_are_in_the_order_of_time_as_text(instants: list[int]) -> None:
    start = datetime(1000, 1, 1, tzinfo=UTC)
    sequences = [event(at=at % 10**16, start=start).sequence or "" for at in instants]
    assert sorted(sequences) == [event(at=at, start=start).sequence for at in sorted(at % 10**16 for at in instants)]


def test_two_runs_have_no_event_in_common() -> None:
    assert event(run="/twin/hub/1").identity != event(run="/twin/hub/2").identity


def test_keys_of_odd_names_stay_apart() -> None:
    keys = {event(node=node, sku=sku).partitionkey for node, sku in (("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c"))}
    assert len(keys) == 3
    assert " " not in event(node="Main Street 1").source


def test_a_contract_carries_only_its_own_records() -> None:
    released = CONTRACTS["order.released"]
    record = released.data.model_validate_json(json.dumps(released.example()["data"]))
    assert released.event(record, source="/s", id_="1").type == "com.example.retail.order.released.v1"
    for name in ("order.picked", "order.placed"):
        with pytest.raises(ValueError, match="does not carry"):
            CONTRACTS[name].event(record, source="/s", id_="1")
