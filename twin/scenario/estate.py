"""The estate: regions, DCs, stores, SKUs, stock and how the record of it is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from twin.scenario.base import Broken, Count, Duration, Model, Positive, Seq, Share, format_duration, par
from twin.scenario.carriage import Carriage
from twin.scenario.laws import DurationLaw, lognormal
from twin.scenario.prices import EverydayPrices


class Region(Model):
    """A part of the country with its own clock and its own share of the stores."""

    name: str = par(unit="name", meaning="name of the region", min_length=1)
    time_zone: str = par(unit="IANA zone", meaning="time zone of its stores and customers")
    share: Share = par(unit="share", meaning="share of the stores and of the online customers")
    jurisdiction: str | None = par(
        None, unit="name", meaning="jurisdiction in which its customers' data must stay; empty: they may go anywhere"
    )


class Dc(Model):
    """A distribution centre: ships online orders and replenishes the stores of its region."""

    name: str = par(unit="name", meaning="name of the DC", min_length=1)
    region: str = par(unit="name", meaning="region in which it stands")
    pickers: Positive = par(40, unit="people", meaning="order pickers at work at the same time")


def store_name(number: int) -> str:
    """Name of a drawn store, counted from 1; those of a table have their own."""
    return f"store-{number:04d}"


class Cluster(Model):
    """Stores of one kind: the same traffic law, opening hours and breadth of assortment."""

    name: str = par(unit="name", meaning="name of the cluster", min_length=1)
    share: Share = par(unit="share", meaning="share of the stores")
    weekly_lines: Positive = par(unit="lines/week", meaning="mean till sale lines a store rings up in a week")
    assortment: Positive = par(unit="SKUs", meaning="SKUs a store of this cluster stocks, the most popular more likely")
    ships: Share = par(
        unit="share",
        meaning="share of its stores that ship online orders (retailers such as Target fill most orders from stores)",
    )
    opens: Duration = par("8h", unit="local time of day", meaning="opening time")
    closes: Duration = par("21h", unit="local time of day", meaning="closing time; must be after the opening time")
    profile: str = par("high_street", unit="name", meaning="hour-of-week profile of till sales (see profiles)")

    def broken(self) -> Iterator[Broken]:
        if self.opens >= self.closes:
            yield Broken(
                ("closes",),
                f"must be after the opening time {format_duration(self.opens)}, it is {format_duration(self.closes)}",
            )
        if self.closes > 24 * 3_600_000_000:
            yield Broken(("closes",), f"must be at most 24h, it is {format_duration(self.closes)}")


class Stores(Model):
    """The stores, either drawn from clusters or listed in a table."""

    count: Count = par(300, unit="stores", meaning="number of stores", source="brief.txt, the worked scenario")
    clusters: Seq[Cluster] = par(unit="list", meaning="kinds of store", min_length=1)
    table: str | None = par(
        None,
        unit="file",
        meaning="CSV or Parquet with columns store, region, cluster, x_km, y_km (and optionally weekly_lines), "
        "relative to the scenario file; replaces the drawn stores",
    )
    pickers: Positive = par(1, unit="people", meaning="staff of a store who pick online orders at the same time")


class Skus(Model):
    """The catalogue, either drawn from laws or listed in a table."""

    preset: Literal["none", "online_retail", "completejourney"] = par(
        "none", unit="name", meaning="log whose fit fills what is not set here (twin presets)"
    )
    count: Positive = par(10_000, unit="SKUs", meaning="number of SKUs")
    popularity_exponent: float = par(
        0.9, unit="1", meaning="exponent of the Zipf-Mandelbrot popularity law", ge=0, le=3
    )
    popularity_shift: float = par(
        20.0, unit="ranks", meaning="shift of the Zipf-Mandelbrot law: flattens the head", ge=0
    )
    price_mean_usd: float = par(24.0, unit="USD", meaning="mean unit price", gt=0)
    price_cv: float = par(1.0, unit="ratio", meaning="coefficient of variation of the lognormal price", gt=0, le=5)
    margin: Share = par(0.40, unit="share of price", meaning="gross margin")
    pack: Positive = par(
        6, unit="units", meaning="case pack: stores are replenished in multiples of it, slow SKUs by single units"
    )
    ending_share: Share = par(
        0.20,
        unit="share",
        meaning="seasonal SKUs: bought once and sold off, so that scarce stock exists as it does in a real season",
    )
    substitutes: Share = par(
        0.6,
        unit="share",
        meaning="SKUs that have a substitute: the next dearer one of the catalogue, sold at their price where an arm offers it",
        source="assumption",
    )
    table: str | None = par(
        None,
        unit="file",
        meaning="CSV or Parquet with columns sku, price_usd, popularity (and optionally ending as 0 or 1, margin), "
        "relative to the scenario file; replaces the drawn catalogue",
    )


class Stock(Model):
    """Where stock starts and how it is replenished: (s, S) by daily review in stores, base stock by review in DCs."""

    store_cover: Duration = par("10d", unit="duration", meaning="mean demand that a store's order-up-to level covers")
    store_service_z: float = par(
        1.3, unit="standard deviations", meaning="safety factor of the store reorder point", ge=0, le=6
    )
    store_presentation: Count = par(
        1, unit="units", meaning="least reorder point of a store: the shelf is never planned empty"
    )
    store_lead: DurationLaw = par(
        lognormal("26h", 0.1), unit="duration law", meaning="review to receipt in the store, by truck from the DC"
    )
    dc_cover: Duration = par(
        "14d",
        unit="duration",
        meaning="mean demand (own orders and stores) between the DC's reorder point and its order-up-to level",
    )
    dc_service_z: float = par(
        1.3, unit="standard deviations", meaning="safety factor of the DC reorder point", ge=0, le=6
    )
    suppliers: Positive = par(
        25, unit="suppliers", meaning="suppliers; a DC's order to one of them arrives as one delivery", le=4095
    )
    dc_review: Duration = par("1d", unit="duration", meaning="interval of the DC review")
    dc_lead: DurationLaw = par(
        lognormal("5d", 0.35), unit="duration law", meaning="supplier order to receipt in the DC"
    )
    short_shipment: Share = par(0.05, unit="share", meaning="supplier order lines that arrive short")
    short_fraction: Share = par(0.4, unit="share", meaning="part of the quantity that is missing from a short line")


class Receiving(Model):
    """How deliveries are booked: goods are on the shelf at once, the books learn of them when somebody gets to it."""

    late_share: Share = par(0.0, unit="share", meaning="rows of a delivery that are not booked when it arrives")
    late: DurationLaw = par(
        lognormal("8h", 1.0), unit="duration law", meaning="from the arrival to the booking of such a row"
    )
    error_share: Share = par(0.0, unit="share", meaning="rows that are booked with a wrong number of units")
    error_units: float = par(
        1.5, unit="units", meaning="mean size of a wrong booking's error, up or down, geometric in size", ge=1
    )


class RecordError(Model):
    """How far the record is from the truth, and how it drifts."""

    wrong_share: Share = par(
        0.60,
        unit="share",
        meaning="store records that differ from the shelf at the start",
        source="ECR Retail Loss: about 60 % of records of 7 EU retailers inaccurate; DeHoratius & Raman 2008: 65 % of 370,000",
    )
    dc_wrong_share: Share = par(0.08, unit="share", meaning="DC records that differ from the rack at the start")
    mean_units: float = par(
        2.0,
        unit="units",
        meaning="mean size of an error; errors up and down are equally common (ECR), geometric in size",
        ge=1,
    )
    shrink_per_sale: Share = par(
        0.004,
        unit="units per unit sold",
        meaning="stock that leaves a store without any movement: theft, damage, spoilage",
    )
    misplaced_per_sale: Share = par(
        0.0,
        unit="units per unit sold",
        meaning="stock of a store that is put where nobody finds it: it is there and cannot be sold",
    )
    tidied_every: Duration = par(
        "30d", unit="duration", meaning="mean time until somebody comes across what is misplaced of a SKU in a store"
    )
    found_by_count: Share = par(
        0.7, unit="share", meaning="counts of a pair that find what is misplaced of it, and put it back"
    )
    miscount_share: Share = par(0.03, unit="share", meaning="counts that are wrong themselves")
    miscount_units: float = par(
        1.5, unit="units", meaning="mean size of a wrong count's error, up or down, geometric in size", ge=1
    )
    damaged: Share = par(
        0.0,
        unit="share",
        meaning="picks of the last units of a shelf that find them damaged or worn, so that nobody can have them",
        source="assumption; DAMAGE and WORN DISPLAY are reasons for rejection in HotWax [C]",
    )


class Estate(Model):
    """What the retailer owns."""

    regions: Seq[Region] = par(unit="list", meaning="regions; their shares must sum to 1", min_length=1)
    dcs: Seq[Dc] = par(unit="list", meaning="distribution centres", min_length=1)
    stores: Stores = par(unit="object", meaning="stores")
    skus: Skus = par(unit="object", meaning="catalogue")
    stock: Stock = par(default_factory=Stock, unit="object", meaning="stock levels and replenishment")
    receiving: Receiving = par(default_factory=Receiving, unit="object", meaning="how deliveries are booked")
    record_error: RecordError = par(default_factory=RecordError, unit="object", meaning="inventory record inaccuracy")
    carriage: Carriage = par(default_factory=Carriage, unit="object", meaning="what a carrier asks for a parcel")
    prices: EverydayPrices = par(default_factory=EverydayPrices, unit="object", meaning="how list prices change")
    width_km: Positive = par(800, unit="km", meaning="side of the square country in which drawn stores lie")

    def broken(self) -> Iterator[Broken]:
        yield from _unique(("regions",), "region", self.regions)
        yield from _unique(("dcs",), "DC", self.dcs)
        yield from _unique(("stores", "clusters"), "cluster", self.stores.clusters)
        yield from _whole(("regions",), [region.share for region in self.regions])
        yield from _whole(("stores", "clusters"), [cluster.share for cluster in self.stores.clusters])


def _unique(path: tuple[str, ...], what: str, things: Sequence[Region | Dc | Cluster]) -> Iterator[Broken]:
    seen: set[str] = set()
    for place, thing in enumerate(things):
        if thing.name in seen:
            yield Broken((*path, place, "name"), f"{what} names must be unique, {thing.name!r} is there twice")
        seen.add(thing.name)


def _whole(path: tuple[str, ...], shares: Sequence[float]) -> Iterator[Broken]:
    if abs(sum(shares) - 1) > 1e-9:
        yield Broken(path, f"shares must sum to 1, they sum to {sum(shares):g}")


ProfileName = Literal[
    "flat", "high_street", "mall", "neighbourhood", "online", "marketplace", "working_days", "online_retail", "completejourney"
]  # fmt: skip
