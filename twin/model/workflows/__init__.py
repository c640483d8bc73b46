"""The workflows of the retailer: which code carries each out, and the systems, messages, faults, parameters and KPIs
that it has to do with. The model does not read this; its documentation and the tests do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twin.model.days import Days
from twin.model.run import scrapes
from twin.model.workflows.falling_short import FALLING_SHORT
from twin.model.workflows.fulfilling import FULFILLING
from twin.model.workflows.giving_back import GIVING_BACK
from twin.model.workflows.keeping import KEEPING
from twin.model.workflows.pricing import PRICING
from twin.model.workflows.selling import SELLING
from twin.model.workflows.telling import TELLING
from twin.model.workflows.workflow import Workflow

SECTIONS: Final[dict[str, tuple[Workflow, ...]]] = {
    "Selling": SELLING,
    "Fulfilling": FULFILLING,
    "Falling short": FALLING_SHORT,
    "What comes back": GIVING_BACK,
    "Stock": KEEPING,
    "Prices": PRICING,
    "Systems among themselves": TELLING,
}
"""The workflows in the order of the documentation."""

WORKFLOWS: Final[tuple[Workflow, ...]] = tuple(workflow for section in SECTIONS.values() for workflow in section)

_MASTER_DATA: Final = "master data stay as they are during a run; the contract is there for estates whose data change"

UNTOLD: Final[dict[str, str]] = {
    "product.changed": _MASTER_DATA,
    "location.changed": _MASTER_DATA,
    "customer.changed": _MASTER_DATA,
}
"""Contracts that no workflow tells, and why."""

UNMEASURED: Final[dict[str, str]] = {
    "Compared with the baseline": "compares two arms, each with all of its workflows",
}
"""Sections of the KPIs' page that measure no workflow of their own, and why."""

ASIDE: Final[dict[Callable[..., Any], str]] = {
    Days.run: "the turn of a day: brings the world's customers and events, and seals finished rows",
    scrapes: "looks at stock accuracy for the journal; nothing follows from it",
}
"""Processes of the model that are part of no workflow, and why."""

__all__ = ["ASIDE", "SECTIONS", "UNMEASURED", "UNTOLD", "WORKFLOWS", "Workflow"]
