"""How much stores differ: their volumes, and the hours of their customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.days import STORE_VISITS_MIN
from twin.calibration.finding import Finding
from twin.calibration.sales import Sales
from twin.stats.distances import gap_by_chance, total_variation, uniform_gap, variation_by_chance
from twin.stats.lognormal import Lognormal, fit_lognormal

_HOURS = 24


@dataclass(frozen=True)
class Stores:
    """Stores with enough visits in the log."""

    read: int  # stores of which the log holds anything
    volumes: NDArray[np.float64]  # visits a day, the days of the fit
    volumes_tested: NDArray[np.float64]  # the same stores later
    law: Lognormal | None  # of volumes; None if there are no two different ones
    other_hour: NDArray[np.float64]  # per store, share of lines in another hour of the day than at all stores together
    other_hour_by_chance: float


def fit_stores(fit: Sales, test: Sales) -> Stores:
    """Fit the spread of volumes; stores whose visits are too few are left out (and counted)."""
    size = int(max(fit.store.max(), test.store.max())) + 1
    visits, later = (_visits(part, size) for part in (fit, test))
    kept = visits >= STORE_VISITS_MIN
    lines = np.bincount(fit.store * _HOURS + fit.hour % _HOURS, minlength=size * _HOURS).reshape(size, _HOURS)
    chain = lines.sum(axis=0).astype(np.float64)
    other = np.array([total_variation(row.astype(np.float64), chain) for row in lines[kept]])
    chance = np.array([variation_by_chance(chain, float(row.sum())) for row in lines[kept]])
    volumes = visits[kept] / np.unique(fit.day).size
    law = fit_lognormal(volumes) if np.unique(volumes).size > 1 else None
    seen = int((visits + later > 0).sum())
    return Stores(seen, volumes, later[kept] / np.unique(test.day).size, law, other, float(chance.mean()))


def _visits(sales: Sales, size: int) -> NDArray[np.int64]:
    _, first = np.unique(sales.order, return_index=True)
    return np.bincount(sales.store[first], minlength=size)


def judge_stores(stores: Stores) -> list[Finding]:
    """Spread of volumes (Kolmogorov-Smirnov against a lognormal law) and of hours (total variation)."""
    hours = Finding(
        "hours of a store",
        f"{np.mean(stores.other_hour):.2f} of lines at another hour than the chain",
        stores.other_hour.size,
        "other hour",
        float(np.mean(stores.other_hour)),
        None,
        stores.other_hour_by_chance,
    )
    return [hours] if stores.law is None else [_volumes(stores, stores.law), hours]


def _volumes(stores: Stores, law: Lognormal) -> Finding:
    then = stores.volumes_tested[stores.volumes_tested > 0]
    return Finding(
        "volume of a store",
        f"cv {stores.volumes.std() / stores.volumes.mean():.2f}; lognormal cv {law.cv:.2f}",
        stores.volumes.size,
        "KS",
        uniform_gap(law.below(stores.volumes)),
        uniform_gap(law.below(then)),
        gap_by_chance(then.size),
        f"{stores.volumes.size} of {stores.read} stores have {STORE_VISITS_MIN} visits; correlation with later "
        f"{np.corrcoef(stores.volumes, stores.volumes_tested)[0, 1]:.2f}",
    )
