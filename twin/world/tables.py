"""The tables of a realised world: what the model, the plain reference and the kernels read.

Everything is an integer. Nodes are numbered with the DCs first, then the stores; pairs (node, SKU) are sorted by SKU,
then node, so that the pairs of SKU ``s`` are ``sku_first[s] : sku_first[s + 1]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin.world.digest import digest

NODE = np.dtype(
    [
        ("is_dc", "i1"),
        ("ships", "i1"),  # ships online orders (DCs always do)
        ("region", "i2"),
        ("cluster", "i2"),  # -1 for a DC
        ("x_km", "i4"),
        ("y_km", "i4"),
        ("opens", "i8"),  # local time of day, us; DCs 0
        ("closes", "i8"),  # local time of day, us; DCs 24 h, which means always open
        ("pickers", "i4"),
        # Node of the DC that replenishes a store: the nearest of its region, else the nearest of all; -1 for a DC.
        ("supplied_by", "i4"),
    ]
)

SKU = np.dtype(
    [
        ("price_cents", "i4"),
        ("cost_cents", "i4"),
        ("supplier", "i4"),
        ("pack", "i4"),
        ("ending", "i1"),  # 1: not replenished any more
    ]
)

PAIR = np.dtype(
    [
        ("sku", "i4"),
        ("node", "i4"),
        ("on_hand", "i4"),  # physical stock at the start
        ("error", "i4"),  # record minus physical at the start; record never below 0
        ("reorder", "i4"),  # s of (s, S); -1: never replenished
        ("up_to", "i4"),  # S of (s, S)
        ("pack", "i4"),  # order multiple of this pair
    ]
)

PRICE_CHANGE = np.dtype(
    [
        ("t", "i8"),
        ("sku", "i4"),
        ("price_cents", "i4"),
        ("promotion", "i1"),  # 1: because a promotion of the SKU begins or ends
    ]
)
"""A list price from ``t`` on; sorted by (t, sku), and its number is its place in the table."""

RECEIPT = np.dtype([("t", "i8"), ("pair", "i4"), ("quantity", "i4")])
"""A delivery already on its way at the start."""


class Physical(IntEnum):
    """Kinds of physical event that no system decides."""

    SALE = 0
    SHRINK = 1
    MISPLACED = 2
    FOUND = 3


PHYSICAL = np.dtype([("t", "i8"), ("pair", "i4"), ("quantity", "i2"), ("kind", "i2")])
"""A walk-in who takes units to a till, units that vanish or are put in the wrong place, or somebody who finds
all that is in the wrong place.

Sorted by (t, node, pair, kind); the entity is ``day << 40 | index``.
"""

CHECKOUT = np.dtype(
    [
        ("order", "i8"),  # identity: day << 32 | index in the day
        ("t", "i8"),
        ("channel", "i2"),
        ("region", "i2"),
        ("x_km", "i4"),
        ("y_km", "i4"),
        ("pickup", "i4"),  # node of the store where it is picked up; -1: shipped. All its SKUs are stocked there
        ("first_line", "i4"),  # index into the day's lines
        ("lines", "i2"),
        ("abandons", "i1"),
        ("declined", "i1"),
        ("leaves", "i1"),  # leaves the cart before the checkout
        ("cart", "i8"),  # us from opening the cart to the start of the checkout
        ("checkout", "i8"),  # us from start of checkout to payment
    ]
)
"""A customer who opens a cart, at ``t``. Sorted by (t, order)."""

LINE = np.dtype([("sku", "i4"), ("quantity", "i4")])

WINDOW = np.dtype([("system", "i2"), ("node", "i4"), ("start", "i8"), ("end", "i8")])
"""An outage ``[start, end)``: ``system`` is an index into :data:`SYSTEMS`, ``node`` is -1 for central systems.

Sorted by (system, node, start); the windows of one (system, node) neither touch nor overlap. A wms fault without a node
is realised as one window per DC.
"""

ERRORS = np.dtype([("system", "i2"), ("start", "i8"), ("end", "i8"), ("parts", "i4")])
"""While ``[start, end)``, so many ``parts`` of a million calls to ``system`` are answered with an error.

Sorted by (system, start); the windows of one system do not overlap.
"""

SLOWDOWN = np.dtype([("system", "i2"), ("start", "i8"), ("end", "i8"), ("parts", "i8")])
"""What ``system`` begins to serve in ``[start, end)`` takes ``parts`` millionths (more than a million) of its time.

Sorted by (system, start); the windows of one system do not overlap.
"""

SYSTEMS = (
    "erp", "files", "hub", "broker", "service", "wms", "link", "identity", "orchestrator", "payment", "fraud", "crm",
    "courier",
    "tax", "notification", "supplier_portal", "oms", "finance", "workforce", "pos",
)  # fmt: skip
OF_NODES = ("wms", "link", "pos")
"""Systems of which every node has its own; ``link`` joins it to the middleware, ``pos`` is what its tills sell by."""
CENTRAL = tuple(name for name in SYSTEMS if name not in OF_NODES)

CRASH = np.dtype([("feed", "i2"), ("member", "i2"), ("start", "i8"), ("end", "i8"), ("stuck", "i1")])
"""A member of a feed's consumer group is dead, or stuck, from ``start`` until ``end``. ``feed`` is a
:class:`twin.journal.totals.FeedName`: movements, orders or posting.

Sorted by (feed, member, start); the spans of one member of a feed neither touch nor overlap.
"""

ABSENCE = np.dtype([("node", "i4"), ("start", "i8"), ("end", "i8"), ("pickers", "i4")])
"""So many ``pickers`` of a store are missing while ``[start, end)``. Sorted by (start, node)."""

FAILOVER = np.dtype([("system", "i2"), ("t", "i8")])
"""A system that carries messages changes to a replica at ``t``. Sorted by (system, t), each once."""


class TroubleKind(IntEnum):
    """What happens to messages that are made while a trouble lasts."""

    POISON = 0  # they cannot be handled until the consumer is repaired
    COPIES = 1  # they are sent ``value`` times more
    LATE = 2  # they leave ``value`` us after they were made
    LOST = 3  # they are lost on their way, unless the broker confirms what it received


TROUBLE = np.dtype(
    [
        ("kind", "i2"),
        ("feeds", "i2"),  # bit f set: the messages of feed f (FeedName); all but POISON hit all feeds of a topic
        ("parts", "i4"),  # bit k set: messages of kind k (docs/model.md, "Identities")
        ("start", "i8"),
        ("end", "i8"),
        ("share", "i4"),  # parts of a million
        ("value", "i8"),
        ("key", "u8"),  # stream that decides which messages are hit: bits(key, entity, part) mod a million < share
        ("until_repaired", "i1"),  # 1: it hits no message made after the arm has repaired it
    ]
)
"""Trouble with messages made in ``[start, end)``, in the order of the scenario's faults, then of time."""


@dataclass(frozen=True)
class EstateTables:
    """The realised estate. Drawn once from the scenario's seed: the same in every replication."""

    nodes: NDArray[np.void]  # NODE
    node_names: tuple[str, ...]
    skus: NDArray[np.void]  # SKU
    sku_names: tuple[str, ...]
    channels: tuple[str, ...]  # in the order of the scenario; the number is the index
    pair_sku: NDArray[np.int32]
    pair_node: NDArray[np.int32]
    sku_first: NDArray[np.int64]  # length SKUs + 1
    # [region, day]: us to add to simulation time to get local time since the start's midnight there; some days beyond
    # the horizon are there too.
    zone_shift: NDArray[np.int64]
    # Per pair, expected units a day over all demand it serves; never on the event path.
    mean_daily: NDArray[np.float64]


@dataclass(frozen=True)
class WorldStart:
    """Initial state of one replication."""

    pairs: NDArray[np.void]  # PAIR
    # RECEIPT, sorted by (t, pair); t falls on whole hours so that deliveries arrive together.
    receipts: NDArray[np.void]


@dataclass(frozen=True)
class WorldDay:
    """What happens by itself on one day ``[day, day + 1)`` of simulation time."""

    day: int
    physical: NDArray[np.void]  # PHYSICAL
    checkouts: NDArray[np.void]  # CHECKOUT
    lines: NDArray[np.void]  # LINE
    sessions: NDArray[np.int64]  # [channel, 24]: sessions that started in each hour, buyers included
    returns: NDArray[np.void]  # RETURN

    @cached_property
    def digest(self) -> bytes:
        """BLAKE2b-128 over all of the above; worked out only where it is asked for."""
        return digest(self.day, self.physical, self.checkouts, self.lines, self.sessions, self.returns)


RETURN = np.dtype(
    [
        ("t", "i8"),
        ("sku", "i4"),
        ("quantity", "i4"),
        ("channel", "i2"),  # -1: bought at a till
        ("node", "i4"),  # where it is handed in: a store, or the DC that the parcel comes to
        ("cents", "i8"),  # what was paid for it
        ("condition", "i1"),  # twin.journal.returns.Condition
        ("twice", "i1"),  # handed in at a store, and the online shop has a case of its own of it too
    ]
)
"""Goods that come back: drawn, or a replayed log's cancellations. All were bought before the run.

Sorted by (t, sku, quantity), drawn ones by (t, channel, node) before; the entity is ``day << 40 | index``.
"""
