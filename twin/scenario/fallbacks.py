"""Whether fallbacks speak of channels that exist and look at what somebody can see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from twin.scenario.base import Broken
from twin.scenario.context import Check, Context
from twin.scenario.degradation import Fallback
from twin.scenario.nodes import Location
from twin.scenario.scenario import Scenario
from twin.scenario.suggest import not_among
from twin.scenario.systems import PROMISING_POINTS, Systems


def _fallbacks(scenario: Scenario) -> Iterator[tuple[Location, Systems, Fallback]]:
    for arm, systems in scenario.arms.items():
        for place, fallback in enumerate(systems.degradation.fallbacks):
            yield ("arms", arm, "degradation", "fallbacks", place), systems, fallback


def degraded_channels(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Fallbacks and priorities are of channels that exist; a marketplace is not told that its listing is old."""
    channels = scenario.demand.channels
    for path, _, fallback in _fallbacks(scenario):
        for place, name in enumerate(fallback.channels):
            if name not in channels:
                yield Broken((*path, "channels", place), not_among("channel", name, channels))
            elif fallback.of == "publication" and channels[name].kind == "marketplace":
                why = "is a marketplace: nobody can tell it that its listings do not arrive"
                yield Broken((*path, "channels", place), why)
    for arm, systems in scenario.arms.items():
        for name in systems.degradation.priorities:
            if name not in channels:
                at = ("arms", arm, "degradation", "priorities", name)
                yield Broken(at, not_among("channel", name, channels), key=True)


def watched_calls(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Who looks at calls needs calls, and who looks at a breaker needs one."""
    for path, systems, fallback in _fallbacks(scenario):
        if fallback.when == "silence" or fallback.of not in ("service", "erp"):
            continue  # the latter is wrong in itself
        if not _called(systems, fallback.of):
            yield Broken(
                (*path, "when"), f"{fallback.when} has nothing to look at: no checkout calls the {fallback.of}"
            )
        elif fallback.when == "breaker" and systems.resilience.breaker.window == "off":
            yield Broken((*path, "when"), "breaker needs one: resilience.breaker.window is off")


def _called(systems: Systems, of: str) -> bool:
    """Whether checkouts call a system."""
    if of == "erp":
        return systems.erp.coupling == "direct"
    asks = systems.publications.own.mode == "query" and systems.erp.coupling != "direct"
    return asks or (systems.reserving.mode == "synchronous" and systems.reserving.point in PROMISING_POINTS)


FALLBACKS: Final[tuple[Check, ...]] = (degraded_channels, watched_calls)
