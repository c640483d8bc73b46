"""Conservation of units, money and orders at every close of many random worlds with faults. A world is its seed: the
name of a failing test says which, and running that test alone replays it.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.model.journals import Journal, journal
from tests.reference.cases import closed, counted, drawn, priced, short
from twin.journal.books import Document, ExceptionEnd
from twin.journal.orders import PROMISED, Cause, Mode, Refusal, SagaEnd, Status
from twin.journal.tables import NONE
from twin.scenario.arms import PRESETS

HANDED_OUT_IN_COPIES = 1064
"""A log is read again while copies of a message are being handled."""

FAST = (*range(1000, 1006), HANDED_OUT_IN_COPIES)
MANY = tuple(seed for seed in range(1006, 1200) if seed not in FAST)
OPEN = (Status.OPEN, Status.ACCEPTED, Status.READY, Status.BACKORDERED)


MAY_BE_SHORT = (
    Status.OVERSOLD,
    Status.BACKORDERED,
    Status.ACCEPTED,
    Status.SUPPLIED,
    Status.NOT_SHIPPED,
)


def _check(seed: int) -> None:
    """Laws are checked at every close: a run that breaks one raises."""
    case = drawn(seed, by_the_minute=seed % 3 == 0)
    case = short(case) if seed % 2 else case
    case = counted(case) if seed % 4 == 0 else case
    case = closed(priced(case) if seed % 3 == 1 else case)
    run = journal(case.scenario(), case.scenario().arms[PRESETS[seed % len(PRESETS)]], case.world())
    _check_ends(run)
    _check_money(run)
    _check_exceptions(run)


def _check_ends(run: Journal) -> None:
    """Each line ends in one way, with a reason, or is still open; and so does the order that it belongs to."""
    lines = run["lines"]
    status, ended = lines["status"], lines["t_end"] != NONE
    assert np.unique(np.stack([lines["order"], lines["line"]]), axis=1).shape[1] == status.size
    assert np.array_equal(ended, ~np.isin(status, OPEN))
    assert np.array_equal(lines["refusal"] != Refusal.NONE, status == Status.REFUSED)
    assert np.array_equal(lines["cause"] != Cause.NONE, lines["t_short"] != NONE)
    assert (lines["cause"][status == Status.OVERSOLD] != Cause.NONE).all()
    assert np.isin(status[lines["cause"] != Cause.NONE], MAY_BE_SHORT).all()
    undone = run["sagas"]["order"][run["sagas"]["outcome"] == SagaEnd.COMPENSATED]
    assert set(lines["order"][status == Status.CANCELLED].tolist()) <= set(undone.tolist())
    promised = np.isin(status, PROMISED) & (lines["mode"] != Mode.TILL)
    accepted = run["orders"]["order"][run["orders"]["t_accept"] != NONE]
    assert set(lines["order"][promised].tolist()) <= set(accepted.tolist())


def _check_money(run: Journal) -> None:
    closes = run["closes"]
    assert closes["close"].size > 2
    assert (closes["accepted_cents"] >= closes["supplied_cents"] + closes["let_down_cents"]).all()
    for unit in ("units", "cents"):
        gap = closes[f"operations_{unit}"] - closes[f"finance_{unit}"]
        why = closes[f"late_{unit}"] + closes[f"dead_{unit}"] + closes[f"missing_{unit}"] - closes[f"repeated_{unit}"]
        assert np.array_equal(gap, why)
        assert (np.abs(gap) <= closes[f"finance_gap_{unit}"]).all()
    for name in ("accepted_cents", "supplied_cents", "let_down_cents", "refunds_booked_cents"):
        assert (np.diff(closes[name]) >= 0).all()


def _check_exceptions(run: Journal) -> None:
    rows, closes = run["exceptions"], run["closes"]
    order = np.argsort(rows["number"])
    assert np.array_equal(rows["number"][order], np.arange(order.size))
    assert np.array_equal(np.bincount(rows["close"], minlength=closes["close"].size), closes["listed"])
    assert np.array_equal(rows["t_end"] == NONE, rows["outcome"] == ExceptionEnd.OPEN)
    assert not rows["corrected"][rows["document"] != Document.STOCK].any()
    begun = rows["t_begin"] != NONE
    assert begun[rows["outcome"] == ExceptionEnd.CLEARED].all()
    assert not begun[rows["outcome"] == ExceptionEnd.MATCHED].any()


@pytest.mark.parametrize("seed", FAST)
def test_some_closes_add_up(seed: int) -> None:
    _check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_many_closes_add_up(seed: int) -> None:
    _check(seed)
