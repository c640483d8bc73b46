"""The comparison: one row per arm and KPI, paired world by world, adjusted over the arms of a KPI."""

from __future__ import annotations

import pytest

from tests.experiment import fakes
from twin.experiment.benefit import NET_BENEFIT, with_net_benefit
from twin.experiment.comparison import Design, compare
from twin.stats.paired import holm, paired

DESIGN = Design(("a", "b", "c"), "b", range(4), 0.95)
RATES = {"a": [0.1, 0.2, 0.4, 0.3], "b": [0.2, 0.2, 0.5, 0.4], "c": [0.3, 0.1, 0.4, 0.7]}
VALUES = {(arm, n): {"rate": RATES[arm][n], "count": None} for arm in RATES for n in range(4)}
ROWS = {(row.arm, row.kpi): row for row in compare(VALUES, DESIGN, {"rate": "share", "count": "orders"})}


def test_every_arm_has_a_row_for_every_kpi_in_order() -> None:
    assert list(ROWS) == [(arm, kpi) for arm in ("a", "b", "c") for kpi in ("rate", "count")]


def test_the_baseline_is_compared_with_nobody() -> None:
    row = ROWS["b", "rate"]
    assert row.mean == pytest.approx(0.325)
    assert (row.pairs, row.difference, row.p_holm) == (None, None, None)


def test_differences_are_paired_by_replication() -> None:
    expected = paired(RATES["c"], RATES["b"], confidence=0.95)
    row = ROWS["c", "rate"]
    assert (row.difference, row.difference_low, row.p) == (expected.mean, expected.low, expected.p)


def test_p_values_are_adjusted_over_the_arms_of_a_kpi() -> None:
    raw = [ROWS[arm, "rate"].p for arm in ("a", "c")]
    assert [ROWS[arm, "rate"].p_holm for arm in ("a", "c")] == holm(raw)
    assert raw != holm(raw)


def test_a_kpi_without_values_is_there_and_empty() -> None:
    row = ROWS["a", "count"]
    assert (row.n, row.mean, row.pairs, row.difference) == (0, None, 0, None)


def test_net_benefit_is_none_where_a_yearly_value_cannot_be_told() -> None:
    def yearly(kpis: object, scenario: object, arm: str) -> dict[str, float]:
        return {} if arm == "c" else {"low": 1.0, "base": 2.0 if arm == "b" else 5.0, "high": 9.0}

    extended = with_net_benefit(VALUES, DESIGN, fakes.tiny(), yearly)
    assert [extended[arm, 0][NET_BENEFIT] for arm in ("a", "b", "c")] == [3.0, 0.0, None]
    assert extended["a", 0]["net_benefit_low_usd_per_year"] == 0.0
