"""The comparison is credible because mechanisms hold: limits, orderings and switches with a known effect."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.model.runs import INSTANT, PERFECT, lines, oversell_rate, rates, scarce, systems
from twin.journal.orders import Cause, Status

ONLY_OWN_CHANNELS = {"demand__channels__market__weekly_checkouts": 0.0}
SYNCHRONOUS_AT_NODE: dict[str, Any] = {
    "movements": INSTANT,
    "orders": INSTANT,
    "posting": INSTANT,
    "reserving": {"mode": "synchronous", "point": "order", "level": "node"},
    "service": {"service": "0"},
}


def test_with_perfect_records_synchronous_node_reservations_and_polite_tills_nothing_is_oversold() -> None:
    description = scarce(**PERFECT, **ONLY_OWN_CHANNELS)
    rows = lines(description, systems(**SYNCHRONOUS_AT_NODE, tills_respect_reservations=True))
    assert np.count_nonzero(rows["status"] == Status.SUPPLIED) > 1000
    assert np.count_nonzero(rows["status"] == Status.REFUSED) > 100  # stock really ran out
    assert np.count_nonzero(rows["status"] == Status.OVERSOLD) == 0


def test_when_the_till_wins_oversell_remains_and_the_walk_in_is_its_only_cause() -> None:
    description = scarce(**PERFECT, **ONLY_OWN_CHANNELS)
    arm = systems(**SYNCHRONOUS_AT_NODE, buffers={"store": 0}, sourcing={"strategy": "nearest", "rebroker": 0})
    oversold = lines(description, arm)
    causes = oversold["cause"][oversold["status"] == Status.OVERSOLD]
    assert causes.size > 10
    assert set(causes.tolist()) == {Cause.WALK_IN}


FRAGILE: dict[str, Any] = {
    "reserving": {"mode": "synchronous", "point": "order"},
    "buffers": {"store": 0},
    "sourcing": {"strategy": "nearest", "rebroker": 0},
}
"""Nothing softens a stale view: shelves next to walk-ins are sold to the last unit, and a short pick is not brokered
again.
"""


def batch(interval: str) -> dict[str, Any]:
    """Movements in files every ``interval``, everything else as in the default arm."""
    return {"mode": "batch", "interval": interval, "job": "0", "per_row": "0"}


@pytest.mark.slow
def test_oversell_does_not_fall_as_the_batch_interval_grows() -> None:
    description = scarce(**PERFECT)
    by_interval = [
        np.array(list(rates(description, systems(movements=batch(interval), **FRAGILE), 12)))
        for interval in ("1m", "15m", "1h", "4h", "12h")
    ]
    for shorter, longer in pairwise(by_interval):
        difference = longer - shorter
        half_width = 3.1 * difference.std(ddof=1) / np.sqrt(difference.size)  # t, 99 %, 11 degrees of freedom
        assert difference.mean() + half_width >= 0
    total = by_interval[-1] - by_interval[0]
    assert total.mean() - 3.1 * total.std(ddof=1) / np.sqrt(total.size) > 0


def test_batches_converge_to_the_stream_as_interval_and_latency_go_to_zero() -> None:
    description = scarce(**PERFECT)
    own = {"orders": INSTANT, "posting": INSTANT} | FRAGILE
    stream = oversell_rate(lines(description, systems(movements=INSTANT, **own)))
    gaps = [
        abs(oversell_rate(lines(description, systems(movements=batch(interval), **own))) - stream)
        for interval in ("4h", "30s")
    ]
    assert gaps[0] > 0.002
    assert gaps[1] < 0.0005


def test_switching_record_errors_off_lowers_oversell() -> None:
    arm = systems(**FRAGILE)
    with_errors = np.array(list(rates(scarce(), arm, 3)))
    without = np.array(list(rates(scarce(**PERFECT), arm, 3)))
    assert (with_errors - without).min() > 0


def test_the_world_is_the_same_in_every_arm() -> None:
    description = scarce(calendar__window="1d")
    one = lines(description, systems())
    other = lines(description, systems(movements=batch("4h"), reserving={"mode": "events", "point": "order"}))
    for column in ("order", "line", "sku", "quantity", "t_demand", "channel", "mode"):
        assert np.array_equal(one[column], other[column])
