"""Pickers of a node, a station that is one event: first come, first served by the picker who is free first
(docs/model.md, section 7).
"""

from __future__ import annotations

from typing import Any

from twin.core.jit import kernel
from twin.kernels.calls import first_free
from twin.kernels.memory import control, nodes, outages, servers, windows
from twin.policies.calendars import next_list, next_open, up
from twin.policies.sourcing import whole_minutes


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
def _listed(handle: int, node: Any, now: int) -> int:
    """When pickers learn of what joins now: at once, or with the store's next pick list."""
    interval = control(handle)[0].store_waves
    if interval == 0 or node.is_dc != 0:
        return now
    return next_list(now, node.opens, node.closes, node.shift, interval)


@kernel
def picker_done(handle: int, n: int, duration: int, now: int) -> int:
    """Work joins the pick station of node ``n``: when it ends."""
    node = nodes(handle)[n]
    best = first_free(handle, node.server, node.pickers)
    start = _may_start(handle, node, max(_listed(handle, node, now), servers(handle)[best]))
    servers(handle)[best] = start + duration
    return servers(handle)[best]


@kernel
def minutes_busy(handle: int, n: int, now: int) -> int:
    """Whole minutes until a picker of node ``n`` is there who has nothing to do; of a store, in its opening hours."""
    node = nodes(handle)[n]
    free = max(now, servers(handle)[first_free(handle, node.server, node.pickers)])
    if node.is_dc == 0:
        free = next_open(free, node.opens, node.closes, node.shift)
    return whole_minutes(free - now)
