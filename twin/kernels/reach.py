"""Nodes that are near enough to supply an order on its day (docs/model.md, section 7, "Same day")."""

from __future__ import annotations

from typing import Any

from twin.core.clock import NEVER
from twin.core.jit import kernel
from twin.kernels.memory import nodes, pairs, skus, today
from twin.kernels.state import NIL
from twin.kernels.stock import sourceable
from twin.policies.sourcing import distance_squared


@kernel
def distance2_in_reach(handle: int, n: int, order: Any) -> int:
    """Square of the distance of a node to the customer, km^2; NEVER if it may not supply the order today."""
    node, rules = nodes(handle)[n], today(handle)[0]
    if n == order.barred or (node.is_dc != 0 and rules.dcs == 0):
        return NEVER
    distance2 = distance_squared(order.x, order.y, node.x, node.y)
    return distance2 if distance2 <= rules.radius2 else NEVER


@kernel
def nearest_in_reach(handle: int, line: Any, order: Any) -> int:
    """The nearest pair in reach that seems to have what the line was promised, or NIL."""
    best, best_distance2 = NIL, NEVER
    for p in range(skus(handle)[line.sku].first, skus(handle)[line.sku].last):
        pair = pairs(handle)[p]
        distance2 = distance2_in_reach(handle, pair.node, order)
        if distance2 < best_distance2 and sourceable(pair) >= line.quantity:
            best, best_distance2 = p, distance2
    return best
