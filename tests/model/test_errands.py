"""What checkouts ask of other systems before the payment: how long it takes, and what comes of no answer."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from tests.model.journals import NO_MARKET, Journal, brief, flows, journal
from tests.model.runs import systems
from twin.core.clock import HOUR, SECOND
from twin.journal.checkout import Answer, Errand
from twin.journal.orders import Refusal, Status

BEGIN, END = 13 * HOUR, 19 * HOUR
OUTAGE = [{"system": "tax", "at": "13h", "duration": "6h"}]
MEAN = 400 * SECOND // 1000
ASKED = {"on": True, "servers": 10_000, "service": {"law": "exponential", "mean": "400ms"}, "timeout": "1h"}


def run(faults: list[dict[str, Any]], **changes: Any) -> Journal:
    return journal(brief(faults=faults, **NO_MARKET), systems(**changes))


def test_everybody_who_comes_to_pay_asks_once_and_waits_as_long_as_the_law_says() -> None:
    asked = run([], tax=ASKED, customer_check=ASKED)
    errands = asked["errands"]
    spans = errands["t_end"] - errands["t_asked"]
    for errand in Errand:
        mine = errands["errand"] == errand
        assert np.unique(errands["order"][mine]).size == mine.sum() > 2_000
        assert abs(spans[mine].mean() / MEAN - 1) < 4 / sqrt(mine.sum())
    assert (errands["answer"] == Answer.ANSWERED).all()
    accepted = asked["orders"]["order"][asked["orders"]["t_accept"] >= 0]
    assert np.isin(accepted, errands["order"]).all()
    assert flows(asked)["tax_calls"] >= (errands["errand"] == Errand.TAX).sum()


def test_while_the_tax_engine_is_down_orders_are_lost_or_taken_on_an_estimate() -> None:
    lost, estimated = (run(OUTAGE, tax={**ASKED, "fallback": fallback}) for fallback in ("refuse", "estimate"))
    for asked, answer in ((lost, Answer.LOST), (estimated, Answer.WITHOUT)):
        errands = asked["errands"]
        down = (errands["t_asked"] >= BEGIN) & (errands["t_asked"] < END)
        assert (errands["answer"][down] == answer).all()
        assert (errands["failure"][down] == Refusal.CLOSED).all()
        assert down.sum() > 200
    gone = np.isin(lost["lines"]["order"], lost["errands"]["order"][lost["errands"]["answer"] == Answer.LOST])
    assert not np.isin(lost["lines"]["status"][gone], (Status.ACCEPTED, Status.SUPPLIED)).any()
    taken = np.isin(estimated["orders"]["order"], estimated["errands"]["order"][estimated["errands"]["answer"] > 0])
    assert (estimated["orders"]["t_accept"][taken] >= 0).sum() > 150


def test_a_customer_lost_to_the_first_errand_is_not_asked_the_second() -> None:
    faults = [{"system": "crm", "at": "13h", "duration": "6h"}]
    errands = run(faults, tax=ASKED, customer_check={**ASKED, "fallback": "refuse"})["errands"]
    lost = errands["order"][errands["answer"] == Answer.LOST]
    assert lost.size > 200
    assert not np.isin(lost, errands["order"][errands["errand"] == Errand.TAX]).any()


def test_an_outage_of_the_tax_engine_does_not_touch_an_arm_that_does_not_ask_it() -> None:
    calm, faulty = (run(faults) for faults in ([], OUTAGE))
    assert all((calm["lines"][name] == faulty["lines"][name]).all() for name in calm["lines"])
    assert calm["errands"]["order"].size == faulty["errands"]["order"].size == 0
