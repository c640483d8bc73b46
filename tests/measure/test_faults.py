"""KPIs of faults on hand-made journals whose every order and message is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.measure.make import END, HORIZON, START, Row, cohort, false_oos, journal, line, order, scenario, scrape
from twin.core.clock import DAY, HOUR, MINUTE, SECOND
from twin.journal.orders import Refusal, Status
from twin.measure.cohort import Cohort, cohort_of
from twin.measure.continuity import calm
from twin.measure.disturbance import disturbances, fault_windows, together
from twin.measure.faults import FAULTS
from twin.measure.kpis import measure_cohort
from twin.measure.steady import drifts, kendall_z

FROM, TO = START + DAY, START + DAY + 6 * HOUR
OUTAGE = ("outage", "broker", FROM, TO)
EVERY = 10 * MINUTE
CALL, WAIT = 1 * MINUTE, 2 * MINUTE
"""From checkout to acceptance, and from there to release, while all is well."""

Released = Callable[[int], int]


def held_up(accepted: int) -> int:
    """Nothing is released during the outage; all of it a minute after."""
    return TO + MINUTE if FROM <= accepted + WAIT < TO else accepted + WAIT


def orders(released: Released = held_up, **changes: int) -> list[Row]:
    """A checkout every ten minutes from the start to the end."""
    return [
        order(order=n, t_demand=t, t_accept=t + CALL, t_release=released(t + CALL), **changes)
        for n, t in enumerate(range(0, HORIZON, EVERY))
    ]


def kpis(of: Cohort) -> dict[str, float | None]:
    return {name.removeprefix("fault_"): value for name, value in measure_cohort(of).items()}


def of_orders(
    folder: Path, released: Released = held_up, *faults: tuple[str, str, int, int]
) -> dict[str, float | None]:
    return kpis(cohort(folder, orders=orders(released), faults=faults or (OUTAGE,)))


def test_where_nothing_failed_in_the_window_there_is_nothing_to_measure(tmp_path: Path) -> None:
    for place, faults in enumerate([(), (("outage", "erp", 0, START + HOUR),), (("outage", "erp", END, END + 1),)]):
        found = cohort(tmp_path / str(place), orders=orders(), faults=faults)
        assert all(kpi.function(found) is None for kpi in FAULTS)


def test_an_arm_that_releases_nothing_keeps_up_nothing_of_what_it_would_have_released(tmp_path: Path) -> None:
    found = of_orders(tmp_path)
    assert found["duration_s"] == 6 * 3600
    assert (found["orders_released"], found["orders_normal"], found["continuity"]) == (0, 36, 0)
    assert found["waiting_peak_orders"] == 36


def test_an_arm_that_does_not_feel_the_fault_keeps_up_everything(tmp_path: Path) -> None:
    found = of_orders(tmp_path, lambda accepted: accepted + WAIT)
    assert (found["orders_released"], found["continuity"], found["recover_s"]) == (36, 1, 0)


def test_the_normal_release_follows_who_came_in_those_very_hours(tmp_path: Path) -> None:
    rush = [
        order(order=9000 + n, t_demand=t, t_accept=t + CALL, t_release=held_up(t + CALL))
        for n, t in enumerate(range(FROM + HOUR, FROM + 2 * HOUR, MINUTE))
    ]
    found = kpis(cohort(tmp_path, orders=[*orders(), *rush], faults=[OUTAGE]))
    assert found["orders_normal"] == 36 + 60


def test_customers_who_would_have_left_anyway_are_not_missed(tmp_path: Path) -> None:
    left = [order(order=9000 + n, t_demand=t) for n, t in enumerate(range(5, HORIZON, EVERY))]
    refused_then = [row if not FROM <= row["t_demand"] < TO else order(**row | {"t_accept": -1, "t_release": -1})
                    for row in orders()]  # fmt: skip
    found = kpis(cohort(tmp_path, orders=[*refused_then, *left], faults=[OUTAGE]))
    assert found["orders_normal"] == pytest.approx(36)
    assert found["orders_released"] == 0


def test_a_channel_is_measured_by_its_own_orders(tmp_path: Path) -> None:
    shipped = [row | {"order": 9000 + row["order"]} for row in orders(lambda accepted: accepted + WAIT, channel=1)]
    found = kpis(cohort(tmp_path, orders=[*orders(), *shipped], faults=[OUTAGE]))
    assert (found["orders_released.channel.web"], found["continuity.channel.web"]) == (0, 0)
    assert (found["orders_released.channel.market"], found["continuity.channel.market"]) == (36, 1)
    assert found["continuity"] == 0.5


def test_orders_that_jobs_release_are_expected_at_the_jobs(tmp_path: Path) -> None:
    """Who came in the half hour before the fault would have been released in it; of those who came in the last two
    minutes before its last job, one half would have missed that.
    """
    job = 30 * MINUTE
    rushes = [
        *range(FROM - 29 * MINUTE, FROM - 2 * MINUTE, MINUTE),
        *range(TO - job - 2 * MINUTE, TO - job, 2 * SECOND),
    ]
    demanded = [*range(30 * SECOND, HORIZON, MINUTE), *rushes]
    released = [-(-(t + CALL) // job) * job for t in demanded]
    rows = [
        order(order=n, t_demand=t, t_accept=t + CALL, t_release=then)
        for n, (t, then) in enumerate(zip(demanded, released, strict=True))
    ]
    exported = {"files": {"release": {"mode": "batch", "interval": "30m"}}}
    found = kpis(cohort_of(journal(tmp_path, orders=rows, faults=[OUTAGE]), scenario(arms=exported), "files"))
    assert found["orders_released"] == sum(FROM <= then < TO for then in released)
    assert found["orders_normal"] == pytest.approx(found["orders_released"], abs=1)


def test_what_becomes_of_a_customer_may_change_from_day_to_day(tmp_path: Path) -> None:
    rows = [row if n % 2 or row["t_demand"] >= FROM else order(order=n, t_demand=row["t_demand"])
            for n, row in enumerate(orders())]  # fmt: skip
    assert kpis(cohort(tmp_path, orders=rows, faults=[OUTAGE]))["orders_normal"] == pytest.approx(0.75 * 36, abs=0.5)


def test_an_order_that_leaves_as_the_next_comes_does_not_wait_with_it(tmp_path: Path) -> None:
    assert of_orders(tmp_path, lambda accepted: accepted + EVERY)["waiting_peak_orders"] == 1


def test_what_is_unknown_of_one_fault_is_unknown_of_all(tmp_path: Path) -> None:
    soon = ("outage", "erp", START + HOUR, START + 2 * HOUR)
    scrapes = [messages(t) for t in range(0, HORIZON, MINUTE)]
    found = kpis(cohort(tmp_path, scrapes=scrapes, orders=orders(), faults=[soon, OUTAGE]))
    assert (found["recovered_share"], found["recover_s"]) == (0.5, None)


@pytest.mark.parametrize(("slow", "seconds"), [(0, 60), (10 * MINUTE, 900), (45 * MINUTE, 2700), (4 * HOUR, 4 * 3600)])
def test_the_run_is_back_where_orders_wait_no_longer_than_before(tmp_path: Path, slow: int, seconds: int) -> None:
    def released(accepted: int) -> int:
        return accepted + 10 * MINUTE if TO <= accepted < TO + slow else held_up(accepted)

    assert of_orders(tmp_path, released)["recover_s"] == seconds


def test_a_run_that_never_comes_back_has_no_time_to_recover(tmp_path: Path) -> None:
    found = of_orders(tmp_path, lambda accepted: accepted + (WAIT if accepted < FROM else HOUR))
    assert (found["steady_share"], found["recovered_share"], found["recover_s"]) == (1, 0, None)


def test_an_order_that_hangs_for_ever_keeps_the_run_from_being_back(tmp_path: Path) -> None:
    rows = orders()
    place = next(n for n, row in enumerate(rows) if row["t_demand"] >= FROM + HOUR)
    rows[place]["t_release"] = -1
    open_line = line(Status.ACCEPTED, order=rows[place]["order"], t_demand=rows[place]["t_demand"], t_end=-1)
    found = kpis(cohort(tmp_path, orders=rows, lines=[open_line], faults=[OUTAGE]))
    assert (found["recovered_share"], found["recover_s"]) == (0, None)


def test_a_run_that_was_not_steady_before_has_no_steady_state_to_come_back_to(tmp_path: Path) -> None:
    found = of_orders(tmp_path, lambda accepted: accepted + WAIT + max(accepted - START, 0) // 100)
    assert (found["steady_share"], found["recover_s"]) == (0, None)


def test_too_little_before_a_fault_tells_nothing(tmp_path: Path) -> None:
    soon = ("outage", "broker", START + HOUR, START + 2 * HOUR)
    found = of_orders(tmp_path, lambda accepted: accepted + WAIT, soon)
    assert (found["steady_share"], found["recover_s"], found["drain_s"]) == (0, None, None)
    assert found["continuity"] == pytest.approx(1, rel=0.01)


def test_a_fault_before_the_run_is_back_from_the_last_belongs_to_it(tmp_path: Path) -> None:
    second = ("errors", "service", TO + 2 * HOUR, TO + 3 * HOUR)

    def released(accepted: int) -> int:
        return accepted + 10 * MINUTE if TO <= accepted < TO + 4 * HOUR else held_up(accepted)

    found = cohort(tmp_path, orders=orders(released), faults=[OUTAGE, second])
    (one,) = disturbances(found)
    assert one.windows == ((FROM, TO), second[2:])
    assert kpis(found)["recover_s"] == 3600
    assert kpis(found)["duration_s"] == 7 * 3600
    assert calm(found, END) == ((START, FROM - HOUR), (TO + 4 * HOUR, END))


def test_faults_that_overlap_are_one_window_and_those_less_than_an_hour_apart_one_disturbance(tmp_path: Path) -> None:
    faults = [
        ("outage", "erp", FROM, FROM + 30),
        ("errors", "erp", FROM + 20, FROM + 50),
        ("outage", "hub", TO, TO + 9),
    ]
    spans = fault_windows(cohort(tmp_path, faults=faults))
    assert spans == [(FROM, FROM + 50), (TO, TO + 9)]
    assert together([(0, 10), (10 + HOUR - 1, 3 * HOUR), (4 * HOUR, 5 * HOUR)]) == [
        [(0, 10), (10 + HOUR - 1, 3 * HOUR)],
        [(4 * HOUR, 5 * HOUR)],
    ]


def messages(t: int) -> Row:
    """Five messages are on their way while all is well; 100 a minute pile up, and twice as many are worked off."""
    if FROM <= t < TO:
        return scrape(t=t, unseen=5 + 100 * (t - FROM) // MINUTE, unposted=7, oldest_unseen=t - FROM)
    if TO <= t < TO + 3 * HOUR:
        left = 6 * HOUR - 2 * (t - TO)
        return scrape(t=t, unseen=5 + 100 * left // MINUTE, unposted=7, oldest_unseen=max(left, 2 * SECOND))
    return scrape(t=t, unseen=5, unposted=7, oldest_unseen=2 * SECOND)


def test_a_backlog_has_drained_at_the_first_scrape_that_finds_it_as_usual(tmp_path: Path) -> None:
    scrapes = [messages(t) for t in range(0, HORIZON, MINUTE)]
    found = kpis(cohort(tmp_path, scrapes=scrapes, orders=orders(), faults=[OUTAGE]))
    assert found["backlog_peak_messages"] == 5 + 100 * 6 * 60
    assert found["drain_s"] == 3 * 3600
    assert (found["posting_backlog_peak_messages"], found["posting_drain_s"]) == (7, 0)


def test_a_backlog_that_is_there_at_the_end_has_not_drained(tmp_path: Path) -> None:
    scrapes = [messages(t) for t in range(0, TO + HOUR, MINUTE)]
    found = kpis(cohort(tmp_path, scrapes=scrapes, orders=orders(), faults=[OUTAGE]))
    assert found["drain_s"] is None
    assert found["backlog_peak_messages"] == 36_005


def test_a_busier_hour_is_no_backlog(tmp_path: Path) -> None:
    scrapes = [scrape(t=t, unseen=9 if t >= FROM else 5, oldest_unseen=SECOND) for t in range(7, HORIZON, MINUTE)]
    found = kpis(cohort(tmp_path, scrapes=scrapes, orders=orders(), faults=[OUTAGE]))
    assert (found["backlog_peak_messages"], found["drain_s"]) == (9, 0)


def test_reservation_messages_that_wait_are_a_backlog_though_no_movement_does(tmp_path: Path) -> None:
    scrapes = [scrape(t=t, unheard=99 if FROM <= t < TO + HOUR else 1) for t in range(0, HORIZON, MINUTE)]
    found = kpis(cohort(tmp_path, scrapes=scrapes, orders=orders(), faults=[OUTAGE]))
    assert (found["backlog_peak_messages"], found["drain_s"]) == (99, 3600)


def test_a_few_old_messages_are_a_backlog_even_where_a_busy_hour_has_more(tmp_path: Path) -> None:
    scrapes = [
        scrape(t=t, unseen=50 if t < FROM else 20, oldest_unseen=HOUR if FROM <= t < TO + HOUR else SECOND)
        for t in range(0, HORIZON, MINUTE)
    ]
    assert kpis(cohort(tmp_path, scrapes=scrapes, orders=orders(), faults=[OUTAGE]))["drain_s"] == 3600


def lines(share_before: float, share_during: float) -> list[Row]:
    """A line a minute; shares of them are refused although the truth could back them."""
    rows = []
    for n, t in enumerate(range(0, HORIZON, MINUTE)):
        share = share_during if FROM <= t < TO else share_before
        wrong = n % 20 < 20 * share
        rows.append((false_oos(Refusal.CLOSED, order=n) if wrong else line(Status.SUPPLIED, order=n)) | {"t_demand": t})
    return rows


def test_refusals_on_account_of_a_fault_are_those_beyond_the_share_of_calm_hours(tmp_path: Path) -> None:
    smooth = orders(lambda accepted: accepted + WAIT)
    found = kpis(cohort(tmp_path, lines=lines(0.05, 0.5), orders=smooth, faults=[OUTAGE]))
    assert found["recover_s"] == 0
    assert found["wrongly_refused_excess_lines"] == pytest.approx(360 * (0.5 - 0.05))
    assert found["oversold_excess_lines"] == 0


def test_wrong_refusals_keep_the_run_from_being_back_too(tmp_path: Path) -> None:
    rows = [
        row | ({"status": Status.REFUSED, "refusal": Refusal.STALE, "false_oos": 1} if n % 2 else {})
        if TO <= row["t_demand"] < TO + 2 * HOUR
        else row
        for n, row in enumerate(lines(0.05, 0.5))
    ]
    found = kpis(cohort(tmp_path, lines=rows, orders=orders(lambda accepted: accepted + WAIT), faults=[OUTAGE]))
    assert found["recover_s"] == 2 * 3600
    assert found["wrongly_refused_excess_lines"] == pytest.approx(360 * 0.45 + 120 * 0.45, rel=0.1)


def test_a_trend_must_be_significant_and_matter() -> None:
    noise = np.random.default_rng(3).normal(100e6, 3e6, 96)
    assert not drifts(noise)
    assert drifts(noise + np.linspace(0, 40e6, 96))
    assert not drifts(np.linspace(100e6, 105e6, 96))  # significant, but a twentieth
    assert not drifts(np.linspace(1000, 2000, 96))  # a millisecond


def test_the_trend_statistic_is_the_one_of_the_textbook() -> None:
    # Gilbert (1987), Statistical Methods for Environmental Pollution Monitoring, section 16.4: n = 5 without ties
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert kendall_z(values) == pytest.approx((10 - 1) / np.sqrt(5 * 4 * 15 / 18))
    assert kendall_z(values[::-1]) == -kendall_z(values)
    assert kendall_z(np.ones(9)) == 0
    tied = np.array([1.0, 1.0, 2.0, 3.0])
    assert kendall_z(tied) == pytest.approx((5 - 1) / np.sqrt((4 * 3 * 13 - 2 * 1 * 9) / 18))
