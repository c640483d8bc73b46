"""Simulation time against the clocks on the wall: when the start is, and what time it is in each region."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twin.core.clock import DAY, SECOND
from twin.scenario.calendar import Calendar
from twin.scenario.scenario import Scenario

LOOK_AHEAD_DAYS: Final = 7
"""Days after the horizon for which local time is known too, so that a next opening can be asked for at the end."""


def day_count(calendar: Calendar) -> int:
    """Days that the simulated span touches."""
    return -(-calendar.horizon_us // DAY)


def start_utc(calendar: Calendar) -> datetime:
    """The instant at which simulation time is 0: local midnight of the first day."""
    return midnight_utc(calendar.start, calendar.time_zone)


def midnight_utc(day: str, time_zone: str) -> datetime:
    """Local midnight of ``day`` (YYYY-MM-DD) as an instant."""
    return datetime.combine(date.fromisoformat(day), time(), ZoneInfo(time_zone)).astimezone(UTC)


def weekday(calendar: Calendar) -> int:
    """Weekday of the first day, Monday 0."""
    return date.fromisoformat(calendar.start).weekday()


def zone_shifts(scenario: Scenario) -> NDArray[np.int64]:
    """[region, day]: microseconds to add to simulation time to get local time since the start's midnight there.

    A region has one shift per day of simulation, that of its noon. So on the two nights a year on which a zone changes
    its clock the hour that is skipped or repeated is the one at the beginning of that day; trading hours are right.
    """
    start = start_utc(scenario.calendar)
    noons = [start + timedelta(days=day, hours=12) for day in range(day_count(scenario.calendar) + LOOK_AHEAD_DAYS)]
    home = _offset(start, scenario.calendar.time_zone)
    shifts = [[_offset(noon, region.time_zone) - home for noon in noons] for region in scenario.estate.regions]
    return np.asarray(shifts, np.int64) * SECOND


def _offset(instant: datetime, time_zone: str) -> int:
    """Seconds that a zone is ahead of UTC at an instant."""
    offset = instant.astimezone(ZoneInfo(time_zone)).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())
