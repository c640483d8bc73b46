"""Laws of prices, checked at the end of every run: nobody shows a price that never was, what is not shown yet has a
reason, and every unit sold at a till was sold at a price.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.journal.orders import PROMISED, Mode
from twin.journal.prices import AT_START, Settled
from twin.journal.totals import Flow
from twin.model.days import Days
from twin.model.plane import Plane
from twin.model.price_board import COLUMNS_BEFORE
from twin.model.prices import Outlet, Prices
from twin.world.world import World


def prices(plane: Plane, days: Days, world: World) -> list[str]:
    """Every law of prices that does not hold, in words."""
    told = days.shop.prices
    if told is None:
        return []
    overdue = np.count_nonzero(told.board[:, 0] != _cents(told.latest, world))
    sold, units = told.gaps.apart + told.gaps.together, int(plane.memory["flows"][Flow.TILL_UNITS])
    found = (
        (overdue, "list prices are not those of the last change"),
        (sum(_wrong(told, outlet, world) for outlet in told.outlets), "prices that are shown were never in force"),
        (
            sum(_unexplained(told, outlet, world) for outlet in told.outlets),
            "prices are not shown, and nobody says why",
        ),
        (_astray(told), "events have no end and are not under way"),
        (units - sold, "units were sold at tills at no price"),
        (_overcharged(plane, days), "lines cost what neither list nor channel said"),
    )
    return [f"prices: {number} {what}" for number, what in found if number]


def _cents(changes: NDArray[np.int64], world: World) -> NDArray[np.int64]:
    """The price of each SKU by the change that it came from."""
    at_start = changes == AT_START
    later = world.prices.changes["price_cents"][np.where(at_start, 0, changes)]
    cents: NDArray[np.int64] = np.where(at_start, world.prices.start, later)
    return cents


def _wrong(told: Prices, outlet: Outlet, world: World) -> int:
    """SKUs of which an outlet shows what was the list price at no instant up to now."""
    shown = outlet.shown
    of_other = (shown != AT_START) & (world.prices.changes["sku"][shown] != np.arange(shown.size))
    board = told.board[:, COLUMNS_BEFORE - 1 + outlet.number]
    return int(np.count_nonzero(of_other | (shown > told.latest) | (board != _cents(shown, world))))


def _unexplained(told: Prices, outlet: Outlet, world: World) -> int:
    """SKUs of which an outlet does not show the last price although that was not lost, is not on its way, and no file
    is still to bring it. An outlet that takes older prices for newer ones may show anything.
    """
    route = outlet.route
    if not route.versioned and route.mode != "at_once":
        return 0
    behind = np.flatnonzero(outlet.shown != told.latest)
    changes = told.latest[behind]
    rows = world.prices.changes[changes]
    excused = rows["t"] > outlet.loaded
    if route.mode == "at_once":
        excused[:] = False
    elif route.mode == "event":
        excused &= np.isin(changes, [*outlet.under_way, *outlet.lost])
    if route.ahead:
        excused &= rows["promotion"] == 0
    return int(np.count_nonzero(~excused))


def _astray(told: Prices) -> int:
    """Events of which nobody knows what became of them: each is lost, under way, came too late, or was shown."""
    return sum(
        abs(outlet.sent - len(outlet.lost) - len(outlet.under_way) - outlet.overtaken - outlet.taken)
        for outlet in told.outlets
    )


def _overcharged(plane: Plane, days: Days) -> int:
    """Accepted lines that are not charged what the channel showed, or the list price; those sold at tills aside."""
    lines, charges = plane.memory["lines"][: days.lines], plane.memory["charges"][: days.lines]
    taken = np.isin(lines["status"], PROMISED) & (lines["mode"] != Mode.TILL)
    charged, settled = lines["price_cents"], charges["settled"]
    right = np.where(settled == Settled.HONOURED, charged == charges["shown"], settled != Settled.NONE)
    right &= (settled != Settled.LOWERED) | ((charged == charges["listed"]) & (charged < charges["shown"]))
    return int(np.count_nonzero(taken & ~right))
