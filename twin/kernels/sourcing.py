"""Which node supplies: choice, parcels and the pick station (docs/model.md, section 7)."""

from __future__ import annotations

from typing import Any

from twin.core.clock import NEVER
from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.journal.orders import Cause, Mode, Status
from twin.kernels.barring import is_barred
from twin.kernels.calls import first_free
from twin.kernels.chance import law
from twin.kernels.codes import Key, Law, Point, Reserved, Strategy
from twin.kernels.memory import (
    control,
    keys,
    lines,
    nodes,
    orders,
    outages,
    pairs,
    scratch,
    servers,
    skus,
    windows,
)
from twin.kernels.shortages import fall_short
from twin.kernels.state import NIL
from twin.kernels.stock import (
    change_promised,
    change_reserved,
    change_unplaced,
    change_view,
    free_of,
    sourceable,
)
from twin.kernels.truth import could_back, first_cause, hiding_causes, suspect_at_sourcing, truth
from twin.policies.calendars import next_open, up
from twin.policies.sourcing import STORE_CLASS, distance_squared, preference

_ACCEPTED = int(Status.ACCEPTED)
_PICKUP = int(Mode.PICKUP)
_NO, _GROUP, _NODE = int(Reserved.NO), int(Reserved.GROUP), int(Reserved.NODE)
_NEVER = int(Point.NONE)
_DC_FIRST = int(Strategy.DC_FIRST)
_JOINT, _WALK_IN, _DAMAGE, _LATER = int(Cause.JOINT), int(Cause.WALK_IN), int(Cause.DAMAGE), int(Cause.OTHER_LATER)
_FRAGMENTED, _DEGRADED = int(Cause.FRAGMENTED), int(Cause.DEGRADED)
_STORE_PICK, _DC_PICK = int(Law.STORE_PICK), int(Law.DC_PICK)
_K_PICK = int(Key.PICK)


@kernel
def _available(pair: Any, promised: int) -> int:
    """What the pair seems to have for a line that is already ``promised``, or for a new promise."""
    return sourceable(pair) if promised != 0 else free_of(pair)


@kernel
def _rank(handle: int, p: int, available: int, x: int, y: int) -> int:
    node = nodes(handle)[pairs(handle)[p].node]
    return preference(control(handle)[0].strategy, node.is_dc, available, distance_squared(x, y, node.x, node.y))


@kernel
def _cannot_beat(handle: int, pair: Any, best_rank: int) -> bool:
    """Whether a DC, which come first among a SKU's pairs, has been found that neither this store nor a later one can
    beat.
    """
    return control(handle)[0].strategy == _DC_FIRST and best_rank < STORE_CLASS and nodes(handle)[pair.node].is_dc == 0


@kernel
def best_pair(handle: int, line: Any, order: Any, promised: int) -> int:
    """Preferred pair that seems to have the line's units, or NIL; ``promised``: the line is accepted already."""
    best, best_rank = NIL, NEVER
    for p in range(skus(handle)[line.sku].first, skus(handle)[line.sku].last):
        pair = pairs(handle)[p]
        if _cannot_beat(handle, pair, best_rank) or is_barred(handle, pair, order):
            return best
        available = _available(pair, promised)
        if pair.pooled != 0 and available >= line.quantity:
            rank = _rank(handle, p, available, order.x, order.y)
            if rank < best_rank:
                best, best_rank = p, rank
    return best


@kernel
def pair_at(handle: int, s: int, node: int) -> int:
    """The pair of a SKU at a node, or NIL; pairs of a SKU are sorted by node.

    Where all nodes up to this one stock the SKU, as all DCs do, it is the pair at once.
    """
    low = skus(handle)[s].first
    high = min(low + node, skus(handle)[s].last - 1)
    while low < high:
        if pairs(handle)[high].node == node:
            return high
        middle = (low + high) // 2
        if pairs(handle)[middle].node < node:
            low = middle + 1
        else:
            high = middle
    return low if low == high and pairs(handle)[low].node == node else NIL


@kernel
def _to_place(line: Any, wave: int) -> bool:
    return line.status == _ACCEPTED and line.parcel == NIL and line.wave == wave


@kernel
def _holds_all(handle: int, order: Any, wave: int, node: int) -> bool:
    """Whether the node seems to have every line that is to be placed."""
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if _to_place(line, wave):
            p = pair_at(handle, line.sku, node)
            if p == NIL or sourceable(pairs(handle)[p]) < line.quantity:
                return False
    return True


@kernel
def _common_node(handle: int, order: Any, wave: int, leader: Any) -> int:
    """Preferred node that seems to have all lines to be placed, or NIL."""
    best, best_rank = NIL, NEVER
    for p in range(skus(handle)[leader.sku].first, skus(handle)[leader.sku].last):
        pair = pairs(handle)[p]
        if _cannot_beat(handle, pair, best_rank) or is_barred(handle, pair, order):
            return best
        available = sourceable(pair)
        if pair.pooled == 0 or available < leader.quantity:
            continue
        rank = _rank(handle, p, available, order.x, order.y)
        if rank < best_rank and _holds_all(handle, order, wave, pair.node):
            best, best_rank = pair.node, rank
    return best


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
def _name_cause(handle: int, line: Any, order: Any, after_pick: bool, now: int) -> None:
    """Why nobody can supply the line: its suspect, or what happened after the promise."""
    line.cause = line.suspect
    if line.suspect == 0 and (after_pick or line.mode == _PICKUP):
        pair = pairs(handle)[line.pair]
        line.cause = _later_cause(
            handle, line, pair.sold - line.pair_sold, pair.shrunk - line.pair_shrunk, pair.on_hand - pair.promised
        )
    elif line.suspect == 0:
        sku = skus(handle)[line.sku]
        left = truth(handle, line.sku, NIL)
        line.cause = _later_cause(handle, line, sku.sold - line.sku_sold, sku.shrunk - line.sku_shrunk, left)
        if line.cause == _JOINT and order.dc_only != 0:
            line.cause = _DEGRADED
        elif line.cause == _JOINT:
            causes = hiding_causes(handle, line.sku, line.quantity, now)
            line.cause = first_cause(causes)
            line.also = causes & ~(1 << line.cause)


@kernel
def oversold(handle: int, line: Any, order: Any, after_pick: bool, now: int) -> bool:
    """The promise cannot be kept: name the cause, once, and see what is offered; whether the line goes on at once."""
    if line.cause == 0:
        _name_cause(handle, line, order, after_pick, now)
    return fall_short(handle, line, order, now)


@kernel
def _give_up(handle: int, line: Any, order: Any, now: int) -> bool:
    """No node seems to have the line; whether it goes on with a substitute."""
    change_unplaced(handle, line.sku, -line.quantity)
    if line.reserved == _GROUP:
        change_reserved(handle, line.sku, -line.quantity, now)
    line.reserved = _NO
    return oversold(handle, line, order, False, now)


@kernel
def _assign(handle: int, line: Any, order: Any, common: int, now: int) -> None:
    """Find the line's node (unless it has one) and take it there, or give it up."""
    if line.pair != NIL and line.reserved == _NODE:
        return
    if line.mode == _PICKUP:
        _suspect_choice(handle, line, line.quantity, now)
        _reserve_at_node(handle, line, now)
        return
    p = pair_at(handle, line.sku, common) if common != NIL else best_pair(handle, line, order, 1)
    if p == NIL and _give_up(handle, line, order, now):
        p = best_pair(handle, line, order, 1)
    if p != NIL:
        _place(handle, line, p, now)


@kernel
def _leader(handle: int, order: Any, wave: int) -> int:
    """First line to be placed that has no node yet, as an index, or NIL."""
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if _to_place(line, wave) and not (line.pair != NIL and line.reserved == _NODE) and line.mode != _PICKUP:
            return i
    return NIL


@kernel
def _may_start(handle: int, node: Any, t: int) -> int:
    """First instant >= ``t`` at which a pick may begin: a DC's system is up, a store is open and knows of the order."""
    span = outages(handle)[node.outage]
    t = up(windows(handle), span.first, span.last, t)
    if node.is_dc != 0:
        return t
    while True:
        opens = next_open(t, node.opens, node.closes, node.shift)
        t = up(windows(handle), span.first, span.last, opens)
        if t == opens:
            return t


@kernel
def picker_done(handle: int, n: int, duration: int, now: int) -> int:
    """Work joins the pick station of node ``n``: when it ends. First come, first served by the picker free first."""
    node = nodes(handle)[n]
    best = first_free(handle, node.server, node.pickers)
    start = _may_start(handle, node, max(now, servers(handle)[best]))
    servers(handle)[best] = start + duration
    return servers(handle)[best]


@kernel
def _pick_done(handle: int, n: int, entity: int, attempt: int, now: int) -> int:
    """A parcel joins the pick station of node ``n``: when its pick ends."""
    row = _DC_PICK if nodes(handle)[n].is_dc != 0 else _STORE_PICK
    return picker_done(handle, n, law(handle, row, bits(keys(handle)[_K_PICK], entity, attempt)), now)


@kernel
def _parcel_of(handle: int, order: Any, line: Any, wave: int, before: int) -> int:
    """Parcel of an earlier line of this wave that goes to the same node, or NIL."""
    base = order.first - control(handle)[0].line_base
    for i in range(base, before):
        other = lines(handle)[i]
        if other.status == _ACCEPTED and other.wave == wave and other.parcel != NIL and other.node == line.node:
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
    leader = _leader(handle, order, wave)
    common = _common_node(handle, order, wave, lines(handle)[leader]) if leader != NIL else NIL
    made = 0
    scratch(handle)[0] = order.parcels
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if not _to_place(line, wave):
            continue
        _assign(handle, line, order, common, now)
        if line.status != _ACCEPTED:
            continue
        parcel = _parcel_of(handle, order, line, wave, i)
        if parcel == NIL:
            parcel = order.parcels
            scratch(handle)[made + 1] = _pick_done(handle, line.node, order.order, parcel, now)
            order.parcels += 1
            made += 1
        line.parcel = parcel
    if made > 0 and order.t_release == NIL:
        order.t_release = now
    return made
