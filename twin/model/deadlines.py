"""What marketplaces ask of the orders that they hand over: to be confirmed, and shipped, in time (docs/model.md,
section 6, "Deadlines").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

import simpy

from twin.core.clock import Tie, tie_key
from twin.journal.orders import Status
from twin.model.plane import Plane
from twin.model.process import LightProcess, Story
from twin.model.refunds import Refunds
from twin.scenario.scenario import Scenario

_STEP: Final = 65_531


class Rule(NamedTuple):
    """Of a channel, us after the acceptance; 0: there is none."""

    confirm: int
    ship: int


@dataclass
class Deadlines:
    """Orders whose marketplaces wait for something."""

    env: simpy.Environment
    plane: Plane
    rules: dict[int, Rule]
    """By channel; those without a deadline are left out."""
    refunds: Refunds | None
    unconfirmed: set[int] = field(default_factory=set)
    """Accepted orders that are not released yet."""
    cancelled: set[int] = field(default_factory=set)
    """Orders of which nothing is left to be done, until their stories find out."""

    @classmethod
    def of(cls, env: simpy.Environment, plane: Plane, scenario: Scenario, refunds: Refunds | None) -> Self | None:
        """The deadlines of a world; ``None`` if no marketplace has one."""
        channels = enumerate(scenario.demand.channels.values())
        rules = {number: Rule(channel.confirm_within, channel.ship_within) for number, channel in channels}
        rules = {number: rule for number, rule in rules.items() if any(rule)}
        return cls(env, plane, rules, refunds) if rules else None

    def begin(self, number: int, order: int, channel: int, accepted: int) -> None:
        """An order is accepted."""
        rule = self.rules.get(channel)
        if rule is not None:
            LightProcess(self.env, self._watch(number, accepted, rule), tie_key(Tie.ORDER, order, _STEP))

    def confirm(self, number: int) -> None:
        """An order is released, which is what its marketplace is told."""
        self.unconfirmed.discard(number)

    def _watch(self, number: int, accepted: int, rule: Rule) -> Story:
        """A marketplace waits for the confirmation of an order, then for its parcels."""
        if rule.confirm:
            self.unconfirmed.add(number)
            yield accepted + rule.confirm
            if number in self.unconfirmed:
                self.unconfirmed.discard(number)
                self._cancel(number, Status.NOT_CONFIRMED, accepted + rule.confirm)
                return
        if rule.ship:
            yield accepted + rule.ship
            self._cancel(number, Status.NOT_SHIPPED, accepted + rule.ship)

    def _cancel(self, number: int, status: Status, now: int) -> None:
        """What is not picked is not wanted any more."""
        if not self.plane.is_open(number):
            return
        self.plane.withdraw(number, int(status), now)
        self.cancelled.add(number)
        if self.refunds is not None:
            self.refunds.look_at((number,), now)
