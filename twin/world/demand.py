"""A day of the world: everything that happens by itself, put together from tills, channels and returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twin.scenario.scenario import Scenario
from twin.world.baskets import Shelves
from twin.world.channels import ChannelDay, DrawnChannel
from twin.world.estate import RealisedEstate
from twin.world.places import Homes
from twin.world.promotions import Promotions
from twin.world.returns import DrawnReturns, inspected
from twin.world.sites import centres_km
from twin.world.streams import Streams
from twin.world.tables import CHECKOUT, LINE, RETURN, WorldDay
from twin.world.tills import Tills


class PhysicalSource(Protocol):
    """Gives the walk-ins of a day."""

    def day(self, day: int) -> NDArray[np.void]:
        """PHYSICAL rows in the order of the table."""


class ChannelSource(Protocol):
    """Gives the customers of one channel."""

    def day(self, day: int, streams: Streams) -> ChannelDay:
        """The channel's day."""


class ReturnSource(Protocol):
    """Gives the goods that come back."""

    def returns(self, day: int) -> NDArray[np.void]:
        """RETURN rows by time."""


class Demand:
    """Puts days together. Sources given by a replay take the place of the drawn ones."""

    def __init__(
        self,
        scenario: Scenario,
        estate: RealisedEstate,
        streams: Streams,
        *,
        tills: PhysicalSource | None = None,
        channels: Mapping[str, ChannelSource] | None = None,
        returns: ReturnSource | None = None,
    ) -> None:
        promotions = Promotions(scenario.demand.promotions, estate.popularity)
        homes = Homes(estate.nodes, centres_km(scenario.estate))
        shelves = Shelves(estate.popularity, estate.pair_sku[estate.by_node], estate.node_first)
        self._scenario, self._estate, self._streams = scenario, estate, streams
        self._returns: list[ReturnSource] = [returns] if returns else []
        if scenario.demand.returns.are_drawn:
            self._returns.append(DrawnReturns(scenario, estate, shelves, streams))
        self._tills = tills or Tills(scenario, estate, promotions, streams)
        self._channels: list[ChannelSource] = [
            (channels or {}).get(name)
            or DrawnChannel(name, scenario, estate, promotions=promotions, homes=homes, shelves=shelves)
            for name in estate.channels
        ]

    def day(self, day: int) -> WorldDay:
        """Realise one day; the same again however often it is asked for."""
        physical = self._tills.day(day)
        channels = [channel.day(day, self._streams) for channel in self._channels]
        checkouts, lines = joined(day, channels)
        sessions = np.stack([channel.sessions for channel in channels])
        return WorldDay(day, physical, checkouts, lines, sessions, self._coming_back(day))

    def _coming_back(self, day: int) -> NDArray[np.void]:
        """A log's returns and drawn ones, by time; of one instant the log's come first."""
        rows = np.concatenate([np.zeros(0, RETURN), *(source.returns(day) for source in self._returns)])
        rows = rows[np.argsort(rows["t"], kind="stable")]
        inspected(rows, day, self._scenario, self._estate, self._streams)
        return rows


def joined(day: int, channels: Sequence[ChannelDay]) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Checkouts of all channels by time (ties by channel), numbered; and their lines."""
    rows = np.concatenate([np.zeros(0, CHECKOUT), *(channel.checkouts for channel in channels)])
    before = np.cumsum([0, *(channel.lines.size for channel in channels)])
    rows["first_line"] += np.repeat(before[:-1], [channel.checkouts.size for channel in channels]).astype(np.int32)
    rows = rows[np.argsort(rows["t"], kind="stable")]
    rows["order"] = (np.int64(day) << 32) + np.arange(rows.size)
    return rows, np.concatenate([np.zeros(0, LINE), *(channel.lines for channel in channels)])
