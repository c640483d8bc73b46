"""Messages, and how far each has come on its way to a consumer (docs/model.md, section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from tests.reference.ledgers import Node
from twin.journal.totals import Fate

if TYPE_CHECKING:
    from tests.reference.troubles import Trouble


class Message(Protocol):
    """What a topic carries: when and as what it was made, and what decides its lane."""

    t: int
    moment: int
    entity: int
    part: int
    serial: int
    """How many messages of its topic were made before it."""

    @property
    def key(self) -> int:
        """Messages of one key keep their order in a keyed topic."""

    @property
    def source(self) -> Node | None:
        """The node that makes it; ``None`` is the head office."""

    @property
    def pooled(self) -> bool:
        """Whether it is about stock that is sold online."""


M = TypeVar("M", bound=Message)
Heard = TypeVar("Heard", bound=Message, contravariant=True)


@dataclass(slots=True, eq=False)
class Delivery(Generic[M]):
    """A message on its way to one consumer."""

    message: M
    copies: int
    """How many times more it arrives."""
    poisons: Sequence[Trouble]
    """The troubles that it cannot be handled for, until they are repaired."""
    fate: Fate = Fate.IN_FLIGHT
    died: int = 0
    """When it last became a dead letter."""

    def bad(self, t: int) -> bool:
        """Whether its consumer cannot handle it at ``t``, which is now."""
        return any(t < trouble.repaired for trouble in self.poisons)


@dataclass(slots=True, eq=False)
class Place(Generic[M]):
    """A delivery's place in a lane."""

    delivery: Delivery[M]
    arrives: int
    entered: int | None
    """When the topic took it; ``None`` while its producer holds it back."""


class Consumer(Protocol[Heard]):
    """Who is told by the messages of a feed."""

    def apply(self, message: Heard, moment: int) -> bool:
        """Learn what a message says; false if it was superseded."""

    def apply_again(self, message: Heard, moment: int) -> bool:
        """Learn it once more; false if it was superseded."""

    def miss(self, message: Heard, moment: int) -> None:
        """The message will not be handled."""

    def recover(self, message: Heard) -> None:
        """A message that was missed is about to be handled after all."""
