"""Why nodes do not supply, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

from tests.measure.make import cohort, line
from twin.journal.orders import Decline, Status
from twin.measure.kpis import measure_cohort


def test_lines_are_counted_by_why_they_were_declined_last(tmp_path: Path) -> None:
    rows = [
        line(Status.SUPPLIED, short_picks=1, decline=Decline.NOT_IN_STOCK),
        line(Status.OVERSOLD, order=2, short_picks=3, rejections=1, decline=Decline.MISMATCH),
        line(Status.READY, order=3, short_picks=1, rejections=1, decline=Decline.REJECTED),
        line(Status.ACCEPTED, order=4, short_picks=1, decline=Decline.DAMAGED),
        line(Status.SUPPLIED, order=5),
        line(Status.REFUSED, order=6),
    ]
    kpis = measure_cohort(cohort(tmp_path, lines=rows))
    assert {name: kpis[f"decline_rate.{name}"] for name in ("not_in_stock", "mismatch", "damaged", "rejected")} == {
        "not_in_stock": 0.2,
        "mismatch": 0.2,
        "damaged": 0.2,
        "rejected": 0.2,
    }
    assert kpis["declined_supplied_share"] == 2 / 3
    assert kpis["short_picks"] == 4
    assert kpis["short_pick_rate"] == 4 / 7


def test_without_a_decline_there_is_nothing_to_make_good(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path, lines=[line(Status.SUPPLIED)]))
    assert (kpis["declined_supplied_share"], kpis["decline_rate.mismatch"]) == (None, 0)
