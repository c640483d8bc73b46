"""What a workflow of the retailer is made of: the code that carries it out, and all that it has to do with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from twin.scenario.faults import MESSAGES, FaultKind, MessageKind, System

Outlet = Literal["till", "web", "app", "marketplace", "clienteling"]
"""Where something is sold: a till, or a channel by its kind."""

OWN: Final[tuple[Outlet, ...]] = ("web", "app", "clienteling")
"""Online channels that are the retailer's own."""

ONLINE: Final[tuple[Outlet, ...]] = (*OWN, "marketplace")

CARRIERS: Final[tuple[System, ...]] = ("files", "hub", "broker")
"""What carries messages where a preset says so: an arm has one of them."""

FAULTS_OF_MESSAGES: Final[tuple[FaultKind, ...]] = ("poison", "schema", "duplicates", "late", "lost")
"""They can hit whatever sends messages."""


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """One workflow, end to end.

    Names are those of the systems that can fail (``twin.world.tables.SYSTEMS``), of the kinds of message, of the kinds
    of fault, of parameters of the scenario (those of an arm begin with ``systems``), of KPIs and of contracts.
    """

    title: str
    paragraph: str
    """What happens, in the retailer's words."""
    stories: tuple[Callable[..., Any], ...]
    """The code: the process first, then what it goes on with."""
    systems: tuple[System, ...]
    faults: tuple[FaultKind, ...]
    """What can hit it besides :data:`FAULTS_OF_MESSAGES`."""
    settings: tuple[str, ...]
    kpis: tuple[str, ...]
    outlets: tuple[Outlet, ...] = ()
    messages: tuple[MessageKind, ...] = ()
    """What it sends to the view and the record."""
    milestones: tuple[str, ...] = ()
    """Contracts by which it is told to others, besides those of its messages."""

    @property
    def events(self) -> tuple[str, ...]:
        """Contracts by which it is told to others."""
        moves = ("stock.moved",) if any(kind in MESSAGES["movements"] for kind in self.messages) else ()
        reserves = ("reservation.changed",) if any(kind in MESSAGES["orders"] for kind in self.messages) else ()
        return (*self.milestones, *moves, *reserves)

    @property
    def hit_by(self) -> tuple[FaultKind, ...]:
        """All kinds of fault that can hit it."""
        return (*self.faults, *FAULTS_OF_MESSAGES) if self.messages else self.faults


def place_of(story: Callable[..., Any]) -> tuple[str, str]:
    """The module of a story and its name there; a compiled one's are those of its source."""
    source: Callable[..., Any] = getattr(story, "py_func", story)
    return source.__module__, source.__qualname__
