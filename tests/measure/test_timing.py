"""Waiting times: unfinished orders never flatter, and histograms agree with samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measure.make import START, Row, cohort, latencies, line, order
from twin.core.bins import BINS, bin_of
from twin.core.clock import HOUR, NEVER, SECOND
from twin.journal.orders import Mode, Refusal, Status
from twin.journal.tables import NONE
from twin.journal.totals import Latency
from twin.measure.kpi import histogram_quantile_s, quantile_s
from twin.measure.kpis import measure_cohort


def released(number: int, seconds: int, **changes: Any) -> Row:
    """An order accepted at the start and handed over so many seconds later."""
    return order(order=number, t_accept=START, t_release=START + seconds * SECOND, **changes)


def test_orders_not_released_by_the_end_count_as_later_than_all_that_were(tmp_path: Path) -> None:
    rows = [*(released(n, n + 1) for n in range(9)), order(order=9, t_accept=START)]
    kpis = measure_cohort(cohort(tmp_path, orders=rows, lines=[line(Status.ACCEPTED, order=9)]))
    assert kpis["order_release_p50_s"] == 5
    assert kpis["order_release_p95_s"] is None


def test_an_order_for_which_no_node_was_found_has_no_release_time(tmp_path: Path) -> None:
    rows = [released(1, 7), order(order=2, t_accept=START)]
    kpis = measure_cohort(cohort(tmp_path, orders=rows, lines=[line(Status.OVERSOLD, order=2)]))
    assert kpis["order_release_p99_s"] == 7


def test_an_order_that_was_released_has_its_release_time_although_a_line_is_open(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path, orders=[released(1, 7)], lines=[line(Status.ACCEPTED)]))
    assert kpis["order_release_p99_s"] == 7


def test_an_order_with_an_open_line_is_not_fulfilled_even_if_a_parcel_was_picked(tmp_path: Path) -> None:
    rows = [released(n, 1, t_pick=START + HOUR) for n in (1, 2)]
    done = measure_cohort(cohort(tmp_path / "done", orders=rows))
    waiting = measure_cohort(cohort(tmp_path / "open", orders=rows, lines=[line(Status.ACCEPTED, order=2)]))
    assert done["fulfilment_p95_s"] == 3600
    assert (waiting["fulfilment_p50_s"], waiting["fulfilment_p95_s"]) == (3600, None)


def test_an_order_cancelled_before_any_pick_has_no_fulfilment_time(tmp_path: Path) -> None:
    rows = [released(1, 1, t_pick=START + HOUR), released(2, 1)]
    assert measure_cohort(cohort(tmp_path, orders=rows))["fulfilment_p99_s"] == 3600


def test_a_parcel_on_its_way_at_the_end_counts_as_late(tmp_path: Path) -> None:
    picked = {"t_pick": START + HOUR, "t_ready": START + 2 * HOUR}
    rows = [released(1, 1, **picked, t_done=START + 3 * HOUR), released(2, 1, **picked)]
    assert measure_cohort(cohort(tmp_path / "one", orders=rows[:1]))["delivery_p95_s"] == 3 * 3600
    assert measure_cohort(cohort(tmp_path / "both", orders=rows))["delivery_p95_s"] is None


def test_pickups_are_ready_and_shipments_are_delivered(tmp_path: Path) -> None:
    stamps = {"t_pick": START + HOUR, "t_ready": START + 2 * HOUR, "t_done": START + 3 * HOUR}
    pickup = measure_cohort(cohort(tmp_path / "p", orders=[released(1, 1, mode=Mode.PICKUP, **stamps)]))
    shipped = measure_cohort(cohort(tmp_path / "s", orders=[released(1, 1, mode=Mode.SHIP, **stamps)]))
    assert (pickup["ready_for_pickup_p95_s"], pickup["delivery_p95_s"]) == (2 * 3600, None)
    assert (shipped["ready_for_pickup_p95_s"], shipped["delivery_p95_s"]) == (None, 3 * 3600)


def test_a_line_that_was_not_held_against_a_belief_has_no_staleness(tmp_path: Path) -> None:
    rows = [
        line(Status.ABANDONED, t_decision=NONE),
        line(Status.REFUSED, refusal=Refusal.CLOSED),
        line(Status.REFUSED, refusal=Refusal.TIME_OUT),
        line(Status.SUPPLIED, staleness=SECOND),
    ]
    assert measure_cohort(cohort(tmp_path, lines=rows))["staleness_p50_s"] == 1


def test_checkouts_that_called_nobody_do_not_thin_out_those_that_did(tmp_path: Path) -> None:
    rows = [order(order=n, call=SECOND if n == 0 else 0) for n in range(100)]
    assert measure_cohort(cohort(tmp_path, orders=rows))["checkout_call_p50_s"] == 1


def test_histograms_of_one_measure_do_not_leak_into_another(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path, latency=latencies(Latency.VIEW, NONE, 100)))
    assert kpis["view_latency_p95_s"] == 100e-6
    assert (kpis["sync_latency_p95_s"], kpis["posting_lag_p95_s"]) == (None, None)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=50), st.sampled_from([50, 95, 99, 100]))
def test_a_quantile_is_the_inverse_of_the_empirical_distribution(values: list[int], percent: int) -> None:
    expected = np.quantile(np.array(values), percent / 100, method="inverted_cdf")
    assert quantile_s(np.array(values), percent) == expected / SECOND


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=50), st.sampled_from([50, 95, 99, 100]))
def test_a_histogram_gives_the_quantile_to_the_width_of_a_bin(values: list[int], percent: int) -> None:
    counts = np.zeros(BINS, np.int64)
    for value in values:
        counts[bin_of(value)] += 1
    exact = quantile_s(np.array(values), percent)
    assert histogram_quantile_s(counts, percent) == pytest.approx(exact, rel=0.004, abs=1e-9)


def test_a_quantile_among_what_is_not_known_yet_is_none() -> None:
    assert quantile_s(np.array([SECOND, NEVER]), 50) == 1
    assert quantile_s(np.array([SECOND, NEVER]), 51) is None
    assert quantile_s(np.array([], np.int64), 50) is None
