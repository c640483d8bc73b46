"""The release of orders: who is on time, and how many wait at once."""

from __future__ import annotations

from pathlib import Path

from tests.measure.make import START, Row, cohort, line, order
from twin.core.clock import MINUTE
from twin.journal.orders import Mode, Status
from twin.measure.kpis import measure_cohort


def released(number: int, accepted: int, minutes: int, **changes: object) -> Row:
    """An order accepted some minutes after the start, and handed over so many minutes later."""
    at = START + accepted * MINUTE
    return order(order=number, t_accept=at, t_release=at + minutes * MINUTE, **changes)


def test_an_order_released_at_the_target_is_on_time_and_one_still_waiting_is_late(tmp_path: Path) -> None:
    rows = [released(1, 0, 15), released(2, 0, 16), released(3, 0, 1), order(order=4, t_accept=START)]
    kpis = measure_cohort(cohort(tmp_path, orders=rows, lines=[line(Status.ACCEPTED, order=4)]))
    assert kpis["released_on_time"] == 0.5


def test_orders_for_which_no_node_was_found_are_neither_late_nor_waiting(tmp_path: Path) -> None:
    rows = [released(1, 0, 5), order(order=2, t_accept=START)]
    kpis = measure_cohort(cohort(tmp_path, orders=rows, lines=[line(Status.OVERSOLD, order=2)]))
    assert (kpis["released_on_time"], kpis["release_backlog_peak"]) == (1, 1)


def test_modes_and_channels_are_told_apart(tmp_path: Path) -> None:
    rows = [released(1, 0, 20), released(2, 0, 2, mode=Mode.PICKUP), released(3, 0, 4, channel=1)]
    kpis = measure_cohort(cohort(tmp_path, orders=rows))
    assert (kpis["released_on_time.pickup"], kpis["released_on_time.ship"]) == (1, 0.5)
    assert (kpis["released_on_time.channel.web"], kpis["released_on_time.channel.market"]) == (0.5, 1)
    assert (kpis["order_release_pickup_p95_s"], kpis["order_release_ship_p95_s"]) == (120, 1200)
    assert (kpis["order_release_p50_s.channel.web"], kpis["order_release_p95_s.channel.web"]) == (120, 1200)


def test_the_backlog_is_the_most_that_wait_at_one_time(tmp_path: Path) -> None:
    rows = [released(1, 0, 3), released(2, 1, 2), released(3, 2, 2), released(4, 3, 1), released(5, 9, 1)]
    assert measure_cohort(cohort(tmp_path, orders=rows))["release_backlog_peak"] == 3


def test_without_an_accepted_order_there_is_nothing_to_measure(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path, orders=[order()]))
    assert (kpis["released_on_time"], kpis["release_backlog_peak"]) == (None, 0)
