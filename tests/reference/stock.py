"""What changes the shelf, and how view and record are told of it (docs/model.md, sections 3, 4 and 8)."""

from __future__ import annotations

from typing import Any

from tests.reference.channels import Channel
from tests.reference.clock import NOW, Instant, Process, before_orders, fault_key
from tests.reference.consumers import Note, Record, Reservations, View
from tests.reference.ledgers import Movement, Node, Pair, Sku
from tests.reference.middleware import Feed
from tests.reference.orderlines import Line
from tests.reference.reloads import Reloads
from tests.reference.shop import Shop
from tests.reference.topics import Topic
from tests.reference.troubles import Troubles
from twin.core.clock import Tie, tie_key
from twin.journal.totals import Fate, FeedName, Flow, Latency
from twin.world.tables import Physical, WorldDay

RECEIPT, DISPATCH, RETURN, RESERVE, RELEASE, COUNT, CORRECTION, RESTOCK = (part << 24 for part in range(2, 10))


class Stock:
    """The shelf and its messages."""

    def __init__(self, shop: Shop, channels: list[Channel]) -> None:
        systems = shop.systems
        self._shop, self._channels = shop, channels
        self._respect = systems.tills_respect_reservations
        troubles = self.troubles = Troubles(shop)
        self.view = View(shop, channels)
        self.to_view = Feed(shop, troubles, FeedName.MOVEMENTS, systems.movements, consumer=self.view)
        self.reservations = Feed(shop, troubles, FeedName.ORDERS, systems.orders, consumer=Reservations(shop))
        self.to_record = Feed(shop, troubles, FeedName.POSTING, systems.posting, consumer=Record(shop), needs=("erp",))
        self._movements = Topic(shop, troubles, [self.to_view, self.to_record])
        self._notes = Topic(shop, troubles, [self.reservations])
        Reloads(shop, self.view)
        self._paper: list[tuple[Pair, int, int]] = []
        for node in shop.nodes:
            for end in shop.outages("pos", node.number).ends:
                shop.env.process(self._key_in(node, end))

    def _key_in(self, node: Node, t: int) -> Process:
        """The tills of a store work again: what was sold by hand in between is entered, in the order of the sales."""
        yield Instant(self._shop.env, t, fault_key(8, node.number))
        here = [sale for sale in self._paper if sale[0].node is node]
        self._paper = [sale for sale in self._paper if sale[0].node is not node]
        for pair, units, entity in here:
            pair.err -= units
            self._shop.flows[Flow.TILL_UNITS_KEYED_IN] += units
            self.tell(Movement(pair, -units, t=t, moment=before_orders(t), entity=entity, part=0))

    def move(self, movement: Movement) -> None:
        """The shelf changes, and a movement tells of it."""
        movement.pair.on_hand += movement.delta
        self.tell(movement)

    def recount(self, movement: Movement) -> None:
        """The node counts anew what is on the shelf, and a movement tells of it."""
        movement.pair.err += movement.delta
        movement.pair.corrected += movement.delta
        self.tell(movement)

    def tell(self, movement: Movement) -> None:
        """View and record are told of a movement."""
        pair = movement.pair
        movement.level = pair.on_hand + pair.err
        pair.trail.movements.append(movement)
        if pair.node.pooled:
            pair.sku.trail.movements.append(movement)
        self._shop.flows[Flow.MOVEMENTS] += 1
        self._movements.make(movement)

    def feed(self, name: FeedName) -> Feed[Any]:
        """The feed of a name."""
        return (self.to_view, self.reservations, self.to_record)[name]

    def oldest_waiting(self, t: int) -> tuple[int, int]:
        """Ages of the oldest movements on their way to the view, and to the record; 0 if there is none."""
        view, record = (feed.oldest() for feed in (self.to_view, self.to_record))
        return t - view.t if view else 0, t - record.t if record else 0

    def unheard(self) -> int:
        """Reservation messages on their way."""
        return self.reservations.fates()[Fate.IN_FLIGHT]

    def dead(self) -> int:
        """Dead letters of all feeds."""
        return sum(feed.fates()[Fate.DEAD_LETTER] for feed in (self.to_view, self.reservations, self.to_record))

    def note(self, line: Line, units: int, moment: int) -> None:
        """Tell the view of a reservation, or of its end."""
        part = (RESERVE if units > 0 else RELEASE) | line.number
        message = Note(line, line.pair if line.bound else None, units, self._shop.env.now, moment, line.order, part)
        self._shop.flows[Flow.RESERVE_MESSAGES] += 1
        self._notes.make(message)

    def in_flight(self) -> tuple[int, int]:
        """Movements on their way to the view, and to the record."""
        view, record = (feed.fates()[Fate.IN_FLIGHT] for feed in (self.to_view, self.to_record))
        return view, record

    def fates(self) -> list[tuple[int, int, int]]:
        """Rows of the journal: what has become of the messages of each feed."""
        feeds = (self.to_view, self.reservations, self.to_record)
        return [(feed.number, fate, number) for feed in feeds for fate, number in enumerate(feed.fates())]

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
            entity = day.day << 40 | index
            if kind == Physical.SALE:
                yield env.process(self._walk_in(t, entity, pairs[pair], quantity))
                continue
            yield Instant(env, t, tie_key(Tie.TILL, entity, 0))
            self._happens(Physical(kind), pairs[pair])

    def _happens(self, kind: Physical, pair: Pair) -> None:
        """Something befalls what is on the shelf."""
        {Physical.SHRINK: self.vanish, Physical.MISPLACED: self.misplace, Physical.FOUND: self.find}[kind](pair)

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
            self._shop.prices.sell(pair.sku.number, taken)
        if taken and self._shop.outages("pos", pair.node.number).since(t) is not None:
            pair.on_hand -= taken
            pair.err += taken
            self._paper.append((pair, taken, entity))
            flows[Flow.TILL_UNITS_BY_HAND] += taken
        elif taken:
            self.move(Movement(pair, -taken, t=t, moment=before_orders(t), entity=entity, part=0))

    def vanish(self, pair: Pair) -> None:
        """A unit is stolen, broken or spoilt: nobody is told."""
        pair.shrunk += self._leave_unseen(pair, Flow.SHRINK_UNITS)

    def misplace(self, pair: Pair) -> None:
        """A unit is put where nobody finds it."""
        pair.misplaced += self._leave_unseen(pair, Flow.MISPLACED_UNITS)

    def _leave_unseen(self, pair: Pair, flow: Flow) -> int:
        taken = min(1, pair.on_hand)
        pair.on_hand -= taken
        pair.err += taken
        self._shop.flows[flow] += taken
        return taken

    def find(self, pair: Pair) -> None:
        """What was misplaced is back on the shelf."""
        pair.on_hand += pair.misplaced
        pair.err -= pair.misplaced
        self._shop.flows[Flow.FOUND_UNITS] += pair.misplaced
        pair.misplaced = 0

    def correct(self, pair: Pair, delta: int, number: int, moment: int, t: int) -> None:
        """A count found another number than its source system said: view and record are told of that."""
        movement = Movement(pair, delta, t=t, moment=moment, entity=number << 32 | pair.number, part=COUNT)
        movement.receipt = True
        self.tell(movement)


def first_dc(sku: Sku) -> Pair:
    """The SKU's pair at the first DC."""
    return next(pair for pair in sku.pooled if pair.node.is_dc)
