"""What is known of a claim to be paid back, and its row in the journal (docs/model.md, section 12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from twin.journal.returns import Claim as Kind
from twin.journal.returns import RefundEnd
from twin.journal.tables import NONE
from twin.policies.returns import counted

_NUMBER: Final = 20
_FIRST_LINE: Final = 2


@dataclass(slots=True)
class Matter:
    """Something that is to be paid for once, whoever claims it: a return, or a line that will not be supplied."""

    keys: bool
    effects: list[tuple[int, int]] = field(default_factory=list)
    """When payments took, or will take, effect, and for which claim, in the order in which they were asked for."""

    def paid(self, before: int) -> list[int]:
        """Whose payments have moved money."""
        return counted(self.effects, keys=self.keys, before=before)


@dataclass(slots=True)
class Claim:
    """One case of it."""

    number: int
    kind: Kind
    order: int
    """Identity that its luck belongs to: of the return, or the order."""
    line: int
    channel: int
    cents: int
    t_due: int
    matter: Matter
    t_start: int = NONE
    t_paid: int = NONE
    t_end: int = NONE
    outcome: RefundEnd = RefundEnd.OPEN
    started: bool = False
    calls: int = 0
    failures: int = 0
    cases: int = 0
    human: int = 0
    waited: int = 0
    by_hand: dict[int, int] = field(default_factory=dict)

    def attempt(self, call: int = 0) -> int:
        """What the luck of one of its calls belongs to, besides its identity."""
        return int(self.kind if self.kind != Kind.CANCELLED else _FIRST_LINE + self.line) << _NUMBER | call

    def note(self, t: int) -> None:
        """A payment takes effect at ``t``."""
        self.matter.effects.append((t, self.number))

    def has_paid(self, now: int) -> bool:
        """Whether a payment for it has taken effect by now; with keys, for any claim of the same matter."""
        return any(t <= now and (self.matter.keys or claim == self.number) for t, claim in self.matter.effects)

    def moved_money(self, now: int) -> bool:
        """Whether it was this claim that was paid by now, not another of the same matter."""
        return self.number in self.matter.paid(now + 1)

    def row(self, horizon: int) -> tuple[int, ...]:
        """Row of the journal."""
        return (
            self.number,
            self.kind,
            self.order,
            self.line,
            self.channel,
            self.cents,
            self.t_due,
            self.t_start,
            self.t_paid,
            self.t_end,
            self.outcome,
            self.calls,
            self.failures,
            self.cases,
            self.human,
            self.waited,
            self.matter.paid(horizon).count(self.number),
        )
