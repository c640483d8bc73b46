"""Customers who stand in stores: the own shelf, sales saved by other nodes, and those missed."""

from __future__ import annotations

from pathlib import Path

from tests.measure.make import START, cohort, false_oos, line, looked_for
from twin.journal.orders import Mode, Refusal, Status
from twin.measure.kpis import measure_cohort


def test_what_is_not_on_the_shelf_is_saved_by_another_node_or_missed(tmp_path: Path) -> None:
    lines = [
        line(Status.SUPPLIED, mode=Mode.TILL),
        line(Status.SUPPLIED, line=1, sku=1),
        false_oos(Refusal.STALE, order=2),
        line(Status.REFUSED, order=2, line=1),
        line(Status.SUPPLIED, order=3),  # ordered by another customer, whom no associate served
        line(Status.SUPPLIED, order=4, mode=Mode.TILL, t_demand=START - 1),
    ]
    looked = [
        looked_for(sold=1, on_hand=3),
        looked_for(line=1),
        looked_for(order=2, on_hand=-1),
        looked_for(order=2, line=1),
        looked_for(order=4, sold=1, on_hand=1),
    ]
    kpis = measure_cohort(cohort(tmp_path, lines=lines, assisted=looked))
    assert (kpis["clienteling_lines"], kpis["clienteling_from_shelf_share"]) == (4, 0.25)
    assert (kpis["saved_sales"], kpis["saved_sales_margin_usd"]) == (1, 15)
    assert kpis["clienteling_missed_sales"] == 1


def test_without_associates_there_is_nothing_to_measure(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path, lines=[line(Status.SUPPLIED)]))
    assert kpis["clienteling_from_shelf_share"] is None
    assert (kpis["clienteling_lines"], kpis["saved_sales"], kpis["clienteling_missed_sales"]) == (0, 0, 0)
