"""Goods that come back, drawn by day: by post to the DC of the customer's region, or over the counter of a store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY
from twin.journal.returns import Condition
from twin.scenario.laws import CountLaw
from twin.scenario.scenario import Scenario
from twin.world.baskets import ORDER, Shelves, draw_baskets
from twin.world.density import Weekly, density, instants, weekly
from twin.world.estate import RealisedEstate
from twin.world.horizon import weekday
from twin.world.luck import counts, uniforms
from twin.world.profiles import weekly_rates
from twin.world.streams import Streams
from twin.world.tables import RETURN

_TILLS: Final = -1
_DAY_SHIFT: Final = 40


@dataclass(frozen=True)
class Counter:
    """Where returns are handed in at the same hours: nodes of one region, and the share that each has of them."""

    region: int
    nodes: NDArray[np.int64]
    shares: NDArray[np.float64]
    weekly: Weekly


@dataclass(frozen=True)
class Source:
    """What comes back of one channel (_TILLS: of tills) over some counters."""

    name: str
    channel: int
    per_week: float
    units: CountLaw
    counters: tuple[Counter, ...]
    counter_shares: tuple[float, ...]


class DrawnReturns:
    """Draws the goods that come back."""

    def __init__(self, scenario: Scenario, estate: RealisedEstate, shelves: Shelves, streams: Streams) -> None:
        self._estate, self._shelves, self._streams = estate, shelves, streams
        self._weekday = weekday(scenario.calendar)
        self._sources = tuple(_sources(scenario, estate))

    def returns(self, day: int) -> NDArray[np.void]:
        """RETURN rows of one day."""
        rows = [self._drawn(source, day) for source in self._sources]
        table = np.concatenate([np.zeros(0, RETURN), *rows])
        return table[np.lexsort((table["quantity"], table["sku"], table["node"], table["channel"], table["t"]))]

    def _drawn(self, source: Source, day: int) -> NDArray[np.void]:
        generator = self._streams.generator(f"returns.{source.name}", day)
        parts = [
            self._handed_in(source.per_week * share, counter, day, generator)
            for counter, share in zip(source.counters, source.counter_shares, strict=True)
        ]
        rows = np.concatenate([np.zeros(0, RETURN), *parts])
        entity = (np.int64(day) << _DAY_SHIFT) + np.arange(rows.size)
        rows["channel"] = source.channel
        rows["sku"] = self._wanted(source, rows["node"].astype(np.int64), entity)
        rows["quantity"] = counts(source.units, uniforms(self._key(source, "units"), entity))
        rows["cents"] = self._estate.skus["price_cents"][rows["sku"]].astype(np.int64) * rows["quantity"]
        return rows

    def _handed_in(self, per_week: float, at: Counter, day: int, generator: np.random.Generator) -> NDArray[np.void]:
        """When and at which node."""
        shift = int(self._estate.zone_shift[at.region, day])
        law = density(at.weekly, day * DAY, (day + 1) * DAY, shift=shift, weekday=self._weekday)
        number = generator.poisson(per_week * law.mass)
        rows = np.zeros(number, RETURN)
        uniform = generator.random((2, number))
        rows["t"] = instants(law.segments, uniform[0])
        rows["node"] = at.nodes[np.searchsorted(np.cumsum(at.shares)[:-1], uniform[1], side="right")]
        return rows

    def _wanted(self, source: Source, node: NDArray[np.int64], entity: NDArray[np.int64]) -> NDArray[np.int64]:
        """SKUs by their popularity: of the catalogue, or of what the till's store stocks."""
        orders = np.zeros(node.size, ORDER)
        bought_at = node if source.channel == _TILLS else np.full_like(node, -1)
        orders["first"], orders["last"] = self._shelves.ranges(bought_at)
        orders["entity"], orders["lines"], orders["line"] = entity, 1, np.arange(node.size)
        chosen = np.full(node.size, -1, np.int64)
        draw_baskets(self._key(source, "sku"), orders, self._shelves.weights(None), chosen)
        return self._shelves.sku[chosen]

    def _key(self, source: Source, what: str) -> np.uint64:
        return self._streams.key(f"returns.{source.name}.{what}")


def _sources(scenario: Scenario, estate: RealisedEstate) -> Iterator[Source]:
    law, tills = scenario.demand.returns, scenario.demand.tills
    regions = np.array([region.share for region in scenario.estate.regions])
    profile = weekly_rates(law.post_profile, scenario.demand.profiles)
    posts, stores = tuple(_posts(estate, profile, regions.size)), tuple(_stores(scenario, estate))
    by_traffic = tuple(float(estate.weekly_lines[counter.nodes].sum()) for counter in stores)
    at_store = tuple(lines / sum(by_traffic) for lines in by_traffic)
    for number, name in enumerate(estate.channels):
        channel = scenario.demand.channels[name]
        sold = channel.weekly_checkouts * (1 - channel.abandonment) * (1 - channel.decline) * channel.lines.mean
        back = 0.0 if _is_replayed(scenario, "channel", name) else sold * law.of(name)
        if back > 0:
            yield Source(
                f"{name}.post", number, back * (1 - law.to_store), channel.units, posts, tuple(regions.tolist())
            )
            yield Source(f"{name}.store", number, back * law.to_store, channel.units, stores, at_store)
    back = 0.0 if _is_replayed(scenario, "tills") else sum(by_traffic) * tills.scale * law.till_share
    if back > 0:
        yield Source("tills", _TILLS, back, tills.units, stores, at_store)


def _is_replayed(scenario: Scenario, target: str, channel: str | None = None) -> bool:
    """Whether what comes back is the log's, as all that was sold is."""
    replay = scenario.demand.replay
    return replay is not None and replay.target == target and replay.channel == channel


def _posts(estate: RealisedEstate, profile: NDArray[np.float64], regions: int) -> Iterator[Counter]:
    """Parcels of a region come to its first DC; to the first of all, if it has none."""
    is_dc = estate.nodes["is_dc"] != 0
    for region in range(regions):
        own = np.flatnonzero(is_dc & (estate.nodes["region"] == region))
        dc = own[:1] if own.size else np.flatnonzero(is_dc)[:1]
        hours = weekly(profile, 0, DAY)
        assert hours is not None, "the scenario refuses profiles without a rate"
        yield Counter(region, dc, np.ones(1), hours)


def _stores(scenario: Scenario, estate: RealisedEstate) -> Iterator[Counter]:
    """Stores of a region with the same opening hours; each gets returns in proportion to its till traffic."""
    profile = weekly_rates(scenario.demand.returns.store_profile, scenario.demand.profiles)
    nodes, traffic = estate.nodes, estate.weekly_lines
    stores = np.flatnonzero((nodes["is_dc"] == 0) & (traffic > 0))
    for region, opens, closes in np.unique(nodes[["region", "opens", "closes"]][stores]).tolist():
        alike = (nodes["region"] == region) & (nodes["opens"] == opens) & (nodes["closes"] == closes)
        members = stores[alike[stores]]
        hours = weekly(profile, opens, closes) or weekly(np.ones_like(profile), opens, closes)
        assert hours is not None, "a store is open for some time"
        yield Counter(region, members, traffic[members] / traffic[members].sum(), hours)


def inspected(rows: NDArray[np.void], day: int, scenario: Scenario, estate: RealisedEstate, streams: Streams) -> None:
    """What an inspection will find of each return of a day, and of which there are two cases."""
    law = scenario.demand.returns
    entity = (np.int64(day) << _DAY_SHIFT) + np.arange(rows.size)
    luck = uniforms(streams.key("returns.condition"), entity)
    found = np.searchsorted(np.cumsum([law.fraud, law.damaged, law.open_box]), luck, side="right")
    names = (Condition.FRAUD, Condition.DAMAGED, Condition.OPEN_BOX, Condition.AS_NEW)
    rows["condition"] = np.array(names, np.int8)[found]
    at_store = (estate.nodes["is_dc"][rows["node"]] == 0) & (rows["channel"] != _TILLS)
    rows["twice"] = at_store & (uniforms(streams.key("returns.twice"), entity) < law.registered_twice)
