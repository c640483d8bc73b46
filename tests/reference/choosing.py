"""Which nodes may supply a line, and which of them an arm prefers (docs/model.md, section 7)."""

from __future__ import annotations

from collections import Counter

from tests.reference.carriage import Carrier
from tests.reference.ledgers import Node, Pair
from tests.reference.orderlines import Line, Order
from tests.reference.shop import Shop
from tests.reference.stations import Station
from twin.core.clock import DAY, MINUTE
from twin.journal.orders import Status
from twin.policies.calendars import next_open


class Choice:
    """Ranks nodes as the arm does, and knows which stores have had enough for today."""

    def __init__(self, shop: Shop, pickers: list[Station], carrier: Carrier) -> None:
        self._shop, self._pickers, self._carrier = shop, pickers, carrier
        self._settings = shop.systems.sourcing
        self._given: Counter[tuple[int, int]] = Counter()  # parcels by store and local day

    def candidates(self, line: Line, order: Order, wave: list[Line], *, mind_caps: bool = True) -> list[Pair]:
        """Nodes that seem able to supply the line, the preferred first; ``wave``: the lines it may travel with."""
        has = Pair.have if line.status == Status.ACCEPTED else Pair.free
        along = nodes_of(wave, but=line)
        able = [
            pair
            for pair in line.sku.pooled
            if has(pair) >= line.quantity
            and order.may_come_from(pair)
            and not (mind_caps and pair.node.number not in along and self._has_enough(pair.node))
        ]
        return sorted(able, key=lambda pair: self._preference(pair, has(pair), order, along))

    def _preference(self, pair: Pair, units: int, order: Order, along: set[int]) -> tuple[int, int, int]:
        node, far = pair.node, (pair.node.x - order.x) ** 2 + (pair.node.y - order.y) ** 2
        first = 0
        match self._settings.strategy:
            case "dc_first":
                first = 0 if node.is_dc else 1
            case "most_stock":
                first = -units
            case "cheapest" | "least_loaded" if node.number in along:
                first = -1
            case "cheapest":
                first = self._carrier.price(order, node)
            case "least_loaded":
                first = self._minutes_busy(node)
        return first, far, node.number

    def _minutes_busy(self, node: Node) -> int:
        """How long until a picker has time."""
        now = self._shop.env.now
        idle = self._pickers[node.number].idle_from()
        if not node.is_dc:
            idle = next_open(idle, node.opens, node.closes, self._shop.shifts[node.region][now // DAY])
        return (idle - now) // MINUTE

    def _today(self, node: Node) -> tuple[int, int]:
        now = self._shop.env.now
        return node.number, (now + self._shop.shifts[node.region][now // DAY]) // DAY

    def _has_enough(self, node: Node) -> bool:
        cap = self._settings.store_cap
        return cap > 0 and not node.is_dc and self._given[self._today(node)] >= cap

    def give(self, node: Node) -> None:
        """A parcel to be shipped is given to a node."""
        self._given[self._today(node)] += 1

    @property
    def limits(self) -> bool:
        """Whether the arm keeps orders from nodes that seem to have what they want."""
        settings = self._settings
        return settings.split == "never" or settings.most_parcels > 0 or settings.store_cap > 0

    def room(self, order: Order) -> int | None:
        """How many more parcels the order may come in; none: any number."""
        most = 1 if self._settings.split == "never" else self._settings.most_parcels
        if not most:
            return None
        return most - len({box.number for line in order.lines if (box := line.parcel or line.came_in) is not None})


def nodes_of(lines: list[Line], *, but: Line | None = None) -> set[int]:
    """Nodes that lines have which are still to be supplied."""
    alive = (Status.OPEN, Status.ACCEPTED)
    ways = (True, False) if but is None else (but.today,)
    others = (line for line in lines if line is not but and line.today in ways)
    return {line.pair.node.number for line in others if line.pair and line.status in alive}
