"""Laws of parcels, checked at the end of every run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.journal.orders import Mode, Status
from twin.journal.totals import Flow
from twin.kernels.state import NIL
from twin.model.days import Days
from twin.model.plane import Plane


def parcels(plane: Plane, days: Days) -> list[str]:
    """What picks found left in parcels, at the carrier's price; no order comes in more of them than it may, no store is
    asked for more of them in a day.
    """
    left = plane.memory["parcels"][: int(plane.control["parcels"])]
    found = int(plane.memory["flows"][Flow.PICKED_UNITS])
    units = days.picked_units + int(left["units"].sum(dtype=np.int64))
    broken = [f"parcels: {units} units left, picks found {found}"] if units != found else []
    told = (
        (np.count_nonzero(left["cents"] != _asked(plane, days, left)), "do not cost what the carrier asks"),
        (_split_too_far(plane, days), "are more than their orders may be sent in"),
        (_beyond_caps(plane), "are more than stores are asked for in a day"),
    )
    return broken + [f"parcels: {count} {what}" for count, what in told if count]


def _asked(plane: Plane, days: Days, left: NDArray[np.void]) -> NDArray[np.int64]:
    """What the carrier asks for parcels whose orders are still known, which all are that left today."""
    orders, nodes = plane.memory["orders"][: days.orders], plane.memory["nodes"]
    by_identity = np.argsort(orders["order"])
    at = by_identity[np.searchsorted(orders["order"], left["order"], sorter=by_identity)]
    x, y = (orders[axis][at].astype(np.int64) - nodes[axis][left["node"]] for axis in ("x", "y"))
    zones = plane.memory["carriage"]
    zone = zones[np.searchsorted(zones["from2"], x * x + y * y, "right") - 1]
    cents = np.where(nodes["is_dc"][left["node"]] != 0, zone["dc_cents"], zone["store_cents"])
    return np.where(left["mode"] != Mode.SHIP, 0, cents).astype(np.int64)


def _split_too_far(plane: Plane, days: Days) -> int:
    """Parcels, sent or waiting for their pick, beyond what orders may have."""
    most = int(plane.control["most_parcels"])
    if not most:
        return 0
    lines = plane.memory["lines"][: days.lines]
    sent = lines[(lines["parcel"] != NIL) & np.isin(lines["status"], (Status.ACCEPTED, Status.SUPPLIED))]
    _, counts = np.unique(np.unique(sent[["order", "parcel"]])["order"], return_counts=True)
    return int(np.maximum(counts - most, 0).sum())


def _beyond_caps(plane: Plane) -> int:
    """Parcels beyond the caps of stores; a line that had its node before it was sourced keeps it."""
    cap = int(plane.control["store_cap"])
    if not cap or plane.control["level_node"]:
        return 0
    return int(np.maximum(plane.memory["store_days"]["parcels"] - cap, 0).sum())
