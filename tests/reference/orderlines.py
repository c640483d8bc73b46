"""Orders and their lines, as they go through the shop and into the journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.reference.channels import Channel
from tests.reference.ledgers import Pair, Sku
from twin.journal.orders import Cause, Decline, Degraded, Mode, Refusal, Status
from twin.journal.same_day import Offer
from twin.journal.tables import NONE

if TYPE_CHECKING:
    from tests.reference.degrading import Standing
    from tests.reference.prices import Tag
    from tests.reference.sourcing import Parcel
    from tests.reference.today import Wish


@dataclass(slots=True, eq=False)
class Line:
    """One SKU of an order."""

    order: int
    number: int
    channel: Channel
    sku: Sku
    quantity: int
    t_demand: int
    pickup: bool
    pair: Pair | None  # where it is reserved, promised or picked
    node: int
    status: Status = Status.OPEN
    refusal: Refusal = Refusal.NONE
    false_oos: bool = False
    degraded: Degraded = Degraded.NO
    unanswered: bool = False  # it goes on without the answer of a system
    asked: bool = True  # it is held against a belief
    withheld: int = 0  # units that a growing buffer holds back from it
    cause: Cause = Cause.NONE
    also: int = 0
    short_picks: int = 0
    rejections: int = 0
    decline: Decline = Decline.NONE
    price: int = 0  # of a unit
    tag: Tag | None = None  # how that was settled
    t_decision: int = NONE
    belief: int = 0
    truth: int = 0
    staleness: int = 0
    t_short: int = NONE
    t_end: int = NONE
    asked_copy: bool = False  # the last check asked the channel's copy
    reserved: bool = False
    by_message: bool = False  # the reservation was made by a message
    took_own: bool = False  # ... and taken off the channel's copy
    in_view: int = 0  # units of its own that the view has set aside
    hold: bool = False  # the reservation will be released if the order is not placed in time
    holds: int = 0  # how many it has had; the last one counts
    lapsed: bool = False
    parcel: Parcel | None = None  # in which it waits for its pick
    at_till: bool = False  # an associate sold it from the shelf
    today: bool = False  # it is to be there on the day of the order
    hurries: bool = False  # its pick was short, and it may still be
    came_in: Parcel | None = None  # in which it was found
    suspect: Cause = Cause.NONE
    suspect_from_choice: bool = False
    mark: tuple[int, int] = (0, 0)  # (sold, shrunk) at its pair when it was chosen or accepted
    pool_mark: tuple[int, int] = (0, 0)  # (sold, shrunk) over the pooled pairs at acceptance
    ordered: Sku = field(init=False)  # another than is supplied, if the customer takes a substitute

    def __post_init__(self) -> None:
        self.ordered = self.sku

    @property
    def bound(self) -> bool:
        """Whether it can come from one pair only: a pickup, or to be there today."""
        return self.pickup or self.today

    @property
    def mode(self) -> Mode:
        """How the customer gets it."""
        if self.at_till:
            return Mode.TILL
        return Mode.PICKUP if self.pickup else Mode.SAME_DAY if self.today else Mode.SHIP

    def scope(self) -> list[Pair]:
        """Pairs that may supply it."""
        if self.bound:
            return [self.store()]
        return self.sku.pooled

    def store(self) -> Pair:
        """The pair it is bound to."""
        assert self.pair is not None
        return self.pair

    def backed(self) -> int:
        """T: units that the truth offers for it."""
        if self.bound:
            return self.store().on_hand - self.store().promised
        return self.sku.backed()

    def end(self, status: Status, t: int) -> None:
        """Reach the last status."""
        self.status, self.t_end = status, t

    def row(self) -> tuple[int, ...]:
        """Row of the journal."""
        return (
            self.order,
            self.number,
            self.channel.number,
            self.mode,
            self.status,
            self.refusal,
            self.false_oos,
            self.degraded,
            self.cause,
            self.also,
            self.short_picks,
            self.rejections,
            self.decline,
            self.ordered.number,
            NONE if self.sku is self.ordered else self.sku.number,
            self.quantity,
            self.price,
            self.t_demand,
            self.t_decision,
            self.belief,
            self.truth,
            self.staleness,
            self.node,
            self.t_short,
            self.t_end,
        )


@dataclass(slots=True, eq=False)
class Order:
    """A customer's checkout, and what becomes of it."""

    id: int
    t: int
    channel: Channel
    region: int
    x: int
    y: int
    pickup: bool
    abandons: bool
    declined: bool
    checkout: int
    leaves: bool = False
    cart: int = 0
    lines: list[Line] = field(default_factory=list)
    standing: Standing | None = None  # the fallback that decides about it
    degraded: Degraded = Degraded.NO
    unanswered: bool = False
    wish: Wish | None = None  # to have it today
    away_from: int = NONE  # the node at which the customer stands, before an empty shelf
    withheld: int = 0
    released: bool = False
    confirmed: bool = False  # its marketplace has been told that it is released
    parcels: int = 0
    waves: int = 0
    call: int = 0
    t_accept: int = NONE
    sets_out: int = NONE  # for its release; never, if its saga does not complete
    t_release: int = NONE
    t_pick: int = NONE
    t_ready: int = NONE
    t_done: int = NONE

    @property
    def mode(self) -> Mode:
        """How the customer was promised it."""
        if self.wish is not None and self.wish.answer == Offer.OFFERED:
            return Mode.SAME_DAY
        return Mode.PICKUP if self.pickup else Mode.SHIP

    @property
    def strategy(self) -> str:
        """What its fallback does, if it has one."""
        return "" if self.standing is None else self.standing.fallback.strategy

    def may_come_from(self, pair: Pair) -> bool:
        """Whether this pair may supply it, if it is to be shipped."""
        return pair.node.number != self.away_from and (pair.node.is_dc or self.strategy != "dc_only")

    def promised_lines(self) -> list[Line]:
        """Lines accepted and not supplied yet."""
        return [line for line in self.lines if line.status == Status.ACCEPTED]

    def open_lines(self) -> list[Line]:
        """Lines in checkout."""
        return [line for line in self.lines if line.status == Status.OPEN]

    def row(self) -> tuple[int, ...]:
        """Row of the journal."""
        return (
            self.id,
            self.channel.number,
            self.region,
            self.mode,
            len(self.lines),
            self.parcels,
            self.t,
            self.call,
            self.t_accept,
            self.t_release,
            self.t_pick,
            self.t_ready,
            self.t_done,
        )
