"""What operations know of the world's troubles with messages: when each is noticed, by whom, and when it is repaired
(docs/model.md, section 11, "Noticing").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Self

from twin.core.clock import NEVER, Tie
from twin.journal.observability import By
from twin.journal.tables import NONE
from twin.model.build import knots_of
from twin.model.jobs import Process, Works
from twin.model.process import Instant
from twin.scenario.systems import Operations
from twin.world.tables import TroubleKind

_REPAIR: Final = 4 << 40

Repaired = Callable[[int, int], None]
"""A trouble (its row) has been repaired at an instant."""


@dataclass(slots=True)
class Incident:
    """A trouble, as one arm meets it."""

    number: int
    kind: int
    feeds: int
    start: int
    noticed: int
    repair: int
    """Time that it takes from there."""
    repairable: bool
    due: int
    """When it is repaired, as far as one can know; NEVER if it ends by itself."""
    by: By = By.PEOPLE

    def moves(self, feed: int) -> bool:
        """Whether it can show in a signal of a feed, or of all (NONE)."""
        return feed == NONE or bool(self.feeds >> feed & 1)

    def row(self, horizon: int) -> tuple[int, ...]:
        """Row of the journal."""
        noticed = self.noticed < horizon
        who, repaired = (self.by, self.due) if noticed else (By.NOBODY, NEVER)
        return (
            self.number,
            self.kind,
            self.start,
            self.noticed if noticed else NONE,
            who,
            repaired if repaired < horizon else NONE,
            int(self.repairable),
        )


class Incidents:
    """All of them, and the people who repair them."""

    def __init__(self, works: Works, incidents: list[Incident]) -> None:
        self._works, self._incidents = works, incidents
        self._then: Repaired = lambda number, t: None

    @classmethod
    def of(cls, works: Works, operations: Operations) -> Self:
        """The world's troubles, as people would notice them."""
        return cls(works, list(_incidents(works, operations)))

    def start(self, then: Repaired) -> None:
        """People set to work; ``then`` is what a repair brings about."""
        self._then = then
        for incident in self._incidents:
            if incident.repairable:
                self._works.env.process(self._repaired(incident, incident.due))

    def told(self, feed: int, since: int, now: int) -> None:
        """An alert stands at ``now`` whose condition has held since ``since``: it tells of what began meanwhile."""
        for incident in self._incidents:
            if incident.start <= since and now < incident.noticed and incident.moves(feed):
                self._notice(incident, now)

    def _notice(self, incident: Incident, now: int) -> None:
        incident.noticed, incident.by = now, By.ALERT
        due = now + max(1, incident.repair)  # what class FAULT does at this instant is over
        if incident.repairable and due < incident.due:
            incident.due = due
            self._works.env.process(self._repaired(incident, due))

    def _repaired(self, incident: Incident, t: int) -> Process:
        yield Instant(self._works.env, t, Tie.FAULT, _REPAIR | incident.number)
        if incident.due == t:  # else it was noticed before, and has been repaired
            self._works.plane.repair(incident.number, t)
            self._then(incident.number, t)

    def write(self) -> None:
        """The run ends: what became of those that began."""
        horizon = self._works.world.horizon_us
        rows = (incident.row(horizon) for incident in self._incidents if incident.start < horizon)
        self._works.journal.incidents.extend(rows)


def _incidents(works: Works, operations: Operations) -> Iterator[Incident]:
    detect, repair = knots_of(operations.detect), knots_of(operations.repair)
    for number, trouble in enumerate(works.world.troubles):
        start = int(trouble["start"])
        noticed = start + works.duration(detect, "trouble.detect", number)
        takes = works.duration(repair, "trouble.repair", number)
        repairable = bool(trouble["kind"] == TroubleKind.POISON or trouble["until_repaired"])
        yield Incident(
            number=number,
            kind=int(trouble["kind"]),
            feeds=int(trouble["feeds"]),
            start=start,
            noticed=noticed,
            repair=takes,
            repairable=repairable,
            due=noticed + takes if repairable else NEVER,
        )
