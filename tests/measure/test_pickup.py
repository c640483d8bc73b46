"""Orders that are picked up: ready in time, collected, waiting, back on the shelf."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.measure.make import END, HORIZON, START, Row, cohort, collection, line, order, scrape
from twin.core.clock import DAY, HOUR, MINUTE
from twin.journal.orders import CollectionEnd, Mode, Status
from twin.measure.kpis import measure_cohort

WAITING, COLLECTED, NEVER_CAME, TOO_LATE = CollectionEnd


def ready(number: int, minutes: int, **changes: object) -> Row:
    """A pickup accepted when the window began and ready so many minutes later."""
    at = START + minutes * MINUTE
    return order(order=number, mode=Mode.PICKUP, t_accept=START, t_pick=START, t_ready=at, **changes)


def test_a_pickup_ready_at_the_target_is_on_time_and_one_not_picked_yet_is_late(tmp_path: Path) -> None:
    rows = [ready(1, 120), ready(2, 121), ready(3, 5), order(order=4, mode=Mode.PICKUP, t_accept=START)]
    shipped = order(order=5, t_accept=START, t_pick=START, t_ready=START + DAY)
    kpis = measure_cohort(cohort(tmp_path, orders=[*rows, shipped], lines=[line(Status.ACCEPTED, order=4)]))
    assert kpis["pickup_ready_on_time"] == 0.5
    assert kpis["ready_for_pickup_p50_s"] == 7200


def test_who_still_waits_is_neither_collected_nor_given_up(tmp_path: Path) -> None:
    rows = [
        collection(COLLECTED, order=1, t_collected=START + HOUR),
        collection(COLLECTED, order=2, t_collected=START + 3 * HOUR),
        collection(TOO_LATE, order=3, t_given_up=START + DAY),
        collection(WAITING, order=4),
        collection(NEVER_CAME, order=5, t_ready=END, t_given_up=END + 1),
        collection(NEVER_CAME, order=6, t_ready=START - 1, t_given_up=START),
    ]
    kpis = measure_cohort(cohort(tmp_path, collections=rows))
    assert kpis["pickup_collected_share"] == pytest.approx(2 / 3)
    assert (kpis["pickup_not_collected_orders"], kpis["pickup_too_late_orders"]) == (1, 1)
    assert kpis["pickup_waiting_orders"] == 1
    assert (kpis["pickup_collection_p50_s"], kpis["pickup_collection_p95_s"]) == (3600, 10800)


def test_units_are_out_of_sale_from_the_pick_until_they_are_back(tmp_path: Path) -> None:
    rows = [
        collection(NEVER_CAME, order=1, units=3, t_given_up=START + DAY, t_back=START + 2 * DAY),
        collection(NEVER_CAME, order=2, units=2, t_pick=HORIZON - DAY // 2, t_given_up=HORIZON - 1),
        collection(COLLECTED, order=3, units=9, t_collected=END),
    ]
    kpis = measure_cohort(cohort(tmp_path, collections=rows))
    assert kpis["pickup_out_of_sale_unit_days"] == 3 * 2 + 2 * 0.5
    assert kpis["pickup_restocked_units"] == 3


def test_a_sale_that_nobody_collects_is_refunded_and_no_oversell(tmp_path: Path) -> None:
    rows = [
        line(Status.NOT_COLLECTED, quantity=2),
        line(Status.READY, order=2),
        line(Status.SUPPLIED, order=3, sku=1),
        line(Status.OVERSOLD, order=4),
    ]
    kpis = measure_cohort(cohort(tmp_path, lines=rows, scrapes=[scrape(set_aside=4), scrape(set_aside=1, t=START + 1)]))
    assert (kpis["refunded_not_collected_usd"], kpis["margin_lost_not_collected_usd"]) == (20, 8)
    assert (kpis["revenue_kept_usd"], kpis["margin_kept_usd"]) == (20, 15)
    assert kpis["oversell_rate"] == 0.25
    assert kpis["pickup_waiting_units"] == 2.5


def test_without_collections_nothing_is_measured(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path))
    assert (kpis["pickup_ready_on_time"], kpis["pickup_collected_share"], kpis["pickup_collection_p50_s"]) == (
        None,
    ) * 3
    assert (kpis["pickup_not_collected_orders"], kpis["pickup_out_of_sale_unit_days"]) == (0, 0)
