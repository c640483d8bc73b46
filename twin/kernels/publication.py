"""What channels believe: copies of the view, refreshed lazily but exactly.

A copy is not refreshed by events. Before a SKU's offer changes, and before a copy is read, :func:`settle` catches up
on the refreshes that
were due since: between two changes every refresh saw the same value, so only the last one counts.
"""

from __future__ import annotations

from typing import Any

from twin.core.clock import NEVER
from twin.core.jit import kernel
from twin.kernels.codes import Belief
from twin.kernels.memory import channels, control, moves, outages, pairs, protected, publications, skus, windows
from twin.kernels.state import NIL
from twin.policies.availability import sellable
from twin.policies.calendars import covering

_CACHE, _READ_MODEL, _QUERY, _FILE = (
    int(Belief.CACHE),
    int(Belief.READ_MODEL),
    int(Belief.QUERY),
    int(Belief.FILE),
)


@kernel
def offer(handle: int, s: int) -> int:
    """G: what the view offers of a SKU."""
    sku = skus(handle)[s]
    return sku.offered - sku.reserved


@kernel
def oldest_unseen(handle: int, message: int) -> int:
    """Instant of a message, NEVER if there is none."""
    if message == NIL:
        return NEVER
    return moves(handle)[message & control(handle)[0].moves_mask].t


@kernel
def outage_at(handle: int, system: int, t: int) -> int:
    """Index of the outage of ``system`` that covers ``t``, or -1."""
    span = outages(handle)[system]
    return covering(windows(handle), span.first, span.last, t)


@kernel
def _last_refresh(handle: int, system: int, tick: int, interval: int) -> int:
    """Last refresh at or before ``tick`` that no outage prevented."""
    at = outage_at(handle, system, tick)
    while at >= 0:
        tick -= ((tick - windows(handle)[at].start) // interval + 1) * interval
        at = outage_at(handle, system, tick)
    return tick


@kernel
def next_refresh(handle: int, system: int, tick: int, interval: int) -> int:
    """First refresh at or after ``tick`` that no outage prevents."""
    at = outage_at(handle, system, tick)
    while at >= 0:
        tick += (windows(handle)[at].end - tick + interval - 1) // interval * interval
        at = outage_at(handle, system, tick)
    return tick


@kernel
def since_outage(handle: int, system: int, t: int) -> int:
    """How long the outage of ``system`` that covers ``t`` has lasted, us; 0 if none does."""
    at = outage_at(handle, system, t)
    return t - windows(handle)[at].start if at >= 0 else 0


@kernel
def view_age(handle: int, t: int) -> int:
    """Time since the view was last known to be told of movements, us: since the extract of the last file, or since
    streams fell silent.
    """
    c = control(handle)[0]
    return t - c.viewed_at if c.movements_batch != 0 else since_outage(handle, c.movements_outage, t)


@kernel
def copy_age(handle: int, c: int, s: int, t: int) -> int:
    """Time since what channel ``c`` has learnt of SKU ``s`` was the view's, us."""
    channel = channels(handle)[c]
    if channel.mode == _QUERY:
        return since_outage(handle, channel.outage, t)
    if channel.mode == _FILE:
        return t - channel.told_at
    settle(handle, s, t)
    copy = publications(handle)[s * control(handle)[0].channels + c]
    if _is_staged(channel, copy, t):
        return t - max(0, copy.last)
    return t - max(0, _last_refresh(handle, channel.outage, copy.last - channel.interval, channel.interval))


@kernel
def avoid_outages(handle: int) -> None:
    """At the start: move first refreshes that fall into an outage behind it."""
    n = control(handle)[0].channels
    for k in range(n):
        channel = channels(handle)[k]
        if channel.mode == _CACHE or channel.mode == _READ_MODEL:
            for s in range(len(skus(handle))):
                copy = publications(handle)[s * n + k]
                copy.next = next_refresh(handle, channel.outage, copy.next, channel.interval)


@kernel
def _refresh(handle: int, s: int, c: int, limit: int) -> None:
    channel = channels(handle)[c]
    copy = publications(handle)[s * control(handle)[0].channels + c]
    due, interval = copy.next, channel.interval
    tick = due + (limit - due) // interval * interval
    copy.next = next_refresh(handle, channel.outage, tick + interval, interval)
    last = _last_refresh(handle, channel.outage, tick, interval)
    value, oldest = offer(handle, s), oldest_unseen(handle, skus(handle)[s].oldest)
    # `due` itself was a refresh: if it was not the last one, the one before the last saw today's value too
    copy.live = value if last > due else copy.staged
    copy.live_oldest = oldest if last > due else copy.staged_oldest
    copy.staged, copy.staged_oldest, copy.last = value, oldest, last


@kernel
def settle(handle: int, s: int, limit: int) -> None:
    """Catch up on the refreshes of a SKU's copies that were due at or before ``limit``."""
    if skus(handle)[s].refresh > limit:
        return
    n, following = control(handle)[0].channels, NEVER
    for k in range(n):
        copy = publications(handle)[s * n + k]
        if copy.next <= limit:
            _refresh(handle, s, k, limit)
        following = min(following, copy.next)
    skus(handle)[s].refresh = following


@kernel
def note_movement(handle: int, s: int, t: int) -> None:
    """A movement of a pooled pair was made at ``t``: copies that were complete are not any more."""
    n = control(handle)[0].channels
    for k in range(n):
        copy = publications(handle)[s * n + k]
        if copy.staged_oldest > t:
            copy.staged_oldest = t
        if copy.live_oldest > t:
            copy.live_oldest = t


@kernel
def extract(handle: int, c: int, changes_only: int, now: int) -> None:
    """A listing of channel ``c`` is extracted: stage what the view offers.

    Everything that was extracted before is live. With ``changes_only`` a SKU is not listed if the copy says what the
    view offers: it is as good as the extract already.
    """
    n = control(handle)[0].channels
    channels(handle)[c].extracted = control(handle)[0].applied_high
    for s in range(len(skus(handle))):
        copy = publications(handle)[s * n + c]
        value, oldest = offer(handle, s), oldest_unseen(handle, skus(handle)[s].oldest)
        copy.last, copy.staged_oldest = NEVER, oldest
        if changes_only != 0 and value == copy.live and copy.live_own == 0:
            copy.last, copy.live_oldest = now, oldest
        copy.staged, copy.staged_own = value, 0


@kernel
def go_live(handle: int, c: int, first: int, last: int) -> None:
    """SKUs ``first : last`` of the listing that was extracted last are what channel ``c`` sells from now on."""
    n = control(handle)[0].channels
    for s in range(first, last):
        copy = publications(handle)[s * n + c]
        copy.live, copy.live_oldest, copy.live_own = copy.staged, copy.staged_oldest, copy.staged_own


@kernel
def _is_staged(channel: Any, copy: Any, t: int) -> bool:
    return (channel.mode == _CACHE or channel.mode == _READ_MODEL) and t >= copy.last + channel.delay


@kernel
def learnt(handle: int, c: int, s: int, t: int) -> int:
    """The value that channel ``c`` has learnt of SKU ``s`` at ``t``."""
    channel = channels(handle)[c]
    if channel.mode == _QUERY and channel.down == 0:
        return offer(handle, s)
    settle(handle, s, t)
    copy = publications(handle)[s * control(handle)[0].channels + c]
    return copy.staged if _is_staged(channel, copy, t) else copy.live


@kernel
def own_units(handle: int, c: int, s: int) -> int:
    """Units the channel has taken off its copy by itself."""
    if channels(handle)[c].takes_own == 0:
        return 0
    return publications(handle)[s * control(handle)[0].channels + c].live_own


@kernel
def take_own(handle: int, c: int, s: int, units: int) -> None:
    """The channel takes units off its copy, or gives them back (negative)."""
    copy = publications(handle)[s * control(handle)[0].channels + c]
    copy.live_own = max(0, copy.live_own + units)
    copy.staged_own = max(0, copy.staged_own + units)


@kernel
def held_back(handle: int, c: int, s: int) -> int:
    """Units of the pooled stock of SKU ``s`` that are held back from channel ``c``."""
    channel = channels(handle)[c]
    if channel.protected == NIL:
        return channel.held_back
    return channel.held_back + protected(handle)[channel.protected + s]


@kernel
def belief(handle: int, c: int, s: int, t: int) -> int:
    """Units of SKU ``s`` that channel ``c`` believes it can sell at ``t``."""
    return sellable(learnt(handle, c, s, t), own_units(handle, c, s), held_back(handle, c, s))


@kernel
def belief_staleness(handle: int, c: int, s: int, t: int) -> int:
    """Age of the oldest movement that the belief of :func:`belief` does not hold, us."""
    channel = channels(handle)[c]
    if channel.mode == _QUERY and channel.down == 0:
        oldest = oldest_unseen(handle, skus(handle)[s].oldest)
    else:
        copy = publications(handle)[s * control(handle)[0].channels + c]
        oldest = copy.staged_oldest if _is_staged(channel, copy, t) else copy.live_oldest
    return 0 if oldest == NEVER else t - oldest


@kernel
def view_staleness(handle: int, p: int, s: int, t: int) -> int:
    """Age of the oldest movement of pair ``p`` (of the pooled pairs of ``s`` if NIL) not in the view, us."""
    oldest = oldest_unseen(handle, skus(handle)[s].oldest if p == NIL else pairs(handle)[p].oldest)
    return 0 if oldest == NEVER else t - oldest
