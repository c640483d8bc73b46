"""What a carrier asks for a parcel."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from twin.scenario.base import Broken, Model, Positive, Seq, par


class Zone(Model):
    """Customers from some distance on, to whom a parcel costs more."""

    from_km: Positive = par(unit="km", meaning="distance from the node, in a straight line, at which it begins")
    usd: float = par(unit="USD/parcel", meaning="surcharge on the price of the nearest customers", ge=0, le=1_000)


def _zone(from_km: int, usd: float) -> Zone:
    return Zone(from_km=from_km, usd=usd)


class Carriage(Model):
    """Price of a parcel by the kind of node that sends it and the distance to its customer; a pickup costs none."""

    dc_usd: float = par(
        6.0,
        unit="USD/parcel",
        meaning="parcel from a DC to a customer in the nearest zone",
        source="list price of UPS and FedEx Ground in zone 2, 2023: 10.10 USD for 1 lb, 11.34 for 3 lb (fidelitone.com); "
        "assumption: 45 % off for a large shipper",
        ge=0,
        le=10_000,
    )
    store_usd: float = par(
        7.5,
        unit="USD/parcel",
        meaning="parcel from a store to a customer in the nearest zone",
        source="the same; assumption: 30 % off, for a few parcels a day that have to be fetched",
        ge=0,
        le=10_000,
    )
    zones: Seq[Zone] = par(
        (_zone(240, 0.5), _zone(480, 1.1), _zone(970, 1.8), _zone(1610, 2.2), _zone(2250, 2.6), _zone(2900, 3.1)),
        unit="list",
        meaning="surcharges by distance, in ascending order; empty: a parcel costs the same wherever it goes",
        source="5 lb by FedEx Ground: 9.87 USD in zone 2, 12.92 in zone 5, 14.97 in zone 8 (supplychaingamechanger.com), of the differences 60 %; "
        "assumption: zones 3 to 8 begin at 151, 301, 601, 1,001, 1,401 and 1,801 miles",
    )

    def broken(self) -> Iterator[Broken]:
        for place, (nearer, farther) in enumerate(pairwise(self.zones), 1):
            if farther.from_km <= nearer.from_km:
                yield Broken(
                    ("zones", place, "from_km"),
                    f"must be beyond the zone before, which begins at {nearer.from_km} km, it is {farther.from_km}",
                )
