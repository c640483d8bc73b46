"""How customers are told what has become of their orders."""

from __future__ import annotations

from collections.abc import Iterator

from twin.scenario.base import Broken, Duration, Model, Share, par
from twin.scenario.laws import DurationLaw, lognormal


class Notification(Model):
    """Messages to customers (system notification): accepted, shipped, ready for pickup, refunded."""

    on: bool = par(
        False,
        unit="flag",
        meaning="whether messages take time, fail and are counted; else customers know at once",
    )
    delay: DurationLaw = par(
        lognormal("30s", 2.0),
        unit="duration law",
        meaning="from what there is to tell to the customer's knowing, mail server, push service and a look at the phone included",
    )
    lost: Share = par(
        0.0, unit="share", meaning="messages that never come: filtered as spam, a wrong address, a token that ran out"
    )
    patience: Duration = par(
        "6h",
        unit="duration",
        meaning="a customer who has not been told by so long after it happened asks the service desk, and knows then",
    )

    def broken(self) -> Iterator[Broken]:
        if self.patience <= 0:
            yield Broken(("patience",), "must be longer than 0: every customer would ask at once")
