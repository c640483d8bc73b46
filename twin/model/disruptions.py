"""What befalls messages and their consumers by the clock: SimPy processes of class FAULT (docs/model.md, section 4)."""

from __future__ import annotations

from functools import partial
from typing import Final

from twin.core.clock import Tie
from twin.kernels.codes import NOTES, RECORD, VIEW
from twin.kernels.traffic import Change, Policy
from twin.model.incidents import Incidents
from twin.model.jobs import Process, Works
from twin.model.lanes import absences, feed_of, group, system_row
from twin.model.process import Instant
from twin.policies.membership import Absence
from twin.scenario.systems import Feed, Systems
from twin.world.tables import CENTRAL, SYSTEMS, TroubleKind

_OUTBOX: Final = 1 << 40
_LOSS: Final = 2 << 40
_FAILOVER: Final = 3 << 40
_REDRIVE: Final = 5 << 40
_MEMBER: Final = 6 << 40
_TILLS: Final = 8 << 40
_FEED_SHIFT: Final = 16


def start_disruptions(works: Works, systems: Systems, incidents: Incidents) -> None:
    """Put everything that befalls messages on the clock."""
    world, env = works.world, works.env
    for window in world.windows[world.windows["system"] == SYSTEMS.index("link")].tolist():
        env.process(_sent_again(works, node=window[1], end=window[3]))
    for window in world.windows[world.windows["system"] == SYSTEMS.index("pos")].tolist():
        env.process(_keyed_in(works, node=window[1], end=window[3]))
    for who in (VIEW, NOTES, RECORD):
        _start_absences(works, feed_of(systems, who), who)
    for system, t in world.failovers.tolist():
        env.process(_failed_over(works, SYSTEMS[system], t))
    incidents.start(partial(_redrive_after, works, systems))


def _start_absences(works: Works, feed: Feed, who: int) -> None:
    """Put the members of a feed's consumers that are away on the clock."""
    if feed.mode == "stream":
        for partition, of in enumerate(group(works.world, feed, who)):
            for t, member in of.losses:
                works.env.process(_member_lost(works, who, partition, t, member))
    elif feed.mode == "queue":
        for absence in absences(works.world, feed, who):
            works.env.process(_member_away(works, who, absence))


def _fault(works: Works, t: int, entity: int) -> Instant:
    return Instant(works.env, t, Tie.FAULT, entity)


def _sent_again(works: Works, node: int, end: int) -> Process:
    """A node's link is up again, and its outbox is sent."""
    yield _fault(works, end, _OUTBOX | node)
    works.plane.flush(node, end)


def _keyed_in(works: Works, node: int, end: int) -> Process:
    """The tills of a store work again, and what was sold by hand is entered."""
    yield _fault(works, end, _TILLS | node)
    works.plane.key_in(node, end)


def _member_lost(works: Works, who: int, partition: int, t: int, member: int) -> Process:
    """A partition loses its consumer."""
    yield _fault(works, t, _LOSS | who << _FEED_SHIFT | member)
    works.plane.lose_member(who, partition, t)


def _member_away(works: Works, who: int, absence: Absence) -> Process:
    """A member of a queue is lost; if it is noticed it is given up, until it returns."""
    place = who << _FEED_SHIFT | absence.member
    yield _fault(works, absence.start, _LOSS | place)
    works.plane.change_member(who, absence.member, Change.LOST, absence.start)
    if absence.noticed < absence.end:
        yield _fault(works, absence.noticed, _MEMBER | place)
        works.plane.change_member(who, absence.member, Change.GIVEN_UP, absence.noticed)
        yield _fault(works, absence.end, _MEMBER | place)
        works.plane.change_member(who, absence.member, Change.BACK, absence.end)


def _failed_over(works: Works, system: str, t: int) -> Process:
    """A system changes to a replica, which lacks the messages that were not replicated yet."""
    yield _fault(works, t, _FAILOVER)
    if system in CENTRAL:
        works.plane.fail_over(system_row(system), t)


def _redrive_after(works: Works, systems: Systems, number: int, t: int) -> None:
    """What could not be handled can be; some time later dead letters, and what was skipped, are handled once more."""
    trouble = works.world.troubles[number]
    if trouble["kind"] != TroubleKind.POISON:
        return
    for who in (VIEW, NOTES, RECORD):
        feed, failing = feed_of(systems, who), feed_of(systems, who).failing
        concerned = trouble["feeds"] >> who & 1
        keeps_letters = failing.policy == Policy.DIVERT.name.lower() or feed.mode == "queue"
        if concerned and keeps_letters and failing.redrive == "repaired":
            works.env.process(_redriven(works, who, t + failing.redrive_delay))
        if concerned and failing.replay:
            works.env.process(_replayed(works, who, t + failing.redrive_delay))


def _redriven(works: Works, who: int, t: int) -> Process:
    yield _fault(works, t, _REDRIVE | who)
    works.plane.redrive(who, t)


def _replayed(works: Works, who: int, t: int) -> Process:
    yield _fault(works, t, _REDRIVE | who)
    works.plane.replay(who, t)
