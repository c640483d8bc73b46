"""The lines of an order are given to nodes, as parcels, or given up (docs/model.md, section 7)."""

from __future__ import annotations

from typing import Any

from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.journal.orders import Cause, Mode, Status
from twin.journal.totals import Flow
from twin.kernels.chance import law
from twin.kernels.choosing import best_pair, common_node, count_parcel, pair_at, seems_somewhere, to_place
from twin.kernels.codes import Key, Law, Point, Reserved
from twin.kernels.memory import control, flows, keys, lines, nodes, orders, pairs, scratch, skus
from twin.kernels.pickers import picker_done
from twin.kernels.reach import nearest_in_reach
from twin.kernels.shortages import fall_short
from twin.kernels.state import NIL
from twin.kernels.stock import change_promised, change_reserved, change_unplaced, change_view
from twin.kernels.truth import could_back, first_cause, hiding_causes, suspect_at_sourcing, truth

_ACCEPTED, _SUPPLIED = int(Status.ACCEPTED), int(Status.SUPPLIED)
_SHIP, _SAME_DAY = int(Mode.SHIP), int(Mode.SAME_DAY)
_NO, _GROUP, _NODE = int(Reserved.NO), int(Reserved.GROUP), int(Reserved.NODE)
_NEVER = int(Point.NONE)
_SOURCINGS, _CAPPED = int(Flow.SOURCINGS), int(Flow.CAPPED_SOURCINGS)
_ANY = 1 << 30
_JOINT, _WALK_IN, _DAMAGE, _LATER = int(Cause.JOINT), int(Cause.WALK_IN), int(Cause.DAMAGE), int(Cause.OTHER_LATER)
_FRAGMENTED, _DEGRADED = int(Cause.FRAGMENTED), int(Cause.DEGRADED)
_STORE_PICK, _DC_PICK = int(Law.STORE_PICK), int(Law.DC_PICK)
_K_PICK = int(Key.PICK)


@kernel
def mark_choice(handle: int, line: Any, p: int, now: int) -> None:
    """A pair is chosen for the line: remember what the truth said, should the pick find too little."""
    pair = pairs(handle)[p]
    line.pair, line.node = p, pair.node
    line.pair_sold, line.pair_shrunk = pair.sold, pair.shrunk
    _suspect_choice(handle, line, 0, now)


@kernel
def _suspect_choice(handle: int, line: Any, own: int, now: int) -> None:
    """What would have kept the line away from its pair, of which it has been promised ``own`` units already."""
    if line.cause != 0 or (line.suspect != 0 and line.suspect_node == 0):
        return
    causes = suspect_at_sourcing(handle, line.pair, line.quantity, own, now)
    line.suspect_node = 1
    line.suspect = 0 if causes < 0 else first_cause(causes)
    line.also = 0 if causes < 0 else causes & ~(1 << line.suspect)


@kernel
def _place(handle: int, line: Any, p: int, now: int) -> None:
    """The line goes to a node: promise and reservation move from the pool to the pair."""
    mark_choice(handle, line, p, now)
    change_unplaced(handle, line.sku, -line.quantity)
    change_promised(handle, p, line.quantity)
    if line.reserved == _GROUP:
        change_reserved(handle, line.sku, -line.quantity, now)
    _reserve_at_node(handle, line, now)


@kernel
def _reserve_at_node(handle: int, line: Any, now: int) -> None:
    """The view sets the line's units aside at its node, unless nothing ever is."""
    line.reserved = _NO
    if control(handle)[0].point != _NEVER:
        change_view(handle, line.pair, 0, line.quantity, now)
        line.reserved = _NODE


@kernel
def _later_cause(handle: int, line: Any, sold: int, shrunk: int, left: int) -> int:
    """What happened only after the promise: units sold at the till, lost, or taken by others; if the units are still
    there, fragmented when no node has them all, else joint.
    """
    if left >= line.quantity:
        return _JOINT if could_back(handle, line.sku, line.pair, line.quantity) else _FRAGMENTED
    if left + sold >= line.quantity:
        return _WALK_IN
    if left + sold + shrunk >= line.quantity:
        return _DAMAGE
    return _LATER


@kernel
def _name_cause(handle: int, line: Any, order: Any, after_pick: bool, kept_away: bool, now: int) -> None:
    """Why nobody can supply the line: its suspect, or what happened after the promise; ``kept_away``: a node seemed to
    have it that the order may not come from.
    """
    line.cause = line.suspect
    if line.suspect == 0 and (after_pick or line.mode != _SHIP):
        pair = pairs(handle)[line.pair]
        line.cause = _later_cause(
            handle, line, pair.sold - line.pair_sold, pair.shrunk - line.pair_shrunk, pair.on_hand - pair.promised
        )
    elif line.suspect == 0:
        sku = skus(handle)[line.sku]
        left = truth(handle, line.sku, NIL)
        line.cause = _later_cause(handle, line, sku.sold - line.sku_sold, sku.shrunk - line.sku_shrunk, left)
        if line.cause == _JOINT and kept_away:
            line.cause = _FRAGMENTED
        elif line.cause == _JOINT and order.dc_only != 0:
            line.cause = _DEGRADED
        elif line.cause == _JOINT:
            causes = hiding_causes(handle, line.sku, line.quantity, now)
            line.cause = first_cause(causes)
            line.also = causes & ~(1 << line.cause)


@kernel
def oversold(handle: int, line: Any, order: Any, after_pick: bool, kept_away: bool, now: int) -> bool:
    """The promise cannot be kept: name the cause, once, and see what is offered; whether the line goes on at once."""
    if line.cause == 0:
        _name_cause(handle, line, order, after_pick, kept_away, now)
    return fall_short(handle, line, order, now)


@kernel
def _give_up(handle: int, line: Any, order: Any, now: int) -> bool:
    """No node seems to have the line; whether it goes on with a substitute."""
    change_unplaced(handle, line.sku, -line.quantity)
    if line.reserved == _GROUP:
        change_reserved(handle, line.sku, -line.quantity, now)
    line.reserved = _NO
    c = control(handle)[0]
    limited = c.most_parcels != 0 or c.store_cap != 0
    return oversold(handle, line, order, False, limited and seems_somewhere(handle, line, order), now)


@kernel
def _is_sent(line: Any) -> bool:
    """Whether the line is in a parcel that was sent, or waits for its pick."""
    return line.parcel != NIL and (line.status == _SUPPLIED or line.status == _ACCEPTED)


@kernel
def _room(handle: int, order: Any) -> int:
    """How many more parcels the order may be sent in."""
    most = control(handle)[0].most_parcels
    if most == 0:
        return _ANY
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        if not _is_sent(lines(handle)[i]):
            continue
        first = True
        for j in range(base, i):
            other = lines(handle)[j]
            first = first and not (_is_sent(other) and other.parcel == lines(handle)[i].parcel)
        most -= first
    return most


@kernel
def _node_for(handle: int, line: Any, order: Any, common: int, room: int, now: int) -> int:
    """The pair that the line comes from, or NIL: of the node that has all lines, or else its own best, if the order may
    still be sent in ``room`` parcels more.
    """
    if common != NIL:
        return pair_at(handle, line.sku, common)
    if control(handle)[0].whole != 0:
        return NIL
    return best_pair(handle, line, order, 1, 0 if room > 0 else 1, now)


@kernel
def _assign(handle: int, line: Any, order: Any, common: int, room: int, now: int) -> None:
    """Find the line's node (unless it has one) and take it there, or give it up."""
    if line.pair != NIL and (line.reserved == _NODE or line.hurries != 0):
        return
    if line.mode != _SHIP:
        _suspect_choice(handle, line, line.quantity, now)
        _reserve_at_node(handle, line, now)
        return
    p = _node_for(handle, line, order, common, room, now)
    if p == NIL and _give_up(handle, line, order, now):
        p = _node_for(handle, line, order, NIL, room, now)
        if p == NIL:
            _give_up(handle, line, order, now)
    if p != NIL:
        _place(handle, line, p, now)


@kernel
def _hurry(handle: int, order: Any, wave: int, now: int) -> None:
    """Lines that were to be there today and were not found still may be, from other nodes near enough, if the arm does
    not limit parcels.
    """
    hurries = now < order.until and control(handle)[0].most_parcels == 0
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if line.hurries == 0 or not to_place(line, wave):
            continue
        p = nearest_in_reach(handle, line, order) if hurries else NIL
        if p == NIL:
            line.hurries = 0
        else:
            line.mode = _SAME_DAY
            _place(handle, line, p, now)


@kernel
def _leader(handle: int, order: Any, wave: int) -> int:
    """First line to be placed that has no node yet, as an index, or NIL."""
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if to_place(line, wave) and not (line.pair != NIL and line.reserved == _NODE) and line.mode == _SHIP:
            return i
    return NIL


@kernel
def _pick_done(handle: int, n: int, order: Any, parcel: int, mode: int, now: int) -> int:
    """A parcel of the order joins the pick station of node ``n``: when its pick ends."""
    row = _DC_PICK if nodes(handle)[n].is_dc != 0 else _STORE_PICK
    if mode == _SHIP:
        count_parcel(handle, n, now)
    return picker_done(handle, n, law(handle, row, bits(keys(handle)[_K_PICK], order.order, parcel)), now)


@kernel
def _parcel_of(handle: int, order: Any, line: Any, wave: int, before: int) -> int:
    """Parcel of an earlier line of this wave that goes to the same node in the same way, or NIL."""
    base = order.first - control(handle)[0].line_base
    for i in range(base, before):
        other = lines(handle)[i]
        together = other.node == line.node and other.mode == line.mode
        if together and other.status == _ACCEPTED and other.wave == wave and other.parcel != NIL:
            return other.parcel
    return NIL


@kernel
def source(handle: int, number: int, wave: int, now: int) -> int:
    """Give every line of the wave to a node; returns how many parcels were made. ``scratch`` holds the number of the
    first one, then the ends of their picks.
    """
    c = control(handle)[0]
    order = orders(handle)[number - c.order_base]
    base = order.first - c.line_base
    if order.until != 0:
        _hurry(handle, order, wave, now)
    leader, room, common, made = _leader(handle, order, wave), _room(handle, order), NIL, 0
    c.capped = 0
    if leader != NIL and room > 0:
        common = common_node(handle, order, wave, lines(handle)[leader], now)
    scratch(handle)[0] = order.parcels
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if not to_place(line, wave):
            continue
        _assign(handle, line, order, common, room - made, now)
        if line.status != _ACCEPTED:
            continue
        parcel = _parcel_of(handle, order, line, wave, i)
        if parcel == NIL:
            parcel = order.parcels
            scratch(handle)[made + 1] = _pick_done(handle, line.node, order, parcel, line.mode, now)
            order.parcels += 1
            made += 1
        line.parcel, line.hurries = parcel, 0
    order.picking += made
    if leader != NIL:
        flows(handle)[_SOURCINGS] += 1
        flows(handle)[_CAPPED] += c.capped
    if made > 0 and order.t_release == NIL:
        order.t_release = now
    return made
