"""Time stamps of a log as instants: one time zone throughout, and no local time that a clock never or twice showed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from twin.core.clock import DAY, SECOND
from twin.world.tabular import Table, first_not

_EARLIEST: Final = np.datetime64("1970-01-03", "us").astype(np.int64)
_LATEST: Final = np.datetime64("2200-01-01", "us").astype(np.int64)


def instants(table: Table, column: str, time_zone: str) -> NDArray[np.int64]:
    """Microseconds since 1970 UTC. ``time_zone`` is that of naive stamps. Problems are noted in the table."""
    stamps = table.columns[column]
    kind = stamps.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        local, offset = _parsed(table, column)
    elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        local = _microseconds(stamps)
        offset = None if getattr(kind, "tz", None) is None else 0
    else:
        table.complain(column, f"must be a time stamp, its type is {kind}")
        return np.zeros(table.rows, np.int64)
    outside = (local < _EARLIEST) | (local > _LATEST)
    table.complain_where(column, outside, "must lie between 1970 and 2200")
    if outside.any():
        return np.zeros(table.rows, np.int64)
    return local - offset if offset is not None else _localised(table, column, local, time_zone)


def _microseconds(stamps: Any) -> NDArray[np.int64]:
    """Any column of stamps as microseconds since 1970: UTC if it is aware, on the wall if it is naive."""
    unit = pa.timestamp("us", getattr(stamps.type, "tz", None))
    values: NDArray[np.int64] = stamps.cast(unit, safe=False).cast(pa.int64()).to_numpy()
    return values


def _parsed(table: Table, column: str) -> tuple[NDArray[np.int64], int | None]:
    """ISO 8601 text: what the wall showed, and the one offset from UTC of all rows, us (``None`` if they are naive)."""
    text = pc.utf8_trim_whitespace(table.columns[column].cast(pa.string()).combine_chunks())
    suffix = pc.replace_substring_regex(text, r"^.*?(Z|[+-]\d{2}:?\d{2})?$", r"\1")
    aware = pc.match_substring_regex(text, r"\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$")
    zones = np.where(aware.to_numpy(zero_copy_only=False), suffix.to_numpy(zero_copy_only=False), "")
    table.complain_where(
        column, zones != zones[0], f"mixed time zones: the first row is {_named(zones[0])}, this one is not"
    )
    bare = pc.replace_substring_regex(text, r"(\d{2}:\d{2}.*?)(Z|[+-]\d{2}:?\d{2})$", r"\1")
    try:
        local = bare.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        table.complain_where(
            column, first_not(bare, pa.timestamp("us")), "must be an ISO 8601 time stamp such as 2011-08-31T17:45"
        )
        return np.full(table.rows, _EARLIEST), 0
    return _microseconds(local), _offset(zones[0])


def _named(zone: str) -> str:
    return zone or "naive"


def _offset(zone: str) -> int | None:
    if zone == "":
        return None
    if zone == "Z":
        return 0
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return (-minutes if zone[0] == "-" else minutes) * 60 * SECOND


def _localised(table: Table, column: str, local: NDArray[np.int64], time_zone: str) -> NDArray[np.int64]:
    """What the wall clocks of a zone showed as instants; daylight-saving nights are noted as problems."""
    changes = clock_changes(time_zone, int(local.min()), int(local.max()))
    missing, twice = np.zeros(local.size, np.bool_), np.zeros(local.size, np.bool_)
    for instant, before, after in changes[1:]:
        missing |= (local >= instant + before) & (local < instant + after)
        twice |= (local >= instant + after) & (local < instant + before)
    table.complain_where(column, missing, f"does not exist in {time_zone}: its clock skipped this hour")
    table.complain_where(column, twice, f"is ambiguous in {time_zone}: its clock showed this hour twice")
    begins = np.array([instant + max(before, after) for instant, before, after in changes])
    offsets = np.array([after for _, _, after in changes])
    in_force: NDArray[np.int64] = offsets[np.searchsorted(begins, local, side="right") - 1]
    return local - in_force


def wall(t: NDArray[np.int64], time_zone: str) -> NDArray[np.int64]:
    """What the clocks of a zone showed at instants: microseconds since 1970, as if it were UTC."""
    changes = clock_changes(time_zone, int(t.min()), int(t.max()))
    begins = np.array([instant for instant, _, _ in changes])
    shown: NDArray[np.int64] = (
        t + np.array([after for _, _, after in changes])[np.searchsorted(begins, t, side="right") - 1]
    )
    return shown


def clock_changes(time_zone: str, first: int, last: int) -> list[tuple[int, int, int]]:
    """(instant, offset before, offset after) of each change of a zone's clock around a span, all us since 1970.

    The first entry is no change but the offset in force two days before the span.
    """
    zone = ZoneInfo(time_zone)
    day = first // DAY * DAY - 2 * DAY
    found = [(day, _utc_offset(zone, day), _utc_offset(zone, day))]
    while day < last + 2 * DAY:
        before, after = _utc_offset(zone, day), _utc_offset(zone, day + DAY)
        if before != after:
            found.append((_change(zone, day, day + DAY), before, after))
        day += DAY
    return found


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """First second of ``(low, high]`` with the offset of ``high``."""
    offset = _utc_offset(zone, high)
    while high - low > SECOND:
        middle = (low + high) // 2 // SECOND * SECOND
        low, high = (low, middle) if _utc_offset(zone, middle) == offset else (middle, high)
    return high


def _utc_offset(zone: ZoneInfo, instant: int) -> int:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds()) * SECOND
