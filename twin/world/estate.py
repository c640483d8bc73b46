"""The estate, realised: drawn once from the scenario's seed, so that every replication and every arm has the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.scenario.scenario import Scenario
from twin.world.assortment import Pairs, number, stocked
from twin.world.catalogue import Catalogue, build, realise_catalogue
from twin.world.fit import Fit
from twin.world.horizon import zone_shifts
from twin.world.levels import Levels, expected, levels
from twin.world.sites import Sites, realise_sites
from twin.world.streams import EVERY_REPLICATION, Streams
from twin.world.substitutes import substitutes
from twin.world.tables import EstateTables


@dataclass(frozen=True)
class RealisedEstate(EstateTables):
    """The estate's tables, and what only the world's own drawing needs."""

    popularity: NDArray[np.float64]  # per SKU, share of all lines
    weekly_lines: NDArray[np.float64]  # per node, till lines; 0 for a DC
    by_node: NDArray[np.int32]  # rank (by node, then SKU) -> pair
    node_first: NDArray[np.int64]  # ranks of node n are node_first[n] : node_first[n + 1]
    till_daily: NDArray[np.float64]  # per pair, expected units a day through the till
    channel_daily: NDArray[np.float64]  # [channel, SKU], expected units a day that are ordered
    levels: Levels
    substitutes: NDArray[np.int32]  # by SKU, what may be sent in its place; -1: nothing


def realise(scenario: Scenario, base: Path = Path(), fit: Fit | None = None) -> RealisedEstate:
    """Realise the estate. ``base`` is where the scenario's own tables lie; ``fit`` replaces the drawn catalogue.

    Raises :class:`twin.scenario.errors.ScenarioError` for a table that is not valid.
    """
    streams = Streams(scenario.seed, EVERY_REPLICATION)
    sites = realise_sites(scenario.estate, streams, base)
    catalogue = realise_catalogue(scenario, streams, base) if fit is None else _fitted(scenario, streams, fit)
    if fit is not None and fit.lines_weekly is not None:
        sites.weekly_lines[sites.nodes["is_dc"] == 0] = fit.lines_weekly
    pairs = number(stocked(catalogue.popularity, _breadth(scenario, sites, catalogue), streams, _sold(sites, fit)))
    return _assemble(scenario, sites, catalogue, pairs, fit)


def _fitted(scenario: Scenario, streams: Streams, fit: Fit) -> Catalogue:
    return build(scenario, streams, names=fit.names, popularity=fit.popularity, price_cents=fit.price_cents)


def _breadth(scenario: Scenario, sites: Sites, catalogue: Catalogue) -> NDArray[np.int64]:
    """SKUs that each node stocks."""
    by_cluster = np.array([cluster.assortment for cluster in scenario.estate.stores.clusters] + [catalogue.skus.size])
    breadth: NDArray[np.int64] = by_cluster[sites.nodes["cluster"]]  # a DC's cluster is -1: the last
    return breadth


def _sold(sites: Sites, fit: Fit | None) -> NDArray[np.int64] | None:
    """(node, SKU) that a log of till sales shows on a shelf."""
    if fit is None or fit.sold is None:
        return None
    first_store = np.array([int(sites.nodes["is_dc"].sum()), 0], np.int64)
    return fit.sold + first_store


def _assemble(scenario: Scenario, sites: Sites, catalogue: Catalogue, pairs: Pairs, fit: Fit | None) -> RealisedEstate:
    means = expected(scenario, sites, catalogue, pairs, fit)
    is_dc = sites.nodes["is_dc"][pairs.node] == 1
    pack = catalogue.skus["pack"][pairs.sku].astype(np.int64)
    return RealisedEstate(
        nodes=sites.nodes,
        node_names=sites.names,
        skus=catalogue.skus,
        sku_names=catalogue.names,
        channels=tuple(scenario.demand.channels),
        pair_sku=pairs.sku,
        pair_node=pairs.node,
        sku_first=pairs.sku_first,
        zone_shift=zone_shifts(scenario),
        mean_daily=means.total,
        popularity=catalogue.popularity,
        weekly_lines=sites.weekly_lines,
        by_node=pairs.by_node,
        node_first=pairs.node_first,
        till_daily=means.tills,
        channel_daily=means.channels,
        levels=levels(scenario, is_dc, means.total, pack, fit),
        substitutes=substitutes(
            catalogue.skus["price_cents"], scenario.estate.skus.substitutes, Streams(scenario.seed, EVERY_REPLICATION)
        ),
    )
