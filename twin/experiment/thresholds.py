"""Thresholds: statements about a KPI that pass, fail or stay open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from twin.experiment.comparison import Design, Values, series
from twin.scenario.experiment import Threshold
from twin.stats.intervals import mean_interval
from twin.stats.paired import paired

Verdict = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True)
class Judged:
    """A threshold with what was observed; bounds are of the two-sided interval at the threshold's own confidence."""

    kpi: str
    arm: str
    statistic: str
    operator: str
    value: float
    confidence: float
    observed: float | None
    low: float | None
    high: float | None
    verdict: Verdict

    @property
    def statement(self) -> str:
        """The threshold as one line."""
        what = self.kpi if self.statistic == "mean" else f"difference of {self.kpi}"
        return f"{what} of {self.arm} {self.operator} {self.value:g}"


def judge(thresholds: Sequence[Threshold], values: Values, design: Design) -> list[Judged]:
    """Every threshold with its verdict; one about an arm that was not run stays open."""
    return [_judge(threshold, values, design) for threshold in thresholds]


def verdict(operator: str, value: float, *, low: float | None, high: float | None) -> Verdict:
    """``pass`` if the whole interval satisfies the statement, ``fail`` if none of it does, else ``inconclusive``."""
    if low is None or high is None:
        return "inconclusive"
    if operator == ">=":
        low, high, value = -high, -low, -value
    if high <= value:
        return "pass"
    return "fail" if low > value else "inconclusive"


def _judge(threshold: Threshold, values: Values, design: Design) -> Judged:
    observed, low, high = _observe(threshold, values, design) if threshold.arm in design.arms else (None, None, None)
    return Judged(
        **threshold.model_dump(),
        observed=observed,
        low=low,
        high=high,
        verdict=verdict(threshold.operator, threshold.value, low=low, high=high),
    )


def _observe(threshold: Threshold, values: Values, design: Design) -> tuple[float | None, float | None, float | None]:
    """Mean or difference, and its bounds. What is the same in two worlds or more bounds itself: (mean, mean)."""
    own = series(values, design, threshold.arm, threshold.kpi)
    if threshold.statistic == "mean":
        interval = mean_interval(own, confidence=threshold.confidence)
        mean, low, high, n = interval.mean, interval.low, interval.high, interval.n
    else:
        base = series(values, design, design.baseline, threshold.kpi)
        difference = paired(own, base, confidence=threshold.confidence)
        mean, low, high, n = difference.mean, difference.low, difference.high, difference.n
    return (mean, mean, mean) if low is None and n > 1 else (mean, low, high)
