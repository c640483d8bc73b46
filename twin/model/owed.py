"""Conservation laws of what came back and of what is paid back, checked at the end of every run."""

from __future__ import annotations

import numpy as np

from twin.journal.returns import ReturnEnd
from twin.journal.totals import Flow
from twin.model.days import Days
from twin.model.plane import Plane


def returns(plane: Plane, days: Days) -> list[str]:
    """Units that came back = on a shelf again + written off + rejected + in limbo, per SKU."""
    back = days.returns
    if back is None:
        return []
    limbo = np.zeros_like(back.received)
    for goods in back.limbo.values():
        limbo[goods.sku] += goods.quantity
    wrong = np.count_nonzero(back.received != back.ended.sum(axis=0) + limbo)
    broken = [f"returns: units of {wrong} SKUs are neither on a shelf, given up, nor in limbo"] if wrong else []
    shelved, counted = int(back.ended[ReturnEnd.RESTOCKED].sum()), int(plane.memory["flows"][Flow.RETURNED_UNITS])
    if shelved != counted:
        broken.append(f"returns: {shelved} units were put on shelves, shelves got {counted}")
    return broken


def refunds(plane: Plane, days: Days) -> list[str]:
    """Every claim has one end or is open, was paid as its end says, and nobody who was let down is forgotten."""
    claims = days.shop.refunds
    if claims is None:
        return []
    let_down = int(plane.control["let_down"])
    known = claims.ended.total() + len(claims.open)
    found = (
        (claims.arisen - known, "have no end and are not open"),
        (let_down - claims.of_lines, "of lines that were let down are missing"),
        (len(claims.wrong), "were not paid as their end says: " + ", ".join(claims.wrong[:1])),
    )
    return [f"refunds: {count} {what}" for count, what in found if count]
