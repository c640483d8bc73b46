"""What a customer is offered whose line cannot be supplied after all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from twin.scenario.base import Broken, Duration, Model, format_duration, par

REVIEWS_MAX: Final = 1_000
"""Reviews that a backorder may wait for: each may begin a wave of its order, whose number is part of a tie."""


class Shortage(Model):
    """A line that was accepted, and that no node seems to have, or that was picked short for the last time."""

    offer: Literal["cancel", "backorder", "substitute", "substitute_or_backorder"] = par(
        "cancel",
        unit="name",
        meaning="cancel: it is cancelled and refunded; backorder: it waits for stock if the customer is willing to; substitute: a similar "
        "item is sent at its price if the customer takes one. Pickups are cancelled",
        source="16 CFR 435 (FTC): who cannot ship as promised asks the buyer to consent to a delay, or cancels and refunds",
    )
    ending: bool = par(
        False,
        unit="flag",
        meaning="whether lines of SKUs that are not bought any more (estate.skus.ending_share) may wait too, for what turns up elsewhere",
    )
    promise: Duration = par(
        "4d",
        unit="duration",
        meaning="from when it was short to the date that the customer is told: it will have been picked by then",
        source="assumption: review, order and lead time of a DC",
    )
    review: Duration = par(
        "6h", unit="duration", meaning="how often it is asked whether what backorders wait for has come"
    )
    give_up: Duration = par(
        "14d",
        unit="duration",
        meaning="a backorder that has waited for so long is cancelled at the next review",
        source="assumption; 30 days is what 16 CFR 435 allows where no date was told",
    )

    @property
    def backorders(self) -> bool:
        """Whether lines may wait for stock."""
        return self.offer in ("backorder", "substitute_or_backorder")

    @property
    def substitutes(self) -> bool:
        """Whether customers are offered another item."""
        return self.offer in ("substitute", "substitute_or_backorder")

    def broken(self) -> Iterator[Broken]:
        if self.review <= 0:
            yield Broken(("review",), "must be longer than 0")
        elif self.give_up > REVIEWS_MAX * self.review:
            yield Broken(
                ("review",),
                f"must be at least {format_duration(-(-self.give_up // REVIEWS_MAX))}, as a backorder that is given up "
                f"after {format_duration(self.give_up)} is reviewed at most {REVIEWS_MAX:,} times",
            )
        if self.promise > self.give_up:
            yield Broken(
                ("promise",),
                f"must be at most give_up, {format_duration(self.give_up)}, it is {format_duration(self.promise)}",
            )
