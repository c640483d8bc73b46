"""The worlds and arms on which the twin is held against the plain reference."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Final

from tests.reference.owed import FILED, KEYED, PROVIDER_FAILS, SENT_ON, TOLD, WAITS_FOR_MONEY
from tests.reference.price_arms import CORRECTED, PRICE_EVENTS, PRICE_FILES, REPRICED
from tests.reference.random_access import ON_THE_MINUTE, random_access, random_vendors
from tests.reference.random_arms import on_the_minute, random_changes, random_world
from tests.reference.random_books import on_the_minute as books_on_the_minute
from tests.reference.random_books import random_books
from tests.reference.random_declines import random_damage, random_declines
from tests.reference.random_fallbacks import always, random_fallbacks
from tests.reference.random_listings import random_listings
from tests.reference.random_observability import random_endings, random_observability
from tests.reference.random_pickup import ON_THE_MINUTE as COLLECTED_ON_THE_MINUTE
from tests.reference.random_pickup import random_customers, random_pickup
from tests.reference.random_prices import on_the_minute as prices_on_the_minute
from tests.reference.random_prices import random_price_changes, random_prices
from tests.reference.random_promises import random_carts, random_promises
from tests.reference.random_queues import random_queues
from tests.reference.random_release import ON_THE_MINUTE as RELEASED_ON_THE_MINUTE
from tests.reference.random_release import random_release, random_slowness
from tests.reference.random_reloads import ON_THE_MINUTE as SNAPSHOTS_ON_THE_MINUTE
from tests.reference.random_reloads import random_reload
from tests.reference.random_replays import random_replays
from tests.reference.random_returns import on_the_minute as returns_on_the_minute
from tests.reference.random_returns import random_provider, random_returns
from tests.reference.random_saga import on_the_minute as saga_on_the_minute
from tests.reference.random_saga import random_saga, random_troubles
from tests.reference.random_same_day import random_clienteling, random_same_day, random_shoppers, random_wishes
from tests.reference.random_shortages import random_patience, random_shortages
from tests.reference.random_sourcing import random_carriage, random_sourcing
from tests.reference.random_supply import on_the_minute as counting_on_the_minute
from tests.reference.random_supply import random_counting, random_stockroom
from tests.reference.random_systems import on_the_minute as systems_on_the_minute
from tests.reference.random_systems import random_errands, random_failures, random_notification, random_surroundings
from tests.reference.worlds import ByTheMinute, Tree, WithReturns, merged, scenario, systems
from twin.scenario.arms import PRESETS
from twin.scenario.scenario import Scenario
from twin.world.world import World


@dataclass(frozen=True, eq=False)
class Case:
    """One world, and the arms that meet it."""

    name: str
    seed: int
    arms: dict[str, Tree]
    changes: Tree
    by_the_minute: bool = False

    def scenario(self) -> Scenario:
        return scenario(self.seed, self.arms, self.changes)

    def world(self) -> World:
        kind = ByTheMinute if self.by_the_minute else WithReturns
        return kind(self.scenario(), 0)


def drawn(seed: int, *, by_the_minute: bool = False) -> Case:
    """A random world with faults, and an arm of each preset with random settings."""
    rng, guarded, released = Random(seed), Random(f"gateway {seed}"), Random(f"release {seed}")
    arms = {name: systems(name, random_changes(rng)) for name in PRESETS}
    world = random_world(rng)
    if seed % 3:
        arms = {name: merged(arm, random_access(guarded)) for name, arm in arms.items()}
        world = random_vendors(guarded, world)
    if seed % 4:
        listed = Random(f"listings {seed}")
        arms = {name: merged(arm, random_listings(listed)) for name, arm in arms.items()}
    if seed % 2 == 0:
        falling = Random(f"fallbacks {seed}")
        arms = {name: merged(arm, random_fallbacks(falling)) for name, arm in arms.items()}
    queues, snapshots = Random(f"queue {seed}"), Random(f"reload {seed}")
    arms = {name: merged(arm, random_queues(queues), random_reload(snapshots)) for name, arm in arms.items()}
    replays = Random(f"replay {seed}")
    arms = {name: merged(arm, random_replays(replays, arm)) for name, arm in arms.items()}
    arms, world = _promised(seed, arms, world)
    if seed % 2:
        seen = Random(f"observability {seed}")
        arms = {name: merged(arm, random_observability(seen)) for name, arm in arms.items()}
        world = random_endings(seen, world)
    if by_the_minute:
        together = (ON_THE_MINUTE, SNAPSHOTS_ON_THE_MINUTE)
        arms = {name: merged(on_the_minute(arm), *together) for name, arm in arms.items()}
    if seed % 4:
        arms = {name: _released(released, arm, by_the_minute=by_the_minute) for name, arm in arms.items()}
        world = random_slowness(released, world)
    if seed % 5 in (1, 3):
        arms, world = _telling(Random(f"saga {seed}"), arms, world, by_the_minute=by_the_minute)
    arms, world = _working(seed, arms, world, by_the_minute=by_the_minute)
    arms, world = _declined(seed, *_collected(seed, arms, world, by_the_minute=by_the_minute))
    arms, world = _assisted(seed, *_today(seed, arms, world))
    kind = "minute" if by_the_minute else "random"
    return Case(f"{kind}-{seed}", seed, arms, world, by_the_minute)


def _promised(seed: int, arms: dict[str, Tree], world: Tree) -> tuple[dict[str, Tree], Tree]:
    """Arms that set stock aside sooner or later, and hold it back."""
    if seed % 3 == 1:
        return arms, world
    promised = Random(f"promises {seed}")
    arms = {name: merged(arm, random_promises(promised)) for name, arm in arms.items()}
    return arms, random_carts(promised, world)


def _working(seed: int, arms: dict[str, Tree], world: Tree, *, by_the_minute: bool) -> tuple[dict[str, Tree], Tree]:
    """What goes on besides orders: goods come back."""
    if seed % 3 != 1:
        arms, world = _returning(Random(f"returns {seed}"), arms, world, by_the_minute=by_the_minute)
    return arms, world


def _telling(rng: Random, arms: dict[str, Tree], world: Tree, *, by_the_minute: bool) -> tuple[dict[str, Tree], Tree]:
    arms = {name: merged(arm, random_saga(rng)) for name, arm in arms.items()}
    world = random_troubles(rng, world)
    if by_the_minute:
        arms = {name: saga_on_the_minute(rng, arm) for name, arm in arms.items()}
    return arms, world


def _returning(rng: Random, arms: dict[str, Tree], world: Tree, *, by_the_minute: bool) -> tuple[dict[str, Tree], Tree]:
    arms = {name: merged(arm, random_returns(rng)) for name, arm in arms.items()}
    if by_the_minute:
        arms = {name: returns_on_the_minute(rng, arm) for name, arm in arms.items()}
    return arms, random_provider(rng, world)


def counted(case: Case) -> Case:
    """The same, but the arms count their stock, and more befalls it."""
    rng = Random(f"counting {case.seed}")
    arms = {name: merged(arm, random_counting(rng)) for name, arm in case.arms.items()}
    if case.by_the_minute:
        arms = {name: counting_on_the_minute(arm) for name, arm in arms.items()}
    return Case(case.name, case.seed, arms, random_stockroom(rng, case.changes), case.by_the_minute)


def _collected(seed: int, arms: dict[str, Tree], world: Tree, *, by_the_minute: bool) -> tuple[dict[str, Tree], Tree]:
    """In some worlds: arms that wait for customers who pick up, and such customers."""
    if seed % 3 != 2:
        return arms, world
    rng = Random(f"pickup {seed}")
    minutes = COLLECTED_ON_THE_MINUTE if by_the_minute else {}
    return {name: merged(arm, random_pickup(rng), minutes) for name, arm in arms.items()}, random_customers(rng, world)


def _today(seed: int, arms: dict[str, Tree], world: Tree) -> tuple[dict[str, Tree], Tree]:
    """In some worlds: customers who want their orders today, and arms that deliver so, or do not."""
    if seed % 5 not in (1, 2, 4):
        return arms, world
    rng = Random(f"same day {seed}")
    return {name: merged(arm, random_same_day(rng)) for name, arm in arms.items()}, random_wishes(rng, world)


def _assisted(seed: int, arms: dict[str, Tree], world: Tree) -> tuple[dict[str, Tree], Tree]:
    """In some worlds: more customers who stand in stores, and arms that serve them there, or do not."""
    if seed % 5 not in (0, 2, 4):
        return arms, world
    rng = Random(f"clienteling {seed}")
    return {name: merged(arm, random_clienteling(rng)) for name, arm in arms.items()}, random_shoppers(rng, world)


def _declined(seed: int, arms: dict[str, Tree], world: Tree) -> tuple[dict[str, Tree], Tree]:
    """In some worlds: nodes that say why they do not supply, and damaged goods."""
    if seed % 7 not in (2, 3, 5):
        return arms, world
    rng = Random(f"declines {seed}")
    return {name: merged(arm, random_declines(rng)) for name, arm in arms.items()}, random_damage(rng, world)


def closed(case: Case) -> Case:
    """The same, but the arms close their books."""
    rng = Random(f"books {case.seed}")
    arms = {name: merged(arm, random_books(rng)) for name, arm in case.arms.items()}
    if case.by_the_minute:
        arms = {name: books_on_the_minute(arm) for name, arm in arms.items()}
    return Case(f"closed-{case.name}", case.seed, arms, case.changes, case.by_the_minute)


def surrounded(case: Case) -> Case:
    """The same, but more systems stand around an order, and fail."""
    rng = Random(f"systems {case.seed}")
    draws = (random_errands, random_notification, random_surroundings)
    arms = {name: merged(arm, *(draw(rng) for draw in draws)) for name, arm in case.arms.items()}
    if case.by_the_minute:
        arms = {name: systems_on_the_minute(arm) for name, arm in arms.items()}
    world = random_failures(rng, case.changes)
    return Case(f"surrounded-{case.name}", case.seed, arms, world, case.by_the_minute)


def short(case: Case) -> Case:
    """The same, but the arms let lines wait that are short, or offer something else; and marketplaces do not wait."""
    rng = Random(f"short {case.seed}")
    arms = {name: merged(arm, random_shortages(rng)) for name, arm in case.arms.items()}
    return Case(f"short-{case.name}", case.seed, arms, random_patience(rng, case.changes), case.by_the_minute)


def chosen(case: Case) -> Case:
    """The same, but the arms choose nodes in other ways, and carriage costs something else."""
    rng = Random(f"sourcing {case.seed}")
    arms = {name: merged(arm, random_sourcing(rng, arm)) for name, arm in case.arms.items()}
    return Case(f"chosen-{case.name}", case.seed, arms, random_carriage(rng, case.changes), case.by_the_minute)


def priced(case: Case) -> Case:
    """The same, but list prices change, and the arms publish them in their own ways."""
    rng = Random(f"prices {case.seed}")
    arms = {name: merged(arm, random_prices(rng)) for name, arm in case.arms.items()}
    if case.by_the_minute:
        arms = {name: prices_on_the_minute(arm) for name, arm in arms.items()}
    return Case(f"priced-{case.name}", case.seed, arms, random_price_changes(rng, case.changes), case.by_the_minute)


def _released(rng: Random, arm: Tree, *, by_the_minute: bool) -> Tree:
    out = merged(arm, random_release(rng))
    if not by_the_minute:
        return out
    workers = max(1, out["release"]["workers"])
    return merged(out, RELEASED_ON_THE_MINUTE, {"release": {"workers": workers}})


_EXACT: Tree = {"estate": {"record_error": {"wrong_share": 0.0, "dc_wrong_share": 0.0, "shrink_per_sale": 0.0}}}
_SCARCE: Tree = {"estate": {"skus": {"count": 15, "ending_share": 0.7}}}
_SELL_OFF: Tree = {
    "estate": {"skus": {"count": 60, "ending_share": 1.0}, "stock": {"store_cover": "12h", "dc_cover": "12h"}}
}
_FAULTS: Tree = {"faults": random_world(Random(0))["faults"]}
_OUTAGES: Tree = {"faults": [{"system": "service", "at": "3h", "every": "4h", "duration": "2h"}]}

_NO_BUFFER: Tree = {"buffers": {"store": 0, "dc": 0}, "sourcing": {"rebroker": 0}}
_DIRECT: Tree = {
    "movements": {"mode": "stream", "store_link": "0s", "dc_link": "0s", "service": "0s"},
    "orders": {"mode": "stream", "dc_link": "0s", "service": "0s"},
    "reserving": {"mode": "events"},
}
_SLOW: Tree = {
    "movements": {"mode": "stream", "store_link": "40m", "dc_link": "40m", "service": "5s"},
    "publications": {"own": {"mode": "query"}},
    "reserving": {"mode": "synchronous"},
}
_OLD_COPIES: Tree = {"publications": {"own": {"mode": "cache", "interval": "1h", "delay": "30m"}}}
_DOWN: Tree = {"degradation": {"strategy": "serve_stale", "max_age": "12h"}, "movements": {"system": "service"}}
_OPEN: Tree = always("fail_open", "service")
_DCS: Tree = always("dc_only", "service", refresh="30m")
_QUOTA: Tree = always("allotment", "service", units=2)
_LATER: Tree = always("confirm_later", "service", confirm_within="90m")
_AGAIN: Tree = always("fail_open", "service", recovery="reconfirm")
_SLOW_ORDERS: Tree = {"release": {"mode": "batch", "interval": "1h", "phase": "7m"}}
_LAPSING: Tree = {
    "reserving": {"mode": "synchronous", "point": "checkout", "ttl": "30s", "expiry_lag": "0s", "lapsed": "accept"}
}
_DAWDLERS: Tree = {"demand": {"channels": {"web": {"weekly_checkouts": 6000.0, "checkout": "2h"}}}}
_EVENTS: Tree = {
    "movements": {"mode": "stream"},
    "orders": {"mode": "stream"},
    "publications": {"own": {"mode": "cache"}},
    "reserving": {"mode": "events", "point": "payment"},
}
_STREAMS: Tree = {"movements": {"mode": "stream"}, "orders": {"mode": "stream"}, "posting": {"mode": "stream"}}
_UNCONFIRMED: Tree = {"outbox": {"confirmed": False}}
_FORGETFUL: Tree = {
    feed: {"consumers": {"idempotent": False, "poll": 3, "commit_interval": "20m", "members": 2, "protocol": "eager"}}
    for feed in _STREAMS
}
_DISORDER: Tree = {
    feed: {
        "content": "level",
        "service": "3m",
        "partitions": 3,
        "topic": {"keyed": False},
        "consumers": {"versioned": False, "catch_up": "newest"},
    }
    for feed in ("movements", "posting")
}
_VERSIONED: Tree = {feed: {"consumers": {"versioned": True}} for feed in ("movements", "posting")}
_BLOCKED: Tree = {feed: {"partitions": 2, "failing": {"policy": "block"}} for feed in _STREAMS}
_DIVERTED: Tree = {
    feed: {"failing": {"policy": "divert", "redrive_delay": "1h", "redrive_rate": 1, "redrive_order": "newest"}}
    for feed in _STREAMS
}
_BLOCKED_TOO_LONG: Tree = {"operations": {"detect": "10m", "repair": "110m"}} | {
    feed: {"partitions": 2, "topic": {"retention": "30m"}, "failing": {"policy": "block"}} for feed in _STREAMS
}
_REPLAYED: Tree = {"operations": {"detect": "10m", "repair": "50m"}} | {
    feed: {"partitions": 2, "failing": {"policy": "skip", "replay": True, "redrive_delay": "30m"}} for feed in _STREAMS
}
_SMALL_OUTBOX: Tree = {"outbox": {"capacity": 2}}
_QUEUES: Tree = {
    feed: {
        "mode": "queue",
        "service": "1m",
        "content": "level" if feed != "orders" else "delta",
        "consumers": {
            "idempotent": False, "versioned": False, "prefetch": 4, "visibility": "150s", "delivery_limit": 6,
            "session_timeout": "10m", "max_poll_interval": "20m",
        },
    }
    for feed in ("movements", "orders", "posting")
}  # fmt: skip
_RETURNED: Tree = {
    feed: {"content": "delta", "consumers": {"returned": "7m", "delivery_limit": 3}} for feed in _STREAMS
}
_RELOADED: Tree = {"reload": {"mode": "load", "interval": "2h", "phase": "0s", "job": "20m", "per_row": "0s"}}
_OVER_NEWER: Tree = {"reload": {"rule": "overwrite", "source": "record"}, "movements": {"store_link": "20m"}}
_NETTED_TWICE: Tree = {"reload": {"rule": "replay", "source": "stores", "nets": "promised"}}
_EXACT_SNAPSHOTS: Tree = {"reload": {"rule": "replay", "source": "stores"}}
_COMPARED: Tree = {"reload": {"mode": "compare", "source": "stores", "age": "30m"}}


def _every(hours: int, kind: str, duration: str, **more: Any) -> Tree:
    """A fault that comes back."""
    return {"kind": kind, "at": "2h", "every": f"{hours}h", "duration": duration, **more}


_LOST: Tree = {"faults": [_every(3, "lost", "2h", topic=topic, share=0.3) for topic in ("movements", "orders")]}
_DUPLICATES: Tree = {
    "faults": [_every(3, "duplicates", "2h", topic=topic, share=0.4, copies=2) for topic in ("movements", "orders")]
}
_CRASHES: Tree = {
    "faults": [
        *(_every(4, "crash", "10s", feed=feed, member=0) for feed in _STREAMS),
        *(_every(5, "crash", "1h", feed=feed, member=1) for feed in _STREAMS),
        *(_every(7, "stuck", "2h", feed=feed, member=0) for feed in _STREAMS),
    ]
}
_POISON: Tree = {"faults": [_every(6, "poison", "1h", topic=topic, share=0.2) for topic in ("movements", "orders")]}
_POISONS: Tree = {
    "faults": [
        _every(6, "poison", "1h", of=["sale"], share=0.01),
        _every(7, "poison", "1h", of=["pick"], share=0.3),
        _every(5, "poison", "1h", of=["receipt", "dispatch"], share=0.3),
    ]
}
_SKIPPED: Tree = {"faults": [*_POISON["faults"], *_CRASHES["faults"]]}
_OUTAGES_TOO: Tree = {"faults": [*_POISON["faults"], *_OUTAGES["faults"], _every(5, "outage", "1h", system="erp")]}
_CUT_OFF: Tree = {"faults": [_every(5, "outage", "2h", system="link", stores=0.6)]}
_CROWD: Tree = {"demand": {"channels": {"web": {"weekly_checkouts": 6000.0, "decline": 0.5}}}}
_FEEDS: Tree = {
    "mode": "file", "system": "files", "interval": "2h", "delay": "1m", "spread": 1.0,
    "items": 4, "feeds": 2, "window": "30m",
}  # fmt: skip
_IN_FEEDS: Tree = {"publications": {"own": _FEEDS, "marketplace": _FEEDS}}
_IN_DELTAS: Tree = {"publications": {kind: {"content": "delta", "jitter": "5m"} for kind in ("own", "marketplace")}}
_SYNCHRONOUS: Final = PRESETS[1:]
"""Presets whose channels keep no count of their own."""


def _targeted(name: str, seed: int, presets: tuple[str, ...], changes: list[Tree], world: list[Tree]) -> Case:
    """A world of one trouble: causes that seldom stand alone in the drawn ones."""
    return Case(name, seed, {preset: systems(preset, *changes) for preset in presets}, merged({}, *world))


def _tied(name: str, seed: int, changes: list[Tree], world: list[Tree]) -> Case:
    """A world whose customers, reservations and refreshes meet at the same instants, without any latency."""
    arms = {preset: on_the_minute(systems(preset, *changes)) for preset in _SYNCHRONOUS}
    return Case(name, seed, arms, merged({}, *world), by_the_minute=True)


_AT_HOME: Tree = {"residency": {"service": "us", "policy": "refuse"}}
_FEED_ALERTS: Final = [
    {"signal": "lag", "feed": "movements", "messages": 3},
    {"signal": "lag", "feed": "orders", "messages": 0, "hold": "0s"},
    {"signal": "age", "feed": "movements", "longest": "9m"},
    {"signal": "age", "feed": "orders", "longest": "3m"},
    {"signal": "age", "feed": "posting", "longest": "11m"},
    {"signal": "dead_letters", "feed": "posting", "messages": 1},
]
_KEEPS_WATCH: Tree = {
    "observability": {
        "interval": "7m",
        "hold": "14m",
        "calm": "20m",
        "traces": 0.4,
        "alerts": [*_FEED_ALERTS, {"signal": "release_time", "longest": "20m", "hold": "0s"}],
    },
    "operations": {"detect": "5h", "repair": "40m"},
}
_MISSES_MESSAGES: Tree = {
    "observability": {
        "interval": "6m",
        "hold": "6m",
        "traces": 1.0,
        "alerts": [
            {"signal": "missing", "feed": "orders", "messages": 0, "hold": "0s"},
            {"signal": "missing", "feed": "movements", "messages": 2, "span": "20m"},
            {"signal": "accuracy", "share": 0.08},
        ],
    },
    "operations": {"detect": "3h", "repair": "0s"},
}
_UNTIL_REPAIRED: Tree = {
    "faults": [
        _every(4, "lost", "3h", topic="orders", share=0.5, ends="repaired"),
        _every(5, "lost", "3h", share=0.2, ends="repaired"),
        _every(6, "late", "3h", share=0.2, by="40m", ends="repaired"),
        _every(7, "duplicates", "4h", share=0.3, copies=2, ends="repaired"),
        _every(9, "poison", "3h", share=0.2, ends="repaired"),
    ]
}
_BORDERS: Tree = {
    "estate": {
        "regions": [
            {"name": "east", "time_zone": "America/New_York", "share": 0.6, "jurisdiction": "us"},
            {"name": "west", "time_zone": "America/Los_Angeles", "share": 0.4, "jurisdiction": "ca"},
        ]
    }
}

_CALLING: Tree = {"system": "payment", "service": "20s", "timeout": "1m", "idempotent": False, "compensation": "30s"}
_THRICE: Tree = {"retry": {"attempts": 3, "wait": "30s", "factor": 2.0, "cap": "5m", "jitter": "full"}}
_LASTLY: Tree = {**_CALLING, **_THRICE, "name": "book", "system": "erp", "servers": 1, "on_failure": "human"}
_SAGA: Tree = {
    "saga": {
        "mode": "orchestration",
        "steps": [{**_CALLING, **_THRICE, "name": "capture", "servers": 2}, _LASTLY, {**_LASTLY, "name": "tell"}],
        "human": {"agents": 1, "handling": "10m", "limit": 2},
    }
}
_DANCED: Tree = {"saga": {"mode": "choreography", "choreography": {"redelivered": 0.3, "hop": "10s", "sweep": "10m"}}}
_ALONE: Tree = {"saga": {"mode": "choreography", "choreography": {"redelivered": 0.02, "hop": "10s", "sweep": "10m"}}}
_SAGA_FAILS: Tree = {
    "faults": [
        _every(5, "outage", "20m", system="payment"),
        _every(7, "outage", "1h", system="orchestrator"),
        _every(4, "errors", "1h", system="erp", share=0.7),
        _every(3, "slow", "40m", system="payment", factor=6.0),
    ]
}
_SAGA_OUTAGES: Tree = {"faults": [*_OUTAGES["faults"], *_SAGA_FAILS["faults"]]}

_DECLINES: Tree = {
    "sourcing": {"declines": "correct", "cascade": True, "store_pick": "2h", "rebroker": 1, "strategy": "nearest"},
    "buffers": {"store": 0, "dc": 0},
    "observability": {"traces": 0.5},
}
_WORN: Tree = {
    "estate": {
        "record_error": {"wrong_share": 0.9, "mean_units": 4.0, "damaged": 0.3, "shrink_per_sale": 0.2},
        "skus": {"count": 15, "ending_share": 0.7},
    },
    "faults": [_every(5, "lost", "1h", of=["correction"], share=0.3), _every(6, "late", "2h", share=0.2, by="50m")],
}
_COUNTER: Tree = {"pickup": {"kept_for": "5h", "restock": "20m"}, "observability": {"traces": 0.5}}
_VISITORS: Tree = {
    "demand": {
        "channels": {
            "web": {"pickup_share": 0.7, "no_show": 0.3, "collects": {"law": "exponential", "mean": "3h"}},
            "advice": {"pickup_share": 0.5, "no_show": 0.1, "collects": "6h"},
        }
    },
    "faults": [
        _every(5, "poison", "1h", of=["restock"], share=0.5),
        _every(7, "late", "2h", of=["restock", "pick"], share=0.3, by="40m"),
        _every(9, "outage", "1h", system="link", stores=0.5),
    ],
}
_BROWSING: Tree = {
    "demand": {
        "channels": {"web": {"cart": "25m", "cart_abandonment": 0.6, "conversion": 0.2, "weekly_checkouts": 900.0}}
    }
}
_HELD_IN_CARTS: Tree = {"reserving": {"point": "cart", "ttl": "30m", "expiry_lag": "2m", "extends": True}}
_NEVER_RESERVED: Tree = {"reserving": {"point": "none", "level": "group"}}
_PROTECTED: Tree = {
    "buffers": {"protection": {"values": {"web": 12.0, "market": 9.0, "tills": 20.0}, "horizon": "12h"}}
}
_AT_RISK: Tree = {"buffers": {"staleness": 0.9}}
_ALLOTTED: Tree = {"buffers": {"allotment": {"shares": {"web": 0.4, "market": 0.3}, "interval": "3h"}}}
_IN_SHARES: Tree = {"buffers": {"rule": "percent", "store_share": 0.25, "dc_share": 0.05}}
_NOT_THE_LAST: Tree = {"buffers": {"rule": "last_units", "store": 2, "dc": 1}}
_FOR_WALK_INS: Tree = {"buffers": {"rule": "newsvendor", "exposure": "12h", "broken_promise_usd": 40.0}}
_CLOSED: Tree = {
    "books": {
        "on": True, "interval": "3h", "phase": "90m", "accountants": 2, "opens": "2h", "closes": "20h",
        "handling": "9m", "orders": {"interval": "2h", "phase": "0s", "rejected": 0.2},
    }
}  # fmt: skip
_ON_TIME: Tree = {"books": {"orders": {"interval": "10m", "phase": "0s"}}}
_CHEAP: Tree = {"sourcing": {"strategy": "cheapest", "most_parcels": 2, "store_cap": 6, "rebroker": 2}}
_COMPLETE: Tree = {"sourcing": {"strategy": "nearest", "split": "never", "store_waves": "2h", "rebroker": 2}}
_IDLE: Tree = {"sourcing": {"strategy": "least_loaded", "store_cap": 9, "store_waves": "45m", "store_pick": "25m"}}
_ENOUGH: Tree = {"sourcing": {"strategy": "nearest", "store_cap": 3}}
_THIN_DCS: Tree = {"estate": {"stock": {"dc_cover": "2h"}}}
_LARGE_ORDERS: Tree = {
    "demand": {
        "channels": {
            name: {"lines": {"values": [1, 2, 4], "shares": [0.2, 0.4, 0.4]}} for name in ("web", "app", "market")
        }
    }
}
_POISON_LONG: Tree = {
    "faults": [_every(9, "poison", "4h", of=[kind], share=share) for kind, share in (("sale", 0.2), ("pick", 0.3))]
}
_LOST_TWICE: Tree = {"faults": [*_LOST["faults"], *_DUPLICATES["faults"]]}
_DEAREST: Tree = {"books": {"dead_letters": "correct", "queue": "dearest", "tolerance": 0}}
_ERRANDS: Tree = {
    "tax": {"on": True, "servers": 1, "service": "20s", "timeout": "1m", "fallback": "estimate"},
    "customer_check": {
        "on": True, "servers": 1, "timeout": "40s", "fallback": "refuse",
        "service": {"law": "exponential", "mean": "20s"},
    },
    "observability": {"traces": 0.3},
    "resilience": {"retry": {"attempts": 2, "wait": "20s"}},
}  # fmt: skip
_ERRANDS_FAIL: Tree = {
    "faults": [
        _every(5, "outage", "40m", system="tax"),
        _every(7, "outage", "30m", system="crm"),
        _every(6, "errors", "1h", system="tax", share=0.5),
        _every(9, "errors", "1h", system="crm", share=0.5),
        _every(8, "slow", "1h", system="tax", factor=5.0),
    ]
}
_TOLD_LATE: Tree = {
    "notification": {"on": True, "delay": {"law": "exponential", "mean": "40m"}, "lost": 0.1, "patience": "2h"}
}
_NOT_TOLD: Tree = {
    "faults": [
        *_VISITORS["faults"],
        _every(6, "outage", "3h", system="notification"),
        _every(7, "slow", "1h", system="notification", factor=4.0),
    ]
}
_PORTAL: Tree = {
    "supplier_portal": {"on": True, "acknowledgement": {"law": "exponential", "mean": "2h"}, "tells_short": True}
}
_PORTAL_DOWN: Tree = {
    "faults": [
        _every(5, "outage", "2h", system="supplier_portal"),
        _every(3, "slow", "2h", system="supplier_portal", factor=6.0),
    ],
    "estate": {"stock": {"short_shipment": 0.6, "dc_review": "3h"}},
}
_ROSTERS: Tree = {
    "workforce": {"on": True, "substitute": "40m"},
    "sourcing": {"store_pick": "30m", "strategy": "nearest"},
}
_SHORT_OF_STAFF: Tree = {
    "faults": [
        _every(5, "absent", "3h", share=0.5),
        _every(7, "absent", "2h", share=1.0, stores=0.6),
        _every(6, "outage", "2h", system="workforce"),
    ],
    "estate": {"stores": {"pickers": 2}},
}
_OWN_FINANCE: Tree = {"books": {"system": "finance", "closes": "24h"}, "release": {"system": "oms"}}
_FINANCE_DOWN: Tree = {
    "faults": [
        *_LOST_TWICE["faults"],
        _every(4, "outage", "100m", system="finance"),
        _every(7, "outage", "1h", system="oms"),
        _every(5, "slow", "1h", system="oms", factor=9.0),
    ]
}
_ON_PAPER: Tree = {
    "faults": [
        _every(4, "outage", "2h", system="pos"),
        _every(7, "outage", "90m", system="link", stores=0.5),
        _every(9, "late", "2h", share=0.3, of=["sale"], by="20m"),
    ]
}
_STORES_SAY: Tree = {"reload": {"mode": "load", "interval": "3h", "job": "5m", "rule": "replay", "source": "stores"}}

_TODAY: Tree = {
    "same_day": {
        "on": True, "cut_off": "16h", "by": "20h", "radius_km": 2000, "dcs": True, "dispatch": "45m", "couriers": 1,
        "drive": {"law": "lognormal", "mean": "20m", "cv": 0.5}, "per_km": "5s",
    },
    "sourcing": {"store_pick": "40m", "rebroker": 2, "pack": {"law": "lognormal", "mean": "20m", "cv": 0.4}},
    "observability": {"traces": 0.5},
}  # fmt: skip
_ALL_REGION: Tree = {"same_day": {"pool": "region", "dispatch": "0s", "quote": False, "dcs": False, "couriers": 2}}
_HURRIED: Tree = {
    "demand": {"channels": {name: {"same_day_share": 0.6, "same_day_only": 0.4} for name in ("web", "app")}}
}
_TODAY_ON_THE_MINUTE: Tree = {
    "same_day": {"drive": "6m", "per_km": "0s"},
    "sourcing": {"pack": "0s", "store_pick": "1m"},
}
_ASSISTED: Tree = {"clienteling": {"on": True}, "sourcing": {"strategy": "nearest"}}
_SHOPPERS: Tree = {"demand": {"channels": {"advice": {"weekly_checkouts": 3000.0, "abandonment": 0.2}}}}
_NO_COURIERS: Tree = {"faults": [{"system": "courier", "at": "9h", "every": "11h", "duration": "3h"}]}

_WAITS: Tree = {
    "sourcing": {
        "rebroker": 0, "strategy": "nearest", "store_pick": "50m",
        "shortage": {"offer": "backorder", "review": "40m", "promise": "3h", "give_up": "9h", "ending": True},
    },
    "buffers": {"store": 0, "dc": 0},
    "observability": {"traces": 0.5},
}  # fmt: skip
_OR_ELSE: Tree = {"sourcing": {"shortage": {"offer": "substitute_or_backorder", "give_up": "2d", "ending": False}}}
_INSTEAD: Tree = {
    "sourcing": {"rebroker": 1, "declines": "correct", "cascade": True, "shortage": {"offer": "substitute"}}
}
_WRONG: Tree = {
    "estate": {
        "record_error": {
            "wrong_share": 0.9, "dc_wrong_share": 0.8, "mean_units": 4.0, "damaged": 0.2, "shrink_per_sale": 0.2,
        },
        "skus": {"count": 15, "ending_share": 0.4, "substitutes": 0.7},
    }
}  # fmt: skip
_PATIENT: Tree = {
    "demand": {
        "channels": {
            "web": {"waits": 0.9, "takes_substitute": 0.7, "weekly_checkouts": 2500.0},
            "app": {"waits": 0.3, "takes_substitute": 0.2},
            "market": {"waits": 0.8, "takes_substitute": 0.5},
        }
    }
}
_HURRIED: Tree = {"demand": {"channels": {"market": {"confirm_within": "50m", "ship_within": "3h"}}}}
_SHIPS_SOON: Tree = {"demand": {"channels": {"market": {"ship_within": "3h", "waits": 1.0, "takes_substitute": 0.2}}}}

CASES: Final = (
    _targeted("as-shipped", 101, PRESETS, [], [_FAULTS]),
    _targeted("backlog", 102, _SYNCHRONOUS, [_NO_BUFFER, _SLOW], [_EXACT, _SELL_OFF]),
    _targeted("old-copies", 103, PRESETS, [_NO_BUFFER, _DIRECT, _OLD_COPIES], [_EXACT, _SCARCE]),
    _targeted("degraded", 104, PRESETS, [_NO_BUFFER, _DOWN], [_EXACT, _SCARCE, _OUTAGES]),
    _targeted("lapsing", 105, _SYNCHRONOUS, [_NO_BUFFER, _LAPSING], [_EXACT, _SELL_OFF, _DAWDLERS]),
    _targeted("clocks-go-back", 106, PRESETS, [], [_FAULTS, {"calendar": {"start": "2026-10-31"}}]),
    _tied("reserved-at-once", 107, [_NO_BUFFER, _EVENTS], [_CROWD]),
    _targeted("lost", 108, _SYNCHRONOUS, [_NO_BUFFER, _UNCONFIRMED], [_EXACT, _SCARCE, _LOST]),
    _targeted("applied-twice", 109, _SYNCHRONOUS, [_NO_BUFFER, _FORGETFUL], [_EXACT, _SCARCE, _DUPLICATES]),
    _targeted("out-of-order", 110, _SYNCHRONOUS, [_NO_BUFFER, _STREAMS, _DISORDER], [_EXACT, _SCARCE]),
    _targeted("superseded", 111, _SYNCHRONOUS, [_NO_BUFFER, _STREAMS, _DISORDER, _VERSIONED], [_EXACT, _SCARCE]),
    _targeted("members-die", 112, _SYNCHRONOUS, [_NO_BUFFER, _STREAMS, _FORGETFUL], [_EXACT, _SCARCE, _CRASHES]),
    _targeted("blocked", 113, _SYNCHRONOUS, [_NO_BUFFER, _BLOCKED], [_EXACT, _SCARCE, _POISON]),
    _targeted("redriven", 114, _SYNCHRONOUS, [_NO_BUFFER, _DIVERTED], [_EXACT, _SCARCE, _POISON]),
    _targeted("held-in-carts", 127, _SYNCHRONOUS, [_NO_BUFFER, _HELD_IN_CARTS], [_SCARCE, _BROWSING]),
    _targeted("never-reserved", 128, _SYNCHRONOUS, [_NO_BUFFER, _NEVER_RESERVED], [_SCARCE]),
    _targeted("protected", 129, PRESETS, [_IN_SHARES, _PROTECTED], [_SCARCE]),
    _targeted("at-risk", 130, PRESETS, [_NOT_THE_LAST, _AT_RISK], [_SCARCE, _OUTAGES]),
    _targeted("allotted", 131, PRESETS, [_FOR_WALK_INS, _ALLOTTED], [_SCARCE]),
    _targeted("cut-off", 115, PRESETS, [_NO_BUFFER, _SMALL_OUTBOX], [_EXACT, _SCARCE, _CUT_OFF]),
    _targeted("sold-blindly", 121, _SYNCHRONOUS, [_NO_BUFFER, _OPEN], [_EXACT, _SCARCE, _OUTAGES]),
    _targeted("sold-from-dcs", 122, _SYNCHRONOUS, [_NO_BUFFER, _DCS], [_SCARCE, _OUTAGES]),
    _targeted("sold-by-allotment", 118, _SYNCHRONOUS, [_NO_BUFFER, _QUOTA], [_SCARCE, _OUTAGES]),
    _targeted("confirmed-later", 119, PRESETS, [_NO_BUFFER, _LATER, _SLOW_ORDERS], [_EXACT, _SCARCE, _OUTAGES]),
    _targeted("checked-again", 120, PRESETS, [_NO_BUFFER, _AGAIN, _SLOW_ORDERS], [_SCARCE, _OUTAGES]),
    _targeted("borders", 116, _SYNCHRONOUS, [_AT_HOME], [_BORDERS]),
    _targeted("replayed", 126, _SYNCHRONOUS, [_NO_BUFFER, _STREAMS, _REPLAYED], [_EXACT, _SCARCE, _SKIPPED]),
    _targeted("blocked-too-long", 117, _SYNCHRONOUS, [_NO_BUFFER, _STREAMS, _BLOCKED_TOO_LONG], [_EXACT, _POISONS]),
    _targeted("in-feeds", 118, PRESETS, [_NO_BUFFER, _IN_FEEDS], [_EXACT, _SCARCE, _FAULTS]),
    _targeted("in-deltas", 119, PRESETS, [_NO_BUFFER, _IN_FEEDS, _IN_DELTAS], [_EXACT, _SCARCE]),
    _targeted("set-over-newer", 120, _SYNCHRONOUS, [_NO_BUFFER, _RELOADED, _OVER_NEWER], [_EXACT, _SCARCE]),
    _targeted("netted-twice", 121, _SYNCHRONOUS, [_NO_BUFFER, _RELOADED, _NETTED_TWICE], [_EXACT, _SCARCE]),
    _targeted("compared", 122, PRESETS, [_NO_BUFFER, _UNCONFIRMED, _RELOADED, _COMPARED], [_EXACT, _SCARCE, _LOST]),
    _targeted("queued", 123, _SYNCHRONOUS, [_NO_BUFFER, _QUEUES], [_EXACT, _SCARCE, _CRASHES]),
    _targeted("returned", 124, _SYNCHRONOUS, [_NO_BUFFER, _QUEUES, _RETURNED], [_EXACT, _SCARCE, _POISON]),
    _targeted(
        "set-while-dead",
        125,
        _SYNCHRONOUS,
        [_NO_BUFFER, _DIVERTED, _RELOADED, _EXACT_SNAPSHOTS],
        [_EXACT, _SCARCE, _POISON],
    ),
    _targeted("watched-and-blocked", 127, PRESETS, [_NO_BUFFER, _BLOCKED, _KEEPS_WATCH], [_EXACT, _SCARCE, _POISON]),
    _targeted("watched-and-redriven", 128, PRESETS, [_DIVERTED, _KEEPS_WATCH], [_SCARCE, _POISON, _OUTAGES_TOO]),
    _targeted("told-of-losses", 129, PRESETS, [_UNCONFIRMED, _MISSES_MESSAGES], [_EXACT, _SCARCE, _UNTIL_REPAIRED]),
    _targeted("seen-by-nobody", 130, _SYNCHRONOUS, [_UNCONFIRMED], [_SCARCE, _UNTIL_REPAIRED]),
    _targeted("orchestrated", 131, PRESETS, [_SAGA], [_SCARCE, _SAGA_FAILS]),
    _targeted("choreographed", 132, PRESETS, [_SAGA, _DANCED], [_SCARCE, _SAGA_FAILS]),
    _targeted("alone-in-their-sagas", 190, PRESETS, [_ALONE], [_SCARCE, _SAGA_FAILS]),
    _targeted("undone-when-confirmed", 133, PRESETS, [_LATER, _SAGA], [_SCARCE, _SAGA_OUTAGES]),
    _targeted("undone-and-checked-again", 134, PRESETS, [_NO_BUFFER, _AGAIN, _SAGA], [_SCARCE, _SAGA_OUTAGES]),
    _targeted("refunded-by-file", 135, PRESETS, [_NO_BUFFER, FILED, WAITS_FOR_MONEY], [_SCARCE, PROVIDER_FAILS]),
    _targeted("refunded-once", 136, _SYNCHRONOUS, [FILED, KEYED, SENT_ON, _SAGA], [_SCARCE, PROVIDER_FAILS]),
    _targeted("refunded-by-event", 137, PRESETS, [FILED, TOLD, _LATER], [_SCARCE, PROVIDER_FAILS]),
    _targeted("collected", 135, PRESETS, [_COUNTER], [_SCARCE, _VISITORS]),
    _targeted("declined", 136, PRESETS, [_DECLINES], [_WORN]),
    _targeted("closed-with-losses", 138, _SYNCHRONOUS, [_UNCONFIRMED, _FORGETFUL, _CLOSED], [_SCARCE, _LOST_TWICE]),
    _targeted("closed-with-dead-letters", 139, _SYNCHRONOUS, [_DIVERTED, _CLOSED, _DEAREST], [_SCARCE, _POISON_LONG]),
    _targeted("closed-over-dead-letters", 142, _SYNCHRONOUS, [_STREAMS, _DIVERTED, _CLOSED], [_SCARCE, _POISON_LONG]),
    _targeted("priced-by-file", 143, PRESETS, [PRICE_FILES, CORRECTED], [_SCARCE, REPRICED, _OUTAGES]),
    _targeted("priced-by-event", 144, PRESETS, [PRICE_EVENTS, FILED, _CLOSED], [_SCARCE, REPRICED, PROVIDER_FAILS]),
    _tied("closed-on-the-minute", 141, [_CLOSED, _ON_TIME], [_SCARCE]),
    _targeted("closed-with-refunds", 140, PRESETS, [FILED, _CLOSED], [_SCARCE, PROVIDER_FAILS]),
    _targeted("today", 143, PRESETS, [{"buffers": {"store": 0, "dc": 0}}, _TODAY], [_SCARCE, _HURRIED]),
    _targeted("today-from-afar", 144, PRESETS, [_TODAY, _ALL_REGION], [_WORN, _HURRIED, _NO_COURIERS]),
    _targeted("today-never", 145, _SYNCHRONOUS, [], [_SCARCE, _HURRIED]),
    _targeted("assisted", 147, PRESETS, [_NO_BUFFER, _ASSISTED], [_SCARCE, _SHOPPERS]),
    _tied("assisted-on-the-minute", 148, [_NO_BUFFER, _ASSISTED, _ON_TIME, _CLOSED], [_SCARCE, _SHOPPERS]),
    _tied("today-on-the-minute", 146, [_TODAY, _TODAY_ON_THE_MINUTE], [_SCARCE, _HURRIED]),
    _targeted("asked-before-payment", 143, PRESETS, [_ERRANDS], [_SCARCE, _ERRANDS_FAIL]),
    _targeted("told-late", 144, PRESETS, [_COUNTER, FILED, _TOLD_LATE], [_SCARCE, _VISITORS, _NOT_TOLD]),
    _targeted("ordered-through-a-portal", 145, PRESETS, [_PORTAL], [_PORTAL_DOWN]),
    _targeted("short-of-staff", 146, PRESETS, [_ROSTERS], [_SHORT_OF_STAFF]),
    _targeted("closed-in-finance", 147, _SYNCHRONOUS, [_UNCONFIRMED, _CLOSED, _OWN_FINANCE], [_SCARCE, _FINANCE_DOWN]),
    _targeted("sold-on-paper", 148, PRESETS, [_DECLINES, _STORES_SAY], [_SCARCE, _ON_PAPER]),
    _targeted("backordered", 143, PRESETS, [_WAITS], [_WRONG, _PATIENT]),
    _targeted("backordered-and-refunded", 144, _SYNCHRONOUS, [_WAITS, FILED, _CLOSED], [_WRONG, _PATIENT]),
    _targeted("substituted", 145, PRESETS, [_WAITS, _INSTEAD], [_WRONG, _PATIENT]),
    _targeted("substituted-or-backordered", 146, PRESETS, [_WAITS, _OR_ELSE, _CLOSED], [_WRONG, _PATIENT]),
    _targeted("in-a-hurry", 147, PRESETS, [_WAITS, _OR_ELSE, _SLOW_ORDERS, FILED], [_WRONG, _PATIENT, _HURRIED]),
    _targeted("shipped-too-late", 148, PRESETS, [_WAITS, _OR_ELSE, _NEVER_RESERVED], [_WRONG, _PATIENT, _SHIPS_SOON]),
    _targeted("hurried-sagas", 149, PRESETS, [_WAITS, _LATER, _SAGA], [_WRONG, _HURRIED, _SAGA_OUTAGES]),
    *(short(drawn(seed, by_the_minute=seed % 3 == 0)) for seed in range(33, 39)),
    _targeted("sent-cheaply", 143, PRESETS, [_NO_BUFFER, _CHEAP], [_SCARCE, _LARGE_ORDERS]),
    _targeted("sent-complete", 144, PRESETS, [_NO_BUFFER, _COMPLETE], [_SCARCE, _LARGE_ORDERS]),
    _targeted("sent-by-who-has-time", 145, PRESETS, [_NO_BUFFER, _IDLE], [_SCARCE, _CUT_OFF]),
    _targeted("stores-have-enough", 147, PRESETS, [_NO_BUFFER, _ENOUGH], [_SCARCE, _LARGE_ORDERS, _THIN_DCS]),
    *(
        drawn(seed) for seed in (*range(1, 13), 221)
    ),  # the last: a member is lost while what it handles will be replayed
    *(drawn(seed, by_the_minute=True) for seed in range(13, 21)),
    *(counted(drawn(seed, by_the_minute=seed % 3 == 0)) for seed in range(21, 28)),
    *(closed(drawn(seed, by_the_minute=seed % 3 == 0)) for seed in range(28, 33)),
    *(surrounded(drawn(seed, by_the_minute=seed % 3 == 0)) for seed in range(33, 36)),
    surrounded(closed(drawn(36, by_the_minute=True))),
    *(chosen(drawn(seed, by_the_minute=seed % 3 == 0)) for seed in range(33, 39)),
    *(priced(drawn(seed, by_the_minute=seed % 3 == 0)) for seed in range(38, 42)),
    closed(priced(drawn(42))),
)
