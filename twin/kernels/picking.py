"""The pick: units leave the shelf, or are not there (docs/model.md, section 7)."""

from __future__ import annotations

from typing import Any

from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.journal.orders import Decline, Mode, Status
from twin.journal.totals import Flow
from twin.kernels.chance import law
from twin.kernels.choosing import parcel_cents
from twin.kernels.codes import Key, Law, Part, Reserved
from twin.kernels.collecting import keep_aside
from twin.kernels.declining import attempt_of, decline, reason_to_decline, reject_others
from twin.kernels.memory import control, flows, keys, lines, moves, nodes, orders, parcels, watched
from twin.kernels.sending import move
from twin.kernels.state import NIL
from twin.kernels.stock import change_on_hand, change_promised
from twin.kernels.traffic import PART_SHIFT

_ACCEPTED, _SUPPLIED = int(Status.ACCEPTED), int(Status.SUPPLIED)
_SHIP, _PICKUP, _SAME_DAY = int(Mode.SHIP), int(Mode.PICKUP), int(Mode.SAME_DAY)
_FOUND, _NOT_IN_STOCK = int(Decline.NONE), int(Decline.NOT_IN_STOCK)
_NODE = int(Reserved.NODE)
_PICK = int(Part.PICK)
_PACK, _TRANSIT = int(Law.PACK), int(Law.TRANSIT)
_K_PACK, _K_TRANSIT = int(Key.PACK), int(Key.TRANSIT)
_PICKS, _SHORT, _UNITS = int(Flow.PICKS), int(Flow.SHORT_PICKS), int(Flow.PICKED_UNITS)
_FOR_COURIERS = int(Flow.SAME_DAY_UNITS)


@kernel
def _watch(handle: int, number: int, line: Any, now: int) -> None:
    """The movement of a traced order's pick: remember when it reaches view and record."""
    c = control(handle)[0]
    moves(handle)[number & c.moves_mask].line = c.watched
    row = watched(handle)[c.watched]
    row.order, row.line, row.t = line.order, line.line, now
    row.seen = row.posted = NIL
    c.watched += 1


@kernel
def _take(handle: int, line: Any, order: Any, now: int) -> None:
    """The units are there: they leave the shelf, and a movement tells so."""
    p, q = line.pair, line.quantity
    change_promised(handle, p, -q)
    change_on_hand(handle, p, -q)
    part = _PICK << PART_SHIFT | attempt_of(line)
    settled = q if line.reserved == _NODE else 0
    number = move(handle, now, p, -q, settled, order.order, part, now)
    if order.traced != 0:
        _watch(handle, number, line, now)
    flows(handle)[_UNITS] += q
    if line.mode == _SAME_DAY:
        flows(handle)[_FOR_COURIERS] += q
    if control(handle)[0].collects != 0 and line.mode == _PICKUP:
        keep_aside(handle, line, order)
        return
    line.status, line.t_end = _SUPPLIED, now
    order.open -= 1


@kernel
def pick(handle: int, number: int, parcel: int, now: int) -> int:
    """A pick ends. Returns the wave in which short lines are brokered again, 0 if there are none."""
    c = control(handle)[0]
    order = orders(handle)[number - c.order_base]
    row, again, mode = parcels(handle)[c.parcels], 0, _PICKUP
    row.lines, row.units = 0, 0
    order.handed = NIL
    order.picking -= 1
    for i in range(order.first - c.line_base, order.first - c.line_base + order.lines):
        line = lines(handle)[i]
        if line.status != _ACCEPTED or line.parcel != parcel:
            continue
        flows(handle)[_PICKS] += 1
        reason, p = reason_to_decline(handle, line), line.pair
        if reason == _FOUND:
            _take(handle, line, order, now)
            row.lines += 1
            row.units += line.quantity
            row.node = line.node
            mode = line.mode
            continue
        flows(handle)[_SHORT] += 1
        if decline(handle, line, order, reason, now):
            again = order.waves + 1
            line.wave = again
        if c.cascade != 0 and reason == _NOT_IN_STOCK:
            reject_others(handle, p, order.order, now)
    if again > 0:
        order.waves = again
    if row.lines > 0:
        row.t_pick, row.t_ready = now, _dispatch(handle, order, parcel, mode, now)
        _write_parcel(handle, order, parcel, mode, row)
    return again


@kernel
def _write_parcel(handle: int, order: Any, parcel: int, mode: int, row: Any) -> None:
    """What leaves the node is a row of the journal, with what the carrier asks for it."""
    control(handle)[0].parcels += 1
    row.order, row.parcel, row.channel, row.mode = order.order, parcel, order.channel, mode
    row.from_store, row.t_demand = 1 - nodes(handle)[row.node].is_dc, order.t_demand
    row.cents = 0 if mode != _SHIP else parcel_cents(handle, order, row.node)


@kernel
def _dispatch(handle: int, order: Any, parcel: int, mode: int, now: int) -> int:
    """What was picked is packed and handed over: when; nothing is contended for any more, so its times are known. A
    courier is: the parcel waits for one.
    """
    ready = now + law(handle, _PACK, bits(keys(handle)[_K_PACK], order.order, parcel))
    order.t_pick = max(order.t_pick, now)
    order.t_ready = max(order.t_ready, ready)
    if mode == _SAME_DAY:
        order.handed = ready
        order.carried += 1
        return ready
    done = NIL if order.aside != 0 else ready
    if mode == _SHIP:
        done += law(handle, _TRANSIT, bits(keys(handle)[_K_TRANSIT], order.order, parcel))
    order.t_done = max(order.t_done, done)
    return ready
