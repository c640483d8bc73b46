"""A system that checkouts call: its station, its gateway, its breaker, how its calls end (docs/model.md, section 6)."""

from __future__ import annotations

import simpy

from tests.reference.breaker import Breaker
from tests.reference.clock import Outages
from tests.reference.gateway import Gateway
from tests.reference.orderlines import Order
from tests.reference.shop import Shop, rows_of
from tests.reference.stations import Station
from twin.journal.totals import Flow
from twin.scenario.errands import Errand
from twin.scenario.systems import Erp, SyncService
from twin.world.tables import SYSTEMS


class Called:
    """A system that answers calls: where its calls queue, how long one takes, and how long the caller waits."""

    def __init__(
        self,
        shop: Shop,
        name: str,
        settings: SyncService | Erp | Errand,
        counts: tuple[Flow, Flow],
        *,
        system: str,
        gateway: Gateway | None = None,
    ) -> None:
        """``name``: of its stream of luck; ``gateway``: what stands before it, if anything does."""
        self.gateway = gateway
        self.calls, self.time_outs = counts
        self.timeout = settings.timeout
        self.outages: Outages = shop.outages(system)
        self._law = shop.stream(f"{name}.call", settings.service)
        self._station = Station(shop.env, settings.servers, shop.slowness(system))
        self.breaker = Breaker(shop.systems.resilience.breaker)
        self.results: list[tuple[int, bool]] = []  # when calls ended, and whether they failed
        number = SYSTEMS.index(system)
        self._errors = [row for row in rows_of(shop.world.errors) if row["system"] == number]
        self._error = shop.stream("call.error")

    def errs(self, order: Order, attempt: int, t: int) -> bool:
        """Whether the answer that an order gets at ``t`` is an error."""
        parts = [row["parts"] for row in self._errors if row["start"] <= t < row["end"]]
        return bool(parts) and self._error.below(1_000_000, order.id, attempt) < parts[0]

    def join(self, order: Order, attempt: int) -> simpy.Event:
        """Queue; the event happens when the call is taken, its value is when the answer will come."""
        return self._station.join(self._law.sample(order.id, attempt), self.outages.up)
