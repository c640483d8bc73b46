"""Fallbacks: the watch that turns them on and off for each channel, and what they tell an order (docs/model.md,
section 6, "Fallbacks").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import NEVER
from twin.core.shares import parts
from twin.journal.orders import Degraded, Mode, Refusal
from twin.journal.tables import NONE
from twin.kernels import publication
from twin.kernels.codes import ERP, SERVICE, Asks, Belief
from twin.kernels.stock import free_of_pairs
from twin.model.breaker import Breaker
from twin.model.jobs import Process, Works
from twin.model.observed import Observed, Results
from twin.model.plane import Plane
from twin.model.process import Turn
from twin.model.windows import Spans
from twin.policies.degrading import OFF, Watched, grown, looked, share_of
from twin.scenario.degradation import Fallback
from twin.scenario.scenario import Scenario
from twin.scenario.systems import PROMISING_POINTS, Systems

LOOK_KIND: Final = 8 << 40
CHECK_CALL, RESERVE_CALL = 0, 1
_ASKS: Final = {
    "fail_open": Asks.NOTHING,
    "confirm_later": Asks.LATER,
    "dc_only": Asks.QUOTA,
    "allotment": Asks.QUOTA,
}
_CLOSED, _SHED = int(Refusal.CLOSED), int(Refusal.SHED)
_PICKUP: Final = int(Mode.PICKUP)
_QUERY: Final = int(Belief.QUERY)

Call = tuple[int, int]
"""Station and kind of a call."""

_SPARED: Final[dict[str, frozenset[Call]]] = {
    "erp": frozenset({(ERP, CHECK_CALL)}),
    "service": frozenset({(SERVICE, CHECK_CALL), (SERVICE, RESERVE_CALL)}),
    "publication": frozenset({(SERVICE, CHECK_CALL)}),
    "movements": frozenset(),
}
"""Calls that are not made while a fallback is on that asks a belief, by the system that it is about."""

Recheck = Callable[[int, int, int], None]
"""Has an order (row, identity), taken while a fallback was on, held against the view at an instant."""


@dataclass(slots=True)
class Rule:
    """One fallback, and how it stands with each channel that it is for."""

    place: int
    fallback: Fallback
    states: dict[int, Watched]
    spared: frozenset[Call]
    """Calls that its orders do not make."""
    unanswered: bool
    """Whether its orders go on as if a call had failed; those of marketplaces only if they ask nothing."""
    slots: dict[int, int]
    """Rows of `quotas` at which a channel's begin."""
    waiting: dict[int, dict[Turn, None]] = field(default_factory=dict)
    taken: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """By channel: (row, identity) of orders that are held against the view when it is over."""
    stock: NDArray[np.int64] | None = None
    """What DCs offered when that was looked at last, by SKU."""
    copied_at: int = -NEVER

    @property
    def strategy(self) -> Degraded:
        return Degraded[self.fallback.strategy.upper()]

    @property
    def asks(self) -> Asks:
        return _ASKS.get(self.fallback.strategy, Asks.BELIEF)

    @property
    def reconfirms(self) -> bool:
        return self.fallback.recovery == "reconfirm"

    def on(self, channel: int) -> bool:
        return self.states[channel].on

    def wait(self, channel: int, until: int) -> Turn:
        """An order waits until it is over, or for its time."""
        turn = Turn(until)
        self.waiting.setdefault(channel, {})[turn] = None
        return turn

    def waited(self, channel: int, turn: Turn) -> int:
        """When the order that had this turn goes on."""
        if turn.called_at is not None:
            return turn.called_at
        del self.waiting[channel][turn]
        return turn.until


class Fallbacks:
    """Which fallback is on for each channel, as the watch found it at its last look."""

    def __init__(
        self, works: Works, rules: list[Rule], observed: Observed, *, watch: int, marketplaces: frozenset[int]
    ) -> None:
        self._works, self._rules, self._observed, self._watch = works, rules, observed, watch
        self._marketplaces = marketplaces
        self._channels: NDArray[np.void] = works.plane.memory["channels"]
        self._current: dict[int, Rule] = {}
        self._spells: dict[tuple[int, int], int] = {}
        self.cancelled: set[int] = set()
        """Orders of which nothing is left, until their stories find out."""

    def at(self, channel: int) -> Rule | None:
        """The fallback that decides about an order that arrives in a channel."""
        return self._current.get(channel)

    def gone(self, number: int) -> bool:
        """Whether all lines of an order were cancelled before it was sourced; its row may be another order's by now."""
        return number in self.cancelled

    def turns_away(self, rule: Rule, number: int, channel: int, now: int) -> bool:
        """An order arrives and is told how it is decided: refused at once, or how it goes on."""
        plane, marketplace = self._works.plane, channel in self._marketplaces
        row = plane.order(number)
        row["degraded"], row["ruled"], row["asks"] = rule.strategy, 1, rule.asks
        row["unanswered"] = (rule.unanswered and not marketplace) or rule.asks != Asks.BELIEF
        row["dc_only"] = rule.strategy == Degraded.DC_ONLY
        row["quota"] = rule.slots.get(channel, 0)
        reason = self._refuses(rule, row, channel, now)
        if reason:
            plane.turn_away(number, reason, now)
        return reason != 0

    def _refuses(self, rule: Rule, row: np.void, channel: int, now: int) -> int:
        """Why an order is turned away; 0 if it is not."""
        fallback = rule.fallback
        if rule.strategy == Degraded.SHED:
            return _SHED
        if rule.strategy == Degraded.FAIL_CLOSED or (row["dc_only"] and row["mode"] == _PICKUP):
            return _CLOSED
        if rule.asks != Asks.BELIEF:
            return 0
        age = self._observed.age(channel, now, marketplace=channel in self._marketplaces)
        mine = self._channels[channel]
        knows = not row["unanswered"] or mine["mode"] != _QUERY or mine["down"]
        if age > fallback.max_age or not knows:
            return _CLOSED
        if rule.strategy == Degraded.GROWING_BUFFER:
            row["withheld"] = grown(age, parts(fallback.buffer_rate))
        return 0

    def watch(self, recheck: Recheck) -> Process:
        """Look again and again."""
        k = 0
        while True:
            now = k * self._watch
            yield self._works.at(now, LOOK_KIND)
            self._works.plane.advance(now)
            for rule in self._rules:
                self._look(rule, now, recheck)
            self._current = dict(self._first_on())
            k += 1

    def _first_on(self) -> Iterator[tuple[int, Rule]]:
        for rule in reversed(self._rules):
            yield from ((channel, rule) for channel, state in rule.states.items() if state.on)

    def _look(self, rule: Rule, now: int, recheck: Recheck) -> None:
        fallback, plane = rule.fallback, self._works.plane
        if rule.strategy == Degraded.DC_ONLY:
            self._copy_stock(rule, now)
        for channel, before in rule.states.items():
            if channel in self._marketplaces and self._observed.publications[channel].cover(now):
                continue  # nobody can tell it anything
            ill, well = self._observed.conditions(fallback, channel, now)
            after = looked(before, ill=ill, well=well, now=now, dwell=fallback.dwell, calm=fallback.calm)
            rule.states[channel] = after
            if after.on and not before.on:
                self._enter(plane, rule, channel, now)
            elif before.on and not after.on:
                self._leave(rule, channel, now, recheck)

    def _enter(self, plane: Plane, rule: Rule, channel: int, now: int) -> None:
        journal = self._works.journal.fallbacks
        self._spells[rule.place, channel] = len(journal)
        journal.append((rule.place, channel, int(rule.strategy), now, NONE))
        if rule.asks == Asks.QUOTA:
            skus, first = len(plane.memory["skus"]), rule.slots[channel]
            plane.memory["quotas"][first : first + skus] = self._quota(rule, channel, now)

    def _leave(self, rule: Rule, channel: int, now: int, recheck: Recheck) -> None:
        journal, spell = self._works.journal.fallbacks, self._spells.pop((rule.place, channel))
        journal[spell] = (*journal[spell][:-1], now)
        for turn in rule.waiting.pop(channel, {}):
            turn.call(now)
        for number, order in rule.taken.pop(channel, []):
            recheck(number, order, now)

    def _quota(self, rule: Rule, channel: int, now: int) -> NDArray[np.int64] | int:
        """Units of each SKU that the channel may sell from now on."""
        fallback, plane = rule.fallback, self._works.plane
        if rule.stock is not None:
            return rule.stock - held_back(plane, channel)
        if fallback.units:
            return fallback.units
        # a copy is refreshed after the looks of an instant
        t = now if self._channels[channel]["mode"] == _QUERY else now - 1
        beliefs = (publication.belief(plane.handle, channel, s, t) for s in range(len(plane.memory["skus"])))
        return np.array([share_of(belief, parts(fallback.share)) for belief in beliefs], np.int64)

    def _copy_stock(self, rule: Rule, now: int) -> None:
        """While all is well, note now and then what the DCs offer."""
        _, well = self._observed.conditions(rule.fallback, next(iter(rule.states)), now)
        idle = not any(state.on for state in rule.states.values())
        if rule.stock is None or (well and idle and now - rule.copied_at >= rule.fallback.refresh):
            rule.stock, rule.copied_at = dc_stock(self._works.plane), now


def held_back(plane: Plane, channel: int) -> NDArray[np.int64]:
    """Units of the pooled stock of each SKU that are held back from a channel."""
    skus = range(len(plane.memory["skus"]))
    return np.fromiter((publication.held_back(plane.handle, channel, s) for s in skus), np.int64, len(skus))


def dc_stock(plane: Plane) -> NDArray[np.int64]:
    """What the view offers of each SKU in DCs, less what is reserved for no node."""
    pairs, skus, nodes = (plane.memory[name] for name in ("pairs", "skus", "nodes"))
    free = free_of_pairs(pairs) * (nodes["is_dc"][pairs["node"]] != 0)
    in_dcs = np.bincount(pairs["sku"], free, skus.size).astype(np.int64)
    return np.asarray(np.maximum(0, in_dcs - skus["reserved"]), np.int64)


def fallbacks_of(
    works: Works,
    scenario: Scenario,
    systems: Systems,
    *,
    breakers: dict[int, Breaker | None],
    results: dict[int, Results],
    marketplaces: frozenset[int],
) -> Fallbacks | None:
    """The fallbacks of an arm; ``None`` if it has none, so that nobody watches."""
    degradation = systems.degradation
    if not degradation.fallbacks:
        return None
    of_publication = tuple(
        systems.publications.marketplace.system if c in marketplaces else systems.publications.own.system
        for c in range(len(scenario.demand.channels))
    )
    observed = Observed(
        movements=Spans.of_outages(works.world, systems.movements.system),
        publications=tuple(Spans.of_outages(works.world, system) for system in of_publication),
        service=Spans.of_outages(works.world, systems.service.system),
        erp=Spans.of_outages(works.world, "erp"),
        breakers=breakers,
        results=results,
    )
    rules = list(_rules(works.plane, scenario, systems, marketplaces))
    return Fallbacks(works, rules, observed, watch=degradation.watch, marketplaces=marketplaces)


def _rules(plane: Plane, scenario: Scenario, systems: Systems, marketplaces: frozenset[int]) -> Iterator[Rule]:
    """Fallbacks that are for some channel, with room for their quotas."""
    made, skus = _calls(systems), len(plane.memory["skus"])
    allotted = plane.memory["quotas"] if systems.buffers.allotment.shares else np.zeros(0, np.int64)
    rows = allotted.size
    for place, fallback in enumerate(systems.degradation.fallbacks):
        concerned = _concerned(fallback, scenario, systems, marketplaces)
        if not concerned:
            continue
        spared = _SPARED[fallback.of] if fallback.strategy not in _ASKS else frozenset(made)
        asks_publication = fallback.of == "publication" and systems.publications.own.mode == "query"
        slots = {}
        if _ASKS.get(fallback.strategy) == Asks.QUOTA:
            slots = {channel: rows + at * skus for at, channel in enumerate(concerned)}
            rows += skus * len(concerned)
        states = dict.fromkeys(concerned, OFF)
        yield Rule(place, fallback, states, spared, bool(spared & made) or asks_publication, slots)
    plane.put("quotas", np.zeros(max(1, rows), np.int64))  # before the first allotment


def _concerned(fallback: Fallback, scenario: Scenario, systems: Systems, marketplaces: frozenset[int]) -> list[int]:
    """Channels that a fallback is for."""
    priorities = systems.degradation.priorities
    named = fallback.channels or scenario.demand.channels
    return [
        channel
        for channel, name in enumerate(scenario.demand.channels)
        if name in named
        and not (fallback.of == "publication" and channel in marketplaces)
        and not (fallback.strategy == "shed" and priorities.get(name, 0) >= fallback.below)
    ]


def _calls(systems: Systems) -> frozenset[Call]:
    """Calls that the checkouts of own channels make."""
    made = set()
    if systems.erp.coupling == "direct":
        made.add((ERP, CHECK_CALL))
    elif systems.publications.own.mode == "query":
        made.add((SERVICE, CHECK_CALL))
    if systems.reserving.mode == "synchronous" and systems.reserving.point in PROMISING_POINTS:
        made.add((SERVICE, RESERVE_CALL))
    return frozenset(made)
