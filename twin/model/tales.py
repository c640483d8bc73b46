"""What is known of the saga of an order, and its row in the journal (docs/model.md, section 6, "Sagas")."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from twin.journal.orders import SagaEnd
from twin.journal.tables import NONE
from twin.policies.sagas import UNDO, effects

Lifetimes = tuple[int, ...]
"""By step: for how long its idempotency keys are remembered, us; 0: there are none."""

_KINDS: Final = (0, UNDO)
"""Doing a step, and undoing it."""


@dataclass(slots=True)
class Tale:
    """What has happened in the saga of an order."""

    order: int
    t_begin: int
    t_failed: int = NONE
    t_given_up: int = NONE
    t_end: int = NONE
    outcome: SagaEnd = SagaEnd.OPEN
    failed: int = NONE
    calls: int = 0
    failures: int = 0
    hops: int = 0
    cases: int = 0
    human: int = 0
    waited: int = 0
    undone: list[int] = field(default_factory=list)
    """Steps, in the order in which they were."""
    carried_out: dict[int, list[int]] = field(default_factory=dict)
    """By number of a step's first call (to undo it: with UNDO): when calls took, or will take, effect."""
    by_hand: dict[int, int] = field(default_factory=dict)
    """By the same: when somebody did it who saw that it was not done."""

    def note(self, kind: int, t: int) -> None:
        """A call takes effect."""
        self.carried_out.setdefault(kind, []).append(t)

    def effects(self, kind: int, lifetime: int, horizon: int) -> int:
        """How often something was really done before the horizon."""
        instants = [t for t in self.carried_out.get(kind, ()) if t < horizon]
        handled = self.by_hand.get(kind, horizon)
        if handled < horizon and not any(t <= handled for t in instants):
            instants.append(handled)
        return effects(instants, lifetime)

    def row(self, lifetimes: Lifetimes, horizon: int) -> tuple[int, ...]:
        """Row of the journal."""
        done = [self.effects(place | kind, life, horizon) for place, life in enumerate(lifetimes) for kind in _KINDS]
        given_up = self.t_given_up != NONE and self.outcome != SagaEnd.COMPLETED
        orphan = given_up and self.effects(self.failed, lifetimes[self.failed], horizon) > 0
        return (
            self.order,
            self.t_begin,
            self.t_failed,
            self.t_given_up,
            self.t_end,
            self.outcome,
            self.failed,
            self.calls,
            self.failures,
            self.hops,
            sum(max(0, count - 1) for count in done),
            orphan,
            self.cases,
            self.human,
            self.waited,
            len(self.undone),
        )
