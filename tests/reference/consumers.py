"""What consumers do with messages: the view, the record, and the reservations in the view (docs/model.md, section 4,
"Applying").
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.reference.channels import Channel
from tests.reference.ledgers import Movement, Node, Pair
from tests.reference.orderlines import Line
from tests.reference.shop import Shop
from twin.journal.totals import Flow, Latency
from twin.scenario.systems import Feed as Settings


@dataclass(slots=True)
class Note:
    """A reservation message: units set aside for a line, or given back (negative)."""

    line: Line
    pair: Pair | None  # of a pickup line, which is reserved at its store
    units: int
    t: int
    moment: int
    entity: int
    part: int
    serial: int = 0

    @property
    def key(self) -> int:
        return self.line.ordered.number

    @property
    def source(self) -> Node | None:
        return None

    @property
    def pooled(self) -> bool:
        return True


class Content:
    """How movements change a belief: by what was moved, or to what its source system counted."""

    def __init__(self, settings: Settings) -> None:
        self.levels = settings.content == "level"
        self._versioned = settings.consumers.versioned
        self._latest: dict[int, int] = {}  # serial of the latest level that was applied, by pair

    def change(self, movement: Movement, belief: int) -> int | None:
        """By how much the belief changes; ``None`` if a later movement was applied before."""
        if not self.levels:
            return movement.delta
        latest = self._latest.get(movement.pair.number, -1)
        if self._versioned and movement.serial < latest:
            return None
        self._latest[movement.pair.number] = max(movement.serial, latest)
        return movement.level - belief


class View:
    """The availability service learns of movements."""

    def __init__(self, shop: Shop, channels: list[Channel]) -> None:
        self._shop, self._channels = shop, channels
        self._content = Content(shop.systems.movements)
        self._overwrites = shop.systems.reload.rule == "overwrite"
        self._covered: dict[int, int] = {}  # movements made when the snapshot was taken that it was set to, by pair

    def apply(self, movement: Movement, moment: int) -> bool:
        """Superseded or not, a movement settles its reservation and is in the view from now on."""
        change = self._change(movement)
        self._put(movement, change or 0, moment, known=self.holds(movement))
        self._observe(movement, moment)
        movement.applied = change is not None
        self._shop.flows[Flow.SEEN] += movement.applied
        return movement.applied

    def apply_again(self, movement: Movement, moment: int) -> bool:
        change = self._change(movement)
        if change is None:
            return False
        self._put(movement, change, moment, known=True)
        movement.pair.resv_extra -= movement.settled_reservation()
        return True

    def miss(self, movement: Movement, moment: int) -> None:
        movement.gone = min(moment, movement.gone)
        movement.pair.lost -= 0 if self.holds(movement) else movement.delta
        movement.pair.resv_lost += movement.settled_reservation()

    def recover(self, movement: Movement) -> None:
        movement.pair.lost += 0 if self.holds(movement) else movement.delta
        movement.pair.resv_lost -= movement.settled_reservation()

    def cover(self, pair: Pair, made: int, moment: int) -> None:
        """A pair was set to a snapshot taken when ``made`` movements had been made; it need not wait for them."""
        self._covered[pair.number] = made
        for movement in pair.trail.movements:
            if self.holds(movement):
                movement.gone = min(moment, movement.gone)

    def holds(self, movement: Movement) -> bool:
        """Whether the view has a movement from a snapshot."""
        return movement.serial < self._covered.get(movement.pair.number, 0)

    def _change(self, movement: Movement) -> int | None:
        if self.holds(movement) and not self._overwrites:
            return None
        return self._content.change(movement, movement.pair.view)

    def _put(self, movement: Movement, change: int, moment: int, *, known: bool) -> None:
        pair = movement.pair
        cleared = False if movement.receipt else None
        pair.change(moment, view=change, resv=-movement.settled_reservation(), blocked=cleared)
        pair.extra += change - (0 if known else movement.delta)
        if self._content.levels:
            pair.level_drift()

    def _observe(self, movement: Movement, moment: int) -> None:
        movement.seen, movement.gone = moment, min(moment, movement.gone)
        now = self._shop.env.now
        self._shop.observe(Latency.VIEW, 0, movement.t, now)
        if movement.pair.node.pooled:
            for channel in self._channels:
                channel.observe(movement, now)


class Record:
    """The ERP books movements."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._content = Content(shop.systems.posting)

    def apply(self, movement: Movement, moment: int) -> bool:
        pair = movement.pair
        change = self._content.change(movement, pair.record)
        pair.record += change or 0
        pair.record_drift += (change or 0) - movement.delta
        movement.posted, movement.posted_at = True, self._shop.env.now
        if movement.receipt:
            pair.on_order -= movement.settles
        self._shop.observe(Latency.RECORD, 0, movement.t, self._shop.env.now)
        self._shop.flows[Flow.POSTED] += change is not None
        return change is not None

    def apply_again(self, movement: Movement, moment: int) -> bool:
        change = self._content.change(movement, movement.pair.record)
        movement.pair.record += change or 0
        movement.pair.record_drift += change or 0
        movement.pair.again += change or 0
        return change is not None

    def miss(self, movement: Movement, moment: int) -> None:
        movement.pair.record_drift -= movement.delta

    def recover(self, movement: Movement) -> None:
        movement.pair.record_drift += movement.delta


class Reservations:
    """The view is told what is set aside, and what is given back."""

    def __init__(self, shop: Shop) -> None:
        self._flows = shop.flows

    def apply(self, note: Note, moment: int) -> bool:
        set_aside(note.line, note.pair, note.units, moment)
        self._flows[Flow.RESERVE_APPLIED] += 1
        return True

    def apply_again(self, note: Note, moment: int) -> bool:
        if note.pair is not None:
            note.pair.change(moment, resv=note.units)
            note.pair.resv_extra += note.units
        else:
            note.line.ordered.reserve(note.units, moment)
            note.line.ordered.reserved_extra += note.units
        return True

    def miss(self, note: Note, moment: int) -> None:
        self._drift(note, -note.units)

    def recover(self, note: Note) -> None:
        self._drift(note, note.units)

    def _drift(self, note: Note, units: int) -> None:
        if note.pair is not None:
            note.pair.resv_lost += units
        else:
            note.line.ordered.reserved_lost += units


def set_aside(line: Line, pair: Pair | None, units: int, moment: int) -> None:
    """The view sets units of a line aside, at a node or for no node in particular. Negative units are given back."""
    if pair is not None:
        pair.change(moment, resv=units)
    else:
        line.ordered.reserve(units, moment)
    line.in_view += units
