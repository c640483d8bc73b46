"""Whether an order is promised for today, and from which node (docs/model.md, section 7, "Same day")."""

from __future__ import annotations

from typing import Any

from twin.core.clock import DAY, NEVER
from twin.core.jit import kernel
from twin.journal.orders import Mode, Status
from twin.journal.same_day import Offer
from twin.kernels.asking import kept_at
from twin.kernels.choosing import pair_at
from twin.kernels.memory import control, lines, nodes, pairs, region_shifts, today
from twin.kernels.publication import outage_at
from twin.kernels.reach import distance2_in_reach
from twin.kernels.state import NIL
from twin.kernels.stock import free_of

_SAME_DAY, _OPEN = int(Mode.SAME_DAY), int(Status.OPEN)
_OFF, _NO_ANSWER, _LATE, _DOWN, _NO_NODE, _NO_STOCK, _OFFERED = (
    int(Offer.OFF),
    int(Offer.NO_ANSWER),
    int(Offer.LATE),
    int(Offer.DOWN),
    int(Offer.NO_NODE),
    int(Offer.NO_STOCK),
    int(Offer.OFFERED),
)


@kernel
def _seems_to_have(handle: int, order: Any, p: int, now: int) -> int:
    return free_of(pairs(handle)[p]) - kept_at(handle, order, p, now)


@kernel
def _has(handle: int, p: int) -> int:
    return pairs(handle)[p].on_hand - pairs(handle)[p].promised


@kernel
def _all_there(handle: int, order: Any, n: int, in_truth: bool, now: int) -> bool:
    """Whether each line of the order, by itself, finds its units at a node: by belief, or in truth."""
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if line.status != _OPEN:
            continue
        p = pair_at(handle, line.sku, n)
        if p == NIL:
            return False
        there = _has(handle, p) if in_truth else _seems_to_have(handle, order, p, now)
        if there < line.quantity:
            return False
    return True


@kernel
def _nearest(handle: int, order: Any, in_truth: bool, now: int) -> int:
    """The nearest node in reach that has all of the order, NIL if none has, NIL - 1 if there is no node in reach."""
    best, best_distance2, anybody = NIL, NEVER, False
    for n in range(len(nodes(handle))):
        distance2 = distance2_in_reach(handle, n, order)
        anybody = anybody or distance2 < NEVER
        if distance2 < best_distance2 and _all_there(handle, order, n, in_truth, now):
            best, best_distance2 = n, distance2
    return best if anybody else NIL - 1


@kernel
def _bind(handle: int, order: Any, n: int) -> None:
    """All of the order is to come from one node."""
    order.mode = _SAME_DAY
    base = order.first - control(handle)[0].line_base
    for i in range(base, base + order.lines):
        line = lines(handle)[i]
        if line.status == _OPEN:
            line.mode, line.node = _SAME_DAY, n
            line.pair = pair_at(handle, line.sku, n)


@kernel
def _reason_not_to_look(handle: int, order: Any, hour: int, now: int) -> int:
    """Why nobody looks for a node; OFFERED if somebody does."""
    rules = today(handle)[0]
    if rules.on == 0:
        return _OFF
    if order.ruled != 0 or order.unanswered != 0:
        return _NO_ANSWER
    if hour >= rules.cut_off:
        return _LATE
    if rules.quote != 0 and outage_at(handle, rules.outage, now) >= 0:
        return _DOWN
    return _OFFERED


@kernel
def answer(handle: int, order: Any, now: int) -> bool:
    """The customer is told whether the order can be there today; whether that is what was wanted."""
    rules = today(handle)[0]
    hour = (now + region_shifts(handle)[order.region]) % DAY
    order.told = now
    order.answer = _reason_not_to_look(handle, order, hour, now)
    if order.answer != _OFFERED:
        return False
    n = _nearest(handle, order, False, now)
    if n < 0:
        order.answer = _NO_STOCK if n == NIL else _NO_NODE
        order.backed = n == NIL and _nearest(handle, order, True, now) >= 0
        return False
    _bind(handle, order, n)
    order.due, order.until = now - hour + rules.by, now - hour + rules.cut_off
    return True
