"""How a DC's orders reach its suppliers."""

from __future__ import annotations

from twin.scenario.base import Model, par
from twin.scenario.laws import DurationLaw, lognormal


class SupplierPortal(Model):
    """Orders to suppliers through a portal (system supplier_portal) that may be down."""

    on: bool = par(
        False, unit="flag", meaning="whether orders go through a portal; else suppliers have them at the review"
    )
    acknowledgement: DurationLaw = par(
        lognormal("2h", 1.0),
        unit="duration law",
        meaning="from the order's placing to the supplier's acknowledgement, from which the lead time counts",
    )
    tells_short: bool = par(
        False,
        unit="flag",
        meaning="whether the acknowledgement says what the supplier will not send, so that the next review orders it again; else the receipt does",
    )
