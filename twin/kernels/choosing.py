"""Which nodes may supply a line, and which is preferred (docs/model.md, section 7)."""

from __future__ import annotations

from typing import Any

from twin.core.clock import DAY, NEVER
from twin.core.jit import kernel
from twin.journal.orders import Mode, Status
from twin.kernels.barring import is_barred
from twin.kernels.codes import Strategy
from twin.kernels.memory import carriage, control, lines, nodes, pairs, skus, store_days
from twin.kernels.pickers import minutes_busy
from twin.kernels.state import NIL
from twin.kernels.stock import free_of, sourceable
from twin.policies.sourcing import STORE_CLASS, carriage_cents, distance_squared, preference

_OPEN, _ACCEPTED = int(Status.OPEN), int(Status.ACCEPTED)
_SHIP = int(Mode.SHIP)
_DC_FIRST, _CHEAPEST = int(Strategy.DC_FIRST), int(Strategy.CHEAPEST)


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
def _available(pair: Any, promised: int) -> int:
    """What the pair seems to have for a line that is already ``promised``, or for a new promise."""
    return sourceable(pair) if promised != 0 else free_of(pair)


@kernel
def to_place(line: Any, wave: int) -> bool:
    """Whether the line has to be sourced in a wave."""
    return line.status == _ACCEPTED and line.parcel == NIL and line.wave == wave


@kernel
def _is_shared(handle: int, line: Any, order: Any, node: int) -> bool:
    """Whether another line of the order's wave has the node already, so that this one would travel with it."""
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        other = lines(handle)[i]
        if other.node != node or other.pair == NIL or other.wave != line.wave or other.line == line.line:
            continue
        if other.mode != line.mode:
            continue
        if other.status == _ACCEPTED or other.status == _OPEN:
            return True
    return False


@kernel
def parcel_cents(handle: int, order: Any, n: int) -> int:
    """What a parcel of the order costs to send from node ``n``."""
    node = nodes(handle)[n]
    return carriage_cents(carriage(handle), node.is_dc, distance_squared(order.x, order.y, node.x, node.y))


@kernel
def _weight(handle: int, line: Any, order: Any, n: int, now: int) -> int:
    """What the strategy goes by, if it asks for more than stock and distance: a parcel that is sent anyway comes first,
    as it neither costs more nor waits longer.
    """
    if _is_shared(handle, line, order, n):
        return -1
    if control(handle)[0].strategy == _CHEAPEST:
        return parcel_cents(handle, order, n)
    return minutes_busy(handle, n, now)


@kernel
def _rank(handle: int, line: Any, order: Any, p: int, available: int, now: int) -> int:
    n, strategy = pairs(handle)[p].node, control(handle)[0].strategy
    node = nodes(handle)[n]
    weight = _weight(handle, line, order, n, now) if strategy >= _CHEAPEST else 0
    return preference(strategy, node.is_dc, available, weight, distance_squared(order.x, order.y, node.x, node.y))


@kernel
def _cannot_beat(handle: int, pair: Any, best_rank: int) -> bool:
    """Whether a DC, which come first among a SKU's pairs, has been found that neither this store nor a later one can
    beat.
    """
    return control(handle)[0].strategy == _DC_FIRST and best_rank < STORE_CLASS and nodes(handle)[pair.node].is_dc == 0


@kernel
def _local_day(handle: int, n: int, now: int) -> int:
    return (now + nodes(handle)[n].shift) // DAY


@kernel
def count_parcel(handle: int, n: int, now: int) -> None:
    """A parcel that is to be shipped goes to node ``n``: a store of which the arm asks only so many a day counts it."""
    if control(handle)[0].store_cap == 0 or nodes(handle)[n].is_dc != 0:
        return
    today, day = store_days(handle)[n], _local_day(handle, n, now)
    if today.day != day:
        today.day, today.parcels = day, 0
    today.parcels += 1


@kernel
def _is_full(handle: int, line: Any, order: Any, n: int, now: int) -> bool:
    """Whether the node is a store that has all the parcels that it is asked for today, and this would be one more."""
    cap = control(handle)[0].store_cap
    if cap == 0 or nodes(handle)[n].is_dc != 0:
        return False
    today = store_days(handle)[n]
    if today.day != _local_day(handle, n, now) or today.parcels < cap:
        return False
    return not _is_shared(handle, line, order, n)


@kernel
def _note_cap(handle: int, full_rank: int, best_rank: int) -> None:
    """A store that is full was preferred to what was found; of equals it was the first."""
    if full_rank < NEVER and full_rank <= best_rank:
        control(handle)[0].capped = 1


@kernel
def _may_supply(handle: int, line: Any, order: Any, pair: Any, available: int, joins: int) -> bool:
    """Whether the pair seems to have the line's units and, if the line has to travel with another, does."""
    if pair.pooled == 0 or pair.node == order.barred or available < line.quantity:
        return False
    return joins == 0 or _is_shared(handle, line, order, pair.node)


@kernel
def best_pair(handle: int, line: Any, order: Any, promised: int, joins: int, now: int) -> int:
    """Preferred pair that seems to have the line's units, or NIL; ``promised``: the line is accepted already;
    ``joins``: it may only travel with another line.
    """
    best, best_rank, full_rank = NIL, NEVER, NEVER
    for p in range(skus(handle)[line.sku].first, skus(handle)[line.sku].last):
        pair = pairs(handle)[p]
        if _cannot_beat(handle, pair, best_rank) or is_barred(handle, pair, order):
            break
        available = _available(pair, promised)
        if not _may_supply(handle, line, order, pair, available, joins):
            continue
        rank = _rank(handle, line, order, p, available, now)
        if rank < best_rank and not _is_full(handle, line, order, pair.node, now):
            best, best_rank = p, rank
        elif rank < best_rank:
            full_rank = min(full_rank, rank)
    _note_cap(handle, full_rank, best_rank)
    return best


@kernel
def _holds_all(handle: int, order: Any, wave: int, node: int) -> bool:
    """Whether the node seems to have every line that is to be placed."""
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if to_place(line, wave) and line.mode == _SHIP:
            p = pair_at(handle, line.sku, node)
            if p == NIL or sourceable(pairs(handle)[p]) < line.quantity:
                return False
    return True


@kernel
def common_node(handle: int, order: Any, wave: int, leader: Any, now: int) -> int:
    """Preferred node that seems to have all lines to be placed, or NIL."""
    best, best_rank, full_rank = NIL, NEVER, NEVER
    for p in range(skus(handle)[leader.sku].first, skus(handle)[leader.sku].last):
        pair = pairs(handle)[p]
        if _cannot_beat(handle, pair, best_rank) or is_barred(handle, pair, order):
            break
        available = sourceable(pair)
        if not _may_supply(handle, leader, order, pair, available, 0):
            continue
        rank = _rank(handle, leader, order, p, available, now)
        if rank >= best_rank or not _holds_all(handle, order, wave, pair.node):
            continue
        if _is_full(handle, leader, order, pair.node, now):
            full_rank = min(full_rank, rank)
        else:
            best, best_rank = pair.node, rank
    _note_cap(handle, full_rank, best_rank)
    return best


@kernel
def seems_somewhere(handle: int, line: Any, order: Any) -> bool:
    """Whether a node seems to have the line, whatever keeps the order from it."""
    for p in range(skus(handle)[line.sku].first, skus(handle)[line.sku].last):
        pair = pairs(handle)[p]
        if is_barred(handle, pair, order):
            return False
        if pair.pooled != 0 and pair.node != order.barred and sourceable(pair) >= line.quantity:
            return True
    return False
