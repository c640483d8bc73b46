"""Dates, zones and spans: what a scenario names must exist in the calendar and lie within the simulated span."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from twin.scenario.base import Broken, format_duration
from twin.scenario.context import Check, Context
from twin.scenario.faults import Fault
from twin.scenario.nodes import Location
from twin.scenario.scenario import Scenario
from twin.scenario.suggest import did_you_mean

_DAY: Final = 86_400_000_000
SPAN_MAX: Final = 3_660 * _DAY
"""Longest simulated span, us: ten years."""

YEARS: Final = range(1970, 2200)
WINDOWS_MAX: Final = 100_000
"""Most windows of one fault within the horizon."""


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _unless_zone(path: Location, name: str) -> Iterator[Broken]:
    if _zone(name) is None:
        yield Broken(
            path,
            f"must be an IANA time zone such as Europe/London, it is {name!r}{did_you_mean(name, available_timezones())}",
        )


def time_zones(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Time zones exist."""
    yield from _unless_zone(("calendar", "time_zone"), scenario.calendar.time_zone)


def region_zones(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Time zones of regions exist."""
    for place, region in enumerate(scenario.estate.regions):
        yield from _unless_zone(("estate", "regions", place, "time_zone"), region.time_zone)


def replay_zone(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The time zone of a log exists."""
    if scenario.demand.replay is not None:
        yield from _unless_zone(("demand", "replay", "time_zone"), scenario.demand.replay.time_zone)


def _day(path: Location, text: str, zone_name: str) -> Iterator[Broken]:
    """A day that exists, and begins at midnight."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        yield Broken(path, f"must be a day that exists, it is {text!r}")
        return
    if day.year not in YEARS:
        yield Broken(path, f"must be a day from {YEARS[0]} to {YEARS[-1]}, it is {text!r}")
        return
    zone = _zone(zone_name)
    midnight = datetime.combine(day, time(), zone)
    if zone is not None and midnight.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != midnight.replace(
        tzinfo=None
    ):
        yield Broken(
            path, f"has no midnight in {zone_name}: its clocks skip that hour on {text}; start a day earlier or later"
        )


def start_day(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The start is a day that has a midnight: on some nights of changing clocks there is none."""
    yield from _day(("calendar", "start"), scenario.calendar.start, scenario.calendar.time_zone)


def replay_day(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The first replayed day exists."""
    if scenario.demand.replay is not None:
        yield from _day(
            ("demand", "replay", "from_date"), scenario.demand.replay.from_date, scenario.demand.replay.time_zone
        )


def span(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """The simulated span is one that a person meant."""
    horizon = scenario.calendar.horizon_us
    if horizon > SPAN_MAX:
        yield Broken(
            ("calendar", "window"),
            f"warm-up, window and follow-up must be at most {SPAN_MAX // _DAY}d, they are {horizon // _DAY}d",
        )


def promotions(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A promotion begins within the horizon and promotes SKUs that exist."""
    horizon = scenario.calendar.horizon_us
    for place, promotion in enumerate(scenario.demand.promotions):
        yield from _within(("demand", "promotions", place, "start"), promotion.start, horizon)


def fault_times(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """A scheduled fault begins within the horizon, and no fault comes too often to be listed."""
    horizon = scenario.calendar.horizon_us
    for place, fault in enumerate(scenario.faults):
        if fault.at is not None:
            yield from _within(("faults", place, "at"), fault.at, horizon)
        cycle, name = (fault.every, "every") if fault.mtbf is None else (fault.mtbf + fault.duration.mean, "mtbf")
        if cycle and horizon / cycle > WINDOWS_MAX:
            yield Broken(
                ("faults", place, name), f"the fault would come more than {WINDOWS_MAX} times within the horizon"
            )


def _within(path: Location, start: int, horizon: int) -> Iterator[Broken]:
    if start >= horizon:
        yield Broken(
            path, f"must begin within the simulated span of {format_duration(horizon)}, it is {format_duration(start)}"
        )


def fault_overlaps(scenario: Scenario, context: Context) -> Iterator[Broken]:
    """Scheduled outages of one system at one place do not overlap; a random duration counts with its mean, incidents not at all.

    Links of a share of the stores are left out: who is hit is drawn.
    """
    dcs = [dc.name for dc in scenario.estate.dcs]
    listed = [(place, fault) for place, fault in enumerate(scenario.faults) if _is_outage(fault)]
    for one in dict.fromkeys((fault.system, fault.node, fault.region) for _, fault in listed):
        everywhere = (one[0], None, None)
        # A link fault that names no node hits stores, so not what is said of a DC.
        places = {one} if one[0] == "link" and one[1] in dcs else {one, everywhere}
        windows = sorted(
            window
            for place, fault in listed
            if (fault.system, fault.node, fault.region) in places
            for window in _windows(place, fault, scenario.calendar.horizon_us)
        )
        yield from _overlaps(windows)


def _is_outage(fault: Fault) -> bool:
    return fault.kind == "outage" and fault.system is not None and fault.stores is None


def _overlaps(windows: list[tuple[int, int, int]]) -> Iterator[Broken]:
    """First overlap of each pair of faults among sorted windows (start, end, fault)."""
    seen: set[frozenset[int]] = set()
    longest = (0, 0, -1)
    for window in windows:
        start, _, place = window
        pair = frozenset((longest[2], place))
        if start < longest[1] and len(pair) == 2 and pair not in seen:
            seen.add(pair)
            running = f"from {format_duration(longest[0])} to {format_duration(longest[1])}"
            message = f"overlaps faults[{min(pair)}] of the same system: one runs {running}, the other begins at {format_duration(start)}"
            yield Broken(("faults", max(pair)), message)
        longest = max(longest, window, key=lambda item: item[1])


def _windows(place: int, fault: Fault, horizon: int) -> Iterator[tuple[int, int, int]]:
    """Start, end and fault of each scheduled window within the horizon."""
    if fault.at is None:
        return
    starts = range(fault.at, horizon, fault.every or max(horizon, 1))
    for start in starts[:WINDOWS_MAX]:
        yield start, start + fault.duration.mean, place


TIMES: Final[tuple[Check, ...]] = (
    time_zones,
    region_zones,
    replay_zone,
    start_day,
    replay_day,
    span,
    promotions,
    fault_times,
    fault_overlaps,
)
