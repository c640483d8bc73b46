"""List prices over time: everyday changes at night, and what promotions take off (docs/model.md, section 14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY
from twin.core.hashing import bits_of_many
from twin.core.shares import MILLION, parts
from twin.scenario.prices import EverydayPrices
from twin.scenario.scenario import Scenario
from twin.world.horizon import day_count
from twin.world.streams import Streams
from twin.world.tables import PRICE_CHANGE

_HALF: Final = MILLION // 2
Cents = NDArray[np.int64]


@dataclass(frozen=True)
class ListPrices:
    """What each SKU costs, from when."""

    start: Cents
    """By SKU, at time 0."""
    changes: NDArray[np.void]
    """PRICE_CHANGE, by time and SKU: after time 0, before the horizon."""

    def at(self, skus: NDArray[np.int32], instants: NDArray[np.int64]) -> Cents:
        """List price of each SKU at its instant; a change holds from its own instant on."""
        prices = self.start[skus]
        if not self.changes.size or not instants.size:
            return prices
        now = self.start.copy()
        before = int(np.searchsorted(self.changes["t"], instants.min(), side="right"))
        now[self.changes["sku"][:before]] = self.changes["price_cents"][:before]  # of several the last one stays
        prices = now[skus]
        last = int(np.searchsorted(self.changes["t"], instants.max(), side="right"))
        for t, of_instant in by_instant(self.changes[before:last]):
            now[of_instant["sku"]] = of_instant["price_cents"]
            later = instants >= t
            prices[later] = now[skus[later]]
        return prices


def by_instant(changes: NDArray[np.void]) -> Iterator[tuple[int, NDArray[np.void]]]:
    """Changes that come together."""
    times, first = np.unique(changes["t"], return_index=True)
    yield from zip(times.tolist(), np.split(changes, first[1:]), strict=False)


def list_prices(
    scenario: Scenario, catalogue: NDArray[np.void], popularity: NDArray[np.float64], streams: Streams
) -> ListPrices:
    """The list prices of a replication; ``catalogue`` has a ``price_cents`` for each SKU."""
    base = catalogue["price_cents"].astype(np.int64)
    nights = _nights(scenario, base, streams)
    cuts = _cuts(scenario, np.argsort(-popularity, kind="stable"))
    boundaries = {mark for start, end, *_ in cuts for mark in (start, end)}
    everyday, shown = base.copy(), base
    start, rows = base, []
    for t in sorted({0, *nights, *boundaries}):
        chosen, prices = nights.get(t, (np.empty(0, np.int64), np.empty(0, np.int64)))
        everyday[chosen] = prices
        now = _reduced(everyday, [(skus, cut) for first, last, skus, cut in cuts if first <= t < last])
        if t == 0:
            start = now
        elif t < scenario.calendar.horizon_us:
            rows.append(_rows(t, np.flatnonzero(now != shown), now, promoted=_promoted(cuts, t, base.size)))
        shown = now
    return ListPrices(start, np.concatenate(rows) if rows else np.empty(0, PRICE_CHANGE))


def _rows(t: int, skus: NDArray[np.int64], prices: Cents, *, promoted: NDArray[np.bool_]) -> NDArray[np.void]:
    out = np.empty(skus.size, PRICE_CHANGE)
    out["t"], out["sku"], out["price_cents"], out["promotion"] = t, skus, prices[skus], promoted[skus]
    return out


_Cut = tuple[int, int, NDArray[np.int64], int]


def _cuts(scenario: Scenario, ranked: NDArray[np.int64]) -> list[_Cut]:
    """Promotions that take something off: from, to, SKUs, what is left of the price in parts of a million."""
    return [
        (
            item.start,
            item.start + item.duration,
            ranked[item.first_rank - 1 : item.first_rank - 1 + item.top_skus],
            MILLION - parts(item.discount),
        )
        for item in scenario.demand.promotions
        if item.discount
    ]


def _promoted(cuts: list[_Cut], t: int, size: int) -> NDArray[np.bool_]:
    """SKUs of which a promotion begins or ends at an instant."""
    out = np.zeros(size, np.bool_)
    for first, last, skus, _ in cuts:
        if t in (first, last):
            out[skus] = True
    return out


def _reduced(everyday: Cents, running: list[tuple[NDArray[np.int64], int]]) -> Cents:
    """Everyday prices less what the deepest promotion of each SKU takes off."""
    left = np.full(everyday.size, MILLION, np.int64)
    for skus, part in running:
        left[skus] = np.minimum(left[skus], part)
    return _part_of(everyday, left)


def _part_of(prices: Cents, millionths: Cents) -> Cents:
    """Whole cents, half rounded up, and at least one."""
    cents: Cents = np.maximum(1, (prices * millionths + _HALF) // MILLION)
    return cents


def _nights(scenario: Scenario, base: Cents, streams: Streams) -> dict[int, tuple[NDArray[np.int64], Cents]]:
    """Everyday changes, by their instant: SKUs and their new prices."""
    law = scenario.estate.prices
    if not law.changed:
        return {}
    return {day * DAY + law.at: _night(law, base, streams, day) for day in range(day_count(scenario.calendar))}


def _night(law: EverydayPrices, base: Cents, streams: Streams, day: int) -> tuple[NDArray[np.int64], Cents]:
    """SKUs that are priced anew on a day."""
    skus = np.arange(base.size, dtype=np.int64)
    drawn = bits_of_many(streams.key("price.changed"), skus, day) % np.uint64(MILLION)
    chosen = skus[drawn < np.uint64(parts(law.changed))]
    spread = parts(law.spread)
    moved = bits_of_many(streams.key("price.size"), chosen, day) % np.uint64(2 * spread + 1)
    return chosen, _part_of(base[chosen], MILLION - spread + moved.astype(np.int64))
