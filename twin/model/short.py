"""Conservation laws of lines that nobody could supply (docs/model.md, section 7, "Shortages")."""

from __future__ import annotations

import numpy as np

from twin.journal.orders import Cause, Status
from twin.journal.totals import Flow
from twin.kernels.state import NIL
from twin.model.days import Days
from twin.model.plane import Plane

_ENDED = (Flow.BACKORDERS_PLACED, Flow.BACKORDERS_GIVEN_UP, Flow.BACKORDERS_WITHDRAWN)
"""How lines stop waiting."""


def check(plane: Plane, days: Days) -> list[str]:
    """Laws that do not hold, in words: a line has a cause from when it was short on, and not before; what waits for
    stock is at no node; every line that ever waited waits still, was placed, was given up, or was withdrawn; and only
    short lines are another item than was ordered.
    """
    lines, flows = plane.memory["lines"][: days.lines], plane.memory["flows"]
    short, waits = lines["t_short"] != NIL, lines["status"] == Status.BACKORDERED
    begun = int(flows[Flow.BACKORDERED]) + int(flows[Flow.BACKORDERED_AGAIN])
    ended = sum(int(flows[flow]) for flow in _ENDED)
    found = (
        (
            np.count_nonzero(short != (lines["cause"] != Cause.NONE)),
            "lines have a cause and were not short, or the other way round",
        ),
        (np.count_nonzero((lines["status"] == Status.OVERSOLD) & ~short), "lines are oversold and were not short"),
        (np.count_nonzero(waits & ~short), "lines wait and were not short"),
        (np.count_nonzero(waits & ((lines["pair"] != NIL) | (lines["parcel"] != NIL))), "lines wait and are at a node"),
        (np.count_nonzero((lines["sku"] != lines["wanted"]) & ~short), "lines are another item and were not short"),
        (begun - ended - np.count_nonzero(waits), "lines too many began to wait"),
    )
    return [f"shortages: {count} {what}" for count, what in found if count]
