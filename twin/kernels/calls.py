"""Synchronous calls, and the time an order takes to its release. Stations serve in the order of arrival, as one event
each.
"""

from __future__ import annotations

from twin.core.hashing import bits
from twin.core.jit import kernel
from twin.kernels.chance import law
from twin.kernels.codes import RELEASE, Key, Law
from twin.kernels.memory import control, keys, outages, servers, slowdowns, slowed, stations, windows
from twin.policies.calendars import covering, first_tick, up
from twin.policies.service import stretched

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
def paced(handle: int, system: int, start: int, duration: int) -> int:
    """How long a service takes that begins at ``start``: longer while its system is slow."""
    span = slowed(handle)[system]
    if span.first == span.last:
        return duration
    at = covering(slowdowns(handle), span.first, span.last, start)
    return duration if at < 0 else stretched(duration, slowdowns(handle)[at].parts)


@kernel
def served(handle: int, number: int, ready: int, duration: int) -> int:
    """When station ``number`` has served what comes next, and can from ``ready`` on; in an outage nothing begins."""
    station = stations(handle)[number]
    server = first_free(handle, station.server, station.servers)
    if station.servers > 0:
        ready = max(ready, servers(handle)[server])
    span = outages(handle)[station.outage]
    start = up(windows(handle), span.first, span.last, max(ready, station.next))
    done = start + paced(handle, station.outage, start, duration)
    if station.servers > 0:
        servers(handle)[server] = done
    if station.gap > 0:
        station.next = start + station.gap
    return done


@kernel
def call_done(handle: int, number: int, entity: int, attempt: int, now: int) -> int:
    """When station ``number`` answers a call that arrives now. A call that waits for the end of an outage is served
    then.
    """
    station = stations(handle)[number]
    return served(handle, number, now, law(handle, station.law, bits(keys(handle)[station.key], entity, attempt)))


@kernel
def exported(handle: int, now: int) -> int:
    """When an order is on its way to the order management system that was accepted (or declined by a picker) now."""
    c = control(handle)[0]
    if c.release_batch == 0:
        return now
    span = outages(handle)[c.release_outage]
    tick = first_tick(now, c.release_phase, c.release_interval)
    at = covering(windows(handle), span.first, span.last, tick)
    while at >= 0:
        tick = first_tick(windows(handle)[at].end, c.release_phase, c.release_interval)
        at = covering(windows(handle), span.first, span.last, tick)
    return tick


@kernel
def release_at(handle: int, entity: int, wave: int, now: int) -> int:
    """When an order accepted (or declined by a picker) now reaches the order management system; where the control plane
    keeps the queue, when it joins that.
    """
    joined = exported(handle, now)
    if control(handle)[0].release_queued != 0:
        return joined
    return served(handle, RELEASE, joined, law(handle, _STEP_LAW, bits(keys(handle)[_STEP_KEY], entity, wave)))
