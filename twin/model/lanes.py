"""Lay out the lanes of the three feeds: how each consumer works, and when nobody does."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import NEVER, SECOND
from twin.journal.totals import Fate
from twin.kernels import state, traffic
from twin.kernels.codes import NOTES, RECORD, VIEW, Key, Law
from twin.kernels.memory import Memory
from twin.kernels.state import NIL
from twin.kernels.traffic import OWN_LANES, CatchUp, Overflow, Policy
from twin.policies.backoff import pause
from twin.policies.membership import Absence, Partition, Span, merged, partitions
from twin.scenario.messaging import Failing
from twin.scenario.systems import Feed, Systems
from twin.world.tables import CENTRAL, SYSTEMS, TroubleKind
from twin.world.world import World

_LAWS: Final = {
    VIEW: (Law.MOVEMENTS_SERVICE, Key.MOVEMENTS_SERVICE),
    NOTES: (Law.ORDERS_SERVICE, Key.ORDERS_SERVICE),
    RECORD: (Law.POSTING_SERVICE, Key.POSTING_SERVICE),
}
_ROOM: Final = 1 << 14
"""Dead and late messages that there is room for at the start."""


def feed_of(systems: Systems, who: int) -> Feed:
    """Settings of a consumer's feed."""
    return {VIEW: systems.movements, NOTES: systems.orders, RECORD: systems.posting}[who]


def system_row(name: str) -> int:
    """Row of a central system in the table of outages."""
    return CENTRAL.index(name)


def carriers(feed: Feed, who: int) -> tuple[str, ...]:
    """Systems without which a feed does not move."""
    return (feed.system, "erp") if who == RECORD else (feed.system,)


def is_eager(feed: Feed) -> bool:
    """Whether it matters what lanes have come to when a message joins, or in which order they act at one instant."""
    unlike = feed.topic.backlog_limit > 0 or feed.consumers.catch_up != "oldest" or feed.content == "level"
    return feed.mode == "queue" or (feed.mode == "stream" and unlike)


def absences(world: World, feed: Feed, who: int) -> list[Absence]:
    """When members of a feed's consumers are away."""
    settings = feed.consumers
    rows = world.crashes[(world.crashes["feed"] == who) & (world.crashes["member"] < settings.members)]
    return [
        Absence(member, start, start + (settings.max_poll_interval if stuck else settings.session_timeout), end)
        for _, member, start, end, stuck in rows.tolist()
    ]


def group(world: World, feed: Feed, who: int) -> list[Partition]:
    """What becomes of each partition of a feed's stream as members of its group are lost and return."""
    settings = feed.consumers
    return partitions(
        absences(world, feed, who),
        members=settings.members,
        count=feed.partitions,
        eager=settings.protocol == "eager",
        rebalance=settings.rebalance,
    )


def _count(feed: Feed) -> int:
    """Lanes of a feed, but for its redrive lane."""
    if feed.mode == "queue":
        return OWN_LANES + feed.consumers.members
    return feed.partitions if feed.mode == "stream" else 1


def _stalls(world: World, feed: Feed, who: int) -> list[list[Span]]:
    """By lane: when nobody works on it, though its systems are up."""
    if feed.mode == "queue":
        away = absences(world, feed, who)
        own: list[list[Span]] = [[] for _ in range(OWN_LANES)]
        return own + [[(a.start, a.end) for a in away if a.member == m] for m in range(feed.consumers.members)]
    return [p.stalls for p in group(world, feed, who)] if feed.mode == "stream" else [[]]


def lay_lanes(memory: Memory, world: World, systems: Systems) -> None:
    """Consumers and their lanes: of view and reservation messages, their redrive lanes, then the record's."""
    consumers = np.zeros(3, traffic.CONSUMER)
    counts = {who: _count(feed_of(systems, who)) for who in _LAWS}
    first = {VIEW: 0, NOTES: counts[VIEW], RECORD: counts[VIEW] + counts[NOTES] + 2}
    redrive = {VIEW: first[RECORD] - 2, NOTES: first[RECORD] - 1, RECORD: first[RECORD] + counts[RECORD]}
    lanes = np.zeros(redrive[RECORD] + 1, traffic.LANE)
    for name in ("head", "tail", "high", "outside", "committed", "kept", "ghost"):
        lanes[name] = NIL
    lanes["last"], lanes["ends"] = -NEVER, NEVER
    windows: list[NDArray[np.void]] = [memory["windows"]]
    for who in _LAWS:
        feed = feed_of(systems, who)
        consumers[who] = _consumer(world, feed, who, (first[who], counts[who], redrive[who]))
        down = _down(world, carriers(feed, who))
        spans = [[*down, *away] for away in _stalls(world, feed, who)]
        _give_windows(lanes, windows, range(first[who], first[who] + counts[who]), spans)
        _give_windows(lanes, windows, range(redrive[who], redrive[who] + 1), [down])
    memory.put("windows", np.concatenate(windows))
    memory.put("consumers", consumers)
    memory.put("lanes", lanes)
    memory.put("dues", np.full(lanes.size, NEVER, np.int64))
    memory.put("fates", np.zeros(3 * len(Fate), np.int64))
    memory.put("late", np.zeros(_ROOM, traffic.LATE))
    memory.put("dead", np.zeros(_ROOM, traffic.MESSAGE))
    memory.put("letters", np.zeros(_ROOM, traffic.LETTER))
    memory.put("troubles", _troubles(world))
    memory.put("watched", np.zeros(1, traffic.WATCHED))


def _consumer(world: World, feed: Feed, who: int, place: tuple[int, int, int]) -> tuple[Any, ...]:
    topic, consumers, failing = feed.topic, feed.consumers, feed.failing
    first, lanes, redrive = place
    stream, queue = feed.mode != "batch", feed.mode == "queue"
    law, key = _LAWS[who]
    of = {
        "stream": traffic.QUEUE if queue else stream,
        "first": first,
        "lanes": 1 if queue else lanes,
        "store_link": feed.store_link,
        "dc_link": feed.dc_link,
        "law": law,
        "key": key,
        "outage": system_row(feed.system),
        "mark": 0,
        "lane_key": NIL if topic.keyed else Key.MESSAGE_LANE,
        "level": feed.content == "level",
        "versioned": consumers.versioned,
        "idempotent": consumers.idempotent,
        "retention": topic.retention,
        "limit": topic.backlog_limit if stream else 0,
        "overflow": Overflow[topic.overflow.upper()],
        "unreplicated": topic.unreplicated,
        "catch_up": CatchUp[consumers.catch_up.upper()] if stream else CatchUp.OLDEST,
        "gap": SECOND // consumers.rate if consumers.rate else 0,
        "policy": Policy[failing.policy.upper()],
        "attempts": 1 if queue else failing.attempts,
        "pauses": 0 if queue else pauses(failing),
        "replays": failing.replay,
        "replay_delay": failing.redrive_delay,
        "loses": queue or (stream and (failing.replay or bool((world.crashes["feed"] == who).any()))),
        "repeats": stream and bool((world.troubles["kind"] == TroubleKind.COPIES).any()),
        "poll": consumers.poll,
        "commit_interval": consumers.commit_interval,
        "redrive": redrive,
        "redrive_gap": SECOND // failing.redrive_rate,
        "newest_first": failing.redrive_order == "newest",
        "members": consumers.members,
        "prefetch": consumers.prefetch,
        "visibility": consumers.visibility,
        "delivery_limit": consumers.delivery_limit,
        "returned": consumers.returned,
    }
    return tuple(of[name] for name in traffic.CONSUMER.names or ())


def pauses(failing: Failing) -> int:
    """All pauses between the attempts at a message that cannot be handled, us."""
    return sum(
        pause("none", wait=failing.wait, factor=failing.factor, cap=failing.cap, retry=k, previous=0, random_bits=0)
        for k in range(1, failing.attempts)
    )


def _down(world: World, systems: tuple[str, ...]) -> list[Span]:
    rows = world.windows[np.isin(world.windows["system"], [SYSTEMS.index(name) for name in systems])]
    return list(zip(rows["start"].tolist(), rows["end"].tolist(), strict=True))


def _give_windows(
    lanes: NDArray[np.void], windows: list[NDArray[np.void]], which: range, spans: list[list[Span]]
) -> None:
    """Append to the table of windows when nobody works on the lanes; lanes alike share a range."""
    known: dict[tuple[Span, ...], tuple[int, int]] = {}
    for k, each in zip(which, spans, strict=True):
        down = tuple(merged(each))
        if down not in known:
            rows = np.array(list(down), state.WINDOW)
            at = sum(table.size for table in windows)
            windows.append(rows)
            known[down] = (at, at + rows.size)
        lanes["first_window"][k], lanes["last_window"][k] = known[down]


def _troubles(world: World) -> NDArray[np.void]:
    """The world's troubles; an empty one where there is none, as a table has a row at least."""
    rows = np.zeros(max(1, world.troubles.size), traffic.TROUBLE)
    for name in world.troubles.dtype.names or ():
        rows[name][: world.troubles.size] = world.troubles[name]
    rows["repaired"] = NEVER
    return rows
