"""Goods that come back during the run: what customers send or bring, and in what condition it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from twin.scenario.base import Broken, Model, Share, par
from twin.scenario.laws import DurationLaw, lognormal


class ReturnDemand(Model):
    """Returns of what was bought before the run: a return comes a week or more after its order, so none depends on an arm.

    Their mean is that of the lines that a channel would sell if none were refused, times the share.
    """

    preset: Literal["none", "online_retail"] = par(
        "none", unit="name", meaning="log whose fit fills what is not set here (twin presets)"
    )
    share: Share = par(
        0.0,
        unit="share",
        meaning="online order lines that come back; 0: none are drawn",
        source="15.8 % of all sales in 2025, 19.3 % online [S of NRF: chainstoreage]",
    )
    shares: dict[str, Share] = par(
        default_factory=dict, unit="share by channel", meaning="instead of share, for the channels named here"
    )
    till_share: Share = par(
        0.0,
        unit="share",
        meaning="till lines that are brought back to their store",
        source="8 to 10 % of store sales [S of NRF]",
    )
    to_store: Share = par(
        0.3, unit="share", meaning="online purchases that are brought to a store; the others come by post to a DC"
    )
    open_box: Share = par(0.25, unit="share", meaning="returns that were used or opened, and can be sold all the same")
    damaged: Share = par(0.08, unit="share", meaning="returns that nobody can sell any more")
    fraud: Share = par(
        0.02,
        unit="share",
        meaning="returns that are not what was bought; an inspection finds that",
        source="assumption: 9 % of returns are called fraudulent [S of NRF], most of them used goods",
    )
    registered_twice: Share = par(
        0.05,
        unit="share",
        meaning="of the online purchases brought to a store, those of which the online shop has a case of its own too",
    )
    second_case: DurationLaw = par(
        lognormal("20h", 0.6),
        unit="duration law",
        meaning="from the hand-over in the store to the online shop's own case of the same return",
    )
    post_profile: str = par("working_days", unit="name", meaning="hour-of-week profile of parcels at the DCs")
    store_profile: str = par(
        "high_street", unit="name", meaning="hour-of-week profile of returns to a store, within its opening hours"
    )

    def broken(self) -> Iterator[Broken]:
        whole = self.open_box + self.damaged + self.fraud
        if whole > 1 + 1e-9:
            yield Broken(("damaged",), f"open_box, damaged and fraud must sum to at most 1, they sum to {whole:g}")

    def of(self, channel: str) -> float:
        """Share of a channel's lines that comes back."""
        return self.shares.get(channel, self.share)

    @property
    def are_drawn(self) -> bool:
        """Whether there are any."""
        return any((self.share, self.till_share, *self.shares.values()))
