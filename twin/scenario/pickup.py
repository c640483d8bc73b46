"""What becomes of orders that customers collect in a store."""

from __future__ import annotations

from twin.scenario.base import Duration, Model, par
from twin.scenario.laws import DurationLaw, lognormal


class Pickup(Model):
    """From ready in the store to the customer, or back on the shelf."""

    kept_for: Duration = par(
        "0s",
        unit="duration",
        meaning="what is ready and has not been collected after this goes back on the shelf, and the order ends as not collected; "
        "0: a picked order counts as supplied, nobody asks whether it is collected",
        source="3 to 7 days are common [M: retailers' help pages]",
    )
    restock: DurationLaw = par(
        lognormal("6m", 0.5),
        unit="duration law",
        meaning="putting an order that was not collected back on the shelf, by one of the store's pickers in opening hours",
    )
