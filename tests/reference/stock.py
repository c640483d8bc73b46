"""What changes the shelf, and how view and record are told of it (docs/model.md, sections 3, 4 and 8)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from tests.reference.channels import Channel
from tests.reference.clock import NOW, Instant, Process, before_orders
from tests.reference.ledgers import Movement, Pair, Sku
from tests.reference.middleware import Feed
from tests.reference.orderlines import Line
from tests.reference.shop import Shop
from twin.core.clock import Tie, tie_key
from twin.journal.tables import FeedName, Flow, Latency
from twin.world.tables import Physical, WorldDay

RECEIPT, DISPATCH, RETURN, RESERVE, RELEASE = (part << 24 for part in (2, 3, 4, 5, 6))


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


class Stock:
    """The shelf and its messages."""

    def __init__(self, shop: Shop, channels: list[Channel]) -> None:
        systems = shop.systems
        self._shop, self._channels = shop, channels
        self._unseen: deque[Movement] = deque()  # in the order in which they were made
        self._unposted: deque[Movement] = deque()
        self._respect = systems.tills_respect_reservations
        self._movements: Feed[Movement] = Feed(
            shop, FeedName.MOVEMENTS, systems.movements, systems=(systems.movements.system,), apply=self._see
        )
        self._orders: Feed[Note] = Feed(
            shop, FeedName.ORDERS, systems.orders, systems=(systems.orders.system,), apply=self._hear
        )
        self._posting: Feed[Movement] = Feed(
            shop, FeedName.POSTING, systems.posting, systems=(systems.posting.system, "erp"), apply=self._post
        )

    def move(self, movement: Movement) -> None:
        """The shelf changes, and a movement tells of it."""
        pair, node, flows = movement.pair, movement.pair.node, self._shop.flows
        pair.on_hand += movement.delta
        pair.trail.movements.append(movement)
        if node.pooled:
            pair.sku.trail.movements.append(movement)
        self._unseen.append(movement)
        self._unposted.append(movement)
        flows[Flow.MOVEMENTS] += 1
        self._movements.send(movement, node.number, from_dc=node.is_dc)
        self._posting.send(movement, node.number, from_dc=node.is_dc)

    def oldest_waiting(self, t: int) -> tuple[int, int]:
        """Ages of the oldest movements that the view, and the record, has not applied; 0 if there is none."""
        while self._unseen and self._unseen[0].seen <= NOW:
            self._unseen.popleft()
        while self._unposted and self._unposted[0].posted:
            self._unposted.popleft()
        unseen, unposted = ((t - waiting[0].t if waiting else 0) for waiting in (self._unseen, self._unposted))
        return unseen, unposted

    def note(self, line: Line, units: int, moment: int) -> None:
        """Tell the view of a reservation, or of its end."""
        part = (RESERVE if units > 0 else RELEASE) | line.number
        message = Note(line, line.pair if line.pickup else None, units, self._shop.env.now, moment, line.order, part)
        self._shop.flows[Flow.RESERVE_MESSAGES] += 1
        self._orders.send(message, line.sku.number, from_dc=True)

    def _see(self, movement: Movement, t: int, moment: int) -> None:
        shop, pair = self._shop, movement.pair
        cleared = False if movement.receipt else None
        pair.change(moment, view=movement.delta, resv=0 if movement.receipt else -movement.settles, blocked=cleared)
        movement.seen = moment
        shop.flows[Flow.SEEN] += 1
        shop.observe(Latency.VIEW, 0, movement.t, t)
        if pair.node.pooled:
            for channel in self._channels:
                channel.observe(movement, t)

    def _hear(self, note: Note, t: int, moment: int) -> None:
        set_aside(note.line, note.pair, note.units, moment)
        self._shop.flows[Flow.RESERVE_APPLIED] += 1

    def _post(self, movement: Movement, t: int, moment: int) -> None:
        movement.pair.record += movement.delta
        movement.posted = True
        if movement.receipt:
            movement.pair.on_order -= movement.settles
        self._shop.flows[Flow.POSTED] += 1
        self._shop.observe(Latency.RECORD, 0, movement.t, t)

    def observe_waiting(self, horizon: int) -> None:
        """The run ends: count how long those movements have waited that have not arrived."""
        shop = self._shop
        for movement in (movement for pair in shop.pairs for movement in pair.trail.movements):
            if not movement.posted:
                shop.observe(Latency.RECORD, 0, movement.t, horizon)
            if movement.seen > NOW:
                shop.observe(Latency.VIEW, 0, movement.t, horizon)
            if movement.pair.node.pooled:
                for channel in self._channels:
                    channel.observe_waiting(movement, horizon)

    def tills(self, day: WorldDay) -> Process:
        """Walk-ins and what vanishes, one after another."""
        env, pairs = self._shop.env, self._shop.pairs
        for index, (t, pair, quantity, kind) in enumerate(day.physical.tolist()):
            event = self._walk_in if kind == Physical.SALE else self._vanish
            yield env.process(event(t, day.day << 40 | index, pairs[pair], quantity))

    def _walk_in(self, t: int, entity: int, pair: Pair, quantity: int) -> Process:
        """A customer takes units from the shelf to the till."""
        yield Instant(self._shop.env, t, tie_key(Tie.TILL, entity, 0))
        flows = self._shop.flows
        spoken_for = max(pair.promised, pair.resv) if self._respect else 0
        taken = min(quantity, max(0, pair.on_hand - spoken_for))
        flows[Flow.TILL_LINES] += 1
        flows[Flow.TILL_UNITS] += taken
        flows[Flow.TILL_UNITS_LOST] += quantity - taken
        if taken:
            pair.sold += taken
            self.move(Movement(pair, -taken, t=t, moment=before_orders(t), entity=entity, part=0))

    def _vanish(self, t: int, entity: int, pair: Pair, quantity: int) -> Process:
        """Theft, damage, spoilage: nobody is told."""
        yield Instant(self._shop.env, t, tie_key(Tie.TILL, entity, 0))
        taken = min(quantity, pair.on_hand)
        pair.on_hand -= taken
        pair.err += taken
        pair.shrunk += taken
        self._shop.flows[Flow.SHRINK_UNITS] += taken

    def returns(self, day: WorldDay) -> Process:
        """Goods come back to the first DC."""
        shop = self._shop
        for index, (t, sku, quantity, _) in enumerate(day.returns.tolist()):
            yield shop.batch_time(t, 2 << 40 | index)
            shop.flows[Flow.RETURNED_UNITS] += quantity
            entity = day.day << 40 | index
            pair = first_dc(shop.skus[sku])
            movement = Movement(pair, quantity, t=t, moment=before_orders(t), entity=entity, part=RETURN)
            movement.receipt = True
            self.move(movement)


def first_dc(sku: Sku) -> Pair:
    """The SKU's pair at the first DC."""
    return next(pair for pair in sku.pooled if pair.node.is_dc)


def set_aside(line: Line, pair: Pair | None, units: int, moment: int) -> None:
    """The view sets units of a line aside, at a node or for no node in particular. Negative units are given back."""
    if pair is not None:
        pair.change(moment, resv=units)
    else:
        line.sku.reserve(units, moment)
    line.in_view += units
