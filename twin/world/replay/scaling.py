"""More or less of a log: customers are thinned, or repeated as new customers who come a little earlier or later."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from twin.core.hashing import bits_of_many
from twin.scenario.demand import Replay
from twin.world.luck import entity_of, uniforms
from twin.world.replay.log import Log, Names
from twin.world.streams import Streams

_MASK = np.int64(2**62 - 1)


@dataclass(frozen=True)
class Selection:
    """Lines of a log and which copy of its customer each belongs to; copy 0 is the original."""

    line: NDArray[np.int64]
    copy: NDArray[np.int64]


def select(replay: Replay, log: Log, lines: NDArray[np.int64], streams: Streams) -> Selection:
    """Customers to replay: copy c exists if the luck of (customer, c) is below ``scale - c``.

    So a customer is there or not with all of its orders, and a larger scale keeps every customer of a smaller one.
    """
    key, entities = streams.key("replay.scale"), identities(log.customers)
    found, copies = [], []
    for copy in range(ceil(replay.scale)):
        exists = uniforms(key, entities, copy) < replay.scale - copy
        kept = lines[exists[log.customer[lines]]]
        found.append(kept)
        copies.append(np.full(kept.size, copy, np.int64))
    return Selection(np.concatenate(found), np.concatenate(copies))


def identities(names: Names) -> NDArray[np.int64]:
    """Identity of each name of a log, whatever else the log holds."""
    return np.array([entity_of(str(name)) for name in names], np.int64)


def copied(entities: NDArray[np.int64], copy: NDArray[np.int64], streams: Streams) -> NDArray[np.int64]:
    """Fresh identities for copies; originals keep theirs."""
    fresh = bits_of_many(streams.key("replay.copies"), entities + copy, 0).astype(np.int64) & _MASK
    return np.where(copy == 0, entities, fresh)


def jittered(
    t: NDArray[np.int64],
    entities: NDArray[np.int64],
    selection: Selection,
    replay: Replay,
    horizon: int,
    streams: Streams,
) -> NDArray[np.int64]:
    """Instants within ``[0, horizon)``: copies moved by up to the jitter, mirrored at the ends; originals kept."""
    luck = 2 * uniforms(streams.key("replay.jitter"), entities) - 1
    moved = t + np.where(selection.copy > 0, np.rint(luck * replay.jitter), 0).astype(np.int64)
    moved = np.abs(moved)
    return np.clip(np.where(moved >= horizon, 2 * (horizon - 1) - moved, moved), 0, horizon - 1)
