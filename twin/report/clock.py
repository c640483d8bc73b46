"""Simulation time as people at head office read it: weekday, date and local time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from twin.core.clock import HOUR

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class LocalClock:
    """Instants of a run in the time zone of its calendar; hours that clocks skip or repeat are as they are there."""

    start: datetime

    @classmethod
    def of(cls, calendar: Mapping[str, Any]) -> LocalClock:
        """Clock of a manifest's calendar."""
        return cls(datetime.fromisoformat(calendar["start"]).replace(tzinfo=ZoneInfo(calendar["time_zone"])))

    def at(self, t_us: int) -> datetime:
        """Local time of an instant."""
        then = self.start.astimezone(UTC) + timedelta(microseconds=t_us)
        return then.astimezone(self.start.tzinfo)

    def text(self, t_us: int) -> str:
        """``Sat 7 Nov 10:00``."""
        then = self.at(t_us)
        return f"{self.day(t_us)} {then:%H:%M}"

    def day(self, t_us: int) -> str:
        """``Sat 7 Nov``; without the locale, so that it reads the same everywhere."""
        then = self.at(t_us)
        return f"{_DAYS[then.weekday()]} {then.day} {_MONTHS[then.month - 1]}"

    def hours(self, first_us: int, last_us: int, every: int) -> list[int]:
        """Instants between two at which the local hour is a multiple of ``every``."""
        instants = range(-(-first_us // HOUR) * HOUR, last_us + 1, HOUR)
        return [t for t in instants if (then := self.at(t)).hour % every == 0 and then.minute == 0]
