"""Replenishment and returns: reviews that decide on the record, deliveries that change the shelf (docs/model.md,
section 8).
"""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.journal.totals import Flow
from twin.kernels.choosing import pair_at
from twin.kernels.codes import Part
from twin.kernels.memory import control, expect_pair, flows, node_first, node_pairs, nodes, pairs, rules, stocktakes
from twin.kernels.sending import move
from twin.kernels.state import NIL
from twin.kernels.stock import change_on_hand
from twin.kernels.traffic import PART_SHIFT

_RECEIVED, _DISPATCHED, _RETURNED = int(Flow.RECEIVED_UNITS), int(Flow.DISPATCHED_UNITS), int(Flow.RETURNED_UNITS)
_RECEIPT, _DISPATCH, _RETURN = int(Part.RECEIPT), int(Part.DISPATCH), int(Part.RETURN)
REVIEW_SHIFT = 32
LATER = -1
"""Of units booked: not now."""
_AHEAD = 8
"""Rows between asking for a pair's cache line and using it."""


@kernel
def wanted_units(rule: Any, pair: Any) -> int:
    """(s, S) on the record: units to order now, in whole packs; 0 if the position is above the reorder point or never
    replenished.
    """
    if rule.reorder < 0:
        return 0
    position = pair.record + pair.on_order
    if position > rule.reorder:
        return 0
    return (rule.up_to - position + rule.pack - 1) // rule.pack * rule.pack


@kernel
def dispatch(handle: int, source: int, target: int, wanted: int, entity: int, now: int) -> int:
    """Load what is there of what another pair wants: the units that leave, which are on order there from now on."""
    stock = pairs(handle)[source]
    sent = min(wanted, max(0, stock.on_hand - stock.promised))
    if sent == 0:
        return 0
    change_on_hand(handle, source, -sent)
    move(handle, now, source, -sent, 0, entity, _DISPATCH << PART_SHIFT, now - 1)
    pairs(handle)[target].on_order += sent
    flows(handle)[_DISPATCHED] += sent
    return sent


@kernel
def review_store(handle: int, n: int, review: int, now: int, rows: Any) -> int:
    """Review store ``n``: the DC loads a truck with what it has. Returns how many rows (pair, units) were written."""
    count = 0
    last = node_first(handle)[n + 1]
    for i in range(node_first(handle)[n], last):
        expect_pair(handle, node_pairs(handle)[min(i + _AHEAD, last - 1)])
        p = node_pairs(handle)[i]
        wanted = wanted_units(rules(handle)[i], pairs(handle)[p])
        if wanted == 0:
            continue
        source = pair_at(handle, pairs(handle)[p].sku, nodes(handle)[n].supplied_by)
        if source == NIL:
            continue
        sent = dispatch(handle, source, p, wanted, review << REVIEW_SHIFT | p, now)
        if sent > 0:
            rows[count, 0], rows[count, 1] = p, sent
            count += 1
    return count


@kernel
def transfer(handle: int, plan: Any, review: int, now: int, rows: Any) -> int:
    """Stores send each other units: ``plan`` (source pair, target pair, units wanted). Returns how many rows (place in
    the plan, units sent) were written.
    """
    count = 0
    for i in range(len(plan)):
        source, target = plan[i, 0], plan[i, 1]
        sent = dispatch(handle, source, target, plan[i, 2], review << REVIEW_SHIFT | target, now)
        if sent > 0:
            rows[count, 0], rows[count, 1] = i, sent
            count += 1
    return count


@kernel
def review_dc(handle: int, n: int, rows: Any) -> int:
    """Review DC ``n``: order what is missing from suppliers. Returns how many rows (pair, units) were written."""
    count = 0
    for i in range(node_first(handle)[n], node_first(handle)[n + 1]):
        p = node_pairs(handle)[i]
        pair = pairs(handle)[p]
        wanted = wanted_units(rules(handle)[i], pair)
        if wanted > 0:
            pair.on_order += wanted
            rows[count, 0], rows[count, 1] = p, wanted
            count += 1
    return count


@kernel
def receive(handle: int, rows: Any, arrived: Any, booked: Any, review: int, now: int) -> None:
    """A delivery arrives: ``rows`` (pair, units ordered), ``arrived`` units of each, of which so many are ``booked`` at
    once; LATER where that comes later.

    Its units are on order until the ERP has booked them, else a slow posting would make a review order them again.
    """
    for i in range(len(rows)):
        expect_pair(handle, rows[min(i + _AHEAD, len(rows) - 1), 0])
        p, units = rows[i, 0], arrived[i]
        change_on_hand(handle, p, units)
        flows(handle)[_RECEIVED] += units
        if booked[i] == LATER:
            pairs(handle)[p].error -= units
            stocktakes(handle)[p].unbooked += units
        else:
            if booked[i] != units:
                pairs(handle)[p].error += booked[i] - units
                stocktakes(handle)[p].misbooked += booked[i] - units
            _book(handle, p, booked[i], rows[i, 1], review, now)


@kernel
def book_late(handle: int, p: int, units: int, booked: int, ordered: int, review: int, now: int) -> None:
    """The receipt of ``units`` that have been on the shelf for a while is booked, as ``booked`` units."""
    side = stocktakes(handle)[p]
    side.unbooked -= units
    side.misbooked += booked - units
    pairs(handle)[p].error += booked
    _book(handle, p, booked, ordered, review, now)


@kernel
def _book(handle: int, p: int, booked: int, ordered: int, review: int, now: int) -> None:
    if booked == 0:  # there is nothing to book
        pairs(handle)[p].on_order -= ordered
        return
    move(handle, now, p, booked, ordered, review << REVIEW_SHIFT | p, _RECEIPT << PART_SHIFT, now - 1)


@kernel
def take_back(handle: int, p: int, units: int, entity: int, now: int) -> None:
    """Returned goods go back on the rack."""
    change_on_hand(handle, p, units)
    move(handle, now, p, units, 0, entity, _RETURN << PART_SHIFT, now - 1)
    flows(handle)[_RETURNED] += units


@kernel
def promised_units(handle: int) -> int:
    """Units promised to open orders."""
    return control(handle)[0].promised
