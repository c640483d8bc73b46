"""Checks of the arm's alerts by the clock (docs/model.md, section 11, "Alerts")."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from twin.core.clock import NEVER
from twin.core.shares import MILLION, parts
from twin.journal.observability import Signal
from twin.journal.tables import NONE
from twin.journal.totals import Fate, FeedName
from twin.kernels import topics
from twin.kernels.codes import NOTES, RECORD, VIEW
from twin.model.incidents import Incidents
from twin.model.jobs import Process, Works
from twin.model.lanes import feed_of
from twin.model.refunds import Refunds
from twin.policies.alerting import QUIET, Standing, checked
from twin.scenario.observability import Alert
from twin.scenario.systems import Systems

_CHECK_KIND: Final = 9 << 40
_OF_WORKFLOWS: Final = (Signal.RELEASE_TIME, Signal.REFUND_TIME)
"""Signals that show no trouble with messages."""
_WAITING: Final = {VIEW: "unseen", NOTES: "unheard", RECORD: "unposted"}

Exceeds = Callable[[int], bool]
"""Whether what an alert looks at is too much at an instant up to which the data plane was advanced."""


@dataclass(slots=True)
class Rule:
    """One alert of the arm, and how it stands."""

    place: int
    signal: Signal
    feed: int
    """NONE if it is of the whole arm."""
    exceeds: Exceeds
    hold: int
    standing: Standing = QUIET
    row: int = NONE
    """Row of the journal, while it stands."""


def checks(works: Works, systems: Systems, incidents: Incidents, refunds: Refunds | None) -> Process:
    """Check again and again."""
    settings = systems.observability
    rules = [_rule(works, systems, place, alert, refunds) for place, alert in enumerate(settings.alerts)]
    k = 0
    while True:
        now = k * settings.interval
        yield works.at(now, _CHECK_KIND)
        works.plane.advance(now)
        for rule in rules:
            _check(works, rule, now, settings.calm)
            if rule.standing.raised != NEVER and rule.signal not in _OF_WORKFLOWS:
                incidents.told(rule.feed, rule.standing.since, now)
        k += 1


def _check(works: Works, rule: Rule, now: int, calm: int) -> None:
    before, rows = rule.standing, works.journal.alerts
    rule.standing = after = checked(before, holds=rule.exceeds(now), now=now, hold=rule.hold, calm=calm)
    if after.raised == now:
        rule.row = len(rows)
        rows.append((rule.place, rule.signal, rule.feed, after.since, now, NONE))
    elif before.raised != NEVER and after.raised == NEVER:
        rows[rule.row] = (*rows[rule.row][:-1], now)


def _rule(works: Works, systems: Systems, place: int, alert: Alert, refunds: Refunds | None) -> Rule:
    signal = Signal[alert.signal.upper()]
    feed = NONE if alert.feed is None else int(FeedName[alert.feed.upper()])
    hold = systems.observability.hold if alert.hold is None else alert.hold
    return Rule(place, signal, feed, _exceeds(works, systems, alert, feed, refunds), hold)


def _exceeds(works: Works, systems: Systems, alert: Alert, feed: int, refunds: Refunds | None) -> Exceeds:
    plane, pairs = works.plane, int(works.world.start.pairs.size)
    if alert.share is not None:
        most = parts(alert.share) * pairs
        return lambda now: int(plane.control["view_wrong"]) * MILLION > most
    if alert.longest is not None:
        longest = alert.longest
        if alert.signal == "release_time":
            return lambda now: int(topics.oldest_unreleased(plane.handle, now)) > longest
        if alert.signal == "refund_time":
            return lambda now: refunds is not None and refunds.longest_wait(now) > longest
        settings = feed_of(systems, feed)
        longest += settings.interval if settings.mode == "batch" else 0
        return lambda now: int(topics.oldest_waiting(plane.handle, feed, now)) > longest
    assert alert.messages is not None
    return _Counting(works, alert, feed, alert.messages).exceeds


class _Counting:
    """A signal that counts messages of a feed."""

    def __init__(self, works: Works, alert: Alert, feed: int, most: int) -> None:
        self._plane, self._signal, self._span = works.plane, alert.signal, alert.span
        self._feed, self._most = feed, most
        self._missed = deque([(-NEVER, 0)])
        """Checks, and what was missing by then: from the last on that is ``span`` ago or longer."""

    def exceeds(self, now: int) -> bool:
        return self._count(now) > self._most

    def _count(self, now: int) -> int:
        if self._signal == "lag":
            return int(self._plane.control[_WAITING[self._feed]])
        if self._signal == "dead_letters":
            return self._fate(Fate.DEAD_LETTER)
        missed = self._fate(Fate.LOST) + self._fate(Fate.EXPIRED)
        while len(self._missed) > 1 and self._missed[1][0] <= now - self._span:
            self._missed.popleft()
        before = self._missed[0][1]
        self._missed.append((now, missed))
        return missed - before

    def _fate(self, fate: Fate) -> int:
        return int(self._plane.memory["fates"][self._feed * len(Fate) + fate])
