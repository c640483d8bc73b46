"""Orders for today: who was offered it, what was there in time, how long couriers kept it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.measure.make import END, HORIZON, START, Row, cohort, drop, false_oos, line, order, wish
from twin.core.clock import DAY, HOUR
from twin.journal.orders import Mode, Refusal, Status
from twin.journal.same_day import Offer
from twin.journal.tables import NONE
from twin.measure.kpis import measure_cohort

DUE = START + 12 * HOUR


def promised(number: int, t_done: int, **changes: Any) -> Row:
    """An order for today that was accepted when the window began."""
    return order(order=number, mode=Mode.SAME_DAY, t_accept=START, t_pick=START, t_done=t_done, **changes)


def test_answers_are_shares_of_those_who_want_it_and_others_do_not_count(tmp_path: Path) -> None:
    told = [Offer.OFFERED, Offer.OFFERED, Offer.LATE, Offer.NO_STOCK, Offer.NO_STOCK]
    wishes = [wish(answer, order=number) for number, answer in enumerate(told, 1)]
    wishes[3]["backed"] = 1
    orders = [order(order=number) for number in range(1, 6)]
    earlier = [wish(Offer.OFF, order=9)], [order(order=9, t_demand=START - 1)]
    kpis = measure_cohort(cohort(tmp_path, same_day=[*wishes, *earlier[0]], orders=[*orders, *earlier[1]]))
    assert kpis["same_day_wanted"] == 5
    assert kpis["same_day_offered_share"] == 0.4
    refused = {name: kpis[f"same_day_refused_share.{name}"] for name in ("late", "no_stock", "off", "no_node")}
    assert refused == {"late": 0.2, "no_stock": 0.4, "off": 0, "no_node": 0}
    assert kpis["same_day_false_no_stock_share"] == 0.2


def test_answers_sum_to_everybody(tmp_path: Path) -> None:
    wishes = [wish(answer, order=number) for number, answer in enumerate(Offer)]
    kpis = measure_cohort(cohort(tmp_path, same_day=wishes, orders=[order(order=number) for number in range(8)]))
    shares = [value for name, value in kpis.items() if name.startswith("same_day_refused_share.")]
    assert sum(share or 0 for share in shares) + (kpis["same_day_offered_share"] or 0) == pytest.approx(1)


def test_on_time_is_all_of_it_by_the_promised_hour(tmp_path: Path) -> None:
    orders = [
        promised(1, DUE),  # just in time
        promised(2, DUE + 2 * HOUR),
        promised(3, DUE - HOUR),  # but a line of it was cancelled
        promised(4, NONE),  # cancelled as a whole
        promised(5, DUE - HOUR),  # another parcel of it is with no courier yet
    ]
    ends = {1: Status.SUPPLIED, 2: Status.SUPPLIED, 3: Status.SUPPLIED, 4: Status.OVERSOLD, 5: Status.SUPPLIED}
    lines = [line(status, order=number) for number, status in ends.items()]
    lines.append(line(Status.OVERSOLD, order=3, line=1))
    wishes = [wish(Offer.OFFERED, order=number) for number in ends]
    drops = [drop(order=5, parcel=1, t_left=NONE, t_delivered=NONE)]
    kpis = measure_cohort(cohort(tmp_path, orders=orders, lines=lines, same_day=wishes, drops=drops))
    assert kpis["same_day_orders"] == 5
    assert kpis["same_day_on_time"] == 0.2
    assert kpis["same_day_late_orders"] == 2
    assert kpis["same_day_late_p95_s"] is None  # when the fifth will be there is not known


def test_lateness_of_what_is_there_and_promises_that_fall_due_after_the_run(tmp_path: Path) -> None:
    orders = [promised(1, DUE + HOUR), promised(2, NONE)]
    lines = [line(Status.SUPPLIED, mode=Mode.SHIP), line(Status.ACCEPTED, order=2, mode=Mode.SAME_DAY)]
    wishes = [wish(Offer.OFFERED), wish(Offer.OFFERED, order=2, t_due=HORIZON)]
    kpis = measure_cohort(cohort(tmp_path, orders=orders, lines=lines, same_day=wishes))
    assert (kpis["same_day_orders"], kpis["same_day_late_orders"]) == (1, 1)
    assert kpis["same_day_late_p95_s"] == 3600
    assert kpis["same_day_standard_orders"] == 1


def test_waits_for_couriers_and_what_has_not_left_counts_as_longest(tmp_path: Path) -> None:
    drops = [drop(parcel=n, t_left=START + n * HOUR) for n in range(3)]
    kpis = measure_cohort(cohort(tmp_path, orders=[order()], drops=drops))
    assert (kpis["courier_wait_p50_s"], kpis["courier_wait_p95_s"], kpis["courier_drops"]) == (3600, 7200, 3)
    drops.append(drop(parcel=3, t_left=NONE))
    drops.append(drop(order=2))  # of no order of the window
    later = order(order=2, t_demand=END)
    kpis = measure_cohort(cohort(tmp_path / "more", orders=[order(), later], drops=drops))
    assert (kpis["courier_wait_p50_s"], kpis["courier_wait_p95_s"], kpis["courier_drops"]) == (3600, None, 3)


def test_who_leaves_takes_the_margin_along_and_is_a_false_out_of_stock_only_if_a_node_had_it(tmp_path: Path) -> None:
    rows = [
        line(Status.REFUSED, refusal=Refusal.NOT_TODAY),
        false_oos(Refusal.NOT_TODAY, order=2, sku=1),
        line(Status.SUPPLIED, order=3),
        line(Status.SUPPLIED, order=4),
    ]
    kpis = measure_cohort(cohort(tmp_path, lines=rows))
    assert kpis["same_day_lost_margin_usd"] == 4 + 15
    assert kpis["margin_lost_refused_usd"] == 15
    assert kpis["false_oos_rate.not_today"] == kpis["false_oos_rate"] == 0.25


def test_without_wishes_there_is_nothing_to_measure(tmp_path: Path) -> None:
    kpis = measure_cohort(cohort(tmp_path, orders=[order(t_done=START + DAY)]))
    assert kpis["same_day_offered_share"] is kpis["same_day_on_time"] is kpis["courier_wait_p50_s"] is None
    assert (kpis["same_day_wanted"], kpis["courier_drops"], kpis["same_day_late_orders"]) == (0, 0, 0)
