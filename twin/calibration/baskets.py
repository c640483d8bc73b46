"""How many lines an order has, and how many units a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.calibration.finding import Finding
from twin.calibration.sales import Numbers, Sales
from twin.scenario.laws import CountLaw
from twin.stats.distances import gap_by_chance, law_gap

_EXACT: Final = 0.004
"""Numbers that are at least so common keep their own share; those between are taken together in classes."""

_WIDER: Final = 1.3
"""Ratio of the ends of a class."""

_DECIMALS: Final = 6


@dataclass(frozen=True)
class Counted:
    """A law and the numbers that it was fitted to, those of the days kept apart, and the default."""

    what: str
    law: CountLaw
    fitted: Numbers
    tested: Numbers
    default: CountLaw


def lines_per_order(sales: Sales) -> Numbers:
    """Different articles of each order."""
    _, lines = np.unique(sales.order, return_counts=True)
    return lines


def count_law(numbers: Numbers) -> CountLaw:
    """A law of few numbers: common ones as they are, the others in classes 30 % wide, each as its rounded mean."""
    values, counts = np.unique(numbers, return_counts=True)
    common = counts >= _EXACT * numbers.size
    group = np.floor(np.log(values) / np.log(_WIDER)).astype(np.int64)
    label = np.where(common, values, -1 - group)
    found: dict[int, int] = {}
    for name in np.unique(label):
        members = label == name
        value = round(float(values[members] @ counts[members]) / counts[members].sum())
        found[value] = found.get(value, 0) + int(counts[members].sum())
    ordered = sorted(found)
    shares = np.round(np.array([found[value] for value in ordered]) / numbers.size, _DECIMALS)
    shares[shares.argmax()] += 1 - shares.sum()
    return CountLaw(values=tuple(ordered), shares=tuple(round(float(share), _DECIMALS) for share in shares))


def judge_counts(counted: Counted) -> Finding:
    """Distances are Kolmogorov-Smirnov."""
    law = counted.law
    mean, later = float(counted.fitted.mean()), float(counted.tested.mean())
    return Finding(
        counted.what,
        f"mean {law.mean:.2f}, 1: {_share_of_one(law):.0%}, {len(law.values)} numbers",
        counted.fitted.size,
        "KS",
        law_gap(*_law(law), counted.fitted.astype(np.float64)),
        law_gap(*_law(law), counted.tested.astype(np.float64)),
        gap_by_chance(1 / (1 / counted.fitted.size + 1 / counted.tested.size)),
        f"mean {mean:.2f} → {later:.2f}",
        f"mean {counted.default.mean:.2f}, 1: {_share_of_one(counted.default):.0%}",
        law_gap(*_law(counted.default), counted.fitted.astype(np.float64)),
    )


def _share_of_one(law: CountLaw) -> float:
    return dict(zip(law.values, law.shares, strict=True)).get(1, 0.0)


def _law(law: CountLaw) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array(law.values, np.float64), np.array(law.shares, np.float64)
