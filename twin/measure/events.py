"""What happened when, over the whole run: the instants that timelines and the measures of faults are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.core.clock import NEVER
from twin.core.errors import InvariantError
from twin.journal.orders import Status
from twin.journal.tables import NONE
from twin.measure.cohort import Cohort, Integers, once


@dataclass(frozen=True)
class Orders:
    """Started checkouts, in the order of their demand. Instants in us, NONE where nothing happened."""

    demanded: Integers
    channel: Integers
    accepted: Integers
    released: Integers
    left: Integers
    """When an accepted order stopped to wait for its release: released, or cancelled because no node had it; NEVER
    while it waits.
    """

    @property
    def waits(self) -> Integers:
        """How long each accepted order waited, NEVER if it did until the end; in the order of acceptance."""
        by_acceptance = self.by_acceptance
        left, accepted = self.left[by_acceptance], self.accepted[by_acceptance]
        return np.where(left == NEVER, NEVER, left - accepted)

    @property
    def by_acceptance(self) -> Integers:
        """Places of the accepted orders, sorted by the instant."""
        chosen = np.flatnonzero(self.accepted != NONE)
        return chosen[np.argsort(self.accepted[chosen], kind="stable")]


@once
def orders_of(cohort: Cohort) -> Orders:
    """All orders of the run."""
    rows = cohort.whole("orders", "t_demand")
    demanded: Integers = rows["t_demand"]
    by_demand = np.argsort(demanded, kind="stable")
    accepted, released = rows["t_accept"][by_demand], rows["t_release"][by_demand]
    return Orders(
        demanded=demanded[by_demand],
        channel=rows["channel"][by_demand],
        accepted=accepted,
        released=released,
        left=_left(cohort, rows["order"][by_demand], accepted, released),
    )


def _left(cohort: Cohort, order: Integers, accepted: Integers, released: Integers) -> Integers:
    """The last end among the lines of an order that was never released; NEVER if one is still to be supplied."""
    left = released.copy()
    waiting = np.flatnonzero((accepted != NONE) & (released == NONE))
    waiting = waiting[np.argsort(order[waiting])]
    lines = cohort.whole("lines", "t_demand")
    chosen = np.isin(lines["order"], order[waiting])
    ends = np.where(np.isin(lines["status"][chosen], (Status.ACCEPTED, Status.READY)), NEVER, lines["t_end"][chosen])
    short = lines["t_short"][chosen]
    ends = np.where(short != NONE, short, ends)  # it was released, if nobody had it
    np.maximum.at(left, waiting[np.searchsorted(order[waiting], lines["order"][chosen])], ends)
    return left


@dataclass(frozen=True)
class Lines:
    """First-attempt lines of the whole run, in no particular order. Instants in us."""

    demanded: Integers
    wrongly_refused: Integers
    """Of the lines refused although the truth could back them, when they were demanded."""
    refused_at: Integers
    """The same lines, when they were refused."""
    oversold: Integers
    """Of the oversold lines, when they were demanded."""


@once
def lines_of(cohort: Cohort) -> Lines:
    """All lines of the run."""
    lines = cohort.whole("lines", "t_demand")
    wrongly = lines["false_oos"] != 0
    demanded: Integers = lines["t_demand"]
    return Lines(
        demanded=demanded,
        wrongly_refused=demanded[wrongly],
        refused_at=lines["t_end"][wrongly],
        oversold=demanded[lines["t_short"] != NONE],
    )


def oversold_at(cohort: Cohort) -> Integers:
    """When the oversold lines were accepted, which is when the damage was done."""
    lines, orders = cohort.whole("lines", "t_demand"), cohort.whole("orders", "t_demand")
    wanted, known = lines["order"][lines["t_short"] != NONE], orders["order"]
    if not np.isin(wanted, known).all():
        raise InvariantError("journal: an oversold line is of no order")
    by_order = np.argsort(known)
    accepted: Integers = orders["t_accept"][by_order[np.searchsorted(known[by_order], wanted)]]
    return accepted
