"""Arms that publish prices late and out of step, and a world in which prices change."""

from __future__ import annotations

from tests.reference.worlds import Tree

_LATE: Tree = {"mode": "file", "interval": "3h", "phase": "1h", "job": "90m", "start_jitter": "10m", "failure": 0.3}
PRICE_FILES: Tree = {
    "prices": {
        "tills": {**_LATE, "system": "files", "ahead": True},
        "own": {**_LATE, "system": "service", "versioned": False},
        "marketplace": {**_LATE, "system": "service", "phase": "2h"},
    }
}
"""Files that are live long after their extract, some of which fail."""

_BY_EVENT: Tree = {
    "mode": "event", "system": "broker", "delay": {"law": "lognormal", "mean": "4h", "cv": 1.5}, "lost": 0.2,
    "interval": "0s",
}  # fmt: skip
PRICE_EVENTS: Tree = {
    "prices": {
        "tills": {**_BY_EVENT, "versioned": False},
        "own": {**_BY_EVENT, "interval": "7h", "job": "2h", "ahead": True},
        "marketplace": {**_BY_EVENT, "interval": "5h", "job": "2h", "versioned": False},
        "mismatch": "lower",
    }
}
"""Events that overtake each other or are lost, and now and then all prices."""

CORRECTED: Tree = {"prices": {"mismatch": "correct"}}

REPRICED: Tree = {
    "estate": {"prices": {"changed": 0.6, "spread": 0.4, "at": "5h"}},
    "demand": {
        "promotions": [
            {"start": "3h", "duration": "9h", "multiplier": 1.5, "top_skus": 8, "discount": 0.3},
            {"start": "10h", "duration": "20h", "multiplier": 1.5, "top_skus": 6, "first_rank": 4, "discount": 0.2},
            {"start": "36h", "duration": "5h30m", "multiplier": 1.5, "top_skus": 5, "discount": 0.5},
        ],
        "channels": {name: {"walks_away": 0.6} for name in ("web", "app", "advice")},
    },
}
"""Promotions that overlap, and most things priced anew every night."""
