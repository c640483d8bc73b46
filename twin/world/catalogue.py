"""The catalogue: SKUs with price, cost, supplier and popularity; drawn from laws, or read from a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.scenario.estate import Skus
from twin.scenario.scenario import Scenario
from twin.world.luck import exact_share
from twin.world.streams import Streams
from twin.world.tables import SKU
from twin.world.tabular import Columns, read_table

_REQUIRED = ("sku", "price_usd", "popularity")


@dataclass(frozen=True)
class Catalogue:
    """SKUs and what is known of them before any stock."""

    skus: NDArray[np.void]  # SKU
    names: tuple[str, ...]
    popularity: NDArray[np.float64]  # share of all lines, sums to 1


def realise_catalogue(scenario: Scenario, streams: Streams, base: Path) -> Catalogue:
    """Draw or read the catalogue. In a drawn one SKU 0 is the most popular."""
    if scenario.estate.skus.table is not None:
        return _read(scenario, streams, base)
    law = scenario.estate.skus
    ranks = np.arange(law.count, dtype=np.float64)
    popularity = (ranks + 1 + law.popularity_shift) ** -law.popularity_exponent
    names = tuple(f"sku-{number:06d}" for number in range(1, law.count + 1))
    return build(scenario, streams, names=names, popularity=popularity, price_cents=_drawn_prices(law, streams))


def build(
    scenario: Scenario,
    streams: Streams,
    *,
    names: tuple[str, ...],
    popularity: NDArray[np.float64],
    price_cents: NDArray[np.int64],
    margin: NDArray[np.float64] | float | None = None,
) -> Catalogue:
    """Complete a catalogue with what is drawn for every kind: suppliers and ends of life. Normalises ``popularity``."""
    law = scenario.estate.skus
    skus = np.zeros(len(names), SKU)
    skus["price_cents"] = np.maximum(price_cents, 1)
    skus["cost_cents"] = np.rint(skus["price_cents"] * (1 - (law.margin if margin is None else margin)))
    suppliers = scenario.estate.stock.suppliers
    skus["supplier"] = streams.generator("estate.suppliers", 0).integers(suppliers, size=len(names))
    skus["pack"] = law.pack
    skus["ending"] = exact_share(streams.key("estate.ending"), len(names), law.ending_share)
    return Catalogue(skus, names, popularity / popularity.sum())


def _drawn_prices(law: Skus, streams: Streams) -> NDArray[np.int64]:
    """Lognormal prices, cents, by mean and coefficient of variation."""
    variance = np.log1p(law.price_cv**2)
    normal = streams.generator("estate.prices", 0).standard_normal(law.count)
    usd = law.price_mean_usd * np.exp(np.sqrt(variance) * normal - variance / 2)
    cents: NDArray[np.int64] = np.rint(100 * usd).astype(np.int64)
    return cents


def _read(scenario: Scenario, streams: Streams, base: Path) -> Catalogue:
    name = scenario.estate.skus.table or ""
    table = read_table(base / name, name, Columns(_REQUIRED, ("ending", "margin"), text=("sku",)))
    price, popularity = table.numbers("price_usd"), table.numbers("popularity")
    names = table.names("sku")
    table.complain_where("price_usd", ~((price > 0) & (price <= 10_000_000)), "must be above 0 and at most 10 million")
    table.complain_where("popularity", ~((popularity >= 0) & np.isfinite(popularity)), "must be a number of at least 0")
    if not popularity.sum() > 0:
        table.complain("popularity", "must not be 0 everywhere")
    margin = table.numbers("margin") if "margin" in table else None
    if margin is not None:
        table.complain_where("margin", ~((margin >= 0) & (margin <= 1)), "must be a share from 0 to 1")
    ending = table.numbers("ending") if "ending" in table else None
    if ending is not None:
        table.complain_where("ending", ~np.isin(ending, (0, 1)), "must be 0 or 1")
    table.check()
    cents = np.rint(100 * price).astype(np.int64)
    catalogue = build(scenario, streams, names=names, popularity=popularity, price_cents=cents, margin=margin)
    if ending is not None:
        catalogue.skus["ending"] = ending
    return catalogue
