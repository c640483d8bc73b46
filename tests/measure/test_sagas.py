"""KPIs of sagas by hand."""

from __future__ import annotations

from pathlib import Path

from tests.measure.make import END, START, cohort, line, order, saga
from twin.core.clock import HOUR, MINUTE, SECOND
from twin.journal.orders import SagaEnd, Status
from twin.journal.tables import NONE
from twin.measure.kpis import measure_cohort

GIVEN_UP = {
    "outcome": SagaEnd.COMPENSATED,
    "failed": 1,
    "t_failed": START + 4 * MINUTE,
    "t_given_up": START + 5 * MINUTE,
}


def test_what_became_of_sagas_is_counted(tmp_path: Path) -> None:
    rows = [
        saga(order=1, t_end=START + 4 * SECOND),
        saga(order=2, t_end=START + HOUR, cases=1, human=20 * MINUTE, waited=50 * MINUTE, duplicates=2),
        saga(order=3, t_end=START + 7 * MINUTE, orphans=1, undone=1, **GIVEN_UP),
        saga(order=4, t_end=NONE, outcome=SagaEnd.OPEN, cases=1),
        saga(order=5, t_begin=END, t_end=END, duplicates=9),
    ]
    kpis = measure_cohort(cohort(tmp_path, sagas=rows))
    assert kpis["saga_completion_p50_s"] == 3600
    assert kpis["saga_completion_p95_s"] is None  # one may still complete, later than all others
    assert kpis["saga_compensated_rate"] == 0.25
    assert kpis["saga_undoing_p95_s"] == 180
    assert (kpis["saga_duplicates"], kpis["saga_duplicates_per_10k_orders"]) == (2, 5000)
    assert (kpis["saga_orphans"], kpis["saga_open_orders"]) == (1, 1)
    assert (kpis["saga_cases_per_10k_orders"], kpis["saga_case_mean_s"]) == (5000, 1500)
    assert kpis["saga_human_hours"] == 1 / 3


def test_without_sagas_there_is_no_labour_and_nothing_else_to_measure(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path))
    assert (kpis["saga_human_hours"], kpis["saga_duplicates"], kpis["saga_orphans"], kpis["saga_open_orders"]) == (
        0,
    ) * 4
    assert kpis["saga_compensated_rate"] is kpis["saga_completion_p50_s"] is kpis["saga_undoing_p95_s"] is None


def test_a_cancelled_order_was_promised_and_is_no_oversell(tmp_path: Path) -> None:
    lines = [
        line(Status.CANCELLED, order=1, t_end=START + HOUR),
        line(Status.OVERSOLD, order=2),
        line(Status.SUPPLIED, order=3),
    ]
    orders = [order(order=number, t_accept=START) for number in (1, 2, 3)]
    kpis = measure_cohort(cohort(tmp_path, lines=lines, orders=orders))
    assert kpis["oversell_rate"] == 1 / 3
    assert kpis["oversold_lines"] == 1
    assert kpis["released_on_time"] is None  # a cancelled one does not wait any more
