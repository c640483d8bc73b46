"""Associates who serve customers in a store, and sell them what other nodes have."""

from __future__ import annotations

from twin.scenario.base import Model, par


class Clienteling(Model):
    """How customers of channels of kind clienteling, who stand in a store, are served."""

    on: bool = par(
        False,
        unit="flag",
        meaning="whether an associate looks at the store's own shelf first, sells at the till what is there, and orders only the rest, from "
        "other nodes; without it the channel sells like any other of the retailer's own",
    )
