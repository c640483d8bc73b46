"""Movements of the simulated estate as events: the same identity gives the same event, to the byte."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from twin.contracts.base import instant
from twin.contracts.events import CloudEvent
from twin.contracts.registry import CONTRACTS
from twin.contracts.stock import MovementKind, StockMovement
from twin.core.clock import Tie

_KINDS: Final[dict[int, tuple[MovementKind, str, Tie]]] = {
    0: ("sale", "pos", Tie.TILL),
    1: ("pick", "wms", Tie.ORDER),
    2: ("receipt", "wms", Tie.BATCH),
    3: ("dispatch", "wms", Tie.BATCH),
    4: ("return", "wms", Tie.BATCH),
    7: ("count_correction", "wms", Tie.BATCH),
    8: ("count_correction", "wms", Tie.ORDER),
    9: ("return", "wms", Tie.ORDER),  # what nobody collected goes back on the shelf
}
"""By number (docs/model.md, section 4): kind, the system that reports it, and its class among things of one instant."""

_BY_AN_ASSOCIATE: Final = 1
"""Upper bits of the part of a till sale to a customer who has an order."""


def movement_event(
    at: int,
    node: str,
    sku: str,
    *,
    delta: int,
    identity: tuple[int, int],
    start: datetime,
    level: int | None = None,
    run: str = "/twin",
) -> CloudEvent[Any]:
    """The event of a movement, ``at`` microseconds after ``start``.

    ``identity`` is the movement's (entity, part) of docs/model.md, unique in a run; ``run`` is a URI reference that names
    the run, so that events of two runs are never duplicates of one another. Messages that are not movements (kinds 5 and
    6) raise ValueError.
    """
    entity, part = identity
    if part >> 24 not in _KINDS:
        raise ValueError(f"identity {identity}: kind {part >> 24} is not a movement")
    kind, system, tie = _KINDS[part >> 24]
    tie = Tie.ORDER if part >> 16 == _BY_AN_ASSOCIATE else tie
    id_ = f"{entity:x}-{part:x}"
    movement = StockMovement(
        movement_id=id_,
        kind=kind,
        node=node,
        sku=sku,
        delta=delta,
        level=level,
        order_id=f"{entity:x}" if tie == Tie.ORDER else None,
        occurred_at=instant(start, at),
    )
    source, sequence = f"{run}/{system}/{quote(node, safe='')}", f"{at:019d}-{tie}-{entity:016x}-{part:08x}"
    return CONTRACTS["stock.moved"].event(movement, source=source, id_=id_, sequence=sequence)
