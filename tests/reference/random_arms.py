"""Random settings of an arm: every choice of an architect, in values that make things happen on a small estate."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.reference.worlds import Tree, merged

MIDDLEWARE = ("files", "hub", "broker", "service")
FEEDS = ("movements", "orders", "posting")


def random_changes(rng: Random) -> Tree:
    """Changes to a preset that reach into every setting."""
    own = _own_publication(rng)
    mode = rng.choice(("own_copy", "synchronous", "events") if own["mode"] == "file" else ("synchronous", "events"))
    return {
        "movements": _feed(rng, rng.choice(("delta", "level"))),
        "orders": _feed(rng, "delta"),
        "posting": _feed(rng, rng.choice(("delta", "level"))),
        "outbox": {
            "capacity": rng.choice((0, 3, 100_000)),
            "confirmed": rng.random() < 0.5,
            "resend": rng.choice(("30s", "20m")),
        },
        "operations": {
            "detect": law(rng, rng.choice(("5m", "30m"))),
            "repair": law(rng, rng.choice(("10m", "1h"))),
        },
        "publications": {"own": own, "marketplace": _listing(rng)},
        "reserving": _reserving(rng, mode),
        "service": {
            "system": rng.choice(MIDDLEWARE),
            "servers": rng.randint(1, 3),
            "service": law(rng, "40s"),
            "timeout": "1m",
        },
        "erp": {
            "coupling": rng.choice(("direct", "adapter", "consumer")),
            "servers": rng.randint(1, 3),
            "service": law(rng, "30s"),
            "timeout": "1m",
        },
        "resilience": _resilience(rng),
        "payment": law(rng, rng.choice(("2s", "2m"))),
        "release": {
            "mode": rng.choice(("batch", "stream")),
            "system": rng.choice(MIDDLEWARE),
            "interval": "20m",
            "phase": "3m",
            "step": law(rng, "1m"),
        },
        "buffers": {
            "store": rng.randint(0, 2),
            "dc": rng.randint(0, 1),
            "pooled": rng.choice(({}, {"web": 1, "market": 2})),
        },
        "sourcing": {
            "strategy": rng.choice(("dc_first", "nearest", "most_stock")),
            "rebroker": rng.randint(0, 2),
            "store_pick": law(rng, "25m"),
            "dc_pick": law(rng, "10m"),
        },
        "degradation": {"strategy": rng.choice(("fail_closed", "serve_stale")), "max_age": rng.choice(("10m", "5h"))},
        "tills_respect_reservations": rng.random() < 0.2,
    }


def _feed(rng: Random, content: str) -> Tree:
    return {
        "mode": rng.choice(("batch", "stream")),
        "system": rng.choice(MIDDLEWARE),
        "interval": rng.choice(("7m", "40m", "3h")),
        "phase": rng.choice(("0s", "11m")),
        "start_jitter": rng.choice(("0s", "4m")),
        "job": law(rng, rng.choice(("30s", "15m"))),
        "per_row": rng.choice(("0s", "3s")),
        "failure": rng.choice((0.0, 0.3)),
        "partitions": rng.randint(1, 4),
        "store_link": rng.choice(("300ms", "5m")),
        "dc_link": rng.choice(("0s", "1m")),
        "service": law(rng, rng.choice(("5ms", "1m"))),
        "content": content,
        **_messaging(rng),
    }


def _messaging(rng: Random) -> Tree:
    limit = rng.choice((0, 0, 2, 3))
    return {
        "topic": {
            "keyed": rng.random() < 0.6,
            "retention": rng.choice(("10m", "2h", "168h")),
            "backlog_limit": limit,
            "overflow": rng.choice(("hold_back", "drop_oldest", "reject")),
            "unreplicated": rng.choice(("0s", "10m", "1h")),
        },
        "consumers": {
            "members": rng.randint(1, 3),
            "session_timeout": rng.choice(("2m", "10m")),
            "max_poll_interval": rng.choice(("1m", "5m")),
            "protocol": rng.choice(("eager", "cooperative")),
            "rebalance": rng.choice(("0s", "1m")),
            "poll": rng.choice((1, 2, 5, 500)),
            "commit_interval": rng.choice(("0s", "2m", "30m")),
            "idempotent": rng.random() < 0.3,
            "versioned": rng.random() < 0.6,
            "catch_up": "oldest" if limit else rng.choice(("oldest", "newest", "pooled_first")),
            "rate": rng.choice((0, 0, 1, 3)),
        },
        "failing": {
            "policy": rng.choice(("block", "divert", "divert", "skip")),
            "attempts": rng.randint(1, 3),
            "wait": rng.choice(("0s", "10s")),
            "factor": rng.choice((1.0, 2.5)),
            "cap": rng.choice(("10s", "1m")),
            "redrive": rng.choice(("repaired", "repaired", "none")),
            "redrive_delay": rng.choice(("0s", "10m")),
            "redrive_rate": rng.choice((1, 50)),
            "redrive_order": rng.choice(("oldest", "newest")),
        },
    }


def _own_publication(rng: Random) -> Tree:
    mode = rng.choice(("query", "cache", "read_model", "file"))
    if mode == "file":
        return _listing(rng)
    interval = rng.choice(("30s", "20m"))
    return {"mode": mode, "system": rng.choice(MIDDLEWARE), "interval": interval, "delay": rng.choice(("0s", interval))}


def _listing(rng: Random) -> Tree:
    return {
        "mode": "file",
        "system": rng.choice(MIDDLEWARE),
        "interval": rng.choice(("20m", "3h")),
        "delay": rng.choice(("0s", "15m")),
        "jitter": rng.choice(("0s", "5m")),
        "spread": rng.choice((0.0, 1.0)),
    }


def _reserving(rng: Random, mode: str) -> Tree:
    return {
        "mode": mode,
        "point": rng.choice(("none", "checkout", "payment", "order")),
        "level": rng.choice(("group", "node")) if mode == "synchronous" else "group",
        "ttl": rng.choice(("1m", "30m")),
        "expiry_lag": rng.choice(("0s", "1m")),
        "lapsed": rng.choice(("accept", "recheck")),
    }


def _resilience(rng: Random) -> Tree:
    return {
        "retry": {
            "attempts": rng.choice((1, 2, 4)),
            "wait": rng.choice(("0s", "10s", "2m")),
            "factor": rng.choice((1.0, 2.5)),
            "cap": "5m",
            "jitter": rng.choice(("none", "full", "equal", "decorrelated", "spread")),
        },
        "breaker": {
            "window": rng.choice(("off", "count", "time")),
            "calls": rng.randint(4, 8),
            "span": rng.choice(("10m", "2h")),
            "minimum": rng.randint(2, 4),
            "threshold": rng.choice((0.3, 0.5, 1.0)),
            "open": rng.choice(("1m", "20m")),
            "probes": rng.randint(1, 3),
        },
    }


def law(rng: Random, mean: str) -> Tree:
    """Any law of a mean."""
    return {"law": rng.choice(("constant", "exponential", "lognormal", "uniform")), "mean": mean, "cv": 0.6}


def random_world(rng: Random) -> Tree:
    """Changes to the estate, its demand and its faults."""
    return {
        "estate": {
            "stores": {"count": rng.randint(3, 6), "pickers": rng.randint(1, 2)},
            "skus": {"count": rng.randint(15, 40), "ending_share": rng.choice((0.2, 0.7))},
            "record_error": {"wrong_share": rng.choice((0.0, 0.6)), "shrink_per_sale": rng.choice((0.0, 0.15))},
        },
        "calendar": {"window": rng.choice(("14h", "30h"))},
        "faults": [
            *(_fault(rng, system) for system in (*MIDDLEWARE, "erp", "wms")),
            *(_errors(rng, system) for system in (*MIDDLEWARE, "erp") for _ in range(rng.randint(0, 2))),
            *(_cut_off(rng) for _ in range(rng.randint(0, 2))),
            *(_member(rng, feed) for feed in FEEDS for _ in range(rng.randint(0, 2))),
            *({"kind": "failover", "system": system, "mtbf": "5h", "duration": "1m"} for system in ("hub", "broker")),
            *(_trouble(rng, topic) for topic in ("movements", "orders") for _ in range(rng.randint(1, 4))),
        ],
    }


def _fault(rng: Random, system: str) -> Tree:
    duration: dict[str, Any] = {"law": "exponential", "mean": rng.choice(("10m", "1h"))}
    if rng.random() < 0.5:
        return {"system": system, "mtbf": rng.choice(("3h", "12h")), "duration": duration}
    return {
        "system": system,
        "at": f"{rng.randint(1, 10)}h",
        "every": "6h",
        "duration": {"law": "constant", "mean": "45m"},
    }


def _errors(rng: Random, system: str) -> Tree:
    duration = {"law": "exponential", "mean": "2h"}
    share = rng.choice((0.1, 0.5, 1.0))
    return {"kind": "errors", "system": system, "share": share, "mtbf": "4h", "duration": duration}


def _cut_off(rng: Random) -> Tree:
    """Stores without their link."""
    some: Tree = rng.choice(({}, {"region": "east"}, {"stores": 0.5}, {"node": "dc_east"}))
    return {"system": "link", "mtbf": "6h", "duration": {"law": "exponential", "mean": "40m"}, **some}


def _member(rng: Random, feed: str) -> Tree:
    """A member of a consumer group dies, or hangs."""
    duration = {"law": "exponential", "mean": rng.choice(("3m", "30m"))}
    kind, mtbf = rng.choice(("crash", "stuck")), rng.choice(("1h", "4h"))
    return {"kind": kind, "feed": feed, "member": rng.randint(0, 2), "mtbf": mtbf, "duration": duration}


def _trouble(rng: Random, topic: str) -> Tree:
    """Something that happens to messages."""
    kind = rng.choice(("poison", "schema", "duplicates", "late", "lost"))
    fault: Tree = {"kind": kind, "topic": topic, "mtbf": "5h", "duration": {"law": "exponential", "mean": "1h"}}
    if kind != "schema":
        fault["share"] = rng.choice((0.1, 0.4, 1.0))
    if kind in ("poison", "schema") and topic == "movements":
        fault["feeds"] = rng.choice(([], ["movements"], ["posting"]))
    if kind == "duplicates":
        fault["copies"] = rng.randint(1, 3)
    if kind == "late":
        fault["by"] = rng.choice(("1m", "30m"))
    if rng.random() < 0.3:
        fault["of"] = ["sale", "pick"] if topic == "movements" else ["reserve"]
    return fault


_WHOLE_MINUTES: Tree = {
    "consumers": {"rebalance": "1m", "rate": 0},
    "failing": {"wait": "0s", "redrive_rate": 1_000_000},
}
ON_THE_MINUTE: Tree = {
    "movements": {
        "store_link": "0s",
        "dc_link": "0s",
        "service": "0s",
        "start_jitter": "0s",
        "job": "0s",
        "per_row": "0s",
        **_WHOLE_MINUTES,
    },
    "orders": {
        "store_link": "0s",
        "dc_link": "0s",
        "service": "0s",
        "start_jitter": "0s",
        "job": "1m",
        "per_row": "0s",
        **_WHOLE_MINUTES,
    },
    "posting": {
        "store_link": "0s",
        "dc_link": "1m",
        "service": "0s",
        "start_jitter": "0s",
        "job": "1m",
        "per_row": "0s",
        **_WHOLE_MINUTES,
    },
    "outbox": {"resend": "2m"},
    "operations": {"detect": "5m", "repair": "10m"},
    "publications": {"own": {"interval": "1us", "delay": "0s", "jitter": "0s", "spread": 0.0}},
    "service": {"service": "0s"},
    "erp": {"service": "1m", "timeout": "2m"},
    "payment": "1m",
    "release": {"step": "0s", "interval": "5m", "phase": "0s"},
    "sourcing": {"store_pick": "2m", "dc_pick": "0s"},
    "reserving": {"ttl": "1m", "expiry_lag": "0s"},
}
"""Every step takes nothing or whole minutes, so that everything happens at the same instants."""


def on_the_minute(arm: Tree) -> Tree:
    """The arm with every duration 0 or whole minutes; a copy is refreshed every microsecond, a listing every minute."""
    out = merged(arm, ON_THE_MINUTE)
    if out["publications"]["own"]["mode"] == "file":
        out["publications"]["own"]["interval"] = "1m"
    return out
