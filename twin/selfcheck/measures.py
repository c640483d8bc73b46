"""What is measured for each known answer: one value per customer, or one number that is exact."""

from __future__ import annotations

from math import comb
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import SECOND, WEEK
from twin.core.hashing import bits_of_many
from twin.core.laws import BINS, sample_many
from twin.journal.orders import Refusal
from twin.journal.tables import NONE
from twin.kernels.calls import call_done
from twin.kernels.codes import ERP
from twin.kernels.memory import Memory
from twin.model.breaker import Breaker
from twin.model.build import build
from twin.model.gateway import RETRY_SHIFT, Gateway
from twin.model.invariants import InvariantError
from twin.scenario.resilience import Breaker as BreakerSettings
from twin.scenario.resilience import Resilience
from twin.selfcheck.estate import estate, journal, stocked, systems
from twin.world.world import World

Values = NDArray[Any]

PLENTY: Final = 1_000_000_000

_SPARSE: Final = 5_000.0
"""Checkouts a week, of which many have none other within seconds."""


def waits(seed: int, *, servers: int, load: float, law: str, customers: int) -> Values:
    """Waits (s) of Poisson customers at a station with services of mean 1 s."""
    description = estate(seed, weekly_checkouts=0.0, days=1)
    arm = systems(erp={"servers": servers, "service": {"law": law, "mean": "1s"}, "timeout": "1h"})
    world = World(description, 0)
    memory = build(world, description, arm).memory
    gaps = world.streams.generator("selfcheck.arrivals", 0).exponential(SECOND / load, customers)
    arrivals = np.cumsum(gaps).astype(np.int64)
    ends = np.array([call_done(memory.handle, ERP, number, 0, t) for number, t in enumerate(arrivals.tolist())])
    return np.asarray((ends - arrivals - _services(memory, customers)) / SECOND)


def _services(memory: Memory, customers: int) -> NDArray[np.int64]:
    """What the station draws for its customers: the same law and luck, without the queue."""
    station, knots = memory["stations"][ERP], memory["knots"].reshape(-1, BINS + 1)
    luck = bits_of_many(memory["keys"][station["key"]], np.arange(customers), 0)
    return sample_many(knots[station["law"]], luck)


def waited(seed: int, **queue: Any) -> Values:
    """Whether each customer of :func:`waits` waited."""
    return np.asarray(waits(seed, **queue) > 0)


def blocked(seed: int, *, units: int, load: float, ttl_s: int, days: int) -> Values:
    """Whether each customer found all ``units`` of a SKU held; everybody holds one until it lapses, and leaves."""
    rate = load * WEEK / (ttl_s * SECOND)
    description = estate(seed, weekly_checkouts=rate, days=days, web={"abandonment": 1.0})
    reserving = {"mode": "synchronous", "point": "checkout", "ttl": f"{ttl_s}s", "expiry_lag": "0s"}
    lines, _ = journal(description, systems(reserving=reserving), stocked(description, units))
    return np.asarray(lines["refusal"] == Refusal.HOLD)


def throttled(seed: int, *, slots: int, load: float, days: int) -> Values:
    """Whether a gateway with ``slots`` and no queue refused each customer's call of a service of exponential law."""
    seconds = 10
    description = estate(seed, weekly_checkouts=load * WEEK / (seconds * SECOND), days=days)
    service = {"law": "exponential", "mean": f"{seconds}s"}
    arm = systems(
        service={"servers": slots, "service": service, "timeout": "1h", "limits": {"concurrency": slots}},
        reserving={"point": "none"},
    )
    lines, _ = journal(description, arm, stocked(description, PLENTY))
    return np.asarray(lines["refusal"] == Refusal.THROTTLED)


def released(seed: int, *, channel: int, load: float, days: int) -> Values:
    """Time (s) to the release of each order of one of two equal channels, of which the first is always released first,
    by one worker in 10 s on average.
    """
    seconds, names = 10, ("first", "second")
    rate = load / 2 * WEEK / (seconds * SECOND)
    web = {"abandonment": 0.0, "decline": 0.0}
    description = estate(seed, weekly_checkouts=rate, days=days, channels=names, web=web)
    release = {"workers": 1, "step": {"law": "exponential", "mean": f"{seconds}s"}}
    release |= {"order": "priority", "priorities": {"first": 0, "second": 1}}
    arm = systems(reserving={"point": "none"}, release=release)
    columns = ("channel", "t_accept", "t_release")
    orders, _ = journal(description, arm, stocked(description, PLENTY), table="orders", names=columns)
    mine = (orders["channel"] == channel) & (orders["t_release"] != NONE)
    return np.asarray((orders["t_release"] - orders["t_accept"])[mine] / SECOND)


def attempts(seed: int, *, failure: float, most: int, checkouts: int) -> Values:
    """Calls that each checkout makes to a service that errs, through a whole run.

    Raises:
        InvariantError: the run made another number of calls than its checkouts' luck demands.
    """
    days = 60
    description = estate(
        seed,
        weekly_checkouts=checkouts * 7 / days,
        days=days,
        faults=[{"kind": "errors", "system": "service", "at": "0s", "duration": f"{days}d", "share": failure}],
    )
    retry = {"attempts": most, "wait": "1ms", "jitter": "none"}
    arm = systems(reserving={"point": "none"}, resilience={"retry": retry})
    lines, flows = journal(description, arm, stocked(description, PLENTY))
    gateway = Gateway.of(World(description, 0), arm.service.system, arm.resilience, arm.service.timeout)
    made = np.array([_calls(gateway, int(order), most) for order in lines["order"]])
    if made.sum() != flows["service_calls"]:
        raise InvariantError([f"{made.sum()} calls were due, the run made {flows['service_calls']}"])
    return made


def _calls(gateway: Gateway, order: int, most: int) -> int:
    """Calls of an order until one is answered without an error."""
    return next((n for n in range(1, most) if not gateway.errs(order, (n - 1) << RETRY_SHIFT, 0)), most)


def given_up(*, failure: float, most: int) -> float:
    """Chance that all calls of a checkout fail: the weight of those outcomes of its calls after which a run refuses it.

    One run has a checkout for each outcome of ``most`` calls, and the service errs when, and only when, that says so.
    """
    retry = {"attempts": most, "wait": "1s", "jitter": "none"}
    arm = systems(reserving={"point": "none"}, resilience={"retry": retry})
    quiet = estate(1, weekly_checkouts=_SPARSE, days=1)
    asked = journal(quiet, arm, stocked(quiet, PLENTY))[0]["t_demand"]
    chosen = _alone(asked, most * SECOND)[: 1 << most]
    description = estate(1, weekly_checkouts=_SPARSE, days=1, faults=_errors(asked[chosen], most))
    lines, _ = journal(description, arm, stocked(description, PLENTY))
    refused = lines["refusal"][chosen] == Refusal.ERROR
    failures = np.array([outcome.bit_count() for outcome in range(1 << most)])
    return float((failure**failures * (1 - failure) ** (most - failures))[refused].sum())


def _alone(asked: Values, span: int) -> Values:
    """Checkouts of which no other is within ``span``."""
    near = np.diff(asked) <= span
    return np.flatnonzero(~np.append(near, False) & ~np.insert(near, 0, False))


def _errors(asked: Values, most: int) -> list[dict[str, Any]]:
    """The service errs for an instant at each call that fails: call k of checkout n if bit k of n is set."""
    failing = [(n, k) for n in range(asked.size) for k in range(most) if n >> k & 1]
    return [
        {"kind": "errors", "system": "service", "share": 1.0, "at": f"{asked[n] + k * SECOND}us", "duration": "1ms"}
        for n, k in failing
    ]


def jitter(seed: int, *, customers: int) -> Values:
    """Total of five full-jitter pauses (s) of each customer whose calls all fail; base 0.1 s, factor 2, cap 20 s."""
    retry = {"attempts": 6, "wait": "100ms", "factor": 2.0, "cap": "20s", "jitter": "full"}
    world = World(estate(seed, weekly_checkouts=0.0, days=1), 0)
    gateway = Gateway.of(world, "service", Resilience.model_validate({"retry": retry}), SECOND)
    totals = [sum(gateway.pause(order, 0, retry, 0) for retry in range(1, 6)) for order in range(customers)]
    return np.array(totals) / SECOND


def opening(*, threshold: float, failure: float) -> float:
    """Chance that a breaker is open after one full window of 100 calls, over all numbers of failures."""
    chances = (comb(100, k) * failure**k * (1 - failure) ** (100 - k) for k in range(101))
    return sum(chance for k, chance in enumerate(chances) if _opens(k, threshold))


def _opens(failures: int, threshold: float) -> bool:
    breaker = Breaker(BreakerSettings(window="count", calls=100, minimum=100, threshold=threshold))
    for now in range(100):
        breaker.report(breaker.permit(now), failed=now < failures, now=now)
    return breaker.until is not None
