"""What an arm holds back from its channels, laid out before the run (docs/model.md, section 5, "What is held back")."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY
from twin.kernels.memory import Memory
from twin.kernels.state import NIL
from twin.policies import protection
from twin.policies.availability import last_units_buffer, share_buffer
from twin.scenario.buffers import TILLS, Buffers
from twin.world.estate import RealisedEstate
from twin.world.world import World

_CENTS: Final = 100

Integers = NDArray[np.int64]


def node_buffers(estate: RealisedEstate, buffers: Buffers) -> Integers:
    """What each pair's node holds back, as the number that kernels know (:mod:`twin.policies.availability`)."""
    is_dc = estate.nodes["is_dc"][estate.pair_node] != 0
    if buffers.rule == "newsvendor":
        return newsvendor_buffers(estate, buffers)
    if buffers.rule == "percent":
        return np.where(is_dc, share_buffer(buffers.dc_share), share_buffer(buffers.store_share))
    if buffers.rule == "last_units":
        return np.where(is_dc, last_units_buffer(buffers.dc), last_units_buffer(buffers.store))
    return np.where(is_dc, buffers.dc, buffers.store)


def newsvendor_buffers(estate: RealisedEstate, buffers: Buffers) -> Integers:
    """Per pair, what walk-ins are likely to take during the exposure: a unit too few costs a broken promise, a unit too
    many the margin of a sale.
    """
    skus = estate.skus
    margin = (skus["price_cents"] - skus["cost_cents"]) / _CENTS
    ratio = buffers.broken_promise_usd / (buffers.broken_promise_usd + margin)
    return protection.newsvendor_units(estate.till_daily * (buffers.exposure / DAY), ratio[estate.pair_sku])


def protected_units(world: World, buffers: Buffers) -> Integers:
    """[channel, SKU]: units kept from a channel for all classes of higher value."""
    estate, values = world.estate, buffers.protection.values
    daily = dict(zip(estate.channels, estate.channel_daily, strict=True))
    pooled = estate.nodes["ships"][estate.pair_node] != 0
    daily[TILLS] = np.bincount(estate.pair_sku, estate.till_daily * pooled, estate.skus.size)
    ranked = sorted(values, key=lambda name: -values[name])
    means = np.array([daily[name] for name in ranked]) * (buffers.protection.horizon / DAY)
    levels = protection.protection_levels([values[name] for name in ranked], means, means)
    kept = dict(zip(ranked[1:], np.rint(levels).astype(np.int64), strict=True))
    nothing = np.zeros(estate.skus.size, np.int64)
    return np.array([kept.get(name, nothing) for name in estate.channels])


def lay_buffers(memory: Memory, world: World, buffers: Buffers) -> None:
    """Tables of what is held back from channels; those of pairs are in their rows already."""
    channels, skus = memory["channels"], world.estate.skus.size
    channels["protected"] = channels["quota"] = NIL
    if buffers.protection.values:
        memory.put("protected", protected_units(world, buffers).reshape(-1))
        channels["protected"] = np.arange(channels.size) * skus
    allotted = [place for place, name in enumerate(world.estate.channels) if name in buffers.allotment.shares]
    if allotted:
        memory.put("quotas", np.zeros(len(allotted) * skus, np.int64))
        channels["quota"][allotted] = np.arange(len(allotted)) * skus
    if buffers.staleness:
        _lay_risks(memory, world, buffers.staleness)


def _lay_risks(memory: Memory, world: World, probability: float) -> None:
    """How fast pairs, and the pooled stock of SKUs, are sold, and what that leaves to risk."""
    estate = world.estate
    pooled = estate.nodes["ships"][estate.pair_node] != 0
    memory.put("pair_rates", protection.rates(estate.till_daily))
    of_skus = np.bincount(estate.pair_sku, estate.till_daily * pooled, estate.skus.size)
    memory.put("sku_rates", protection.rates(of_skus + estate.channel_daily.sum(axis=0)))
    memory.put("risks", protection.risk_table(probability))
