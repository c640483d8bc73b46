"""Proof of blame in micro-worlds: where only one thing is wrong, every oversold line names it (design, section 5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.model.runs import INSTANT, PERFECT, lines, scarce, systems
from twin.journal.orders import Cause, Status

NO_WALK_INS = {"demand__tills__scale": 0.0}
SINGLE_UNITS = {
    f"demand__channels__{name}__units": {"values": [1], "shares": [1.0]} for name in ("web", "app", "market")
}
"""Lines of several units can be oversold although nothing is wrong: two nodes with one unit each back no line of two.
"""

SLOW_CHECKOUTS = {
    "demand__channels__web__checkout": "3h",
    "demand__channels__app__checkout": "3h",
    "demand__channels__market__weekly_checkouts": 0.0,
}
SLOW_RELEASE = {"release": {"step": "10h"}}
CLEAN: dict[str, Any] = {
    "movements": INSTANT,
    "orders": INSTANT,
    "posting": INSTANT,
    "service": {"service": "0"},
    "publications": {"own": {"mode": "query"}, "marketplace": {"mode": "query"}},
    "sourcing": {"rebroker": 0},
    "buffers": {"store": 0},
}
EVENTS = {"reserving": {"mode": "events", "point": "order"}}
SYNCHRONOUS = {"reserving": {"mode": "synchronous", "point": "order"}}
OUTAGE = [{"system": "broker", "at": "12h", "duration": "12h"}]
SERVICE_DOWN = [{"system": "service", "at": "12h", "duration": "12h"}]

# The third entry names what one cause brings about in other lines: a line that is oversold may first take another
# order's
# unit (OTHER_LATER), and walk-ins that an outage kept unseen go on after the promise.
WORLDS: dict[Cause, tuple[dict[str, Any], dict[str, Any], set[Cause]]] = {
    Cause.RECORD_ERROR: (
        {**NO_WALK_INS, "estate__record_error": {"dc_wrong_share": 1.0, "wrong_share": 1.0, "shrink_per_sale": 0.0}},
        {**CLEAN, **SYNCHRONOUS},
        {Cause.OTHER_LATER},
    ),
    Cause.BATCH_AGE: (
        {**PERFECT, **NO_WALK_INS},
        {**CLEAN, **EVENTS, "publications": {"own": {"mode": "file", "interval": "6h"}}},
        set(),
    ),
    Cause.CHANNEL_CACHE: (
        {**PERFECT, **NO_WALK_INS},
        {
            **CLEAN,
            **EVENTS,
            "publications": {"own": {"mode": "cache", "interval": "6h"}, "marketplace": {"mode": "query"}},
        },
        set(),
    ),
    Cause.RACE: (
        {**PERFECT, **NO_WALK_INS},
        {**CLEAN, **EVENTS, "orders": {**INSTANT, "dc_link": "3h"}},
        {Cause.JOINT},
    ),
    Cause.EXPIRED_HOLD: (
        {**PERFECT, **NO_WALK_INS, **SLOW_CHECKOUTS},
        {**CLEAN, "reserving": {"mode": "synchronous", "point": "checkout", "ttl": "1s", "expiry_lag": "0"}},
        set(),
    ),
    Cause.QUEUE_BACKLOG: (
        PERFECT,
        {**CLEAN, **SYNCHRONOUS, "movements": {**INSTANT, "store_link": "8h"}, "tills_respect_reservations": True},
        set(),
    ),
    Cause.OUTAGE: (
        {**PERFECT, "faults": OUTAGE},
        {
            **CLEAN,
            **SYNCHRONOUS,
            "orders": {**INSTANT, "system": "hub"},
            "degradation": {"strategy": "serve_stale", "max_age": "1d"},
            "tills_respect_reservations": True,
        },
        {Cause.WALK_IN, Cause.OTHER_LATER},
    ),
    Cause.DEGRADED: (
        {**PERFECT, **NO_WALK_INS, "faults": SERVICE_DOWN},
        {
            **CLEAN,
            **SYNCHRONOUS,
            "degradation": {"strategy": "serve_stale", "max_age": "1d"},
            "publications": {"own": {"mode": "query"}, "marketplace": {"mode": "query", "system": "hub"}},
        },
        {Cause.CHANNEL_CACHE},
    ),
    Cause.WALK_IN: (PERFECT, {**CLEAN, **SYNCHRONOUS, **SLOW_RELEASE}, {Cause.OTHER_LATER}),
    Cause.DAMAGE: (
        {"estate__record_error": {"dc_wrong_share": 0.0, "wrong_share": 0.0, "shrink_per_sale": 0.9}},
        {**CLEAN, **SYNCHRONOUS, **SLOW_RELEASE, "tills_respect_reservations": True},
        {Cause.RECORD_ERROR, Cause.WALK_IN, Cause.OTHER_LATER},
    ),
}


@pytest.mark.parametrize("cause", list(WORLDS), ids=lambda cause: cause.name.lower())
def test_where_one_thing_is_wrong_it_is_to_blame(cause: Cause) -> None:
    world, arm, byproducts = WORLDS[cause]
    rows = lines(scarce(**SINGLE_UNITS, **world), systems(**arm))
    causes = rows["cause"][rows["status"] == Status.OVERSOLD]
    assert np.count_nonzero(causes == cause) >= 15
    assert set(causes.tolist()) <= {cause, *byproducts}


def test_whoever_is_checked_again_after_a_lapsed_hold_is_not_oversold_for_it() -> None:
    world, arm, _ = WORLDS[Cause.EXPIRED_HOLD]
    rechecking = arm | {"reserving": arm["reserving"] | {"lapsed": "recheck"}}
    rows = lines(scarce(**SINGLE_UNITS, **world), systems(**rechecking))
    assert np.count_nonzero(rows["status"] == Status.SUPPLIED) > 1000
    assert np.count_nonzero(rows["status"] == Status.OVERSOLD) == 0


def test_with_nothing_wrong_nothing_is_oversold() -> None:
    rows = lines(scarce(**PERFECT, **NO_WALK_INS, **SINGLE_UNITS), systems(**CLEAN, **SYNCHRONOUS))
    assert np.count_nonzero(rows["status"] == Status.SUPPLIED) > 1000
    assert np.count_nonzero(rows["status"] == Status.OVERSOLD) == 0


def test_only_oversold_lines_have_a_cause() -> None:
    rows = lines(scarce(), systems())
    assert np.array_equal(rows["cause"] != Cause.NONE, rows["status"] == Status.OVERSOLD)
