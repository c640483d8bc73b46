"""Fitting on the days before the replay: the catalogue with its popularity and prices, and what stores sell."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.scenario.errors import Problem, ScenarioError
from twin.scenario.scenario import Scenario
from twin.world.fit import Fit
from twin.world.replay import account as fates
from twin.world.replay.log import Log
from twin.world.replay.mapping import code


@dataclass(frozen=True)
class Mapping:
    """How the log's codes become the world's numbers."""

    sku: NDArray[np.int64]  # log SKU -> SKU of the catalogue, -1 if it is not in it
    store: NDArray[np.int64]  # log store -> store of the estate, from 0


def fit(scenario: Scenario, log: Log, fate: NDArray[np.int8], stores: int) -> tuple[Fit, Mapping]:
    """Fit a log. ``stores`` is the number of stores of the estate. Raises :class:`ScenarioError` if nothing was sold.

    The catalogue is made of all goods that the log sells, the most popular in the fit period first.
    """
    replay = scenario.demand.replay
    assert replay is not None, "asked to fit a scenario without replay"
    sold = np.flatnonzero((fate == code(fates.FITTED)) & (log.quantity > 0))
    if sold.size == 0:
        raise ScenarioError([Problem(replay.log, 1, 1, "demand.replay.fit_days", "no sale in the fit period")])
    lines = smoothed(np.bincount(log.sku[sold], minlength=log.skus.size), _goods(log, fate))
    units: NDArray[np.float64] = np.bincount(
        log.sku[sold], log.quantity[sold].astype(np.float64), log.skus.size
    ).astype(np.float64)
    daily = _units_daily(lines, units, float(log.quantity[sold].mean())) * replay.scale / replay.fit_days
    ranked = _ranked(lines, log)[: scenario.estate.skus.count]
    mapping = Mapping(_inverse(ranked, log.skus.size), _store_of(log, sold, stores))
    fitted = Fit(
        names=tuple(str(name) for name in log.skus[ranked]),
        popularity=lines[ranked] / lines[ranked].sum(),
        price_cents=_prices(log, fate, scenario.estate.skus.price_mean_usd)[ranked],
        units_daily=daily[ranked],
        dispersion=float((log.quantity[sold] ** 2).sum() / log.quantity[sold].sum()),
        units_mean=float(log.quantity[sold].mean()),
    )
    if replay.target == "channel":
        return fitted, mapping
    shown = np.concatenate([sold, np.flatnonzero(fate == code(fates.SALE))])
    weeks = replay.fit_days / 7 / replay.scale
    lines_weekly = np.bincount(mapping.store[log.store[sold]], minlength=stores) / weeks
    return dataclasses.replace(fitted, lines_weekly=lines_weekly, sold=_on_shelf(log, mapping, shown)), mapping


def _goods(log: Log, fate: NDArray[np.int8]) -> NDArray[np.bool_]:
    """SKUs that are sold at any time in the log."""
    good = [code(item) for item in (fates.SALE, fates.EARLIER, fates.FITTED, fates.LATER)]
    lines = np.isin(fate, good) & (log.quantity > 0)
    return np.bincount(log.sku[lines], minlength=log.skus.size) > 0


def smoothed(lines: NDArray[np.int64], exists: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Expected lines per SKU, with a part for those that exist but were not seen.

    Good-Turing (Good 1953): the chance that the next line is of an unseen SKU is about the share of lines of SKUs seen
    once. Capped at a half, so that a short fit still says something, and so that no unseen SKU outdoes one seen once.
    """
    unseen = exists & (lines == 0)
    total, hidden = int(lines.sum()), int(unseen.sum())
    part = min(float((lines == 1).sum() / total), 0.5, hidden / (total + hidden))
    expected = lines.astype(np.float64) * (1 - part)
    expected[unseen] = part * total / max(hidden, 1)
    return expected


def _units_daily(lines: NDArray[np.float64], units: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """Units per SKU of the fit period: its own where it was seen, the log's mean per line where it was not."""
    seen = units > 0
    part = 1 - lines[~seen].sum() / lines.sum()
    return np.where(seen, units * part, lines * mean)


def _ranked(lines: NDArray[np.float64], log: Log) -> NDArray[np.int64]:
    """SKUs that sell, the most popular first; of equals the one whose name comes first."""
    order = np.argsort(-np.round(lines, 9), kind="stable")  # rounded, so that equals stay equal after smoothing
    return order[lines[order] > 0]


def _inverse(ranked: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    position = np.full(size, -1, np.int64)
    position[ranked] = np.arange(ranked.size)
    return position


def _prices(log: Log, fate: NDArray[np.int8], default_usd: float) -> NDArray[np.int64]:
    """Median price per SKU over its sales, cents; for one without a price the median of all."""
    sale = (log.quantity > 0) & (log.price_cents > 0) & (fate != code(fates.SERVICE)) & (fate != code(fates.TOO_MANY))
    sku, price = log.sku[sale], log.price_cents[sale]
    prices = np.full(log.skus.size, float(np.median(price)) if price.size else 100 * default_usd)
    order = np.lexsort((price, sku))
    found, first, count = np.unique(sku[order], return_index=True, return_counts=True)
    prices[found] = price[order][first + (count - 1) // 2]
    cents: NDArray[np.int64] = np.clip(np.rint(prices), 1, 2**31 - 1).astype(np.int64)
    return cents


def _store_of(log: Log, sold: NDArray[np.int64], stores: int) -> NDArray[np.int64]:
    """The log's stores by sales, dealt to the estate's in turn."""
    volume = np.bincount(log.store[sold][log.store[sold] >= 0], minlength=log.stores.size)
    rank = _inverse(np.argsort(-volume, kind="stable"), log.stores.size)
    store: NDArray[np.int64] = rank % max(stores, 1)
    return store


def _on_shelf(log: Log, mapping: Mapping, lines: NDArray[np.int64]) -> NDArray[np.int64]:
    """[n, 2]: (store, SKU) of lines. A sale proves that the article was on the shelf, so replayed sales count too."""
    lines = lines[mapping.sku[log.sku[lines]] >= 0]
    cells = np.stack([mapping.store[log.store[lines]], mapping.sku[log.sku[lines]]], axis=1)
    distinct: NDArray[np.int64] = np.unique(cells, axis=0)
    return distinct
