"""Expected demand of each pair, and the (s, S) levels that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY
from twin.scenario.demand import Channel
from twin.scenario.laws import Law
from twin.scenario.scenario import Scenario
from twin.world.assortment import Pairs
from twin.world.catalogue import Catalogue
from twin.world.fit import Fit
from twin.world.luck import dispersion_of
from twin.world.sites import Sites, centres_km

FIRST_REVIEW_DAYS = 1.0
"""Stores are reviewed once a day."""


@dataclass(frozen=True)
class Means:
    """Expected units a day, per pair unless otherwise said."""

    channels: NDArray[np.float64]  # [channel, SKU], accepted online, over all nodes
    tills: NDArray[np.float64]
    total: NDArray[np.float64]  # with pickups; at a DC the stores it replenishes and the customers it is nearest to


@dataclass(frozen=True)
class Levels:
    """Replenishment parameters per pair; ``reorder`` is that of a SKU that is replenished, whether it is or not."""

    reorder: NDArray[np.int64]
    up_to: NDArray[np.int64]
    pack: NDArray[np.int64]


def expected(scenario: Scenario, sites: Sites, catalogue: Catalogue, pairs: Pairs, fit: Fit | None) -> Means:
    """Expected demand. Within a store popularity is that of the catalogue restricted to what the store stocks."""
    within = restricted_popularity(catalogue.popularity, pairs, sites.nodes.size)
    tills = sites.weekly_lines[pairs.node] / 7 * _units_per_line(scenario, fit) * within
    channels = _online(scenario, catalogue, fit)
    shipped, picked_up = _by_mode(scenario, channels, fit)
    total = tills + _pickups(scenario, sites, float(picked_up.sum()))[pairs.node] * within
    is_dc = sites.nodes["is_dc"][pairs.node] == 1
    total[is_dc] = _at_dcs(scenario, sites, catalogue, pairs, total, shipped)[pairs.node[is_dc], pairs.sku[is_dc]]
    return Means(channels, tills, total)


def restricted_popularity(popularity: NDArray[np.float64], pairs: Pairs, nodes: int) -> NDArray[np.float64]:
    """Per pair, share of its node's lines."""
    weight = popularity[pairs.sku]
    mass = np.bincount(pairs.node, weight, nodes)
    return weight / np.where(mass > 0, mass, 1)[pairs.node]


def _units_per_line(scenario: Scenario, fit: Fit | None) -> float:
    """Mean units for each till line that a store rings up at scale 1; a replay's own scale is in its fit already."""
    if fit is not None and fit.lines_weekly is not None:
        return fit.units_mean
    return scenario.demand.tills.units.mean * scenario.demand.tills.scale


def _online(scenario: Scenario, catalogue: Catalogue, fit: Fit | None) -> NDArray[np.float64]:
    """[channel, SKU]: units a day that are ordered."""
    units = {name: _accepted_units_daily(c) * catalogue.popularity for name, c in scenario.demand.channels.items()}
    replayed = _replayed(scenario, fit)
    if replayed is not None and fit is not None:
        units[replayed] = fit.units_daily
    return np.array(list(units.values()))


def _replayed(scenario: Scenario, fit: Fit | None) -> str | None:
    """The channel whose orders are a log's."""
    return scenario.demand.replay.channel if scenario.demand.replay and fit and fit.lines_weekly is None else None


def _by_mode(
    scenario: Scenario, channels: NDArray[np.float64], fit: Fit | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Units a day per SKU, shipped and picked up; a log's orders are all shipped."""
    shipped, picked_up = np.zeros(channels.shape[1]), np.zeros(channels.shape[1])
    for units, (name, channel) in zip(channels, scenario.demand.channels.items(), strict=True):
        share = 0.0 if name == _replayed(scenario, fit) else channel.pickup_share
        shipped += (1 - share) * units
        picked_up += share * units
    return shipped, picked_up


def _accepted_units_daily(channel: Channel) -> float:
    checkouts = channel.weekly_checkouts / 7 * (1 - channel.abandonment) * (1 - channel.decline)
    return checkouts * channel.lines.mean * channel.units.mean


def _pickups(scenario: Scenario, sites: Sites, units_daily: float) -> NDArray[np.float64]:
    """Units a day that customers pick up per node: a region's share, even over its stores."""
    share = np.array([region.share for region in scenario.estate.regions])
    stores = sites.nodes["is_dc"] == 0
    in_region = np.bincount(sites.nodes["region"][stores], minlength=share.size)
    daily: NDArray[np.float64] = (units_daily * share / np.maximum(in_region, 1))[sites.nodes["region"]] * stores
    return daily


def _at_dcs(
    scenario: Scenario,
    sites: Sites,
    catalogue: Catalogue,
    pairs: Pairs,
    daily: NDArray[np.float64],
    shipped: NDArray[np.float64],
) -> NDArray[np.float64]:
    """[DC, SKU]: customers of the regions it serves, and replenishment of its stores (ending SKUs have none)."""
    demand = np.outer(region_shares_of_dcs(scenario, sites), shipped)
    supplier = sites.nodes["supplied_by"][pairs.node]
    refilled = (supplier >= 0) & (catalogue.skus["ending"][pairs.sku] == 0)
    cell = supplier[refilled].astype(np.int64) * catalogue.skus.size + pairs.sku[refilled]
    demand += np.bincount(cell, daily[refilled], demand.size).reshape(demand.shape)
    return demand


def region_shares_of_dcs(scenario: Scenario, sites: Sites) -> NDArray[np.float64]:
    """Share of online customers per DC: a region's go evenly to its own DCs, or to the nearest if it has none."""
    dcs = sites.nodes[sites.nodes["is_dc"] == 1]
    shares = np.zeros(dcs.size)
    for number, (region, centre) in enumerate(zip(scenario.estate.regions, centres_km(scenario.estate), strict=True)):
        own = np.flatnonzero(dcs["region"] == number)
        if own.size == 0:
            own = np.array([np.argmin((dcs["x_km"] - centre[0]) ** 2 + (dcs["y_km"] - centre[1]) ** 2)])
        shares[own] += region.share / own.size
    return shares


def levels(
    scenario: Scenario, is_dc: NDArray[np.bool_], daily: NDArray[np.float64], pack: NDArray[np.int64], fit: Fit | None
) -> Levels:
    """(s, S) per pair from its expected daily demand.

    s is the mean and z standard deviations of demand over review and lead time (Silver, Pyke & Thomas 2017, ch. 6).
    """
    stock, replay = scenario.estate.stock, scenario.demand.replay
    of_tills = fit is not None and fit.lines_weekly is not None
    store_cover = replay.stock_cover if replay and of_tills else stock.store_cover
    dc_cover = replay.stock_cover if replay and not of_tills else stock.dc_cover
    noise = fit.dispersion if fit is not None and of_tills else dispersion_of(scenario.demand.tills.units)
    traffic = scenario.demand.tills.dispersion
    store_s = _reorder(daily, FIRST_REVIEW_DAYS, stock.store_lead, stock.store_service_z, noise, traffic)
    store_s = np.maximum(store_s, stock.store_presentation)
    store_up_to = np.maximum(store_s + 1, np.ceil(daily * store_cover / DAY))
    lumps = np.maximum(pack, noise if fit is None else max(noise, fit.dispersion))
    dc_s = _reorder(daily, stock.dc_review / DAY, stock.dc_lead, stock.dc_service_z, lumps, traffic)
    dc_up_to = dc_s + np.maximum(1, np.ceil(daily * dc_cover / DAY))
    up_to = np.where(is_dc, dc_up_to, store_up_to).astype(np.int64)
    reorder = np.where(is_dc, dc_s, store_s).astype(np.int64)
    slow = is_dc | (up_to - reorder < pack)
    return Levels(reorder, up_to, np.where(slow, 1, pack))


def _reorder(
    daily: NDArray[np.float64],
    review_days: float,
    lead: Law,
    z: float,
    noise: NDArray[np.float64] | float,
    traffic: float,
) -> NDArray[np.float64]:
    """Reorder point: mean and z standard deviations of demand over review and lead.

    Variance: compound Poisson (``noise`` is variance over mean), a daily traffic factor, and the lead time's own.
    """
    lead_days = lead.mean / DAY
    days = review_days + lead_days
    variance = daily * days * noise + (daily * traffic) ** 2 * days + (daily * lead_days * _cv(lead)) ** 2
    point: NDArray[np.float64] = np.ceil(daily * days + z * np.sqrt(variance))
    return point


def _cv(law: Law) -> float:
    """Coefficient of variation of a law of durations."""
    return {"constant": 0.0, "exponential": 1.0, "uniform": 1 / sqrt(3), "lognormal": law.cv}[law.law]
