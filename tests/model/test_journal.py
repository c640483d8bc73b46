"""What a run's journal says holds together: times, totals, histograms, and the lines of real logs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.model.journals import NO_MARKET, PROMISED, WEB, arm_of, brief, by_status, flows, journal, order_column
from tests.model.runs import INSTANT, PERFECT, systems
from tests.world.make import cluster, scenario
from tests.world.test_real_logs import COMPLETE_JOURNEY, DATA, ONLINE_RETAIL
from twin.journal.orders import Refusal, Status
from twin.journal.tables import NONE
from twin.journal.totals import Latency
from twin.scenario.arms import PRESETS
from twin.world.replay.account import MAPPED, READ
from twin.world.world import World

FAULTS = [
    {"system": system, "mtbf": "10h", "duration": {"law": "exponential", "mean": "45m"}}
    for system in ("erp", "files", "hub", "broker", "service", "wms")
]


@pytest.mark.parametrize("name", PRESETS)
def test_an_order_happens_in_the_order_in_which_it_is_told(name: str) -> None:
    degradation = {"strategy": "serve_stale", "max_age": "2h"}
    run = journal(brief(faults=FAULTS), arm_of(name, degradation=degradation))
    rows = run["lines"]
    supplied = by_status(rows, Status.SUPPLIED)
    promised = np.isin(rows["status"], PROMISED)
    steps = [order_column(run, step) for step in ("t_accept", "t_release", "t_pick", "t_ready", "t_done")]
    told = [rows["t_demand"], rows["t_decision"], *steps[:2], rows["t_end"], *steps[2:]]
    for before, after in pairwise(told):
        assert (before[supplied] <= after[supplied]).all()
    assert (rows["t_decision"][promised] <= steps[0][promised]).all()
    assert (rows["belief"] >= rows["quantity"])[promised].all()
    assert (rows["t_end"] == NONE).tolist() == np.isin(rows["status"], (Status.OPEN, Status.ACCEPTED)).tolist()
    by_stock = rows["refusal"] >= Refusal.NO_STOCK
    assert (rows["belief"] < rows["quantity"])[by_stock].all()
    assert (rows["truth"] >= rows["quantity"])[rows["false_oos"] != 0].all()


@pytest.mark.parametrize("name", PRESETS)
def test_flows_lines_and_orders_tell_the_same_totals(name: str) -> None:
    run = journal(brief(faults=FAULTS), arm_of(name))
    rows, orders, total = run["lines"], run["orders"], flows(run)
    supplied = by_status(rows, Status.SUPPLIED)
    assert total["picks"] - total["short_picks"] == np.count_nonzero(supplied) > 1000
    assert total["picked_units"] == rows["quantity"][supplied].sum()
    assert total["short_picks"] == rows["short_picks"].sum()
    counted = np.unique(rows["order"], return_counts=True)
    assert dict(zip(*(column.tolist() for column in counted), strict=True)) == dict(
        zip(orders["order"].tolist(), orders["lines"].tolist(), strict=True)
    )
    accepted = np.unique(rows["order"][np.isin(rows["status"], PROMISED)])
    assert np.array_equal(np.sort(orders["order"][orders["t_accept"] != NONE]), accepted)


def test_histograms_hold_every_movement_of_the_window_and_no_other() -> None:
    calendar = {"start": "2025-03-03", "time_zone": "America/New_York", "warm_up": "0s", "follow_up": "0s"}
    arm = systems(movements=INSTANT, posting=INSTANT, publications={"own": {"mode": "query"}})
    whole = journal(brief(calendar=calendar | {"window": "2d"}, **NO_MARKET), arm)
    part = journal(brief(calendar=calendar | {"window": "1d", "follow_up": "1d"}, **NO_MARKET), arm)
    for measure, flow in ((Latency.VIEW, "seen"), (Latency.RECORD, "posted")):
        counts = [int(run["latency"]["count"][run["latency"]["measure"] == measure].sum()) for run in (whole, part)]
        assert counts[0] == flows(whole)[flow] == flows(part)[flow]
        assert 0.2 < counts[1] / counts[0] < 0.8


def test_perfect_records_stay_right_where_nothing_vanishes_and_every_movement_arrives_at_once() -> None:
    scrapes = journal(brief(**PERFECT), systems(movements=INSTANT, posting=INSTANT))["scrapes"]
    assert scrapes["t"].size == 48 * 60
    for column in ("view_wrong", "view_gap", "record_wrong", "record_gap", "books_gap", "unseen", "unposted"):
        assert not scrapes[column].any()


@pytest.mark.parametrize(
    ("replay", "stores"), [(ONLINE_RETAIL, 5), (COMPLETE_JOURNEY, 20)], ids=["orders", "till sales"]
)
def test_real_logs_pass_through_all_four_arms_to_the_line(replay: dict[str, Any], stores: int) -> None:
    if not (DATA / replay["log"]).is_file():
        pytest.skip(f"{replay['log']} is not in TWIN_DATA")
    description = scenario(
        calendar={"start": "2025-05-12", "warm_up": "12h", "window": "2d", "follow_up": "12h"},
        estate__stores={"count": stores, "clusters": [cluster(assortment=300)]},
        estate__skus={"count": 1000},
        demand__replay=replay,
    )
    world = World(description, 0, data_dir=DATA)
    account = world.account
    assert account is not None
    assert account.balanced
    assert account.lines(READ) == sum(row.lines for row in account.rows if row.group != READ)
    for name in PRESETS:
        run = journal(description, arm_of(name), world)
        total = flows(run)
        if replay is ONLINE_RETAIL:
            assert np.count_nonzero(run["lines"]["channel"] == WEB) == account.lines(MAPPED, "sale") > 1000
            assert total["returned_units"] == -account.units(MAPPED, "return") > 0
        else:
            assert total["till_lines"] == account.lines(MAPPED, "sale") > 100
            assert total["till_units"] + total["till_units_lost"] == account.units(MAPPED, "sale")
