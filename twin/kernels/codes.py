"""Names of the numbers that records hold: choices of the arm, rows of tables, kinds of messages."""

from __future__ import annotations

from enum import IntEnum


class Belief(IntEnum):
    """How a channel learns (scenario.systems.Publication.mode)."""

    QUERY = 0
    CACHE = 1
    READ_MODEL = 2
    FILE = 3


class Reserving(IntEnum):
    """How a channel reserves (scenario.systems.Reserving.mode)."""

    OWN_COPY = 0
    SYNCHRONOUS = 1
    EVENTS = 2


class Point(IntEnum):
    """Reservation points, in the order of the checkout."""

    NONE = 0  # never, not at the node that supplies either
    CART = 1
    CHECKOUT = 2
    PAYMENT = 3
    ORDER = 4
    FULFILMENT = 5  # at the node, when it is sourced


class Mismatch(IntEnum):
    """What counts where a channel shows another price than the list (scenario.prices.Prices.mismatch)."""

    HONOUR = 0
    LOWER = 1
    CORRECT = 2


class Asks(IntEnum):
    """What an order is held against."""

    BELIEF = 0
    NOTHING = 1
    QUOTA = 2  # what a fallback may still sell of the SKU
    LATER = 3  # nothing now, and the view later; it reserves then


class Strategy(IntEnum):
    """Sourcing strategies."""

    DC_FIRST = 0
    NEAREST = 1
    MOST_STOCK = 2
    CHEAPEST = 3
    LEAST_LOADED = 4


class Reserved(IntEnum):
    """What stands behind a line in the view."""

    NO = 0
    GROUP = 1
    NODE = 2


class Law(IntEnum):
    """Rows of the table of laws."""

    MOVEMENTS_SERVICE = 0
    ORDERS_SERVICE = 1
    POSTING_SERVICE = 2
    STORE_PICK = 3
    DC_PICK = 4
    PACK = 5
    TRANSIT = 6
    RELEASE_STEP = 7
    SERVICE_CALL = 8
    ERP_CALL = 9
    RESTOCK = 10
    TAX_CALL = 11
    CRM_CALL = 12


class Key(IntEnum):
    """Keys of the streams of luck that kernels use."""

    MOVEMENTS_SERVICE = 0
    ORDERS_SERVICE = 1
    POSTING_SERVICE = 2
    PICK = 3
    PACK = 4
    TRANSIT = 5
    RELEASE_STEP = 6
    SERVICE_CALL = 7
    ERP_CALL = 8
    MESSAGE_LANE = 9
    RESTOCK = 10
    DAMAGED = 11
    TAX_CALL = 12
    CRM_CALL = 13


class Part(IntEnum):
    """Kind of a message, in bits 24 and up of its ``part``; keeps identities of different sources apart."""

    SALE = 0
    PICK = 1
    RECEIPT = 2
    DISPATCH = 3
    RETURN = 4
    RESERVE = 5
    RELEASE = 6
    COUNT = 7
    CORRECTION = 8
    RESTOCK = 9


SERVICE, ERP, RELEASE, TAX, CRM = 0, 1, 2, 3, 4
"""Stations: those that answer synchronous calls, and the release of orders."""


VIEW, NOTES, RECORD = 0, 1, 2
"""Consumers: movements to the view, reservation messages to the view, movements to the record."""
