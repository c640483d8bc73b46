"""Which systems an arm's checkouts call before the payment, as data: a station, the number of the call, and whether
the order goes on without an answer (docs/model.md, section 6, "Errands").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from twin.journal.checkout import Errand as What
from twin.kernels.codes import CRM, TAX
from twin.scenario.errands import Errand as Settings
from twin.scenario.systems import Systems

TAX_CALL: Final = 3
CUSTOMER_CALL: Final = 4
"""Calls 0 and 1 are those to the service (or the ERP, of which 2 creates the order)."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One of them."""

    what: What
    system: str
    station: int
    call: int
    """Its number among the calls of an order; the attempt of its luck."""
    settings: Settings
    goes_on: bool
    """Whether an order goes on without an answer."""


def errands_of(systems: Systems) -> tuple[Errand, ...]:
    """Errands of an arm's checkouts, in their order."""
    customer, tax = systems.customer_check, systems.tax
    known = (
        Errand(What.CUSTOMER, "crm", CRM, CUSTOMER_CALL, customer, customer.fallback == "trust"),
        Errand(What.TAX, "tax", TAX, TAX_CALL, tax, tax.fallback == "estimate"),
    )
    return tuple(errand for errand in known if errand.settings.on)
