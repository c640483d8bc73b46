"""How late movements are seen: histograms by measure and channel, and what still waits for a listing."""

from __future__ import annotations

from typing import Any

from twin.core.bins import BINS, bin_of
from twin.core.jit import kernel
from twin.kernels.codes import RECORD, VIEW, Belief
from twin.kernels.memory import applied, channels, control, histograms, moves, outages, publications, windows
from twin.policies.calendars import up

_QUERY, _FILE = int(Belief.QUERY), int(Belief.FILE)


@kernel
def _count(handle: int, measure: int, channel: int, us: int, times: int) -> None:
    histograms(handle)[(measure * control(handle)[0].channels + channel) * BINS + bin_of(us)] += times


@kernel
def count_latency(handle: int, measure: int, channel: int, us: int) -> None:
    """Add one observation to the histogram of ``measure`` (and channel)."""
    _count(handle, measure, channel, us, 1)


@kernel
def count_visibility(handle: int, message: Any, pair: Any, seen: int) -> None:
    """Latency of a movement that reached the view at ``seen``: of the view, and of each channel's copy."""
    c = control(handle)[0]
    if not c.window_from <= message.t < c.window_to:
        return
    count_latency(handle, 0, 0, seen - message.t)
    if pair.pooled == 0:
        return
    for k in range(c.channels):
        channel = channels(handle)[k]
        if channel.mode == _QUERY:
            span = outages(handle)[channel.outage]
            count_latency(handle, 1, k, up(windows(handle), span.first, span.last, seen) - message.t)
        elif channel.mode != _FILE:
            refresh = publications(handle)[pair.sku * c.channels + k].next
            count_latency(handle, 1, k, refresh + channel.delay - message.t)
    if c.listings > 0:
        row = applied(handle)[c.applied_high & c.applied_mask]
        row.t, row.sku = message.t, pair.sku
        c.applied_high += 1
        c.applied_room -= 1


@kernel
def list_latency(handle: int, c: int) -> None:
    """A listing was extracted, and it is known when its feeds are live: count the latency of what it shows first.

    What is not live when the run ends counts with the time that it has waited until then.
    """
    ctl, channel = control(handle)[0], channels(handle)[c]
    while channel.listed < channel.extracted:
        row = applied(handle)[channel.listed & ctl.applied_mask]
        live = publications(handle)[row.sku * ctl.channels + c].last
        count_latency(handle, 1, c, min(live, ctl.horizon) - row.t)
        channel.listed += 1


@kernel
def count_waiting(handle: int, horizon: int) -> None:
    """The run ends: movements of the window that have not arrived count with the time that they have waited."""
    c = control(handle)[0]
    for number in range(c.moves_low, c.moves_high):
        message = moves(handle)[number & c.moves_mask]
        if message.posted == 0:
            count_never(handle, RECORD, message)
        if message.seen == 0:
            count_never(handle, VIEW, message)
    for k in range(c.channels):
        if channels(handle)[k].mode == _FILE:
            for row in range(channels(handle)[k].listed, c.applied_high):
                count_latency(handle, 1, k, horizon - applied(handle)[row & c.applied_mask].t)


@kernel
def _count_waited(handle: int, who: int, message: Any, times: int) -> None:
    """Count that a movement has waited until the run ends."""
    c = control(handle)[0]
    if not c.window_from <= message.t < c.window_to:
        return
    waited = c.horizon - message.t
    if who == RECORD:
        _count(handle, 2, 0, waited, times)
        return
    _count(handle, 0, 0, waited, times)
    if message.pooled != 0:
        for k in range(c.channels):
            _count(handle, 1, k, waited, times)


@kernel
def count_never(handle: int, who: int, message: Any) -> None:
    """A movement will not arrive: it counts as waiting until the run ends."""
    _count_waited(handle, who, message, 1)


@kernel
def count_after_all(handle: int, who: int, message: Any) -> None:
    """A movement that was not to arrive arrives after all: take back what :func:`count_never` counted."""
    _count_waited(handle, who, message, -1)


@kernel
def make_applied_room(handle: int) -> None:
    """Work out how many more movements can wait for the listings before the ring must grow."""
    ctl = control(handle)[0]
    slowest = ctl.applied_high
    for k in range(ctl.channels):
        if channels(handle)[k].mode == _FILE:
            slowest = min(slowest, channels(handle)[k].listed)
    ctl.applied_room = ctl.applied_mask + 1 - (ctl.applied_high - slowest)
