"""What the arm can see of its own troubles, check by check (docs/model.md, section 11)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from tests.reference.clock import Process
from tests.reference.shop import Shop
from tests.reference.stock import Stock
from twin.core.clock import NEVER
from twin.journal.observability import Signal
from twin.journal.tables import NONE
from twin.journal.totals import Fate, FeedName
from twin.policies.alerting import QUIET, checked
from twin.scenario.observability import Alert

CHECK_KIND = 9 << 40


Waits = dict[str, Callable[[int], int]]
"""By signal: the longest time that somebody now waits."""


class Watcher:
    """One alert."""

    def __init__(self, shop: Shop, stock: Stock, alert: Alert, waits: Waits) -> None:
        self._shop, self._stock, self._alert, self._waits = shop, stock, alert, waits
        self._settings = shop.systems.observability
        self.signal = Signal[alert.signal.upper()]
        self.feed = None if alert.feed is None else FeedName[alert.feed.upper()]
        self.standing = QUIET
        self._missed: list[tuple[int, int]] = []  # at each check
        self.row: list[int] = []

    def check(self) -> None:
        """Look once more."""
        hold = self._settings.hold if self._alert.hold is None else self._alert.hold
        before, now = self.standing, self._shop.env.now
        self.standing = checked(before, holds=self._too_much(), now=now, hold=hold, calm=self._settings.calm)

    def tells(self) -> bool:
        """Whether it stands, and has been told of."""
        return self.standing.raised != NEVER

    def _too_much(self) -> bool:
        alert = self._alert
        if alert.signal == "accuracy":
            assert alert.share is not None
            wrong = sum(pair.view != pair.on_hand for pair in self._shop.pairs)
            return wrong * 10**6 > round(alert.share * 10**6) * len(self._shop.pairs)
        if alert.signal == "age" or alert.signal in self._waits:
            assert alert.longest is not None
            age = self._age() if alert.signal == "age" else self._waits[alert.signal](self._shop.env.now)
            return age > alert.longest
        assert alert.messages is not None
        return self._number() > alert.messages

    def _age(self) -> int:
        """How much older the oldest message on its way is than the files of its feed explain."""
        assert self.feed is not None
        oldest = self._stock.feed(self.feed).oldest()
        settings = [self._shop.systems.movements, self._shop.systems.orders, self._shop.systems.posting][self.feed]
        usual = settings.interval if settings.mode == "batch" else 0
        return self._shop.env.now - oldest.t - usual if oldest is not None else 0

    def _number(self) -> int:
        assert self.feed is not None
        fates = self._stock.feed(self.feed).fates()
        if self._alert.signal == "lag":
            return fates[Fate.IN_FLIGHT]
        if self._alert.signal == "dead_letters":
            return fates[Fate.DEAD_LETTER]
        now, missed = self._shop.env.now, fates[Fate.LOST] + fates[Fate.EXPIRED]
        before = [number for t, number in self._missed if t <= now - self._alert.span]
        self._missed.append((now, missed))
        return missed - (before[-1] if before else 0)


class Alerts:
    """All of them, and whom they tell."""

    def __init__(self, shop: Shop, stock: Stock, release: Callable[[int], int], refund: Callable[[int], int]) -> None:
        """``release``, ``refund``: how long the oldest order, and the oldest claim, have waited for theirs."""
        self._shop, self._stock = shop, stock
        waits = {"release_time": release, "refund_time": refund}
        self._watchers = [Watcher(shop, stock, alert, waits) for alert in shop.systems.observability.alerts]
        self.rows: list[list[int]] = []
        if self._watchers:
            shop.env.process(self._checks())

    def _checks(self) -> Process:
        for k in count():
            yield self._shop.batch_time(k * self._shop.systems.observability.interval, CHECK_KIND)
            for place, watcher in enumerate(self._watchers):
                told = watcher.tells()
                watcher.check()
                self._write(place, watcher, told_before=told)
                if watcher.tells():
                    self._tell(watcher)

    def _write(self, place: int, watcher: Watcher, *, told_before: bool) -> None:
        now = self._shop.env.now
        if watcher.tells() and not told_before:
            feed = NONE if watcher.feed is None else int(watcher.feed)
            watcher.row = [place, watcher.signal, feed, watcher.standing.since, now, NONE]
            self.rows.append(watcher.row)
        elif told_before and not watcher.tells():
            watcher.row[-1] = now

    def _tell(self, watcher: Watcher) -> None:
        """Those who repair hear of it, if it can be a sign of a trouble with messages."""
        if watcher.signal in (Signal.RELEASE_TIME, Signal.REFUND_TIME):
            return
        for trouble in self._stock.troubles.all:
            if watcher.feed is None or trouble.concerns(watcher.feed):
                trouble.tell(watcher.standing.since)
