"""What is held back from channels (docs/model.md, section 1, and section 5, "What is held back")."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from tests.reference.ledgers import Node
from twin.core.clock import DAY, SECOND
from twin.policies.protection import newsvendor_units, protection_levels, risk_table
from twin.scenario.buffers import Buffers

Buffer = Callable[[int], int]
"""From the units that a node has left to those that it offers."""


def no_buffer(left: int) -> int:
    return left


class Kept:
    """Buffers of nodes, units protected from channels, and units at risk."""

    def __init__(self, estate: Any, buffers: Buffers) -> None:
        self._estate, self._buffers = estate, buffers
        self._protected = self._protect() if buffers.protection.values else {}
        self._bounds = risk_table(buffers.staleness).tolist() if buffers.staleness else []
        self._pooled = (estate.nodes["is_dc"] + estate.nodes["ships"] > 0)[estate.pair_node]

    def at_node(self, pair: int, node: Node) -> Buffer:
        """The buffer of a pair."""
        rule, buffers = self._buffers.rule, self._buffers
        if rule == "percent":
            share = Fraction(round((buffers.dc_share if node.is_dc else buffers.store_share) * 10_000), 10_000)
            return lambda left: left + int(-(left * share) // 1)
        units = buffers.dc if node.is_dc else buffers.store
        if rule == "last_units":
            return lambda left: left if left > units or not units else 0
        if rule == "newsvendor":
            units = self._newsvendor(pair)
        return lambda left: left - units

    def _newsvendor(self, pair: int) -> int:
        sku = self._estate.skus[self._estate.pair_sku[pair]]
        margin = (int(sku["price_cents"]) - int(sku["cost_cents"])) / 100
        ratio = self._buffers.broken_promise_usd / (self._buffers.broken_promise_usd + margin)
        mean = self._estate.till_daily[pair] * (self._buffers.exposure / DAY)
        return int(newsvendor_units(np.array([mean]), np.array([ratio]))[0])

    def protected(self, channel: int, sku: int) -> int:
        """Units of a SKU that a channel may not have, for the sake of others."""
        levels = self._protected.get(self._estate.channels[channel])
        return 0 if levels is None else int(levels[sku])

    def _protect(self) -> dict[str, Any]:
        estate, protection = self._estate, self._buffers.protection
        daily = dict(zip(estate.channels, estate.channel_daily, strict=True))
        ships = estate.nodes["ships"][estate.pair_node] == 1
        daily["tills"] = np.bincount(estate.pair_sku[ships], estate.till_daily[ships], estate.skus.size)
        classes = sorted(protection.values, key=protection.values.__getitem__, reverse=True)
        means = np.stack([daily[name] for name in classes]) * (protection.horizon / DAY)
        levels = protection_levels([protection.values[name] for name in classes], means, means)
        return {name: np.round(level) for name, level in zip(classes[1:], levels, strict=True)}

    @property
    def mind_age(self) -> bool:
        """Whether what a belief has missed is held back."""
        return bool(self._bounds)

    def at_risk(self, age: int, *, pair: int | None, sku: int) -> int:
        """Units of a pair, or of a SKU's pooled stock, that have probably gone in an age."""
        estate = self._estate
        if pair is not None:
            daily = estate.till_daily[pair]
        else:
            mine = (estate.pair_sku == sku) & self._pooled
            daily = estate.till_daily[mine].sum() + estate.channel_daily[:, sku].sum()
        mean = age // SECOND * round(daily * 1e6) // 86_400
        return sum(bound < mean for bound in self._bounds)
