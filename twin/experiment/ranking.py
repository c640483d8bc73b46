"""Which arm is the cheapest, and by how much: net benefit of the window, every arm against the best of them. Pure.

The best arm is chosen by the same worlds that it is judged by, so an interval for one difference alone would promise
too much. The intervals here hold for all pairs of arms together (Bonferroni), whichever turns out to be the best.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

from twin.core.clock import WEEK
from twin.economics.costs import WEEKS_PER_YEAR
from twin.experiment.benefit import NET_BENEFIT
from twin.experiment.comparison import Design, Values, series
from twin.stats.intervals import mean_interval
from twin.stats.paired import paired


@dataclass(frozen=True)
class Ranked:
    """An arm's net benefit of the window against the baseline, USD, and how far it is behind the best arm.

    ``behind`` is ``None`` for the best itself, its bounds where the difference has no variance.
    """

    arm: str
    n: int
    benefit: float
    behind: float | None = None
    behind_low: float | None = None
    behind_high: float | None = None


def rank(values: Values, design: Design, *, window: int) -> list[Ranked]:
    """All arms, the cheapest first; none if fewer than two have a net benefit. ``window``: us, that a year is made of.

    The year's net benefit is scaled back to the window, which holds the faults: a year of such windows is no year.
    """
    yearly = {arm: series(values, design, arm, NET_BENEFIT) for arm in design.arms}
    means = {arm: mean_interval(worlds, confidence=design.confidence) for arm, worlds in yearly.items()}
    share = window / (WEEKS_PER_YEAR * WEEK)
    benefits = {arm: interval.mean * share for arm, interval in means.items() if interval.mean is not None}
    if len(benefits) < 2:
        return []
    ordered = sorted(benefits, key=lambda arm: (-benefits[arm], design.arms.index(arm)))
    confidence = 1 - (1 - design.confidence) / comb(len(ordered), 2)
    best = ordered[0]
    rows = [Ranked(best, means[best].n, benefits[best])]
    for arm in ordered[1:]:
        gap = paired(yearly[best], yearly[arm], confidence=confidence)
        bounds = (None if each is None else each * share for each in (gap.mean, gap.low, gap.high))
        rows.append(Ranked(arm, means[arm].n, benefits[arm], *bounds))
    return rows
