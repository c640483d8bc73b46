"""KPIs of returns and refunds by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.measure.make import END, START, cohort, goods, refund
from twin.core.clock import DAY, HOUR, MINUTE
from twin.journal.returns import Claim, Condition, RefundEnd, ReturnEnd
from twin.journal.tables import NONE
from twin.measure.kpis import measure_cohort


def test_what_became_of_goods_is_counted(tmp_path: Path) -> None:
    rows = [
        goods(entity=1, t_received=START, t_end=START + HOUR, quantity=2, labour=6 * MINUTE),
        goods(entity=2, t_received=START, t_end=START + 3 * HOUR, labour=3 * MINUTE),
        goods(entity=3, sku=1, t_received=START, t_end=START, outcome=ReturnEnd.WRITTEN_OFF, labour=MINUTE),
        goods(entity=4, t_received=END - HOUR, t_end=NONE, t_graded=NONE, outcome=ReturnEnd.LIMBO, labour=0),
        goods(entity=5, t_received=END, t_end=END + HOUR, quantity=50),
    ]
    kpis = measure_cohort(cohort(tmp_path, returns=rows))
    assert kpis["return_count"] == 4
    assert (kpis["return_recovered_units"], kpis["return_recovered_share"]) == (3, 3 / 5)
    assert kpis["return_to_shelf_p50_s"] == 3 * 3600
    assert kpis["return_to_shelf_p95_s"] is None  # one is not on a shelf yet, later than all others
    assert kpis["return_inspection_hours"] == pytest.approx(1 / 6)
    assert kpis["return_written_off_usd"] == 5.0


def test_limbo_is_the_mean_over_the_window_of_what_came_before_it_too(tmp_path: Path) -> None:
    rows = [
        goods(entity=1, t_received=START - DAY, t_end=START + DAY, quantity=3),
        goods(entity=2, sku=1, t_received=END - 12 * HOUR, t_end=END + HOUR),
        goods(entity=3, t_received=START - DAY, t_end=START),
        goods(entity=4, t_received=END, t_end=NONE, outcome=ReturnEnd.LIMBO),
    ]
    kpis = measure_cohort(cohort(tmp_path, returns=rows))
    assert kpis["return_limbo_units"] == pytest.approx(3 / 2 + 1 / 4)
    assert kpis["return_limbo_usd"] == pytest.approx(3 * 6.0 / 2 + 5.0 / 4)
    assert (kpis["return_limbo_end_units"], kpis["return_limbo_end_usd"]) == (1, 5.0)


def test_how_long_customers_wait_for_their_money(tmp_path: Path) -> None:
    rows = [
        refund(refund=1, entity=1, t_end=START + HOUR),
        refund(refund=2, entity=2, t_end=START + 4 * DAY, human=30 * MINUTE),
        refund(refund=3, entity=3, t_end=NONE, outcome=RefundEnd.OPEN, paid=0),
        refund(refund=4, entity=4, outcome=RefundEnd.DENIED, paid=0),
        refund(refund=5, entity=1, kind=Claim.SECOND, t_end=START + 9 * DAY, outcome=RefundEnd.RECOGNISED, paid=0),
        refund(refund=6, entity=9, line=0, kind=Claim.CANCELLED, t_end=START + MINUTE),
        refund(refund=7, entity=7, t_due=END, t_end=END + 9 * DAY),
    ]
    kpis = measure_cohort(cohort(tmp_path, refunds=rows))
    assert kpis["refund_completion_p50_s"] == 4 * 86_400
    assert kpis["refund_completion_p95_s"] is None
    assert kpis["refund_cancelled_p95_s"] == 60
    assert kpis["refund_on_time_share"] == 2 / 4  # the target is three days
    assert kpis["refunds_open"] == 1
    assert kpis["refund_human_hours"] == 0.5
    assert kpis["refunded_usd"] == 30.0


def test_what_is_paid_twice_or_for_nothing_is_told_apart(tmp_path: Path) -> None:
    refunds = [
        refund(refund=1, entity=1, paid=1),
        refund(refund=2, entity=1, kind=Claim.SECOND, t_due=END + HOUR, paid=2),
        refund(refund=3, entity=2, paid=1),  # for nothing
        refund(refund=4, entity=3, outcome=RefundEnd.DENIED, paid=0),  # nothing lost
        refund(refund=5, entity=1, line=0, kind=Claim.CANCELLED, paid=2),  # an order of the same number
        refund(refund=6, entity=8, t_due=START - HOUR, paid=9),
    ]
    returns = [goods(entity=1), goods(entity=2, condition=Condition.FRAUD), goods(entity=3, condition=Condition.FRAUD)]
    kpis = measure_cohort(cohort(tmp_path, refunds=refunds, returns=returns))
    assert (kpis["refunds_paid_twice"], kpis["refunds_paid_twice_usd"]) == (2 + 1, 30.0)
    assert kpis["refunds_for_nothing_usd"] == 10.0


def test_an_arm_that_does_not_inspect_has_no_labour_and_nothing_to_wait_for(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path))
    names = ("return_count", "return_limbo_usd", "return_written_off_usd", "refunds_paid_twice_usd")
    assert [kpis[name] for name in (*names, "refunds_for_nothing_usd", "refund_human_hours")] == [0] * 6
    nothing = ("refund_completion_p50_s", "refund_on_time_share", "return_to_shelf_p50_s", "return_recovered_share")
    assert [kpis[name] for name in nothing] == [None] * 4
