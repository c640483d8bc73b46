"""Where the nodes are: DCs at the centres of their regions, stores around them or as a table says."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY
from twin.scenario.estate import Estate, store_name
from twin.world.luck import exact_share, largest_remainder
from twin.world.streams import Streams
from twin.world.tables import NODE
from twin.world.tabular import Columns, read_table


@dataclass(frozen=True)
class Sites:
    """The nodes and the traffic of the stores."""

    nodes: NDArray[np.void]  # NODE, DCs first
    names: tuple[str, ...]
    weekly_lines: NDArray[np.float64]  # per node, mean till lines a week; 0 for a DC


@dataclass(frozen=True)
class _Stores:
    names: tuple[str, ...]
    region: NDArray[np.int64]
    cluster: NDArray[np.int64]
    place: NDArray[np.int64]  # [store, 2], km
    weekly_lines: NDArray[np.float64]


def realise_sites(estate: Estate, streams: Streams, base: Path) -> Sites:
    """Place DCs and stores, and choose which stores ship online orders."""
    stores = _draw(estate, streams) if estate.stores.table is None else _read(estate, base)
    nodes = np.concatenate([_dc_nodes(estate), _store_nodes(estate, stores, streams)])
    _supply(nodes)
    names = tuple(dc.name for dc in estate.dcs) + stores.names
    return Sites(nodes, names, np.concatenate([np.zeros(len(estate.dcs)), stores.weekly_lines]))


def centres_km(estate: Estate) -> NDArray[np.float64]:
    """[region, 2]: centres of the regions, on a grid over the square country."""
    columns = ceil(sqrt(len(estate.regions)))
    number = np.arange(len(estate.regions))
    rows = ceil(len(estate.regions) / columns)
    return np.stack([(number % columns + 0.5) / columns, (number // columns + 0.5) / rows], axis=1) * estate.width_km


def _dc_nodes(estate: Estate) -> NDArray[np.void]:
    nodes = np.zeros(len(estate.dcs), NODE)
    regions = [region.name for region in estate.regions]
    nodes["region"] = [regions.index(dc.region) for dc in estate.dcs]
    nodes["is_dc"], nodes["ships"], nodes["cluster"], nodes["closes"] = 1, 1, -1, DAY
    nodes["pickers"] = [dc.pickers for dc in estate.dcs]
    _set_places(nodes, np.rint(centres_km(estate)[nodes["region"]]).astype(np.int64))
    return nodes


def _store_nodes(estate: Estate, stores: _Stores, streams: Streams) -> NDArray[np.void]:
    nodes = np.zeros(len(stores.names), NODE)
    nodes["region"], nodes["cluster"] = stores.region, stores.cluster
    nodes["pickers"] = estate.stores.pickers
    _set_places(nodes, stores.place)
    for number, cluster in enumerate(estate.stores.clusters):
        own = np.flatnonzero(stores.cluster == number)
        nodes["opens"][own], nodes["closes"][own] = cluster.opens, cluster.closes
        nodes["ships"][own] = exact_share(streams.key(f"estate.ships.{cluster.name}"), own.size, cluster.ships)
    return nodes


def _set_places(nodes: NDArray[np.void], place: NDArray[np.int64]) -> None:
    nodes["x_km"], nodes["y_km"] = place[:, 0], place[:, 1]


def _supply(nodes: NDArray[np.void]) -> None:
    """Each store is replenished by the nearest DC of its region, or by the nearest of all if its region has none."""
    dcs = np.flatnonzero(nodes["is_dc"] == 1)
    place = np.stack([nodes["x_km"], nodes["y_km"]], axis=1).astype(np.int64)
    distance = ((place[:, None, :] - place[None, dcs, :]) ** 2).sum(axis=2)
    foreign = nodes["region"][:, None] != nodes["region"][None, dcs]
    nodes["supplied_by"] = dcs[np.argmin(distance + foreign * 2**40, axis=1)]
    nodes["supplied_by"][dcs] = -1


def _draw(estate: Estate, streams: Streams) -> _Stores:
    """Regions by exact shares; clusters by exact shares, dealt at random; places normal around the region's centre."""
    count = estate.stores.count
    shares = [region.share for region in estate.regions]
    region = np.repeat(np.arange(len(shares)), largest_remainder(count, shares))
    parts = largest_remainder(count, [cluster.share for cluster in estate.stores.clusters])
    cluster = streams.generator("estate.clusters", 0).permutation(np.repeat(np.arange(parts.size), parts))
    spread_km = estate.width_km / ceil(sqrt(len(shares))) / 5
    around = streams.generator("estate.places", 0).normal(0, spread_km, (count, 2))
    place = np.clip(np.rint(centres_km(estate)[region] + around), 0, estate.width_km).astype(np.int64)
    lines = np.array([kind.weekly_lines for kind in estate.stores.clusters], np.float64)[cluster]
    names = tuple(store_name(number) for number in range(1, count + 1))
    return _Stores(names, region, cluster, place, lines)


def _read(estate: Estate, base: Path) -> _Stores:
    name = estate.stores.table or ""
    text = ("store", "region", "cluster")
    table = read_table(base / name, name, Columns((*text, "x_km", "y_km"), ("weekly_lines",), text=text))
    names = table.names("store")
    taken = {dc.name for dc in estate.dcs}
    table.complain_where(
        "store", np.array([store in taken for store in names], np.bool_), "must not be the name of a DC"
    )
    region = table.numbered("region", [region.name for region in estate.regions])
    cluster = table.numbered("cluster", [cluster.name for cluster in estate.stores.clusters])
    place = np.stack([table.numbers("x_km"), table.numbers("y_km")], axis=1)
    for column, at in (("x_km", 0), ("y_km", 1)):
        table.complain_where(column, ~(np.abs(place[:, at]) <= 1_000_000), "must be at most a million km")
    lines = np.array([kind.weekly_lines for kind in estate.stores.clusters], np.float64)[np.maximum(cluster, 0)]
    if "weekly_lines" in table:
        lines = table.numbers("weekly_lines")
        table.complain_where("weekly_lines", ~((lines >= 0) & np.isfinite(lines)), "must be a number of at least 0")
    table.check()
    return _Stores(names, region, cluster, np.rint(place).astype(np.int64), lines)
