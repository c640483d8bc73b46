"""Messages to customers: how long they take, which get lost, who asks instead, and when customers come to collect."""

from __future__ import annotations

from functools import cache
from math import sqrt

import numpy as np

from tests.model.journals import Journal, brief, journal
from tests.model.runs import systems
from tests.world.make import channel
from twin.core.clock import HOUR, MINUTE
from twin.journal.notices import Notice
from twin.journal.orders import CollectionEnd
from twin.journal.returns import RefundEnd
from twin.journal.tables import NONE

BEGIN, END, HORIZON = 14 * HOUR, 20 * HOUR, 48 * HOUR
MEAN = 5 * MINUTE
TOLD = {"on": True, "delay": {"law": "exponential", "mean": "5m"}, "lost": 0.1, "patience": "2h"}
MARKET = 2


@cache
def run(*, down: bool) -> Journal:
    """A journal of two days, with six hours without messages in them or not."""
    faults = [{"system": "notification", "at": "14h", "duration": "6h"}] if down else []
    comes = {"law": "exponential", "mean": "1h"}
    channels = {
        "web": channel(weekly_checkouts=6000.0, pickup_share=0.5, collects=comes),
        "app": channel(kind="app", weekly_checkouts=4000.0),
        "market": channel(kind="marketplace", weekly_checkouts=3000.0, abandonment=0, decline=0, checkout="0"),
    }
    arm = systems(notification=TOLD, pickup={"kept_for": "8h"}, returns={"mode": "inspected"})
    return journal(brief(faults=faults, demand__channels=channels), arm)


def test_messages_take_as_long_and_get_lost_as_often_as_the_arm_says() -> None:
    rows = run(down=False)["notices"]
    lost = rows["lost"] == 1
    assert abs(lost.mean() - 0.1) < 4 * sqrt(0.09 / lost.size)
    early = ~lost & (rows["t"] < 40 * HOUR)
    waits = (rows["t_told"] - rows["t"])[early]
    assert abs(waits.mean() / MEAN - 1) < 4 / sqrt(waits.size)


def test_everything_that_becomes_of_an_order_of_an_own_channel_is_told_once() -> None:
    run_ = run(down=False)
    orders, rows = run_["orders"], run_["notices"]
    own = orders["channel"] != MARKET
    for notice, happened in (
        (Notice.ACCEPTED, orders["t_accept"]),
        (Notice.READY, np.where(orders["mode"] == 1, orders["t_ready"], NONE)),
        (Notice.SHIPPED, np.where(orders["mode"] == 0, orders["t_ready"], NONE)),
    ):
        told = rows["order"][rows["notice"] == notice]
        expected = orders["order"][own & (happened >= 0) & (happened < HORIZON)]
        assert sorted(told.tolist()) == sorted(expected.tolist())
        assert told.size > 100
    refunds = run_["refunds"]
    due = (refunds["outcome"] == RefundEnd.POSTED) & (refunds["channel"] != NONE) & (refunds["channel"] != MARKET)
    assert (rows["notice"] == Notice.REFUND).sum() == due.sum() > 50


def test_messages_wait_for_their_system_and_customers_who_wait_too_long_ask() -> None:
    rows = run(down=True)["notices"]
    held = (rows["t"] >= BEGIN) & (rows["t"] < END) & (rows["lost"] == 0)
    assert (rows["t_told"][held] >= END).all()
    patience = rows["t"] + 2 * HOUR
    missed = (rows["lost"] == 1) | (rows["t_told"] == NONE) | (rows["t_told"] > patience)
    asks = missed & (patience < HORIZON)
    assert (rows["t_asked"][asks] == patience[asks]).all()
    assert (rows["t_asked"][~asks] == NONE).all()
    assert asks.sum() > 300


def test_customers_come_later_when_they_are_told_later() -> None:
    calm, late = (run(down=down)["collections"] for down in (False, True))
    waits = []
    for rows in (calm, late):
        mine = (rows["t_ready"] >= BEGIN) & (rows["t_ready"] < END) & (rows["outcome"] == CollectionEnd.COLLECTED)
        waits.append(np.median(rows["t_collected"][mine] - rows["t_ready"][mine]))
    assert waits[1] - waits[0] > 30 * MINUTE
