"""Orders that are to be there on the day of the order: who wants it, and couriers who bring them (docs/model.md,
section 7, "Same day").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isqrt
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import Tie, tie_key
from twin.core.hashing import bits_of_many
from twin.journal.orders import Mode, Status
from twin.journal.same_day import Offer
from twin.journal.tables import NONE
from twin.model.build import knots_of
from twin.model.jobs import Works
from twin.model.process import LightProcess, Story
from twin.model.station import FifoStation
from twin.model.windows import Slowdowns, Spans
from twin.policies.calendars import first_tick
from twin.policies.sourcing import distance_squared
from twin.scenario.demand import Channel
from twin.scenario.same_day import SameDay
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Systems

_STEP: Final = 57_344
_STEPS: Final = 8
_TOP: Final = np.uint64(11)
_WHOLE: Final = 2.0**53
OR_NOTHING: Final = 2
"""What a customer wants who wants it today or not at all."""


@dataclass(slots=True)
class Drop:
    """A parcel that waits for a courier; a row of the journal in the making."""

    order: int
    parcel: int
    node: int
    units: int
    t_ready: int
    t_booked: int = NONE
    t_left: int = NONE
    t_delivered: int = NONE

    def row(self) -> tuple[int, ...]:
        """Row of the journal."""
        place = (self.order, self.parcel, self.node, self.units)
        return (*place, self.t_ready, self.t_booked, self.t_left, self.t_delivered)


@dataclass
class Couriers:
    """What customers are told who want an order today, and who brings it."""

    works: Works
    rules: SameDay
    outages: Spans
    drive: NDArray[np.int64]
    shares: NDArray[np.float64]
    """By channel: customers who want it today; and of these, today or not at all."""
    stations: dict[int, FifoStation] = field(default_factory=dict)
    """By node or region."""
    waiting: dict[tuple[int, int], Drop] = field(default_factory=dict)
    """By order and parcel: what no courier has taken yet."""

    @classmethod
    def of(cls, works: Works, scenario: Scenario, systems: Systems) -> Self | None:
        """The couriers of an arm; ``None`` in a world in which nobody wants them."""
        channels = tuple(scenario.demand.channels.values())
        shares = np.array([_shares(channel) for channel in channels])
        if not shares.any():
            return None
        outages, drive = Spans.of_outages(works.world, "courier"), knots_of(systems.same_day.drive)
        return cls(works, systems.same_day, outages, drive, shares)

    def wishes(self, checkouts: NDArray[np.void]) -> NDArray[np.int8]:
        """What the customers of a day want: 0 does not matter, 1 today if possible, 2 today or not at all."""
        orders, shares = np.ascontiguousarray(checkouts["order"]), self.shares[checkouts["channel"]]
        wants = self._luck("same_day", orders) < shares[:, 0] * _WHOLE
        only = self._luck("same_day.only", orders) < shares[:, 1] * _WHOLE
        wants &= checkouts["pickup"] < 0
        wishes: NDArray[np.int8] = (wants * (1 + only)).astype(np.int8)
        return wishes

    def _luck(self, stream: str, orders: NDArray[np.int64]) -> NDArray[np.float64]:
        return (bits_of_many(self.works.world.streams.key(stream), orders, 0) >> _TOP).astype(np.float64)

    def told(self, number: int) -> None:
        """A customer who wants an order today has started the checkout, and been told what there was to tell."""
        row = self.works.plane.order(number)
        offered = row["answer"] == Offer.OFFERED
        mine = self.works.plane.lines_of(row)
        node = int(mine["node"][mine["mode"] == Mode.SAME_DAY][0]) if offered else NONE
        asked = int(row["told"]) if row["answer"] != Offer.NOT_ASKED else NONE
        due = int(row["due"]) if offered else NONE
        only = int(row["wants"] == OR_NOTHING)
        wish = (int(row["order"]), int(row["answer"]), only, int(row["backed"]), node, asked, due)
        self.works.journal.end_wish(wish)

    def take(self, number: int, parcel: int, now: int) -> None:
        """A parcel was picked: if it is to be there today, it waits for a courier from when it is ready."""
        row = self.works.plane.order(number)
        if row["handed"] == NONE:
            return
        order, ready = int(row["order"]), int(row["handed"])
        lines = self.works.plane.lines_of(row)
        found = lines[(lines["parcel"] == parcel) & (lines["status"] == Status.SUPPLIED)]
        drop = Drop(order, parcel, int(found["node"][0]), int(found["quantity"].sum()), ready)
        self.waiting[order, parcel] = drop
        key = tie_key(Tie.ORDER, order, _STEP + _STEPS * parcel)
        LightProcess(self.works.env, self._bring(drop, number, now), key)

    def _bring(self, drop: Drop, number: int, now: int) -> Story:
        """A parcel is booked on a run as soon as it is packed, waits for the run and a courier, and is driven."""
        if drop.t_ready > now:
            yield drop.t_ready
        booked = self.outages.up(drop.t_ready)
        if booked > drop.t_ready:
            yield booked
        drop.t_booked = joins = booked
        if self.rules.dispatch:
            joins = int(first_tick(booked, 0, self.rules.dispatch))
            if joins > booked:
                yield joins
        takes = self._takes(drop, number)
        left, _ = self._station(drop.node).serve(2 * takes, joins)
        if left > joins:
            yield left
        drop.t_left, drop.t_delivered = left, left + takes
        self.works.plane.set_out(number, drop.parcel, drop.units, drop.t_delivered)
        self.works.journal.end_drop(self.waiting.pop((drop.order, drop.parcel)).row())

    def _takes(self, drop: Drop, number: int) -> int:
        """From leaving to the customer's door, us."""
        row, node = self.works.plane.order(number), self.works.plane.memory["nodes"][drop.node]
        distance2 = int(distance_squared(int(row["x"]), int(row["y"]), int(node["x"]), int(node["y"])))
        driven = isqrt(distance2 * self.rules.per_km**2)
        return driven + self.works.duration(self.drive, "courier.drive", drop.order, drop.parcel)

    def _station(self, node: int) -> FifoStation:
        shared = self.rules.pool == "region"
        place = int(self.works.plane.memory["nodes"]["region"][node]) if shared else node
        if place not in self.stations:
            self.stations[place] = FifoStation(self.rules.couriers, opening=lambda t: t, slow=Slowdowns(()))
        return self.stations[place]

    def write_open(self) -> None:
        """The run ends: rows of what still waits."""
        for drop in self.waiting.values():
            self.works.journal.end_drop(drop.row())


def _shares(channel: Channel) -> tuple[float, float]:
    """Of customers: who want it today; of these, who want nothing else."""
    return (channel.same_day_share, channel.same_day_only) if channel.same_day_share else (0.0, 0.0)
