"""Till sales and shrink: Poisson per pair, over-dispersed by a daily factor of the store, in local opening hours."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY, WEEK
from twin.core.jit import kernel
from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.estate import RecordError
from twin.scenario.scenario import Scenario
from twin.world.density import Density, Weekly, density, instant, joined, weekly
from twin.world.estate import RealisedEstate
from twin.world.horizon import weekday
from twin.world.luck import counts
from twin.world.physical import KIND_BITS, PAIRS_MAX, RANK_BITS, table
from twin.world.profiles import weekly_rates
from twin.world.promotions import Promotions
from twin.world.streams import Streams
from twin.world.tables import Physical

STORE: Final = np.dtype([("first", "i8"), ("last", "i8"), ("segment", "i8"), ("segments", "i8")])
"""A node's ranks ``first : last`` and its pieces ``segment : segments``."""

_STREAMS: Final = {Physical.SHRINK: "shrink", Physical.MISPLACED: "misplaced", Physical.FOUND: "found"}


@kernel
def place_sales(
    stores: Any, segments: Any, sales: NDArray[np.int64], uniforms: NDArray[np.float64], out: NDArray[np.uint64]
) -> None:
    """Keys of ``sales[rank]`` sales of each rank, at the instants at which ``uniforms`` fall."""
    at = 0
    for store in stores:
        for rank in range(store.first, store.last):
            for _ in range(sales[rank]):
                t = instant(segments, store.segment, store.segments, uniforms[at])
                out[at] = np.uint64((t << (RANK_BITS + KIND_BITS)) | (rank << KIND_BITS))
                at += 1


class Tills:
    """Draws the walk-ins of a day: customers who take units to a till, and units that vanish."""

    def __init__(self, scenario: Scenario, estate: RealisedEstate, promotions: Promotions, streams: Streams) -> None:
        if estate.pair_sku.size > PAIRS_MAX:
            raise ScenarioError([Problem("", 1, 1, "estate", f"must have at most {PAIRS_MAX} pairs of node and SKU")])
        self._law, self._estate, self._promotions, self._streams = scenario.demand.tills, estate, promotions, streams
        self._weekday = weekday(scenario.calendar)
        self._weekly = store_profiles(scenario)
        self._group, self._members = _groups(estate)
        self._ranked_sku = estate.pair_sku[estate.by_node]
        ranked_node = estate.pair_node[estate.by_node]
        lines = estate.till_daily[estate.by_node] * 7 / self._law.units.mean
        self._weekly_lines, self._rank_node = lines, ranked_node
        self._weekly_events = _weekly_events(scenario.estate.record_error, estate.till_daily[estate.by_node] * 7)

    def day(self, day: int) -> NDArray[np.void]:
        """PHYSICAL rows of one day: sales, shrink, and what is misplaced and found again."""
        keys = np.concatenate([self.sale_keys(day), self.event_keys(day)])
        keys.sort()
        uniform = self._streams.generator("tills.units", day).random(keys.size)
        quantity = counts(self._law.units, uniform).astype(np.int16)
        return table(keys, day=day, by_node=self._estate.by_node, quantity=quantity)

    def sale_keys(self, day: int) -> NDArray[np.uint64]:
        """Sales of a day as keys, not sorted."""
        factor = self._traffic(day)
        generator = self._streams.generator("tills", day)
        keys = [np.zeros(0, np.uint64)]
        for start, end in self._promotions.epochs(day):
            promoted = self._promotions.at_tills(start)
            weights = self._weekly_lines if promoted is None else self._weekly_lines * promoted[self._ranked_sku]
            keys.append(self._place(weights, factor, self._densities(day, start, end), generator))
        return np.concatenate(keys)

    def event_keys(self, day: int) -> NDArray[np.uint64]:
        """What else happens to units on a day as keys, not sorted: spread over pairs and hours as sales are, without
        their daily factor.
        """
        return np.concatenate([self._events(day, kind) for kind in self._weekly_events])

    def _events(self, day: int, kind: Physical) -> NDArray[np.uint64]:
        densities = self._densities(day, day * DAY, (day + 1) * DAY)
        ones = np.ones(self._estate.nodes.size)
        generator = self._streams.generator(_STREAMS[kind], day)
        return self._place(self._weekly_events[kind], ones, densities, generator) | np.uint64(kind)

    def _traffic(self, day: int) -> NDArray[np.float64]:
        """Daily factor per node: gamma of mean 1, so that daily sales are negative binomial."""
        if self._law.dispersion == 0:
            return np.ones(self._estate.nodes.size)
        variance = self._law.dispersion**2
        return self._streams.generator("tills.traffic", day).gamma(1 / variance, variance, self._estate.nodes.size)

    def _densities(self, day: int, start: int, end: int) -> list[Density]:
        """Per group of stores, where the arrivals of ``[start, end)`` fall."""
        shifts = self._estate.zone_shift[:, day]
        return [
            density(self._weekly[cluster], start, end, shift=int(shifts[region]), weekday=self._weekday)
            for region, cluster in self._members
        ]

    def _place(
        self,
        weekly_lines: NDArray[np.float64],
        factor: NDArray[np.float64],
        densities: list[Density],
        generator: np.random.Generator,
    ) -> NDArray[np.uint64]:
        """Keys of Poisson numbers of events per rank; times in the keys count from the day's start."""
        estate = self._estate
        mass = np.array([item.mass for item in densities] + [0.0])  # group -1: a DC has no till
        mean = weekly_lines * (factor * mass[self._group])[self._rank_node]
        events = generator.poisson(mean)
        segments, first = joined(densities)
        segments["start"] %= DAY
        stores = np.zeros(estate.nodes.size, STORE)
        stores["first"], stores["last"] = estate.node_first[:-1], estate.node_first[1:]
        stores["segment"], stores["segments"] = first[self._group], first[self._group + 1]
        keys = np.empty(int(events.sum()), np.uint64)
        place_sales(stores, segments, events, generator.random(keys.size), keys)
        return keys


def _weekly_events(errors: RecordError, weekly_units: NDArray[np.float64]) -> dict[Physical, NDArray[np.float64]]:
    """What happens to units on shelves beside sales: events a week by rank, of a store that is open all week."""
    events = {Physical.SHRINK: weekly_units * errors.shrink_per_sale}
    if errors.misplaced_per_sale > 0:
        events[Physical.MISPLACED] = weekly_units * errors.misplaced_per_sale
        events[Physical.FOUND] = np.full(weekly_units.size, WEEK / errors.tidied_every)
    return events


def store_profiles(scenario: Scenario) -> list[Weekly]:
    """Per cluster, its profile within its opening hours; raises :class:`ScenarioError` if nothing is left of it."""
    found, problems = [], []
    for number, cluster in enumerate(scenario.estate.stores.clusters):
        path = f"estate.stores.clusters[{number}].profile"
        try:
            law = weekly(weekly_rates(cluster.profile, scenario.demand.profiles), cluster.opens, cluster.closes)
        except KeyError:
            problems.append(Problem(scenario.name, 1, 1, path, f"no profile is called {cluster.profile!r}"))
            continue
        if law is None:
            problems.append(
                Problem(scenario.name, 1, 1, path, f"{cluster.profile!r} has no sales within opening hours")
            )
        else:
            found.append(law)
    if problems:
        raise ScenarioError(problems)
    return found


def _groups(estate: RealisedEstate) -> tuple[NDArray[np.int64], list[tuple[int, int]]]:
    """Stores that share clock and hours: the group of each node (-1 for a DC), and (region, cluster) of each group."""
    members: dict[tuple[int, int], int] = {}
    group = np.full(estate.nodes.size, -1, np.int64)
    for number, node in enumerate(estate.nodes):
        if not node["is_dc"]:
            group[number] = members.setdefault((int(node["region"]), int(node["cluster"])), len(members))
    return group, list(members)
