"""Batch feeds: files by the clock (docs/model.md, section 4, "Batch")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from tests.reference.clock import Process
from tests.reference.handling import Handler
from tests.reference.messages import Delivery, M
from tests.reference.shop import Shop
from twin.journal.tables import NONE
from twin.journal.totals import Fate, FeedName
from twin.scenario.systems import Feed as Settings

FEED_KIND = 5 << 40


class Files(Generic[M]):
    """Extracts what was sent, and loads it a while later."""

    def __init__(
        self, shop: Shop, number: FeedName, settings: Settings, *, handler: Handler[M], up: Callable[[int], int]
    ) -> None:
        self._shop, self._number, self._settings, self._handler, self._up = shop, number, settings, handler, up
        name = number.name.lower()
        self._jitter, self._failure = shop.stream(f"{name}.jitter"), shop.stream(f"{name}.failure")
        self._job = shop.stream(f"{name}.job", settings.job)
        self._waiting: list[Delivery[M]] = []
        shop.env.process(self._jobs())

    def send(self, delivery: Delivery[M]) -> None:
        """Wait for the next extract."""
        self._waiting.append(delivery)

    def _jobs(self) -> Process:
        settings, shop = self._settings, self._shop
        entity = FEED_KIND | self._number
        k, live = 0, 0
        while True:
            due = settings.phase + k * settings.interval
            start = self._up(max(due + self._jitter.below(settings.start_jitter, k), live))
            yield shop.batch_time(start, entity)
            file, self._waiting = self._waiting, []
            live = start + self._job.sample(k) + len(file) * settings.per_row
            yield shop.batch_time(live, entity, 1)
            failed = self._failure.happens(settings.failure, k) or self._is_blocked(file)
            if failed:
                self._waiting = file + self._waiting
            else:
                self._load(file)
                shop.loaded[self._number] = start
            shop.jobs.append((self._number, NONE, due, start, live, len(file), failed))
            k = max(k + 1, (live - settings.phase) // settings.interval)

    def _is_blocked(self, file: list[Delivery[M]]) -> bool:
        """Whether a message keeps the whole file from being loaded."""
        now = self._shop.env.now
        return self._settings.failing.policy == "block" and any(delivery.bad(now) for delivery in file)

    def _load(self, file: list[Delivery[M]]) -> None:
        unfit = Fate.DEAD_LETTER if self._settings.failing.policy == "divert" else Fate.LOST
        for delivery in file:
            outcome = unfit if delivery.bad(self._shop.env.now) else Fate.APPLIED
            for _ in range(1 + delivery.copies):
                self._handler.end(delivery, outcome)
