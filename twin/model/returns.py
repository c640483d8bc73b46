"""Goods that come back: inspected, graded, and sold again or written off (docs/model.md, section 12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY, Tie, tie_key
from twin.journal.returns import Claim as Kind
from twin.journal.returns import Condition, ReturnEnd
from twin.journal.tables import NONE
from twin.kernels.choosing import pair_at
from twin.kernels.state import NIL
from twin.model.claims import Claim
from twin.model.jobs import Process, Works
from twin.model.participants import Timed
from twin.model.process import LightProcess, Story
from twin.model.refunds import Refunds
from twin.model.station import FifoStation
from twin.model.windows import Slowdowns
from twin.policies.calendars import next_open
from twin.policies.returns import stays
from twin.scenario.return_demand import ReturnDemand
from twin.scenario.returns import Inspection
from twin.scenario.returns import Returns as Settings
from twin.world.tables import WorldDay

RETURN_KIND: Final = 2 << 40
RETURN_SHIFT: Final = 24
_ENTITY_SHIFT: Final = 40


@dataclass(slots=True)
class Goods:
    """Something that came back, on its way to a shelf."""

    entity: int
    channel: int
    sku: int
    quantity: int
    origin: int
    t_received: int
    condition: int
    node: int
    claim: Claim
    t_graded: int = NONE
    t_end: int = NONE
    outcome: ReturnEnd = ReturnEnd.LIMBO
    labour: int = 0

    def row(self) -> tuple[int, ...]:
        """Row of the journal."""
        return (
            self.entity,
            self.channel,
            self.sku,
            self.quantity,
            self.origin,
            self.node,
            self.t_received,
            self.t_graded,
            self.t_end,
            self.condition if self.t_graded != NONE else NONE,
            self.outcome,
            self.labour,
        )


class Returns:
    """All that comes back in an arm that inspects it."""

    def __init__(self, works: Works, settings: Settings, refunds: Refunds, second_case: Timed) -> None:
        self._works, self._settings, self._refunds, self._second_case = works, settings, refunds, second_case
        nodes = works.world.estate.nodes
        self._is_dc: list[int] = nodes["is_dc"].tolist()
        self._dc_of: list[int] = nodes["supplied_by"].tolist()
        self._reorder = works.world.start.pairs["reorder"]
        self._inspection = Inspectors(works, settings.inspection)
        self._put_away = Timed(works, settings.put_away, "returns.put_away")
        self._to_dc = Timed(works, settings.to_dc, "returns.to_dc")
        self.limbo: dict[int, Goods] = {}
        """By entity."""
        skus = works.world.estate.skus.size
        self.received: NDArray[np.int64] = np.zeros(skus, np.int64)
        """Units handed in, by SKU."""
        self.ended: NDArray[np.int64] = np.zeros((len(ReturnEnd), skus), np.int64)
        """Units by what became of them, and SKU."""

    @classmethod
    def of(cls, works: Works, settings: Settings, demand: ReturnDemand, refunds: Refunds | None) -> Self | None:
        """The returns of an arm; ``None`` if goods are on the rack at once."""
        if refunds is None:
            return None
        return cls(works, settings, refunds, Timed(works, demand.second_case, "returns.second"))

    def day(self, day: WorldDay) -> Process:
        """What comes back on a day, one after another; each goes its own way from there."""
        for index, row in enumerate(day.returns.tolist()):
            key = RETURN_KIND | day.day << RETURN_SHIFT | index
            yield self._works.at(row[0], key)
            goods = self._hand_in(row, day.day << _ENTITY_SHIFT | index)
            LightProcess(self._works.env, self._handle(goods), tie_key(Tie.BATCH, key, 0))

    def _hand_in(self, row: tuple[int, ...], entity: int) -> Goods:
        """A customer hands something in, or a parcel comes; ``row`` is one of the world's table."""
        t, sku, quantity, channel, node, cents, condition, twice = row
        matter = self._refunds.matter()
        claim = self._refunds.claim(Kind.RETURN, matter, identity=entity, channel=channel, cents=cents, due=t)
        if twice:
            due = t + self._second_case.of(entity, 0)
            second = self._refunds.claim(Kind.SECOND, matter, identity=entity, channel=channel, cents=cents, due=due)
            self._refunds.start_second(second)
        goods = self.limbo[entity] = Goods(entity, channel, sku, quantity, node, t, condition, node, claim)
        self.received[sku] += quantity
        return goods

    def _handle(self, goods: Goods) -> Story:
        """Inspected, graded, and on a shelf again, or given up."""
        now, starts = goods.t_received, self._settings.refunds.at
        if self._is_blind(goods):
            goods.node = self._dc_of[goods.node]
            now += self._to_dc.of(goods.entity, 0)
            yield from _wait(goods.t_received, now)
        if starts == "receipt":
            self._refunds.start(goods.claim, now)
        labour, graded = self._inspection.done(goods, now)
        yield from _wait(now, graded)
        now = goods.t_graded = graded
        goods.labour = labour
        if goods.condition == Condition.FRAUD:
            self._end(goods, ReturnEnd.REJECTED, now)
            self._refunds.deny(goods.claim, now)
            return
        if starts == "inspection":
            self._refunds.start(goods.claim, now)
        if self._is_worthless(goods):
            self._end(goods, ReturnEnd.WRITTEN_OFF, now)
        else:
            shelved = self._shelved(goods, now)
            yield from _wait(now, shelved)
            now = shelved
            self._works.plane.take_back(self._pair(goods), goods.quantity, goods.entity, now)
            self._end(goods, ReturnEnd.RESTOCKED, now)
        if starts == "restock":
            self._refunds.start(goods.claim, now)

    def _is_blind(self, goods: Goods) -> bool:
        """Whether the store that has the goods cannot see their order, and sends them to who can."""
        refunds = self._settings.refunds
        blind = not refunds.unified and refunds.across == "dc" and goods.channel != NONE
        return blind and not self._is_dc[goods.node]

    def _is_worthless(self, goods: Goods) -> bool:
        opened = goods.condition == Condition.OPEN_BOX and self._settings.open_box == "write_off"
        return opened or goods.condition == Condition.DAMAGED

    def _shelved(self, goods: Goods, now: int) -> int:
        """When graded goods are on the shelf that they go to."""
        if not self._stays(goods, now):
            goods.node = self._dc_of[goods.node]
            now += self._to_dc.of(goods.entity, 1)
        return now + self._put_away.of(goods.entity, 0)

    def _stays(self, goods: Goods, now: int) -> bool:
        """Whether they are sold where they are."""
        policy, is_dc = self._settings.restock, bool(self._is_dc[goods.node])
        pair, position, reorder = self._pair(goods), 0, NONE
        if policy == "best" and pair != NIL:
            self._works.plane.advance(now)
            stock = self._works.plane.memory["pairs"][pair]
            position, reorder = int(stock["record"]) + int(stock["on_order"]), int(self._reorder[pair])
        return stays(policy, is_dc=is_dc, stocked=pair != NIL, position=position, reorder=reorder)

    def _pair(self, goods: Goods) -> int:
        return int(pair_at(self._works.plane.handle, goods.sku, goods.node))

    def _end(self, goods: Goods, outcome: ReturnEnd, now: int) -> None:
        goods.outcome, goods.t_end = outcome, now
        del self.limbo[goods.entity]
        self.ended[outcome, goods.sku] += goods.quantity
        self._works.journal.end_return(goods.row())

    def write_open(self) -> None:
        """The run ends: rows of what is neither on a shelf nor given up."""
        for goods in self.limbo.values():
            self._works.journal.end_return(goods.row())


class Inspectors:
    """Who inspects, at each node: first come, first served, in its hours."""

    def __init__(self, works: Works, settings: Inspection) -> None:
        self._works, self._settings = works, settings
        self._nodes = works.world.estate.nodes
        self._is_dc: list[int] = self._nodes["is_dc"].tolist()
        self._store = Timed(works, settings.store, "returns.inspection")
        self._dc = Timed(works, settings.dc, "returns.inspection")
        self._stations: dict[int, FifoStation] = {}

    def done(self, goods: Goods, now: int) -> tuple[int, int]:
        """How long the inspection of goods takes that come now, and when it is over."""
        law = self._dc if self._is_dc[goods.node] else self._store
        labour = law.of(goods.entity, 0)
        return labour, self._station(goods.node).serve(labour, now)[1]

    def _station(self, number: int) -> FifoStation:
        if number not in self._stations:
            staff = self._settings.dc_staff if self._is_dc[number] else self._settings.store_staff
            self._stations[number] = FifoStation(staff, opening=self._opening(number), slow=Slowdowns(()))
        return self._stations[number]

    def _opening(self, number: int) -> Any:
        """First instant from one on at which somebody works there; local time is that of the day on which it is asked
        for.
        """
        node, settings, env = self._nodes[number], self._settings, self._works.env
        opens, closes = int(node["opens"]), int(node["closes"])
        if node["is_dc"]:
            opens, closes = settings.dc_opens, settings.dc_closes
        shifts = self._works.world.estate.zone_shift[int(node["region"])].tolist()
        return lambda t: int(next_open(t, opens, closes, shifts[int(env.now) // DAY]))


def _wait(now: int, t: int) -> Story:
    """A wait, which is a waking if it takes time."""
    if t > now:
        yield t
