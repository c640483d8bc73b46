"""Synchronous calls, and the time an order takes to its release. Stations serve in the order of arrival, as one event
each.
"""

from __future__ import annotations

from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.kernels.chance import law
from twin.kernels.memory import control, keys, outages, servers, stations, windows
from twin.kernels.state import Key, Law
from twin.policies.calendars import covering, first_tick, up

_STEP_LAW, _STEP_KEY = int(Law.RELEASE_STEP), int(Key.RELEASE_STEP)


@kernel
def first_free(handle: int, server: int, count: int) -> int:
    """The server that is free first; the lowest among equals."""
    best = server
    for k in range(server + 1, server + count):
        if servers(handle)[k] < servers(handle)[best]:
            best = k
    return best


@kernel
def call_done(handle: int, number: int, entity: int, attempt: int, now: int) -> int:
    """When station ``number`` answers a call that arrives now. A call that waits for the end of an outage is served
    then.
    """
    station = stations(handle)[number]
    server = first_free(handle, station.server, station.servers)
    span = outages(handle)[station.outage]
    start = up(windows(handle), span.first, span.last, max(now, servers(handle)[server]))
    servers(handle)[server] = start + law(handle, station.law, bits(keys(handle)[station.key], entity, attempt))
    return servers(handle)[server]


@kernel
def release_at(handle: int, entity: int, wave: int, now: int) -> int:
    """When an order accepted (or declined by a picker) now reaches the order management system."""
    c = control(handle)[0]
    span = outages(handle)[c.release_outage]
    step = law(handle, _STEP_LAW, bits(keys(handle)[_STEP_KEY], entity, wave))
    if c.release_batch == 0:
        return up(windows(handle), span.first, span.last, now) + step
    tick = first_tick(now, c.release_phase, c.release_interval)
    at = covering(windows(handle), span.first, span.last, tick)
    while at >= 0:
        tick = first_tick(windows(handle)[at].end, c.release_phase, c.release_interval)
        at = covering(windows(handle), span.first, span.last, tick)
    return tick + step
