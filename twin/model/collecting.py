"""What becomes of orders that are ready in a store (docs/model.md, section 7, "Collection")."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY, NEVER
from twin.journal.orders import CollectionEnd, Status
from twin.journal.tables import NONE
from twin.model.build import knots_of
from twin.model.jobs import Works, happens
from twin.model.notices import Notices
from twin.model.process import Story
from twin.model.refunds import Refunds
from twin.policies.calendars import next_open
from twin.scenario.demand import Channel
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems

_READY = int(Status.READY)


@dataclass(slots=True)
class Visit:
    """An order that waits for its customer; a row of the journal in the making."""

    order: int
    node: int
    lines: int
    units: int
    t_pick: int
    t_ready: int
    t_collected: int = NONE
    t_given_up: int = NONE
    t_back: int = NONE
    outcome: CollectionEnd = CollectionEnd.WAITING

    def row(self) -> tuple[int, ...]:
        """Row of the journal."""
        stamps = (self.t_pick, self.t_ready, self.t_collected, self.t_given_up, self.t_back)
        return (self.order, self.node, self.lines, self.units, *stamps, int(self.outcome))


@dataclass
class Counter:
    """The counters of all stores, at which customers collect what was picked for them."""

    works: Works
    kept_for: int
    channels: tuple[Channel, ...]
    come: tuple[NDArray[np.int64], ...]
    """By channel: the law of the time from the message to the customer's coming."""
    refunds: Refunds | None
    """What is paid back for what nobody collects."""
    notices: Notices | None
    """How customers are told; ``None``: they know at once."""
    waiting: dict[int, Visit] = field(default_factory=dict)
    """By order: what is set aside."""
    units: int = 0
    """That were ever set aside."""

    @classmethod
    def of(
        cls, works: Works, scenario: Scenario, systems: Systems, refunds: Refunds | None, notices: Notices | None
    ) -> Self | None:
        """The counters of an arm; ``None`` if it does not ask who comes."""
        channels = tuple(scenario.demand.channels.values())
        if systems.pickup.kept_for <= 0:
            return None
        come = tuple(knots_of(channel.collects) for channel in channels)
        return cls(works, systems.pickup.kept_for, channels, come, refunds, notices)

    def await_customer(self, number: int, channel: int, now: int) -> Story:
        """An order was picked: its customer comes for it, or it goes back on the shelf."""
        row, plane = self.works.plane.order(number), self.works.plane
        if not row["aside"]:
            return
        visit = self._visit(row, now)
        comes, until = self._comes(channel, visit), visit.t_ready + self.kept_for
        if comes <= until:
            yield comes
            plane.collect(number, comes)
            visit.t_collected, visit.outcome = comes, CollectionEnd.COLLECTED
        else:
            yield until
            back = plane.give_up_waiting(number, until)
            if self.refunds is not None:
                self.refunds.look_at((number,), until)
            visit.t_given_up = until
            visit.outcome = CollectionEnd.NEVER_CAME if comes == NEVER else CollectionEnd.TOO_LATE
            yield back
            plane.restock(number, back)
            visit.t_back = back
        self.works.journal.end_collection(self.waiting.pop(visit.order).row())

    def _visit(self, row: Any, now: int) -> Visit:
        first = int(row["first"] - self.works.plane.control["line_base"])
        lines = self.works.plane.memory["lines"][first : first + int(row["lines"])]
        ready = lines[lines["status"] == _READY]
        units = int(ready["quantity"].sum())
        visit = Visit(int(row["order"]), int(ready["node"][0]), ready.size, units, now, int(row["t_ready"]))
        self.waiting[visit.order] = visit
        self.units += units
        return visit

    def _comes(self, channel: int, visit: Visit) -> int:
        """When the customer comes; NEVER if that will not be."""
        if happens(self.works.luck("no_show", visit.order), self.channels[channel].no_show):
            return NEVER
        told = visit.t_ready if self.notices is None else self.notices.knows(visit.order, channel, visit.t_ready)
        t = told + self.works.duration(self.come[channel], "collect", visit.order)
        if t >= self.works.world.horizon_us:
            return t
        node, shifts = self.works.plane.memory["nodes"][visit.node], self.works.world.estate.zone_shift
        shift = int(shifts[node["region"], t // DAY])
        return int(next_open(t, int(node["opens"]), int(node["closes"]), shift))

    def write_open(self) -> None:
        """The run ends: rows of what still waits."""
        for visit in self.waiting.values():
            self.works.journal.end_collection(visit.row())
