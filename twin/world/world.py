"""One replication's world: everything that happens by itself, the same for every arm."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.scenario.scenario import Scenario
from twin.world.demand import Demand
from twin.world.digest import digest
from twin.world.estate import RealisedEstate, realise
from twin.world.faults.durations import DurationTable, duration_tables, incident_logs
from twin.world.faults.realised import realise_faults
from twin.world.horizon import day_count
from twin.world.prices import ListPrices, list_prices
from twin.world.replay.account import ReplayAccount
from twin.world.replay.log import find_log
from twin.world.replay.replay import Prepared, Replayed, prepare, replayed
from twin.world.start import draw_start
from twin.world.streams import Streams
from twin.world.tables import WorldDay, WorldStart

_KEPT: Final = 4  # estates, so that the replications of a few scenarios share theirs


@dataclass(frozen=True)
class _Shared:
    """What all replications of a scenario have in common."""

    estate: RealisedEstate
    prepared: Prepared | None
    durations: tuple[DurationTable, ...]


_shared: OrderedDict[bytes, _Shared] = OrderedDict()


class World:
    """A replication's luck, realised. Depends on the scenario's world part and the replication, never on an arm.

    Raises :class:`twin.scenario.errors.ScenarioError` for tables or a log that are not valid, before anything is drawn.
    """

    estate: RealisedEstate
    start: WorldStart
    windows: NDArray[np.void]  # WINDOW
    errors: NDArray[np.void]  # ERRORS
    slowdowns: NDArray[np.void]  # SLOWDOWN
    crashes: NDArray[np.void]  # CRASH
    absences: NDArray[np.void]  # ABSENCE
    failovers: NDArray[np.void]  # FAILOVER
    troubles: NDArray[np.void]  # TROUBLE
    prices: ListPrices
    streams: Streams
    horizon_us: int
    days: int
    account: ReplayAccount | None
    """What became of the lines of the replayed log; ``None`` without replay."""

    def __init__(
        self, scenario: Scenario, replication: int, *, base: Path = Path(), data_dir: Path | None = None
    ) -> None:
        """``base`` is the folder of the scenario file; ``data_dir`` that of logs (else ``TWIN_DATA``)."""
        shared = _share(scenario, base, data_dir)
        self.streams = Streams(scenario.seed, replication)
        self.horizon_us, self.days = scenario.calendar.horizon_us, day_count(scenario.calendar)
        self.estate = shared.estate
        self._faults = realise_faults(scenario, self.streams, self.estate, shared.durations)
        self.windows, self.errors = self._faults.windows, self._faults.errors
        self.slowdowns = self._faults.slowdowns
        self.crashes, self.failovers, self.troubles = (
            self._faults.crashes,
            self._faults.failovers,
            self._faults.troubles,
        )
        self.absences = self._faults.absences
        self.start = draw_start(scenario, self.estate, self.streams)
        self.prices = list_prices(scenario, self.estate.skus, self.estate.popularity, self.streams)
        replay = replayed(scenario, self.estate, shared.prepared, self.streams) if shared.prepared else None
        self.account = replay.account if replay else None
        self._demand = _demand(scenario, self.estate, self.streams, replay)

    def day(self, day: int) -> WorldDay:
        """What happens on a day; the same again whenever and in whatever order it is asked for, and not kept here."""
        if not 0 <= day < self.days:
            raise IndexError(f"day {day} is not one of the {self.days} days of this world")
        return self._demand.day(day)

    def fingerprint(self) -> str:
        """BLAKE2b-128 over estate, start, faults, all days and changes of prices, in hex. Draws every day."""
        days = tuple(self.day(day).digest for day in range(self.days))
        prices = (self.prices,) if self.prices.changes.size else ()
        return digest(self.estate, self.start, self._faults, days, *prices).hex()


def _demand(scenario: Scenario, estate: RealisedEstate, streams: Streams, replay: Replayed | None) -> Demand:
    if replay is None:
        return Demand(scenario, estate, streams)
    return Demand(scenario, estate, streams, tills=replay.tills, channels=replay.channels, returns=replay.returns)


def _share(scenario: Scenario, base: Path, data_dir: Path | None) -> _Shared:
    """The estate (and log) of a scenario, from memory if its world part and its files were seen before."""
    key = _identity(scenario, base, data_dir)
    found = _shared.pop(key, None)
    if found is None:
        prepared = prepare(scenario, base, data_dir) if scenario.demand.replay else None
        estate = realise(scenario, base, prepared.fit if prepared else None)
        found = _Shared(estate, prepared, duration_tables(scenario, base, data_dir))
    _shared[key] = found
    while len(_shared) > _KEPT:
        _shared.popitem(last=False)
    return found


def _identity(scenario: Scenario, base: Path, data_dir: Path | None) -> bytes:
    replay, estate = scenario.demand.replay, scenario.estate
    files = [base / name for name in (estate.stores.table, estate.skus.table) if name is not None]
    if replay is not None:
        files.append(find_log(replay.log, base, data_dir))
    files.extend(incident_logs(scenario, base, data_dir).values())
    stats = [(str(path.resolve()), path.stat().st_mtime_ns, path.stat().st_size) for path in files if path.is_file()]
    return digest(json.dumps(scenario.world_part(), sort_keys=True), repr(stats))
