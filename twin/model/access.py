"""Build what stands between an arm's checkouts and the systems that they call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.journal.orders import Refusal
from twin.journal.totals import Flow
from twin.model.entry import Border, Entry
from twin.model.jobs import Works
from twin.model.limits import Limiter
from twin.model.tokens import Tokens
from twin.model.versions import Contracts, contracts_of
from twin.model.windows import Spans
from twin.scenario.access import Residency
from twin.scenario.scenario import Scenario
from twin.scenario.systems import Erp, SyncService, Systems

Broken = tuple[Spans | None, ...]
"""By channel: when its coupling is broken."""


@dataclass(frozen=True, slots=True)
class Access:
    """The ways into the called systems."""

    service: Entry | None
    erp: Entry | None
    erp_broken: Broken | None
    """What an order's creation in the ERP may meet; ``None``: nothing is ever broken."""

    @property
    def queues(self) -> bool:
        """Whether calls may wait until they are called."""
        limiters = [entry.limiter for entry in (self.service, self.erp) if entry is not None]
        return any(limiter is not None and limiter.queues for limiter in limiters)


def access_of(works: Works, scenario: Scenario, systems: Systems, marketplaces: frozenset[int]) -> Access:
    """The ways of an arm; what its couplings cost is written into the totals."""
    channels = len(scenario.demand.channels)
    own = frozenset(range(channels)) - marketplaces
    contracts = contracts_of(works.world, scenario.releases, systems, own)
    _account(works, contracts)
    tokens = Tokens.of(works, systems.credentials)
    way = _Ways(works, scenario, systems.residency, tokens, contracts)
    erp_broken = way.broken("erp")
    return Access(
        service=way.into("service", systems.service),
        erp=way.into("erp", systems.erp),
        erp_broken=erp_broken if any(erp_broken) else None,
    )


def _account(works: Works, contracts: Contracts) -> None:
    flows = works.plane.memory["flows"]
    flows[Flow.REWORK_US] += contracts.labour
    flows[Flow.BROKEN_US] += contracts.time(works.world.horizon_us)


@dataclass(frozen=True, slots=True)
class _Ways:
    """What the ways into both systems share."""

    works: Works
    scenario: Scenario
    residency: Residency
    tokens: Tokens | None
    contracts: Contracts

    def broken(self, system: str) -> Broken:
        """When the channels' couplings to a system are broken."""
        channels = range(len(self.scenario.demand.channels))
        return tuple(self.contracts.broken.get((system, channel)) for channel in channels)

    def into(self, system: str, settings: SyncService | Erp) -> Entry | None:
        """The way into a system; ``None`` if nothing stands in it."""
        limits, broken = settings.limits, self.broken(system)
        border = self._border(system)
        if border is None and self.tokens is None and limits.unlimited and not any(broken):
            return None
        channels = tuple(self.scenario.demand.channels)
        hangs_up = settings.timeout < limits.wait
        return Entry(
            flows=self.works.plane.memory["flows"],
            patience=min(limits.wait, settings.timeout),
            late=int(Refusal.TIME_OUT if hangs_up else Refusal.THROTTLED),
            border=border,
            tokens=self.tokens,
            broken=broken,
            limiter=None if limits.unlimited else Limiter.of(self.works.env, limits, channels),
        )

    def _border(self, system: str) -> Border | None:
        here = {"service": self.residency.service, "erp": self.residency.erp}[system]
        homes = [region.jurisdiction for region in self.scenario.estate.regions]
        crosses = np.array([None not in (here, home) and here != home for home in homes])
        return Border(self.residency.policy, self.residency.delay, crosses) if crosses.any() else None
