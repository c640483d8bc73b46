"""Verdicts by interval."""

import pytest

from twin.experiment.comparison import Design
from twin.experiment.thresholds import judge, verdict
from twin.scenario.experiment import Threshold

DESIGN = Design(("hub", "hybrid"), "hub", range(4), 0.95)
VALUES = {
    **{("hub", n): {"oversell_rate": 0.020 + 0.001 * n, "flat": 0.0} for n in range(4)},
    **{("hybrid", n): {"oversell_rate": 0.010 + 0.0011 * n, "flat": 0.0} for n in range(4)},
}


def threshold(**changes: object) -> Threshold:
    base = {"kpi": "oversell_rate", "arm": "hybrid", "operator": "<=", "value": 0.02}
    return Threshold.model_validate({**base, **changes})


@pytest.mark.parametrize(
    ("operator", "low", "high", "expected"),
    [
        ("<=", 1.0, 2.0, "pass"),
        ("<=", 1.0, 2.1, "inconclusive"),
        ("<=", 2.0, 3.0, "inconclusive"),
        ("<=", 2.1, 3.0, "fail"),
        (">=", 2.0, 3.0, "pass"),
        (">=", 1.9, 3.0, "inconclusive"),
        (">=", 1.0, 1.9, "fail"),
        ("<=", None, None, "inconclusive"),
    ],
)
def test_the_whole_interval_decides(operator: str, low: float | None, high: float | None, expected: str) -> None:
    assert verdict(operator, 2.0, low=low, high=high) == expected


def test_a_mean_is_judged_by_its_own_interval() -> None:
    judged = judge([threshold(), threshold(value=0.0118), threshold(value=0.005)], VALUES, DESIGN)
    assert [item.verdict for item in judged] == ["pass", "inconclusive", "fail"]


def test_a_difference_is_judged_by_the_paired_interval() -> None:
    judged = judge([threshold(statistic="difference", value=-0.009)], VALUES, DESIGN)[0]
    assert judged.verdict == "pass"
    assert judged.observed == pytest.approx(-0.00985)


def test_what_is_the_same_in_every_world_bounds_itself() -> None:
    judged = judge([threshold(kpi="flat", value=0.0), threshold(kpi="flat", operator=">=", value=0.1)], VALUES, DESIGN)
    assert [item.verdict for item in judged] == ["pass", "fail"]


def test_one_replication_decides_nothing() -> None:
    design = Design(("hub", "hybrid"), "hub", range(1), 0.95)
    assert judge([threshold(value=1.0)], VALUES, design)[0].verdict == "inconclusive"


def test_an_arm_that_was_not_run_stays_open() -> None:
    design = Design(("hub",), "hub", range(4), 0.95)
    judged = judge([threshold()], VALUES, design)[0]
    assert (judged.verdict, judged.observed) == ("inconclusive", None)
