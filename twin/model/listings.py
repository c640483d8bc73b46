"""Listings of channels as SimPy processes: extracted by the clock, submitted in feeds, live one by one."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.journal.totals import FeedName
from twin.model.build import knots_of
from twin.model.jobs import Process, Works, uniform
from twin.policies.calendars import next_job
from twin.scenario.laws import Law
from twin.scenario.systems import Publication

LISTING_KIND: Final = 6 << 40


class Marketplace:
    """What takes a channel's feeds: so many in any window, and one at a time."""

    def __init__(self, works: Works, publication: Publication, channel: int) -> None:
        self._works, self._publication, self._channel = works, publication, channel
        law = {"law": "lognormal", "cv": publication.spread} if publication.spread else {"law": "constant"}
        self._delay = knots_of(Law.model_construct(mean=publication.delay, **law))
        self._submitted: deque[int] = deque(maxlen=publication.feeds)  # those that the limit still remembers

    def lives(self, listing: int, extract: int, feeds: int) -> list[int]:
        """When each of the feeds of a listing is live."""
        out, live = [], extract
        for feed in range(feeds):
            turn = max(self._submit(extract), live)
            entity = self._channel << 32 | listing
            live = turn + self._works.duration(self._delay, "publication.delay", entity, feed)
            out.append(live)
        return out

    def _submit(self, t: int) -> int:
        """When a feed is submitted that is ready at ``t``."""
        publication, submitted = self._publication, self._submitted
        if publication.feeds and len(submitted) == publication.feeds:
            t = max(t, submitted[0] + publication.window)
        t = self._works.up(t, publication.system)
        submitted.append(t)
        return t


def in_feeds(skus: NDArray[np.int64], items: int) -> list[NDArray[np.int64]]:
    """The SKUs of a listing, feed by feed."""
    size = items or max(1, len(skus))
    return [skus[first : first + size] for first in range(0, len(skus), size)]


def listing_jobs(works: Works, publication: Publication, channel: int) -> Process:
    """Listings of a channel, each extracted when all of the one before is live."""
    marketplace, plane, entity = Marketplace(works, publication, channel), works.plane, LISTING_KIND | channel
    first = uniform(works.luck("publication.phase", channel << 32), publication.interval)
    k, live = 0, 0
    while True:
        due = first + k * publication.interval
        start = max(due + uniform(works.luck("publication.jitter", channel << 32 | k), publication.jitter), live)
        live = extract = works.up(start, publication.system)
        yield works.at(extract, entity)
        skus = plane.extract_listing(channel, extract, changes_only=publication.content == "delta")
        feeds = in_feeds(skus, publication.items)
        lives = marketplace.lives(k, extract, len(feeds))
        plane.plan_listing(channel, skus, np.repeat(np.array(lives, np.int64), [feed.size for feed in feeds]))
        for feed, live in zip(feeds, lives, strict=True):
            yield works.at(live, entity)
            plane.feed_live(channel, feed, live)
            works.journal.jobs.append((FeedName.PUBLICATION, channel, due, extract, live, feed.size, False))
        plane.memory["channels"]["told_at"][channel] = extract
        k = next_job(k, live, first, publication.interval)
