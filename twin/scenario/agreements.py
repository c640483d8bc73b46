"""Whether limits, contracts and borders of calls speak of channels, versions and instants that exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from twin.core.shares import MILLION
from twin.scenario.base import Broken, format_duration
from twin.scenario.context import Check, Context
from twin.scenario.limits import REST, Limits
from twin.scenario.nodes import Location
from twin.scenario.scenario import Scenario
from twin.scenario.suggest import not_among


def _limits(scenario: Scenario) -> Iterator[tuple[Location, Limits]]:
    for arm, systems in scenario.arms.items():
        yield ("arms", arm, "service", "limits"), systems.service.limits
        yield ("arms", arm, "erp", "limits"), systems.erp.limits


def quotas(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A quota is an own channel's, and what is left is enough for the others."""
    channels = scenario.demand.channels
    callers = [name for name, channel in channels.items() if channel.kind != "marketplace"]
    for path, limits in _limits(scenario):
        for name in limits.quotas:
            if name not in channels:
                yield Broken((*path, "quotas", name), not_among("channel", name, callers), key=True)
            elif name not in callers:
                yield Broken((*path, "quotas", name), "is a marketplace, whose orders make no calls", key=True)
        if others := [name for name in callers if name not in limits.quotas]:
            yield from _enough(path, limits, others)


def _enough(path: Location, limits: Limits, others: list[str]) -> Iterator[Broken]:
    """What the quotas leave is at least one call of each limit."""
    left = limits.pots()[REST]
    sizes = {"burst": limits.burst if limits.rate else 0, "calls": limits.calls, "concurrency": limits.concurrency}
    for name, size in sizes.items():
        if limits.quotas and size and size * left < MILLION:
            what = f"leave {', '.join(others)} less than one call: {left / MILLION:g} of {name} {size}"
            yield Broken((*path, "quotas"), what)


def versions(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A version is released once, and couplings are migrated to versions that are released."""
    names = [release.version for release in scenario.releases]
    for place, name in enumerate(names):
        if name in names[:place]:
            yield Broken(("releases", place, "version"), f"is there twice, first in releases[{names.index(name)}]")
    for arm, systems in scenario.arms.items():
        for name in systems.contracts.migrated:
            if name not in names:
                path = ("arms", arm, "contracts", "migrated", name)
                yield Broken(path, not_among("version", name, names), key=True)


def release_times(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A release comes within the simulated span."""
    horizon = scenario.calendar.horizon_us
    for place, release in enumerate(scenario.releases):
        if release.at >= horizon:
            span, at = format_duration(horizon), format_duration(release.at)
            yield Broken(("releases", place, "at"), f"must lie within the simulated span of {span}, it is {at}")


def borders(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A policy about calls that cross needs a border: a system somewhere, and customers who live elsewhere."""
    homes = {region.jurisdiction for region in scenario.estate.regions} - {None}
    for arm, systems in scenario.arms.items():
        residency, path = systems.residency, ("arms", arm, "residency", "policy")
        places = {residency.service, residency.erp} - {None}
        if residency.policy == "pass" or any(place != home for place in places for home in homes):
            continue
        if not places:
            lacking = "no called system has a jurisdiction"
        elif not homes:
            lacking = "no region has a jurisdiction"
        else:
            lacking = f"all of them are in {', '.join(sorted(map(str, homes)))}"
        yield Broken(path, f"{residency.policy} has no calls to look at: {lacking}")


AGREEMENTS: Final[tuple[Check, ...]] = (quotas, versions, release_times, borders)
