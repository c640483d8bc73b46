"""References between the parts of a scenario: every name that is used must be the name of something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, get_args

from twin.scenario.base import Broken
from twin.scenario.buffers import TILLS, Protection
from twin.scenario.context import Check, Context
from twin.scenario.demand import Replay
from twin.scenario.estate import Estate, ProfileName, store_name
from twin.scenario.nodes import Location
from twin.scenario.order_release import ORDER_MODES
from twin.scenario.scenario import Scenario
from twin.scenario.suggest import not_among
from twin.scenario.systems import PresetName

PROFILES: Final[tuple[str, ...]] = get_args(ProfileName)
"""Profiles that need no definition."""


def _unless_known(what: str, path: Location, name: str, known: Iterable[str], *, key: bool = False) -> Iterator[Broken]:
    names = list(known)
    if name not in names:
        yield Broken(path, not_among(what, name, names), key)


def dc_regions(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A DC stands in a region of the estate."""
    regions = [region.name for region in scenario.estate.regions]
    for place, dc in enumerate(scenario.estate.dcs):
        yield from _unless_known("region", ("estate", "dcs", place, "region"), dc.region, regions)


def cluster_profiles(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A cluster's profile is built in or the scenario's own."""
    known = [*PROFILES, *scenario.demand.profiles]
    for place, cluster in enumerate(scenario.estate.stores.clusters):
        yield from _unless_known("profile", ("estate", "stores", "clusters", place, "profile"), cluster.profile, known)


def channel_profiles(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A channel's profile is built in or the scenario's own."""
    known = [*PROFILES, *scenario.demand.profiles]
    for name, channel in scenario.demand.channels.items():
        yield from _unless_known("profile", ("demand", "channels", name, "profile"), channel.profile, known)


def return_profiles(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The profiles of returns are built in or the scenario's own."""
    known = [*PROFILES, *scenario.demand.profiles]
    for name in ("post_profile", "store_profile"):
        path = ("demand", "returns", name)
        yield from _unless_known("profile", path, getattr(scenario.demand.returns, name), known)


def returning_channels(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """What comes back was bought in a channel that exists."""
    for name in scenario.demand.returns.shares:
        path = ("demand", "returns", "shares", name)
        yield from _unless_known("channel", path, name, scenario.demand.channels, key=True)


def promoted_channels(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A promotion runs in channels that exist."""
    for place, promotion in enumerate(scenario.demand.promotions):
        for item, name in enumerate(promotion.channels):
            path = ("demand", "promotions", place, "channels", item)
            yield from _unless_known("channel", path, name, scenario.demand.channels)


def buffered_channels(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """What is held back, protected or allotted is so for channels that exist."""
    channels = list(scenario.demand.channels)
    for arm, systems in scenario.arms.items():
        buffers, path = systems.buffers, ("arms", arm, "buffers")
        for name in buffers.pooled:
            yield from _unless_known("channel", (*path, "pooled", name), name, channels, key=True)
        for name in buffers.allotment.shares:
            yield from _unless_known("channel", (*path, "allotment", "shares", name), name, channels, key=True)
        yield from _protected(buffers.protection, (*path, "protection", "values"), channels)


def _protected(protection: Protection, path: Location, channels: list[str]) -> Iterator[Broken]:
    """The classes of a protection are all channels, and perhaps the tills."""
    if not protection.values:
        return
    for name in protection.values:
        yield from _unless_known("channel", (*path, name), name, [*channels, TILLS], key=True)
    missing = [name for name in channels if name not in protection.values]
    if missing:
        yield Broken(path, f"must name every channel, {missing[0]} is missing: who has no value cannot be ranked")
    if TILLS in channels:
        yield Broken(path, f"{TILLS} is the name of a channel and of the walk-ins: give the channel another")


def released_first(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Priorities of the release are those of channels and modes, and a name is not both."""
    channels = list(scenario.demand.channels)
    for arm, systems in scenario.arms.items():
        for name in systems.release.priorities:
            path = ("arms", arm, "release", "priorities", name)
            yield from _unless_known("channel or mode", path, name, [*channels, *ORDER_MODES], key=True)
            if name in channels and name in ORDER_MODES:
                yield Broken(path, "is the name of a channel and of a mode: give the channel another", True)


def faulty_nodes(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A fault of a warehouse system names a DC, that of a link a DC or a store; a table's stores are not known here."""
    dcs = [dc.name for dc in scenario.estate.dcs]
    for place, fault in enumerate(scenario.faults):
        if fault.node is None:
            continue
        if fault.system == "wms":
            yield from _unless_known("DC", ("faults", place, "node"), fault.node, dcs)
        elif scenario.estate.stores.table is None and fault.system == "pos":
            yield from _unless_known("store", ("faults", place, "node"), fault.node, _drawn_stores(scenario.estate))
        elif scenario.estate.stores.table is None and (fault.system == "link" or fault.kind == "absent"):
            known = [*dcs, *_drawn_stores(scenario.estate)]
            yield from _unless_known("store or DC", ("faults", place, "node"), fault.node, known)


def _drawn_stores(estate: Estate) -> list[str]:
    return [store_name(number) for number in range(1, estate.stores.count + 1)]


def faulty_regions(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A fault of links names a region of the estate."""
    regions = [region.name for region in scenario.estate.regions]
    for place, fault in enumerate(scenario.faults):
        if fault.region is not None:
            yield from _unless_known("region", ("faults", place, "region"), fault.region, regions)


def threshold_arms(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A threshold is about an arm, and a difference is one to another arm."""
    for place, threshold in enumerate(scenario.thresholds):
        yield from _unless_known("arm", ("thresholds", place, "arm"), threshold.arm, scenario.arms)
        if threshold.statistic == "difference" and threshold.arm == scenario.baseline:
            yield Broken(
                ("thresholds", place, "statistic"), f"{threshold.arm!r} is the baseline, it does not differ from itself"
            )


def threshold_kpis(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A threshold is about a KPI that is measured; ``<channel>`` in a known name stands for every channel."""
    if context.known_kpis is None:
        return
    channels = list(scenario.demand.channels)
    known = [name.replace("<channel>", channel) for name in sorted(context.known_kpis) for channel in channels]
    for place, threshold in enumerate(scenario.thresholds):
        yield from _unless_known("KPI", ("thresholds", place, "kpi"), threshold.kpi, dict.fromkeys(known))


def platform_presets(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Platform costs are given per preset."""
    for name in scenario.economics.platforms:
        yield from _unless_known("preset", ("economics", "platforms", name), name, get_args(PresetName), key=True)


def replay_target(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A replay says where its sales go."""
    replay = scenario.demand.replay
    if replay is None:
        return
    if replay.target == "tills":
        yield from _replayed_tills(replay)
    elif replay.channel is None:
        yield Broken(
            ("demand", "replay", "channel"), "is missing: target channel needs the channel that receives the orders"
        )
    else:
        yield from _unless_known("channel", ("demand", "replay", "channel"), replay.channel, scenario.demand.channels)


def _replayed_tills(replay: Replay) -> Iterator[Broken]:
    if replay.channel is not None:
        yield Broken(("demand", "replay", "channel"), f"is for target channel only, the target is {replay.target}")
    if replay.columns.store is None:
        yield Broken(("demand", "replay", "columns", "store"), "is missing: target tills needs the column of the store")


def replay_pattern(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The pattern of merchandise is a regular expression."""
    replay = scenario.demand.replay
    if replay is None or replay.merchandise is None:
        return
    try:
        re.compile(replay.merchandise)
    except re.error as reason:
        yield Broken(
            ("demand", "replay", "merchandise"), f"is not a regular expression: {reason}, it is {replay.merchandise!r}"
        )


REFERENCES: Final[tuple[Check, ...]] = (
    dc_regions,
    cluster_profiles,
    channel_profiles,
    return_profiles,
    returning_channels,
    promoted_channels,
    buffered_channels,
    released_first,
    faulty_nodes,
    faulty_regions,
    threshold_arms,
    threshold_kpis,
    platform_presets,
    replay_target,
    replay_pattern,
)
