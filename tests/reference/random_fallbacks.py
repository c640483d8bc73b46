"""Random fallbacks: every strategy, condition and recovery, with conditions that come and go on a small estate."""

from __future__ import annotations

from random import Random

from tests.reference.worlds import Tree

STRATEGIES = (
    "fail_closed",
    "fail_open",
    "serve_stale",
    "growing_buffer",
    "confirm_later",
    "shed",
    "dc_only",
    "allotment",
)
TAKING_NO_ORDERS = ("fail_closed", "shed")


def random_fallbacks(rng: Random) -> Tree:
    """Changes to an arm."""
    return {
        "degradation": {
            "watch": rng.choice(("30s", "5m", "13m")),
            "priorities": rng.choice(({"web": 2, "advice": 1}, {"market": 3, "app": 1})),
            "fallbacks": [_fallback(rng, strategy) for strategy in rng.sample(STRATEGIES, rng.randint(2, 4))],
        }
    }


def _fallback(rng: Random, strategy: str) -> Tree:
    of = rng.choice(("movements", "publication", "service", "erp"))
    when = rng.choice(("silence", "errors", "breaker")) if of in ("service", "erp") else "silence"
    fallback: Tree = {
        "strategy": strategy,
        "of": of,
        "when": when,
        "channels": rng.choice(([], [], ["web", "advice"], ["app"])),
        "enter_after": rng.choice(("0s", "5m", "20m")),
        "enter_share": rng.choice((0.2, 0.6)),
        "exit_share": rng.choice((0.0, 0.1)),
        "span": rng.choice(("20m", "2h")),
        "minimum": rng.randint(1, 4),
        "dwell": rng.choice(("0s", "10m", "1h")),
        "calm": rng.choice(("0s", "10m")),
        "max_age": rng.choice(("10m", "5h")),
        "recovery": "keep" if strategy in TAKING_NO_ORDERS else rng.choice(("keep", "reconfirm")),
    }
    if strategy == "growing_buffer":
        fallback["buffer_rate"] = rng.choice((0.7, 3.0, 20.0))
    if strategy == "allotment":
        fallback |= rng.choice(({"units": 1}, {"units": 4}, {"share": 0.4}, {"share": 1.0}))
    if strategy == "dc_only":
        fallback["refresh"] = rng.choice(("0s", "1h"))
    if strategy == "confirm_later":
        fallback["confirm_within"] = rng.choice(("5m", "3h"))
    if strategy == "shed":
        fallback["below"] = rng.randint(1, 2)
    return fallback


def always(strategy: str, of: str, **more: object) -> Tree:
    """An arm with one fallback that answers every outage at once."""
    only: Tree = {"strategy": strategy, "of": of, "enter_after": "0s", "dwell": "0s", "calm": "0s", **more}
    return {"degradation": {"watch": "1m", "fallbacks": [only]}}
