"""Known answers of queueing theory, through the real stations and the real reservations.

A case passes when the known value lies inside the 99 % interval of batch means and the half-width is below 2 % of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.model.journals import Journal, brief, journal
from tests.model.runs import INSTANT, systems
from tests.world.make import channel, cluster
from twin.core.clock import SECOND, WEEK
from twin.core.hashing import bits_of_many
from twin.core.laws import sample_many
from twin.journal.tables import Refusal
from twin.kernels.calls import call_done
from twin.kernels.state import ERP
from twin.model.build import build
from twin.scenario.scenario import Scenario
from twin.world.world import World

BATCHES = 60


def agrees(values: NDArray[Any], known: float) -> None:
    """The interval of the batch means holds ``known`` and is narrow enough to have power."""
    means = np.array([batch.mean() for batch in np.array_split(values, BATCHES)])
    half = stats.t.ppf(0.995, BATCHES - 1) * means.std(ddof=1) / np.sqrt(BATCHES)
    assert half < 0.02 * known, f"half-width {half:.4g} of {known}"
    assert abs(means.mean() - known) < half, f"{means.mean():.5g} ± {half:.3g}, known {known}"


def waits(servers: int, load: float, law: str, customers: int) -> NDArray[np.float64]:
    """Waits of Poisson customers of a station with services of mean 1 s, in seconds."""
    description = brief()
    arm = systems(erp={"servers": servers, "service": {"law": law, "mean": "1s"}, "timeout": "1h"})
    handle = (built := build(World(description, 0), description, arm)).memory.handle
    gaps = np.random.default_rng(7).exponential(SECOND / load, customers)
    arrivals = np.cumsum(gaps).astype(np.int64)
    ends = np.array([call_done(handle, ERP, number, 0, t) for number, t in enumerate(arrivals.tolist())])
    services = _services(built.memory, customers)
    return np.asarray((ends - arrivals - services) / SECOND)


def _services(memory: Any, customers: int) -> NDArray[np.int64]:
    """What the station draws for its customers: the same law and luck, without the queue."""
    station = memory["stations"][ERP]
    size = memory["knots"].size // 10
    knots = memory["knots"][station["law"] * size : (station["law"] + 1) * size]
    return sample_many(knots, bits_of_many(memory["keys"][station["key"]], np.arange(customers), 0))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("servers", "load", "known"), [(2, 1.0, 1 / 3), (5, 4.0, 0.5541125541), (10, 8.0, 0.4091801508)]
)
def test_the_share_of_customers_who_wait_is_erlang_c(servers: int, load: float, known: float) -> None:
    agrees(waits(servers, load, "exponential", 3_000_000) > 0, known)


@pytest.mark.slow
@pytest.mark.parametrize(("law", "known"), [("exponential", 4.0), ("constant", 2.0)])
def test_the_mean_wait_at_one_server_is_that_of_pollaczek_and_khinchine(law: str, known: float) -> None:
    agrees(waits(1, 0.8, law, 6_000_000), known)


def scarce_holds(units: int, load: float, ttl_s: int, weeks: int) -> tuple[Scenario, World]:
    """One SKU of which ``units`` exist; everybody who starts a checkout holds a unit for ``ttl_s`` and leaves."""
    one: dict[str, Any] = {"values": (1,), "shares": (1.0,)}
    web = channel(
        weekly_checkouts=load * WEEK / (ttl_s * SECOND), profile="flat", dispersion=0.0, lines=one, units=one,
        abandonment=1.0,
    )  # fmt: skip
    description = brief(
        demand__channels={"web": web},
        demand__profiles={"flat": [1.0] * 24},
        demand__tills__scale=0.0,
        calendar__window=f"{7 * weeks}d",
        estate__stores={"count": 2, "clusters": [cluster(assortment=1, ships=0.0)]},
        estate__skus={"count": 1},
        estate__record_error={"wrong_share": 0.0, "dc_wrong_share": 0.0, "shrink_per_sale": 0.0},
    )
    world = World(description, 0)
    pairs = world.start.pairs
    pairs["on_hand"], pairs["reorder"] = 0, -1
    pairs["on_hand"][0] = units  # the first DC's
    world.start.receipts["quantity"] = 0
    return description, world


def blocked(units: int, load: float, ttl_s: int, weeks: int) -> Journal:
    description, world = scarce_holds(units, load, ttl_s, weeks)
    arm = systems(
        movements=INSTANT, orders=INSTANT, posting=INSTANT, service={"service": "0s"},
        publications={"own": {"mode": "query"}},
        reserving={"mode": "synchronous", "point": "checkout", "ttl": f"{ttl_s}s", "expiry_lag": "0s"},
    )  # fmt: skip
    return journal(description, arm, world)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("units", "load", "ttl_s", "weeks", "known"),
    [(1, 0.5, 2, 2, 0.333333), (5, 3.0, 10, 2, 0.110054), (10, 8.0, 20, 2, 0.121661), (20, 20.0, 30, 2, 0.158892)],
)
def test_customers_who_meet_only_holds_are_the_share_of_erlang_b(
    units: int, load: float, ttl_s: int, weeks: int, known: float
) -> None:
    rows = blocked(units, load, ttl_s, weeks)["lines"]
    refused = rows["refusal"] != Refusal.NONE
    assert set(rows["refusal"][refused].tolist()) == {Refusal.HOLD}
    agrees(refused[np.argsort(rows["t_demand"], kind="stable")], known)
