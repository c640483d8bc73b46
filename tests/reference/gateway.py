"""The gateway before a called system: border, token, contract, limits (docs/model.md, section 6)."""

from __future__ import annotations

from collections.abc import Generator
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import simpy
from simpy.resources.resource import Request

from tests.reference.clock import Clock, Instant
from tests.reference.contracts import Contracts
from tests.reference.identity import Identity
from tests.reference.limits import Gate
from tests.reference.orderlines import Order
from tests.reference.shop import Shop
from twin.journal.orders import Refusal
from twin.journal.totals import Flow
from twin.scenario.limits import Limits


class Wake(Protocol):
    """How the process of an order wakes."""

    def at(self, t: int) -> Instant: ...
    def has_come(self, instant: Instant) -> Instant: ...
    def perhaps_at(self, t: int) -> Instant: ...


class Passage(NamedTuple):
    """How a call came through: why not, since when its patience lasts, and the slot that it has."""

    failure: Refusal
    since: int
    slot: Request | None = None


Entering = Generator[simpy.Event, Any, Passage]


class Gateway:
    """Before one system; everything passes where nothing is set."""

    def __init__(
        self, shop: Shop, name: str, limits: Limits, timeout: int, *, identity: Identity, contracts: Contracts
    ) -> None:
        self._shop, self._env, self._name = shop, shop.env, name
        self._identity, self._contracts, self._limits, self._timeout = identity, contracts, limits, timeout
        residency, regions = shop.systems.residency, shop.scenario.estate.regions
        here = residency.service if name == "service" else residency.erp
        homes = [region.jurisdiction for region in regions]
        self._foreign = [bool(here and home and here != home) for home in homes]
        self._gates = _gates(shop.env, limits, list(shop.scenario.demand.channels))

    def keeps_back(self, order: Order) -> bool:
        """Whether a call must not be made at all."""
        kept = self._foreign[order.region] and self._shop.systems.residency.policy == "refuse"
        self._shop.flows[Flow.CALLS_KEPT_BACK] += kept
        return kept

    def enter(self, order: Order, wake: Wake) -> Entering:
        """A call comes."""
        if self._foreign[order.region]:
            yield from self._cross(wake)
        channel = order.channel.number
        if self._shop.systems.credentials.tokens and not self._identity.valid(channel):
            asked = self._env.now
            brought = yield self._identity.fetched(channel)
            if self._env.now > asked:
                yield wake.at(self._env.now)
            if not brought:
                return self._failed(Refusal.UNAUTHORISED, Flow.CALLS_UNAUTHORISED)
        if self._contracts.broken(self._name, channel):
            return self._failed(Refusal.GONE, Flow.CALLS_GONE)
        if not self._gates:
            return Passage(Refusal.NONE, self._env.now)
        return (yield from self._pass(self._gates[channel], wake))

    def hold(self, order: Order, slot: Request | None, taken: simpy.Event | None) -> None:
        """The call is at the station; or, without an event, the system is down."""
        if slot is None:
            return
        gate = self._gates[order.channel.number]
        if taken is None:
            gate.give_back(slot)
        else:
            gate.hold(slot, taken)

    def retry_after(self, order: Order) -> int:
        """How long a refused call must stay away."""
        return self._gates[order.channel.number].retry_after()

    def _cross(self, wake: Wake) -> Generator[simpy.Event, Any, None]:
        residency = self._shop.systems.residency
        self._shop.flows[Flow.CALLS_REDACTED if residency.policy == "redact" else Flow.CALLS_CROSSING] += 1
        if residency.policy == "delay" and residency.delay > 0:
            yield wake.at(self._env.now + residency.delay)

    def _pass(self, gate: Gate, wake: Wake) -> Entering:
        since = self._env.now
        slot = gate.at_once()
        if slot is not None:
            return Passage(Refusal.NONE, since, slot)
        if not gate.has_room():
            return self._failed(Refusal.THROTTLED, Flow.CALLS_THROTTLED)
        self._shop.flows[Flow.CALLS_QUEUED] += 1
        let_in, usher = gate.line_up()
        patience = wake.perhaps_at(since + min(self._limits.wait, self._timeout))
        yield let_in | patience
        if let_in.processed:
            yield wake.at(self._env.now)
            return Passage(Refusal.NONE, since, let_in.value)
        yield wake.has_come(patience)
        usher.interrupt()
        yield usher  # its place is free before the order does anything else
        hangs_up = self._timeout < self._limits.wait
        return self._failed(Refusal.TIME_OUT if hangs_up else Refusal.THROTTLED, Flow.CALLS_THROTTLED)

    def _failed(self, reason: Refusal, counted: Flow) -> Passage:
        self._shop.flows[counted] += 1
        return Passage(reason, self._env.now)


def _gates(env: Clock, limits: Limits, channels: list[str]) -> list[Gate]:
    """The gate of each channel; none at all without limits."""
    if not (limits.rate or limits.calls or limits.concurrency):
        return []
    shares = {name: Fraction(round(share * 10**6), 10**6) for name, share in limits.quotas.items()}
    rest = Gate(env, limits, 1 - sum(shares.values(), Fraction(0)))
    return [Gate(env, limits, shares[name]) if name in shares else rest for name in channels]
